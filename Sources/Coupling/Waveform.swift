/// How a field goes through a window between the times at which it is known.
public enum TimeInterpolation: String, Sendable, Codable, CaseIterable {
  /// The value at the end of the window all through it: what couplers without waveforms do. First order.
  case constant
  /// Straight between samples.
  case linear
  /// The cubic B-spline through the samples of the window, of lower degree where there are fewer than four.
  case cubicSpline = "cubic-spline"
}

/// A field over a window: samples at its beginning and at later times, the last at its end.
public struct Waveform: Sendable, Equatable, Codable {
  /// Ascending, s; at least two, or one for a field that stands still.
  public private(set) var times: [Double]
  /// One array per time.
  public private(set) var samples: [[Double]]
  /// What lies between.
  public let interpolation: TimeInterpolation

  /// From samples.
  public init(times: [Double], samples: [[Double]], interpolation: TimeInterpolation) {
    precondition(
      times.count == samples.count && !times.isEmpty,
      "\(times.count) times, \(samples.count) samples")
    (self.times, self.samples, self.interpolation) = (times, samples, interpolation)
  }

  /// The last sample.
  public var last: [Double] { samples[samples.count - 1] }

  /// The value at a time; before the first and after the last it stays.
  public func value(at t: Double) -> [Double] {
    let n = times.count
    // Times of steps are sums: one that is a sample's to rounding is that sample's.
    let rounding = 1e-9 * (times[n - 1] - times[0])
    if n == 1 || t >= times[n - 1] - rounding { return samples[n - 1] }
    if t <= times[0] + rounding, interpolation != .constant { return samples[0] }
    switch interpolation {
    case .constant: return samples[n - 1]
    case .linear:
      let k = times.lastIndex { $0 <= t } ?? 0
      let s = (t - times[k]) / (times[k + 1] - times[k])
      return mix([1 - s, s], Array(samples[k...k + 1]))
    case .cubicSpline: return mix(SplineWeights(sites: times, degree: 3).weights(at: t), samples)
    }
  }

  private func mix(_ weights: [Double], _ of: [[Double]]) -> [Double] {
    var out = [Double](repeating: 0, count: of[0].count)
    for (w, v) in zip(weights, of) where w != 0 { for i in out.indices { out[i] += w * v[i] } }
    return out
  }

  /// Every sample changed alike.
  func mapped(_ change: (Double, [Double]) -> [Double]) -> Waveform {
    Waveform(
      times: times, samples: zip(times, samples).map { change($0, $1) },
      interpolation: interpolation)
  }
}

/// What each sample counts in the spline that goes through all of them: the interpolating B-spline whose inner knots are
/// means of sites (de Boor, A Practical Guide to Splines (1978), ch. XIII), which exists for any sites.
struct SplineWeights {
  private let knots: [Double], degree: Int
  /// Collocation matrix, factors L and U in place, row by row; no pivots: it is totally positive.
  private let factors: [Double], count: Int

  init(sites: [Double], degree: Int) {
    let n = sites.count
    let p = min(degree, n - 1)
    var knots = Array(repeating: sites[0], count: p + 1)
    for j in 0..<max(0, n - p - 1) {
      knots.append(sites[j + 1...j + p].reduce(0, +) / Double(p))
    }
    knots += Array(repeating: sites[n - 1], count: p + 1)
    (self.knots, self.degree, count) = (knots, p, n)
    var A = sites.flatMap { SplineWeights.basis(at: $0, knots: knots, degree: p, count: n) }
    for k in 0..<n {
      for i in k + 1..<max(n, k + 1) {
        A[i * n + k] /= A[k * n + k]
        for j in k + 1..<n { A[i * n + j] -= A[i * n + k] * A[k * n + j] }
      }
    }
    factors = A
  }

  /// Weights w with spline(t) = Σ w_k sample_k.
  func weights(at t: Double) -> [Double] {
    var w = SplineWeights.basis(at: t, knots: knots, degree: degree, count: count)
    // wᵀ = bᵀ A⁻¹: first U from the right, then L.
    for j in 0..<count {
      for i in 0..<j { w[j] -= w[i] * factors[i * count + j] }
      w[j] /= factors[j * count + j]
    }
    for j in (0..<count).reversed() {
      for i in j + 1..<max(count, j + 1) { w[j] -= w[i] * factors[i * count + j] }
    }
    return w
  }

  /// All B-splines at t, by Cox and de Boor's recurrence.
  private static func basis(at t: Double, knots: [Double], degree p: Int, count n: Int) -> [Double]
  {
    let last = knots[n]
    var span = p
    while span < n - 1, t >= knots[span + 1] { span += 1 }
    if t >= last { span = n - 1 }
    var N = [1.0]
    for d in 1..<max(p + 1, 1) {
      var next = [Double](repeating: 0, count: d + 1)
      for r in 0..<d {
        let (left, right) = (knots[span + 1 - d + r], knots[span + 1 + r])
        let part = N[r] / (right - left)
        next[r] += (right - t) * part
        next[r + 1] += (t - left) * part
      }
      N = next
    }
    var out = [Double](repeating: 0, count: n)
    for (r, v) in N.enumerated() { out[span - p + r] = v }
    return out
  }
}
