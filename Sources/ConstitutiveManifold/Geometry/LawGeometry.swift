import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// The geometry of a learned manifold of states: how many coordinates its states need, how the loss looks
/// about the fixed point that training ended in, how iterations contract there, and the path of training.
public struct LawGeometry: Sendable {
  /// The intrinsic dimension of one set of states in the energy metric.
  public struct Dimension: Sendable, Equatable {
    /// What the states are; how many coordinates the theory gives them, where it does.
    public var states: String, expected: Int?
    /// The estimates.
    public var estimate: IntrinsicDimension

    /// Any values.
    public init(states: String, expected: Int?, estimate: IntrinsicDimension) {
      self.states = states
      self.expected = expected
      self.estimate = estimate
    }
  }

  /// The path of training, embedded by what the checkpoints predict.
  public struct Path: Sendable {
    /// The embedding of the checkpoints.
    public var embedding: IntensiveEmbedding
    /// Stage and iteration of every checkpoint.
    public var stages: [TrainingStage], iterations: [Int]

    /// One stage and iteration for every model of the embedding.
    public init(embedding: IntensiveEmbedding, stages: [TrainingStage], iterations: [Int]) {
      self.embedding = embedding
      self.stages = stages
      self.iterations = iterations
    }
  }

  /// The sets of states that were measured.
  public var dimensions: [Dimension]
  /// The mean over the tests of 1 − R² on a plane of two filter-normalised random directions; nil without
  /// tests.
  public var slice: LossSlice?
  /// Curvatures of that loss at the fit, and what the record of the fit shows; nil without tests.
  public var stability: FixedPointStability?
  /// Spectral norm of the derivative of the projection beside the covered states, ascending: 1 on a flat
  /// manifold, below 2 as long as no centre of curvature is near.
  public var expansions: [Double]
  /// Noise of the observations that were projected for it, a share of the states' size.
  public var noise: Double
  /// The path of training; nil where no checkpoints were recorded.
  public var path: Path?
  /// Seed of states, directions and noise.
  public var seed: UInt64

  /// From what a file holds.
  public init(
    dimensions: [Dimension], slice: LossSlice?, stability: FixedPointStability?,
    expansions: [Double], noise: Double, path: Path?, seed: UInt64
  ) {
    self.dimensions = dimensions
    self.slice = slice
    self.stability = stability
    self.expansions = expansions
    self.noise = noise
    self.path = path
    self.seed = seed
  }

  /// Measures a law.
  ///
  /// - Parameters:
  ///   - tests: those it was fitted to.
  ///   - record: the iteration that ended in it; `prior` the least stiffness of the prior on its numbers.
  ///   - checkpoints: of its training, where they were recorded.
  ///   - points: states per estimate of a dimension; `grid` points along each side of the slice.
  public init(
    of law: Law, tests: [HomogeneousTest], coverage: Coverage, record: ConvergenceRecord? = nil,
    prior: Double = 0, checkpoints: TrainingCheckpoints? = nil, seed: UInt64 = 1,
    points: Int = 2000, grid: Int = 25
  ) {
    var random = SplitMix64(seed: seed ^ 0x6E0)
    self.init(
      dimensions: [], slice: nil, stability: nil, expansions: [], noise: 0.05, path: nil, seed: seed
    )
    if let states = CoveredStates(law, tests, coverage) {
      measureDimensions(states, law, tests, coverage, points, &random)
      expansions = states.expansions(200, noise: noise, &random)
    }
    if let misfit = StressMisfit(tests), let own = LawParametrisation(law) {
      let loss: ([Double]) -> Double = { own.law(at: $0).map(misfit.loss) ?? .nan }
      let first = FilterNormalisedDirection(
        weights: own.values, filters: own.filters, random: &random)
      let second = FilterNormalisedDirection(
        weights: own.values, filters: own.filters, random: &random)
      slice = LossSlice(
        weights: own.values, first, second, extent: 0.5, count: grid, loss: loss)
      stability = LawGeometry.stability(own, misfit, prior: prior, record: record)
    }
    if let checkpoints, checkpoints.predictions.count > 1,
      let embedding = try? IntensiveEmbedding(
        predictions: checkpoints.predictions, deviations: checkpoints.standardDeviations)
    {
      path = Path(
        embedding: embedding, stages: checkpoints.stages, iterations: checkpoints.iterations)
    }
  }

  private mutating func measureDimensions(
    _ states: CoveredStates, _ law: Law, _ tests: [HomogeneousTest], _ coverage: Coverage,
    _ points: Int, _ random: inout SplitMix64
  ) {
    func add(_ name: String, _ strains: [[Double]], expected: Int?) {
      let z = states.metric(states.states(strains))
      guard let estimate = IntrinsicDimension(of: z, width: 12) else { return }
      dimensions.append(Dimension(states: name, expected: expected, estimate: estimate))
    }
    add("along the tests", states.alongTests(points, &random), expected: 1)
    let covered = states.covered(points, &random)
    // Principal stretches in fixed axes: two of them free where the volume is kept, if modes differ.
    let volume = tests.contains { !$0.heldOut && $0.volumeRatios != nil }
    let shear = tests.contains { !$0.heldOut && $0.mode == .simpleShear }
    let modes = Set(tests.filter { !$0.heldOut }.map(\.mode))
    let planar = !volume && !shear && (modes.count > 1 || modes.contains(.biaxial))
    add("covered, in the axes of the tests", covered, expected: planar ? 2 : nil)
    if coverage.placement == .isotropic {
      let turned = covered.map { states.turned($0, &random) }
      add("covered, in any orientation", turned, expected: planar ? 5 : nil)
    }
  }

  /// The Jacobian of the weighed residuals by central differences, relative to what must stay positive.
  private static func stability(
    _ own: LawParametrisation, _ misfit: StressMisfit, prior: Double, record: ConvergenceRecord?
  ) -> FixedPointStability? {
    var J = DenseMatrix(rows: misfit.count, columns: own.free.count)
    for (column, j) in own.free.enumerated() {
      let unit = own.isRelative[j] ? own.values[j] : 1
      let h = 1e-5 * max(abs(unit), 1e-8)
      var (up, down) = (own.values, own.values)
      up[j] += h
      down[j] -= h
      guard let high = own.law(at: up), let low = own.law(at: down) else { return nil }
      let (a, b) = (misfit.residuals(high), misfit.residuals(low))
      for i in 0..<misfit.count { J[i, column] = unit * (a[i] - b[i]) / (up[j] - down[j]) }
    }
    return try? FixedPointStability(jacobian: J, prior: prior, record: record)
  }
}
