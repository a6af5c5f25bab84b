import Glibc

/// min f(x) by L-BFGS: Newton-like steps from the curvature of the last `memory` steps, each held to the
/// strong Wolfe conditions.
///
/// Sources: Nocedal, Math. Comp. 35 (1980); line search by bracketing and cubic interpolation, Nocedal &
/// Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6.
public struct LBFGS: Sendable, Equatable {
  /// Steps remembered; most iterations; stops at ‖∇f‖∞ ≤ `gradientTolerance` · max(1, ‖x‖∞), and when
  /// f falls by less than this fraction.
  public var memory = 20, iterationLimit = 500, gradientTolerance = 1e-9, reductionTolerance = 1e-12
  /// Wolfe's constants: sufficient decrease and curvature.
  public var decrease = 1e-4, curvature = 0.9

  /// With the defaults above.
  public init() {}

  /// Iterates from `x`, which ends at the best state found.
  ///
  /// - Parameters:
  ///   - evaluate: f, and ∇f into its last argument; f that is not finite is a step too far.
  ///   - progress: called with the number of iterations and f; false stops.
  /// - Returns: f at the end, iterations, evaluations, and whether it converged.
  public func minimise(
    _ x: inout [Double], evaluate: ([Double], inout [Double]) -> Double,
    progress: (Int, Double, [Double]) -> Bool = { _, _, _ in true }
  ) -> (value: Double, iterations: Int, evaluations: Int, converged: Bool) {
    var run = LBFGSRun(self, count: x.count)
    run.value = evaluate(x, &run.gradient)
    guard run.value.isFinite else { return (run.value, 0, 1, false) }
    for iteration in 1...max(iterationLimit, 1) {
      if run.isStationary(x, gradientTolerance) {
        return (run.value, iteration - 1, run.evaluations, true)
      }
      let before = run.value
      guard run.step(&x, evaluate) else {
        return (run.value, iteration - 1, run.evaluations, false)
      }
      guard progress(iteration, run.value, x) else {
        return (run.value, iteration, run.evaluations, false)
      }
      if before - run.value <= reductionTolerance * abs(before) {
        return (run.value, iteration, run.evaluations, true)
      }
    }
    return (run.value, iterationLimit, run.evaluations, false)
  }
}

/// The workspace of one minimisation.
private struct LBFGSRun {
  let options: LBFGS
  var gradient, direction, trial, trialGradient: [Double]
  var steps: [[Double]], changes: [[Double]], inner: [Double], weights: [Double]
  var stored = 0, next = 0
  var value = 0.0
  var evaluations = 1

  init(_ options: LBFGS, count: Int) {
    self.options = options
    gradient = Array(repeating: 0, count: count)
    (direction, trial, trialGradient) = (gradient, gradient, gradient)
    steps = Array(repeating: gradient, count: max(options.memory, 1))
    changes = steps
    inner = Array(repeating: 0, count: steps.count)
    weights = inner
  }

  func isStationary(_ x: [Double], _ tolerance: Double) -> Bool {
    func largest(_ v: [Double]) -> Double { v.reduce(0) { max($0, abs($1)) } }
    return largest(gradient) <= tolerance * max(1, largest(x))
  }

  /// −H ∇f by the two loops of Nocedal.
  private mutating func setDirection() {
    for i in direction.indices { direction[i] = -gradient[i] }
    for back in 0..<stored {
      let k = (next - 1 - back + 2 * steps.count) % steps.count
      weights[k] = dot(steps[k], direction) / inner[k]
      add(-weights[k], changes[k], to: &direction)
    }
    if stored > 0 {
      let k = (next - 1 + steps.count) % steps.count
      let scale = inner[k] / dot(changes[k], changes[k])
      for i in direction.indices { direction[i] *= scale }
    }
    for back in (0..<stored).reversed() {
      let k = (next - 1 - back + 2 * steps.count) % steps.count
      let beta = dot(changes[k], direction) / inner[k]
      add(weights[k] - beta, steps[k], to: &direction)
    }
  }

  /// One step; false where no point satisfies the decrease, even along −∇f.
  mutating func step(
    _ x: inout [Double], _ evaluate: ([Double], inout [Double]) -> Double
  ) -> Bool {
    while true {
      setDirection()
      var slope = dot(gradient, direction)
      if !(slope < 0) {
        stored = 0
        setDirection()
        slope = dot(gradient, direction)
      }
      let first = stored > 0 ? 1 : min(1, 1 / dot(gradient, gradient).squareRoot())
      if search(x, slope, first, evaluate) { break }
      guard stored > 0 else { return false }
      stored = 0
    }
    for i in x.indices {
      steps[next][i] = trial[i] - x[i]
      changes[next][i] = trialGradient[i] - gradient[i]
      x[i] = trial[i]
      gradient[i] = trialGradient[i]
    }
    let product = dot(steps[next], changes[next])
    // Positive by the curvature condition; where the search gave up early it need not be.
    guard product > 1e-14 * dot(changes[next], changes[next]) else { return true }
    inner[next] = product
    next = (next + 1) % steps.count
    stored = min(stored + 1, steps.count)
    return true
  }

  private struct Point {
    var length: Double, value: Double, slope: Double
  }

  /// f and its slope at x + length · direction, left in `trial` and `trialGradient`.
  private mutating func probe(
    _ x: [Double], _ length: Double, _ evaluate: ([Double], inout [Double]) -> Double
  ) -> Point {
    for i in x.indices { trial[i] = x[i] + length * direction[i] }
    evaluations += 1
    let f = evaluate(trial, &trialGradient)
    let slope = f.isFinite ? dot(trialGradient, direction) : .nan
    return Point(
      length: length, value: slope.isFinite ? f : .infinity, slope: slope.isFinite ? slope : 1)
  }

  /// Algorithm 3.5; leaves the accepted point in `trial`.
  private mutating func search(
    _ x: [Double], _ slope: Double, _ first: Double,
    _ evaluate: ([Double], inout [Double]) -> Double
  ) -> Bool {
    let start = Point(length: 0, value: value, slope: slope)
    var last = start
    var length = first
    for _ in 0..<20 {
      let here = probe(x, length, evaluate)
      if here.value > value + options.decrease * length * slope
        || (last.length > 0 && here.value >= last.value)
      {
        return zoom(x, start, last, here, evaluate)
      }
      if abs(here.slope) <= -options.curvature * slope { return accept(here) }
      if here.slope >= 0 { return zoom(x, start, here, last, evaluate) }
      last = here
      length *= 2
    }
    return false
  }

  /// Algorithm 3.6: `low` has the least value seen that decreases enough.
  private mutating func zoom(
    _ x: [Double], _ start: Point, _ low: Point, _ high: Point,
    _ evaluate: ([Double], inout [Double]) -> Double
  ) -> Bool {
    var (low, high) = (low, high)
    for _ in 0..<30 {
      let here = probe(x, minimiser(low, high), evaluate)
      if here.value > start.value + options.decrease * here.length * start.slope
        || here.value >= low.value
      {
        high = here
      } else {
        if abs(here.slope) <= -options.curvature * start.slope { return accept(here) }
        if here.slope * (high.length - low.length) >= 0 { high = low }
        low = here
      }
      if abs(high.length - low.length) <= 1e-12 * max(low.length, high.length) { break }
    }
    // What decreases is taken even where the slope asks for more.
    guard low.length > 0, low.value < start.value else { return false }
    return accept(probe(x, low.length, evaluate))
  }

  private mutating func accept(_ point: Point) -> Bool {
    value = point.value
    return true
  }

  /// Minimiser of the cubic through both points, kept away from them.
  private func minimiser(_ a: Point, _ b: Point) -> Double {
    let middle = 0.5 * (a.length + b.length)
    guard b.value.isFinite else { return middle }
    let d = a.slope + b.slope - 3 * (a.value - b.value) / (a.length - b.length)
    let square = d * d - a.slope * b.slope
    guard square >= 0 else { return middle }
    let root = b.length > a.length ? square.squareRoot() : -square.squareRoot()
    let denominator = b.slope - a.slope + 2 * root
    let t = b.length - (b.length - a.length) * (b.slope + root - d) / denominator
    let (lower, upper) = (min(a.length, b.length), max(a.length, b.length))
    let margin = 0.1 * (upper - lower)
    return t > lower + margin && t < upper - margin ? t : middle
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

private func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
  for i in a.indices { b[i] += factor * a[i] }
}
