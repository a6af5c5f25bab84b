import FixedPoint
import Mechanics

/// The nearest admissible state to an observation: min over the manifold of the distance to what was seen,
/// under linear constraints (see `Observations`, and `ProjectionGroup` for the iteration).
///
///     let states = try Projection().project(observations, onto: LawManifold(law))
///
/// Observations are worked on eight at a time and do not know of each other; the same input gives the
/// same bits.
public struct Projection: Sendable {
  /// What is said about the precision of a state.
  public enum Uncertainty: Sendable {
    /// Nothing.
    case none
    /// The variance of every component.
    case variances
    /// The whole covariance.
    case covariance
  }

  /// Length of the next Newton step relative to the state at which the iteration ends.
  public var tolerance = 1e-12
  /// Most Newton corrections.
  public var iterationLimit = 80
  /// Starts per observation; nil: one on a manifold that promises convexity, four on any other. The first
  /// is what was seen, the others are drawn about it; the nearest state found counts.
  public var starts: Int?
  /// Seed of the starts.
  public var seed: UInt64 = 1
  /// Precision of the states.
  public var uncertainty = Uncertainty.covariance
  /// Whether `expansion` is computed.
  public var measuresExpansion = true

  /// With the defaults above.
  public init() {}

  /// The nearest states.
  /// - Throws: `ProjectionError` for observations that contradict themselves, before any work.
  public func project<M: Manifold>(
    _ observations: Observations, onto manifold: M
  ) throws(ProjectionError) -> ProjectedStates {
    let (n, m) = (manifold.coordinateCount, manifold.responseCount)
    precondition(
      observations.coordinateCount == n && observations.responseCount == m,
      "observations of \(observations.coordinateCount) + \(observations.responseCount) components, "
        + "a manifold of \(n) + \(m)")
    if let flaw = observations.flaw { throw .flawed(flaw) }
    let metric = try ObservationPattern.Metric(manifold.metric, n: n, m: m)
    var loader = ObservationLoader(observations, metric: metric)
    var group = ProjectionGroup(
      manifold, metric: metric, constraints: observations.constraintCount, tolerance: tolerance,
      iterationLimit: iterationLimit)
    let perState: Int
    switch uncertainty {
    case .none: perState = 0
    case .variances: perState = n + m
    case .covariance: perState = (n + m) * (n + m)
    }
    var states = ProjectedStates(count: observations.count, n: n, m: m, covariances: perState)
    var account = ProjectionAccount(n: n, m: m, k: observations.constraintCount)
    let starts = self.starts ?? (manifold.isConvex ? 1 : 4)
    precondition(starts > 0, "\(starts) starts")
    for first in Swift.stride(from: 0, to: observations.count, by: 8) {
      try loader.load(first, into: &group)
      var best = search(manifold, &group, loader.start, starts: starts, first: first)
      best.objective = group.distance(best)
      if measuresExpansion || uncertainty != .none {
        group.sharpenCurvature(manifold, of: &best)
      }
      account.describe(
        group, best, uncertainty: uncertainty, measuresExpansion: measuresExpansion)
      account.write(
        best, problem: group.problem, seen: loader.seenCounts, from: first, to: &states)
    }
    let reason: ConvergenceRecord.Reason =
      states.converged.allSatisfy { $0 }
      ? .converged
      : states.residual.allSatisfy { $0.isFinite } ? .iterationLimit : .notFinite
    states.record = ConvergenceRecord(
      residuals: group.history, iterations: states.iterations.max() ?? 0, reason: reason)
    return states
  }

  /// The nearest of the states that several starts lead to.
  private func search<M: Manifold>(
    _ manifold: M, _ group: inout ProjectionGroup, _ start: [Lanes], starts: Int, first: Int
  ) -> ProjectionGroup.Solution {
    group.solve(manifold, from: start)
    guard starts > 1 else { return group.solution }
    var best = group.solution
    var random = SplitMix64(seed: seed &+ UInt64(first))
    for _ in 1..<starts {
      group.solve(manifold, from: group.perturbed(start, &random))
      let other = group.solution
      // A worse one never replaces a better; an equal one only where the first did not converge.
      let nearer = group.merit(other) .< 0.999999 * group.merit(best)
      best.take(
        other, where: other.converged .& (nearer .| .!best.converged))
    }
    return best
  }
}

extension Manifold {
  /// The nearest states of this manifold to what was seen.
  /// - Throws: `ProjectionError` for observations that contradict themselves.
  public func project(_ observations: Observations) throws(ProjectionError) -> ProjectedStates {
    try Projection().project(observations, onto: self)
  }
}

extension ProjectionGroup.Solution {
  /// Takes another solution in some lanes.
  mutating func take(_ other: Self, where mask: LaneMask) {
    func mix(_ a: inout [Lanes], _ b: [Lanes]) {
      for i in a.indices { a[i].replace(with: b[i], where: mask) }
    }
    mix(&x, other.x)
    mix(&y, other.y)
    mix(&D, other.D)
    mix(&force, other.force)
    mix(&curvature, other.curvature)
    mix(&multipliers, other.multipliers)
    mix(&violation, other.violation)
    objective.replace(with: other.objective, where: mask)
    iterations.replace(with: other.iterations, where: mask)
    residual.replace(with: other.residual, where: mask)
    converged = (converged .| (other.converged .& mask))
  }
}

/// Puts eight observations at a time into a group.
struct ObservationLoader {
  private let observations: Observations
  private let metric: ObservationPattern.Metric
  private let constraintLengths: [Double]
  private var patterns: [[Bool]: ObservationPattern] = [:]
  /// The pattern in every lane, so that equal ones are loaded once.
  private var loaded: [ObservationPattern?] = Array(repeating: nil, count: 8)
  private var key: [Bool]
  /// Coordinates to start from, and the number of seen values per lane.
  private(set) var start: [Lanes], seenCounts = [Int](repeating: 0, count: 8)

  init(_ observations: Observations, metric: ObservationPattern.Metric) {
    self.observations = observations
    self.metric = metric
    let w = metric.width
    constraintLengths = (0..<observations.constraintCount).map { r in
      var square = 0.0
      for i in 0..<w {
        for j in 0..<w {
          square +=
            observations.constraints.matrix[w * r + i] * metric.inverse[w * i + j]
            * observations.constraints.matrix[w * r + j]
        }
      }
      return square.squareRoot()
    }
    key = Array(
      repeating: false,
      count: w + observations.combinationCount + observations.constraintCount)
    start = Array(repeating: Lanes(), count: observations.coordinateCount)
  }

  /// Observations `first` to `first + 7`; the last one fills lanes that would stay empty.
  mutating func load(
    _ first: Int, into group: inout ProjectionGroup
  ) throws(ProjectionError) {
    group.couples = observations.combinationCount + observations.constraintCount > 0
    group.isWeighted = observations.deviations != nil
    for lane in 0..<8 {
      try load(min(first + lane, observations.count - 1), lane: lane, into: &group)
    }
    group.isMetric = observations.deviations == nil && loaded.allSatisfy { $0!.isComplete }
    for i in start.indices { start[i] = group.problem.target[i] }
  }

  private mutating func load(
    _ p: Int, lane: Int, into group: inout ProjectionGroup
  ) throws(ProjectionError) {
    let w = metric.width
    let (q, k) = (observations.combinationCount, observations.constraintCount)
    for i in 0..<w { key[i] = !observations.values[w * p + i].isNaN }
    for r in 0..<q { key[w + r] = !observations.combinations.values[q * p + r].isNaN }
    for r in 0..<k { key[w + q + r] = !observations.constraints.values[k * p + r].isNaN }
    let isNew = loaded[lane]?.key != key
    if isNew { try take(lane, p, &group) }
    let pattern = loaded[lane]!
    seenCounts[lane] = pattern.seenCount
    if let deviations = observations.deviations {
      var list: [Double] = []
      for i in 0..<w where key[i] { list.append(deviations[w * p + i]) }
      for r in 0..<q where key[w + r] {
        list.append(observations.combinationDeviations![q * p + r])
      }
      let (weights, level) = pattern.weights(deviations: list, metric: metric)
      for i in 0..<w * w { group.problem.weights[i][lane] = weights[i] }
      group.problem.level[lane] = level
    } else if isNew {
      for i in 0..<w * w { group.problem.weights[i][lane] = pattern.weights[i] }
      group.problem.level[lane] = pattern.level
    }
    for r in 0..<k {
      let value = observations.constraints.values[k * p + r]
      group.problem.limits[r][lane] = key[w + q + r] ? value / constraintLengths[r] : 0
    }
    complete(p, lane, pattern, &group)
  }

  /// A pattern that was not in this lane before: weights and constraint rows.
  private mutating func take(
    _ lane: Int, _ p: Int, _ group: inout ProjectionGroup
  ) throws(ProjectionError) {
    let w = metric.width
    let (q, k) = (observations.combinationCount, observations.constraintCount)
    if patterns[key] == nil {
      let pattern = ObservationPattern(
        seen: Array(key[..<(w + q)]), active: Array(key[(w + q)...]),
        combinations: observations.combinations.matrix,
        constraints: observations.constraints.matrix, n: observations.coordinateCount,
        metric: metric)
      if let r = pattern.redundantCombination {
        throw .flawed(
          ObservationFlaw(
            observation: p,
            "measured combination \(r + 1) follows from components that were seen as well; "
              + "give one or the other"))
      }
      patterns[key] = pattern
    }
    let pattern = patterns[key]!
    loaded[lane] = pattern
    group.problem.mayBeOpen[lane] = !pattern.determines
    for r in 0..<k {
      for i in 0..<w {
        let entry = observations.constraints.matrix[w * r + i] / constraintLengths[r]
        group.problem.constraints[w * r + i][lane] = pattern.active[r] ? entry : 0
      }
    }
  }

  /// The complete state ẑ nearest to rest that agrees with what was seen, and its metric length.
  private func complete(
    _ p: Int, _ lane: Int, _ pattern: ObservationPattern, _ group: inout ProjectionGroup
  ) {
    let w = metric.width
    let (q, k) = (observations.combinationCount, observations.constraintCount)
    if pattern.isComplete && pattern.seenCount == w {
      for i in 0..<w { group.problem.target[i][lane] = observations.values[w * p + i] }
    } else {
      var known: [Double] = []
      for i in 0..<w where key[i] { known.append(observations.values[w * p + i]) }
      for r in 0..<q where key[w + r] { known.append(observations.combinations.values[q * p + r]) }
      for r in 0..<k where pattern.active[r] {
        known.append(observations.constraints.values[k * p + r])
      }
      for i in 0..<w {
        var sum = 0.0
        for j in known.indices { sum += pattern.completion[known.count * i + j] * known[j] }
        group.problem.target[i][lane] = key[i] ? observations.values[w * p + i] : sum
      }
    }
    var square = 0.0
    for i in 0..<w {
      let zi = group.problem.target[i][lane]
      for j in 0..<w { square += zi * metric.matrix[w * i + j] * group.problem.target[j][lane] }
    }
    group.problem.length[lane] = (0.5 * square).squareRoot()
  }
}

extension ObservationPattern {
  /// What tells patterns apart.
  var key: [Bool] { seen + active }
}
