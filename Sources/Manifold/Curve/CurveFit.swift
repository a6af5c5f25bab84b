import FixedPoint
import Glibc
import LinearAlgebra

/// Learns a `MonotoneCurve` from states of which both components are noisy: errors in variables.
///
/// The loss is the squared distance of the states to the curve, L(θ) = Σ_i min_t d²((x_i, y_i), (t, y_θ(t))).
/// By the envelope theorem ∂L/∂θ needs no derivative of the nearest point t, so that each state gives one
/// residual, its signed distance, to Levenberg–Marquardt:
///
///     r = (v − f′ u)/√(1 + f′²)   with u, v the deviations in units of the noise,   ∂r/∂θ = −f_θ(t)/√(1 + f′²)
///
/// The number of units is the smallest one whose held-out distance is not worse than the best one's by
/// more than the standard error of the difference (after Breiman et al., 1984); by more than two where
/// only one part was held out. Source: Boggs, Byrd & Schnabel, SIAM J. Sci. Stat. Comput. 8 (1987), for
/// orthogonal distances.
public struct CurveFit: Sendable {
  /// Numbers of units that compete.
  public var unitCounts = [1, 2, 3, 4, 6]
  /// Parts of the data that are held out in turn while they do; above `singleSplit` states only the first.
  public var folds = 5
  /// Number of states from which on one held-out part says enough.
  public var singleSplit = 3000
  /// Standard deviations of x and y, or numbers in proportion to them; nil: the metric's own units.
  public var deviations: SIMD2<Double>?

  /// With the defaults above.
  public init() {}

  /// A fitted curve and how it came about.
  public struct Result: Sendable {
    /// The curve.
    public let curve: MonotoneCurve
    /// Root mean square of the distances to the curve, of all states and of held-out ones, in units of the
    /// noise (or of the metric).
    public let rms: Double, heldOutRMS: Double
    /// Held-out RMS for each number of units that competed.
    public let candidates: [(units: Int, heldOutRMS: Double)]
    /// The last iteration.
    public let record: ConvergenceRecord
  }

  /// Fits a curve to states.
  /// - Throws: `CurveFitError` for fewer than four states, or numbers that are not finite or have no extent.
  public func fit(x: [Double], y: [Double], metric: StateMetric) throws(CurveFitError) -> Result {
    precondition(
      metric.coordinates.count == 1 && metric.responses.count == 1,
      "a curve lives in two dimensions")
    guard x.count == y.count, x.count >= 4 else {
      throw CurveFitError("\(x.count) x and \(y.count) y: a curve needs four states")
    }
    for i in x.indices where !(x[i].isFinite && y[i].isFinite) {
      throw CurveFitError("state \(i) is not finite")
    }
    let s = SIMD2(x.reduce(0) { max($0, abs($1)) }, y.reduce(0) { max($0, abs($1)) })
    guard s.x > 0, s.y > 0 else { throw CurveFitError("all states lie on an axis") }
    let noise =
      deviations
      ?? SIMD2(
        1 / (0.5 * metric.coordinates[0]).squareRoot(), 1 / (0.5 * metric.responses[0]).squareRoot()
      )
    let states = CurveStates(
      u: x.map { $0 / s.x }, v: y.map { $0 / s.y }, weights: s / noise)
    let (units, candidates) = choose(states)
    let final = states.fit(units: units)
    let range = x.min()!...x.max()!
    return Result(
      curve: MonotoneCurve(scales: s, parameters: final.parameters, range: range, metric: metric),
      rms: final.problem.rms, heldOutRMS: candidates.first { $0.units == units }!.heldOutRMS,
      candidates: candidates, record: final.record)
  }

  /// The smallest number of units that is as good as the best, up to the standard error of the difference.
  private func choose(_ states: CurveStates) -> (Int, [(units: Int, heldOutRMS: Double)]) {
    let sizes = unitCounts.sorted().filter { 3 * $0 + 1 <= max(4, states.count / 3) }
    let rounds = states.count > singleSplit ? 1 : folds
    // One part is one draw; there are data enough then for what is real to stand out.
    let allowance = rounds == 1 ? 2.0 : 1
    var squares: [[Double]] = [], means: [Double] = []
    for units in sizes {
      squares.append(
        (0..<rounds).flatMap { fold -> [Double] in
          let (train, held) = states.split(fold, of: folds)
          var problem = CurveProblem(held, unknowns: 3 * units + 1)
          problem.measure(train.fit(units: units, reduction: 1e-7).parameters)
          return problem.distances.map { $0 * $0 }
        })
      means.append(squares.last!.reduce(0, +) / Double(squares.last!.count))
      // Two larger ones in a row that gain nothing: more would not either.
      let n = means.count
      if n > 2, means[n - 1] > 0.999 * means[n - 3], means[n - 2] > 0.999 * means[n - 3] { break }
    }
    let best = means.indices.min { means[$0] < means[$1] }!
    let chosen = means.indices.first { i in
      let n = Double(squares[i].count)
      let difference = zip(squares[i], squares[best]).map { $0 - $1 }
      let mean = difference.reduce(0, +) / n
      let variance = difference.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(n - 1, 1)
      return mean <= allowance * (variance / n).squareRoot()
    }!
    return (sizes[chosen], zip(sizes, means).map { (units: $0, heldOutRMS: $1.squareRoot()) })
  }
}

/// Why no curve was fitted.
public struct CurveFitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line.
  public let description: String
  init(_ description: String) { self.description = description }
}

/// States in units of their largest, and what one unit is worth in units of the noise.
package struct CurveStates {
  package let u: [Double], v: [Double], weights: SIMD2<Double>

  package init(u: [Double], v: [Double], weights: SIMD2<Double>) {
    (self.u, self.v, self.weights) = (u, v, weights)
  }

  var count: Int { u.count }

  /// Largest w: a unit turns over a tenth of the largest |x| at least. Steeper ones are steps between
  /// neighbouring states, which held-out distances hardly see and structures feel.
  static let steepest = 40.0

  /// Every `count`-th state from `fold` is held out.
  func split(_ fold: Int, of folds: Int) -> (train: CurveStates, held: CurveStates) {
    let held = u.indices.filter { $0 % folds == fold }
    let train = u.indices.filter { $0 % folds != fold }
    return (part(train), part(held))
  }

  func part(_ chosen: [Int]) -> CurveStates {
    CurveStates(u: chosen.map { u[$0] }, v: chosen.map { v[$0] }, weights: weights)
  }

  /// The best of several starts on a part of the states, then all of them.
  func fit(
    units: Int, reduction: Double = 1e-10
  ) -> (parameters: [Double], problem: CurveProblem, record: ConvergenceRecord) {
    let sample = count > 2000 ? part(Array(stride(from: 0, to: count, by: count / 1000))) : self
    var solver = LevenbergMarquardt()
    solver.lowerBounds = (0..<3 * units + 1).map { $0 % 3 == 0 && $0 > 0 ? -.infinity : 0 }
    solver.upperBounds = (0..<3 * units + 1).map {
      $0 > 0 && $0 % 3 == 2 ? CurveStates.steepest : .infinity
    }
    solver.reductionTolerance = max(reduction, 1e-8)
    solver.iterationLimit = 60
    var best: (parameters: [Double], rms: Double)?
    for steepness in [2.0, 6] {
      var p = start(units: units, steepness: steepness)
      var problem = CurveProblem(sample, unknowns: p.count)
      _ = solver.minimise(&problem, x: &p)
      problem.measure(p)
      if best == nil || problem.rms < best!.rms { best = (p, problem.rms) }
    }
    var p = best!.parameters
    var problem = CurveProblem(self, unknowns: p.count)
    solver.reductionTolerance = reduction
    let record = solver.minimise(&problem, x: &p)
    problem.measure(p)
    return (p, problem, record)
  }

  /// Equal units over the range of the states, together as steep as a chord.
  private func start(units: Int, steepness: Double) -> [Double] {
    let (low, high) = (u.min()!, u.max()!)
    let height = v.max()! - v.min()!
    var p = [0.1 * height / max(high - low, 1e-12)]
    let w = steepness * Double(units)
    for j in 0..<units {
      let centre = low + (high - low) * (Double(j) + 0.5) / Double(units)
      p += [height / Double(units), w, -w * centre]
    }
    return p
  }
}

/// Signed distances of states to the curve, in units of the noise, as residuals.
package struct CurveProblem: ResidualProblem {
  package typealias Tangent = DenseMatrix

  let states: CurveStates
  /// Nearest abscissas, kept from one evaluation to the next.
  private(set) var feet: [Double]
  /// The residuals of the latest evaluation.
  private(set) var distances: [Double]
  private var slopes: [Double]
  package let unknownCount: Int

  package init(_ states: CurveStates, unknowns: Int) {
    self.states = states
    feet = states.u
    distances = Array(repeating: 0, count: states.count)
    slopes = distances
    unknownCount = unknowns
  }

  package var residualCount: Int { states.count }

  /// Root mean square of the distances.
  var rms: Double {
    (distances.reduce(0) { $0 + $1 * $1 } / Double(max(distances.count, 1))).squareRoot()
  }

  package mutating func residual(at p: [Double], into r: inout [Double]) -> Bool {
    measure(p)
    for i in r.indices { r[i] = distances[i] }
    return true
  }

  package mutating func linearise(
    at p: [Double], residual r: inout [Double], tangent J: inout DenseMatrix
  ) -> Bool {
    measure(p)
    let (W, curve) = (states.weights, CurveKernel(p))
    for i in r.indices {
      r[i] = distances[i]
      let f = W.y / W.x * slopes[i]
      curve.gradient(
        feet[i], factor: -W.y / (1 + f * f).squareRoot(), into: &J.values, row: i, rows: J.rows)
    }
    return true
  }

  /// Nearest points and signed distances for parameters p.
  mutating func measure(_ p: [Double]) {
    let curve = CurveKernel(p)
    for i in feet.indices { project(i, curve) }
  }

  /// Newton's method for the nearest abscissa, by Gauss and Newton where the distance is not convex, with
  /// halved steps until it falls.
  private mutating func project(_ i: Int, _ curve: CurveKernel) {
    let W = states.weights * states.weights
    let (u, v) = (states.u[i], states.v[i])
    var t = feet[i]
    var point = curve.evaluate(t)
    func square(_ t: Double, _ y: Double) -> Double {
      W.x * (u - t) * (u - t) + W.y * (v - y) * (v - y)
    }
    var value = square(t, point.value)
    for _ in 0..<40 {
      let gradient = -W.x * (u - t) - W.y * (v - point.value) * point.slope
      let safe = W.x + W.y * point.slope * point.slope
      let full = safe - W.y * (v - point.value) * point.curvature
      var step = -gradient / (full > 0.2 * safe ? full : safe)
      let isLast = abs(step) <= 1e-7 * (1 + abs(t))
      var trial = curve.evaluate(t + step)
      var trialValue = square(t + step, trial.value)
      for _ in 0..<30 where !isLast && trialValue > value {
        step *= 0.5
        trial = curve.evaluate(t + step)
        trialValue = square(t + step, trial.value)
      }
      t += step
      (point, value) = (trial, trialValue)
      // Newton's method doubles the digits: what a step this small leaves is round-off.
      if isLast { break }
    }
    feet[i] = t
    let f = (W.y / W.x).squareRoot() * point.slope
    distances[i] =
      (states.weights.y * (v - point.value) - f * states.weights.x * (u - t))
      / (1 + f * f).squareRoot()
    slopes[i] = point.slope
  }
}
