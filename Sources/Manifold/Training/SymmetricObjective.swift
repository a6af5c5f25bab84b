import FixedPoint
import Mechanics

/// The loss of a map n → n under the constraint that its tangent be symmetric: g = J_ij − J_ji = 0 at
/// points of the data, in units of a reference tangent, by augmented Lagrangian.
///
/// A map with a symmetric tangent everywhere is the gradient of a potential; here it holds at the points and
/// to the tolerance that the report names, no further. Every entry at every point has its own multiplier.
/// A step of mini-batches looks at a window of the points that moves on; a sum over all samples at all
/// of them.
package struct SymmetricObjective: SampleObjective {
  private var data: MapObjective
  private let architecture: StackedMap.Architecture
  /// Points in normalised coordinates, groups of eight.
  private let points: [Lanes]
  private let pointGroups: Int, window: Int
  private var at = 0
  /// ∂y_a/∂x_i in physical units over the reference: factor of entry (a, i).
  private let factors: [Double]
  private var weights: [Double], added: [Double]
  private var sweep: TangentSweep
  package var multipliers: Multipliers

  /// - Parameters:
  ///   - points: at most this many points of the data carry the constraint.
  ///   - window: groups looked at per step; nil for all.
  package init(
    _ data: MapObjective, _ architecture: StackedMap.Architecture, _ samples: MapSamples,
    _ scales: SampleScales, points most: Int, window: Int?, tolerance: Double, penalty: Double,
    level: KernelLevel
  ) {
    let n = architecture.coordinateCount
    precondition(n == architecture.responseCount, "symmetry of a map \(n) → \(n)")
    self.data = data
    self.architecture = architecture
    pointGroups = max(1, min(samples.groups, most / 8))
    self.window = min(window ?? pointGroups, pointGroups)
    points = (0..<n * pointGroups).map { k in
      (samples.coordinates[k] - scales.input.shift[k % n]) / scales.input.scale[k % n]
    }
    // The size of a tangent is that of the responses over that of the coordinates.
    let size = { (v: [Double]) in (v.reduce(0) { $0 + $1 * $1 } / Double(v.count)).squareRoot() }
    let reference = size(scales.output.scale) / size(scales.input.scale)
    factors = (0..<n * n).map {
      scales.output.scale[$0 / n] / scales.input.scale[$0 % n] / reference
    }
    weights = Array(repeating: 0, count: architecture.weightCount)
    added = weights
    sweep = TangentSweep(architecture, groups: TangentSweep.limit, level: level)
    multipliers = Multipliers(
      [
        Constraint(
          "symmetry of the tangent", .equality, count: 4 * n * (n - 1) * pointGroups,
          tolerance: tolerance)
      ], penalty: penalty)
  }

  package var unknownCount: Int { data.unknownCount }
  package var sumCount: Int { data.sumCount }
  package var scratchCount: Int { data.scratchCount }
  package var groupWeights: [Double] { data.groupWeights }
  package var matrices: [MatrixPlace] { data.matrices }

  package mutating func prepare(at x: [Double]) {
    data.prepare(at: x)
    for i in x.indices { weights[i] = x[i] }
  }

  package func accumulate(
    _ groups: UnsafeBufferPointer<Int>, into sums: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
  ) { data.accumulate(groups, into: sums, scratch: scratch) }

  package mutating func complete(
    _ sums: [Double], weight: Double, gradient: inout [Double]
  ) -> Double {
    var loss = data.complete(sums, weight: weight, gradient: &gradient)
    for i in added.indices { added[i] = 0 }
    var sum = 0.0
    let share = 1 / Double(8 * window)
    let multipliers = multipliers
    visit(from: at, window) { values, slopes, first in
      for k in values.indices {
        let (row, slope) = multipliers.weightedValue(first + k, values[k])
        sum += 0.5 * row * row
        slopes[k] = share * row * slope
      }
    }
    at = (at + window) % pointGroups
    loss += share * sum
    for i in gradient.indices { gradient[i] += added[i] }
    return loss
  }

  /// All values of the constraint for unknowns x.
  package mutating func constraintValues(at x: [Double]) -> [Double] {
    prepare(at: x)
    var out = [Double](repeating: 0, count: multipliers.count)
    visit(from: 0, pointGroups) { values, slopes, first in
      for k in values.indices {
        out[first + k] = values[k]
        slopes[k] = 0
      }
    }
    return out
  }

  /// Goes over `count` groups of points: hands out the values of every chunk and the place of the first,
  /// takes their adjoints, and adds the gradient to `added`.
  private mutating func visit(
    from start: Int, _ count: Int, _ body: (_ values: [Double], inout [Double], Int) -> Void
  ) {
    let n = architecture.coordinateCount
    let perGroup = 4 * n * (n - 1)
    var done = 0
    while done < count {
      let group = (start + done) % pointGroups
      let here = min(TangentSweep.limit, count - done, pointGroups - group)
      for k in 0..<n * here { sweep.batch.coordinates[k] = points[n * group + k] }
      sweep.forward(weights, groups: here)
      var values = [Double](repeating: 0, count: perGroup * here)
      var slopes = values
      for g in 0..<here {
        var k = perGroup * g
        for (i, j) in pairs(n) {
          let c =
            factors[n * i + j] * sweep.batch.tangents[n * (n * g + i) + j]
            - factors[n * j + i] * sweep.batch.tangents[n * (n * g + j) + i]
          for lane in 0..<8 { values[k + lane] = c[lane] }
          k += 8
        }
      }
      body(values, &slopes, perGroup * group)
      for g in 0..<here {
        var k = perGroup * g
        for (i, j) in pairs(n) {
          for lane in 0..<8 {
            sweep.adjoints.tangents[n * (n * g + i) + j][lane] =
              factors[n * i + j] * slopes[k + lane]
            sweep.adjoints.tangents[n * (n * g + j) + i][lane] =
              -factors[n * j + i] * slopes[k + lane]
          }
          k += 8
        }
      }
      sweep.reverse(weights, groups: here, into: &added)
      done += here
    }
  }

  private func pairs(_ n: Int) -> [(Int, Int)] {
    (0..<n).flatMap { i in (i + 1..<n).map { (i, $0) } }
  }
}

extension Training {
  /// Fits a map n → n whose tangent is to be symmetric (see `SymmetricObjective`): rounds of training,
  /// with new multipliers after each.
  ///
  /// - Parameters:
  ///   - points: points of the data that carry the constraint.
  ///   - tolerance: largest |J_ij − J_ji| that counts as none, relative to the size of the responses
  ///     over the size of the coordinates.
  ///   - rounds: each gets its share of the epochs, and starts where the last one ended.
  ///   - origin: where the caller will take off the map's value; the map learns with that in view.
  /// - Returns: the map, the record of all rounds, and what became of the constraint.
  /// - Throws: `TrainingError` as `fit`.
  public func fitSymmetric(
    _ architecture: StackedMap.Architecture, _ samples: MapSamples, points: Int = 512,
    tolerance: Double = 0.01, rounds: Int = 5, penalty: Double = 1, origin: [Double]? = nil,
    progress: ((TrainingRecord) -> Bool)? = nil
  ) throws -> (map: StackedMap, record: TrainingRecord, constraint: ConstraintReport) {
    guard samples.coordinateCount == architecture.coordinateCount,
      samples.responseCount == architecture.responseCount,
      architecture.coordinateCount == architecture.responseCount
    else {
      throw TrainingError.badShape(
        "samples \(samples.coordinateCount) → \(samples.responseCount) for a symmetric map")
    }
    let scales = SampleScales(samples, centred: origin == nil)
    let data = MapObjective(
      architecture, samples, input: scales.input, output: scales.output,
      importance: Array(repeating: 1, count: architecture.responseCount), origin: origin,
      level: level)
    var isWhole = false
    if case .lbfgs = optimizer { isWhole = true }
    var objective = SymmetricObjective(
      data, architecture, samples, scales, points: points, window: isWhole ? nil : 4,
      tolerance: tolerance, penalty: penalty, level: level)
    var x = architecture.randomWeights(seed: seed)
    var all: TrainingRecord?
    var one = self
    one.epochs = max(1, epochs / max(rounds, 1))
    for round in 0..<max(rounds, 1) {
      one.seed = seed &+ UInt64(round)
      let record = try one.minimise(&objective, &x, progress: progress)
      all = all?.followed(by: record) ?? record
      _ = objective.multipliers.update(objective.constraintValues(at: x))
    }
    let report = objective.multipliers.reports(objective.constraintValues(at: x))[0]
    let map = try StackedMap(
      architecture: architecture, weights: x, input: scales.input, output: scales.output,
      domain: scales.domain)
    return (map, all!, report)
  }
}

extension TrainingRecord {
  /// This record with a later one behind it.
  func followed(by other: TrainingRecord) -> TrainingRecord {
    var out = self
    out.bestEpoch = epochs.count + other.bestEpoch
    out.epochs += other.epochs
    out.checkpoints += other.checkpoints.map {
      Checkpoint(epoch: $0.epoch + epochs.count, unknowns: $0.unknowns)
    }
    out.steps += other.steps
    out.samples += other.samples
    out.seconds += other.seconds
    out.reason = other.reason
    return out
  }
}
