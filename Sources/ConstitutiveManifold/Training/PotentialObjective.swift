import CManifoldKernels
import Glibc
import Manifold
import Mechanics

/// The mean squared error of a learned law's stresses (and energies) over states (C, S, W).
///
/// Unknowns: one per weight of the map (a weight bound to be non-negative is the softplus of its unknown,
/// one bound to zero has none of its effect), then ln a, ln c and ln K in units of the stress scale.
/// Loss per state: ½ ‖S − Ŝ‖²/s² + ½ β (W − Ŵ)²/s², s the stress scale.
package struct PotentialObjective: SampleObjective {
  private let architecture: StackedPotential.Architecture
  private let kinds: [StackedPotential.Architecture.Kind]
  private let samples: StateSamples
  private let level: KernelLevel
  package let stressScale: Double, featureScales: [Double], energyShare: Double
  package let groupWeights: [Double]
  package let scratchCount: Int
  /// Along which the gradient of N at rest gives the slope n, less its part of c.
  private let restDirection: [Double]
  // The pointer in it is set only for the length of a call.
  nonisolated(unsafe) private var problem = dm_stress_problem()
  private var weights: [Double], slopes: [Double], curvature: [Double], padded: [Double]
  private var restScratch: AlignedScratch

  package init(
    _ architecture: StackedPotential.Architecture, _ samples: StateSamples, stressScale: Double,
    featureScales: [Double], energyShare: Double, level: KernelLevel = .best
  ) {
    precondition(samples.pair == .rightCauchyGreen, "a learned potential takes C & S")
    precondition(architecture.featureCount == 3, "\(architecture.featureCount) features, not 3")
    self.architecture = architecture
    self.samples = samples
    self.stressScale = stressScale
    self.featureScales = featureScales
    self.energyShare = samples.energy.isEmpty ? 0 : energyShare
    self.level = level
    kinds = architecture.kinds
    groupWeights = samples.weights.map { $0.sum() }
    let root3 = 3.0.squareRoot()
    restDirection = [
      1 / (featureScales[0] * root3), 2 / (featureScales[1] * root3), 1 / featureScales[2],
    ]
    let count = architecture.weightCount
    padded = Array(repeating: 0, count: (count + 7) / 8 * 8)
    (weights, slopes, curvature) = (padded, padded, padded)
    problem.layers = Int32(architecture.widths.count)
    withUnsafeMutableBytes(of: &problem.width) { raw in
      let slots = raw.bindMemory(to: Int32.self)
      for (l, width) in architecture.widths.enumerated() { slots[l] = Int32(width) }
    }
    problem.inverse_scale = (1 / featureScales[0], 1 / featureScales[1], 1 / featureScales[2])
    problem.scale = stressScale
    problem.stress_weight = 1 / (stressScale * stressScale)
    problem.energy_weight = self.energyShare / (stressScale * stressScale)
    scratchCount = Int(dm_stress_scratch(&problem, level.rawValue))
    restScratch = AlignedScratch(scratchCount)
  }

  package var unknownCount: Int { architecture.weightCount + 3 }
  package var sumCount: Int { architecture.weightCount + Int(DM_STRESS_SUMS) }

  package var matrices: [MatrixPlace] {
    architecture.layers.dropFirst().map {
      MatrixPlace(start: $0.hidden, rows: $0.width, columns: $0.below)
    }
  }

  package mutating func prepare(at x: [Double]) {
    let count = architecture.weightCount
    for i in 0..<count { padded[i] = x[i] }
    dm_softplus(padded.count, padded, &weights, &slopes, &curvature, level.rawValue)
    for i in 0..<count {
      switch kinds[i] {
      case .nonNegative: break
      case .free: (weights[i], slopes[i]) = (x[i], 1)
      case .zero: (weights[i], slopes[i]) = (0, 0)
      }
    }
    problem.growth = stressScale * exp(x[count])
    problem.cofactor = stressScale * exp(x[count + 1])
    problem.bulk = stressScale * exp(x[count + 2])
    var (value, slope) = (0.0, 0.0)
    let (restDirection, level) = (restDirection, level)
    withProblem { problem, scratch in
      dm_stress_rest(&problem, restDirection, scratch, &value, &slope, level.rawValue)
    }
    problem.output_at_rest = value
    problem.slope = stressScale * slope + 2 * problem.cofactor / 3.0.squareRoot()
  }

  /// The kernel's problem with its weights, and the scratch of the rest.
  private mutating func withProblem(
    _ body: (inout dm_stress_problem, UnsafeMutablePointer<Double>) -> Void
  ) {
    var problem = problem
    weights.withUnsafeBufferPointer { weights in
      restScratch.withDoubles { scratch in
        problem.weights = weights.baseAddress
        body(&problem, scratch)
      }
    }
  }

  package func accumulate(
    _ groups: UnsafeBufferPointer<Int>, into sums: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
  ) {
    guard let index = groups.baseAddress else { return }
    var problem = problem
    let totals = sums + architecture.weightCount
    weights.withUnsafeBufferPointer { weights in
      problem.weights = weights.baseAddress
      samples.strain.withUnsafeBytes { C in
        samples.stress.withUnsafeBytes { S in
          samples.energy.withUnsafeBytes { W in
            samples.weights.withUnsafeBytes { share in
              func numbers(_ raw: UnsafeRawBufferPointer) -> UnsafePointer<Double>? {
                raw.isEmpty ? nil : raw.baseAddress!.assumingMemoryBound(to: Double.self)
              }
              dm_stress_gradient(
                &problem, groups.count, index, numbers(C), numbers(S), numbers(W), numbers(share),
                scratch, sums, totals, level.rawValue)
            }
          }
        }
      }
    }
  }

  package mutating func complete(
    _ sums: [Double], weight: Double, gradient: inout [Double]
  ) -> Double {
    let count = architecture.weightCount
    let scale = weight > 0 ? 1 / weight : 0
    for i in 0..<count { gradient[i] = scale * sums[i] }
    let loss = scale * sums[count]
    // Derivatives with respect to a, c, n and K, and the sum of the energies' adjoints.
    let (a, c) = (scale * sums[count + 1], scale * sums[count + 2])
    let (n, K, rest) = (scale * sums[count + 3], scale * sums[count + 4], scale * sums[count + 5])
    // n and N(0) follow from the weights.
    let (restDirection, stressScale, level) = (restDirection, stressScale, level)
    withProblem { problem, scratch in
      dm_stress_rest_gradient(
        &problem, restDirection, -stressScale * rest, stressScale * n, scratch, &gradient,
        level.rawValue)
    }
    for i in 0..<count { gradient[i] *= slopes[i] }
    gradient[count] = a * problem.growth
    gradient[count + 1] = (c + 2 * n / 3.0.squareRoot()) * problem.cofactor
    gradient[count + 2] = K * problem.bulk
    return loss
  }

  /// The law of unknowns x.
  package func law(_ x: [Double]) throws -> LearnedLaw {
    var copy = self
    copy.prepare(at: x)
    return try LearnedLaw(
      potential: StackedPotential(
        architecture: architecture, weights: Array(copy.weights[..<architecture.weightCount])),
      stressScale: stressScale, featureScales: featureScales, growth: copy.problem.growth,
      cofactor: copy.problem.cofactor, bulk: copy.problem.bulk)
  }

  /// The unknowns of a law of this architecture and these scales.
  package func unknowns(of law: LearnedLaw) -> [Double] {
    let weights = zip(kinds, law.potential.weights).map { kind, w -> Double in
      // Inverse of softplus; a weight of zero becomes a very small one.
      kind == .nonNegative ? (w > 30 ? w : log(expm1(max(w, 1e-12)))) : w
    }
    return weights
      + [law.growth, max(law.cofactor, 1e-9 * stressScale), law.bulk].map { log($0 / stressScale) }
  }
}
