import Glibc

/// Chooses the next point of a fixed-point iteration x = H(x), from x and its image H(x).
///
/// Iterations come in windows (time steps, increments): within one the same fixed point is sought, and what was learnt
/// in earlier ones may help. The same objects serve any fixed-point problem: an interface between solvers, a
/// nonlinear sweep, a learned map. Written away and read back, one goes on as it would have.
public protocol Relaxation: Sendable, Codable {
  /// The point to evaluate next. A zero residual gives the image back.
  mutating func next(_ x: [Double], image: [Double]) -> [Double]
  /// The window has ended at x with this image; what is worth it is kept.
  mutating func endWindow(_ x: [Double], image: [Double])
  /// The window is given up and will begin anew: what it has taught is forgotten.
  mutating func abandonWindow()
  /// What the last call of `next` did.
  var report: RelaxationReport { get }
}

/// What a relaxation did to find a point.
public struct RelaxationReport: Sendable, Equatable, Codable {
  /// Factor of the residual, where the step was one along it.
  public var factor: Double?
  /// Differences that a quasi-Newton step rested on; those dropped for being almost dependent on newer ones.
  public var columns = 0, dropped = 0
  /// Why a quasi-Newton step was not taken although there were differences.
  public var refusal: Refusal?

  /// Reasons against a quasi-Newton step.
  public enum Refusal: String, Sendable, Codable {
    /// No difference was left by the filter.
    case dependent
    /// It was not finite, or many orders longer than the residual.
    case illConditioned
    /// It went nowhere although the residual is not zero.
    case stalled
  }

  /// Of nothing yet.
  public init() {}
}

/// x + ω (H(x) − x).
public struct ConstantRelaxation: Relaxation {
  /// ω.
  public let factor: Double
  /// What the last call of `next` did.
  public private(set) var report = RelaxationReport()

  /// 1 is the unrelaxed iteration.
  public init(_ factor: Double) {
    precondition(factor.isFinite, "a factor of \(factor)")
    self.factor = factor
    report.factor = factor
  }

  /// x + ω (H(x) − x).
  public mutating func next(_ x: [Double], image: [Double]) -> [Double] {
    relaxed(x, image, factor)
  }
  /// Nothing to keep.
  public mutating func endWindow(_ x: [Double], image: [Double]) {}
  /// Nothing to forget.
  public mutating func abandonWindow() {}
}

/// Aitken's dynamic factor (Küttler & Wall, Comput. Mech. 43 (2008)): ω ← −ω ⟨r₀, r − r₀⟩ / ‖r − r₀‖², with the last
/// window's factor, at most the first one, to begin with.
public struct AitkenRelaxation: Relaxation {
  /// First factor, and the largest that begins a window.
  public let first: Double
  /// What the last call of `next` did.
  public private(set) var report = RelaxationReport()
  private var factor: Double, before: [Double]?
  /// Factor, beside the first, below which the iteration has stalled.
  private static let least = 1e-3

  /// A first factor of 0.5 is usual.
  public init(first: Double = 0.5) {
    precondition(first > 0 && first.isFinite, "a first factor of \(first)")
    (self.first, factor) = (first, first)
  }

  /// x + ω (H(x) − x) with the factor found.
  public mutating func next(_ x: [Double], image: [Double]) -> [Double] {
    report = RelaxationReport()
    let r = minus(image, x)
    if let before {
      let change = minus(r, before)
      let square = dot(change, change)
      if square > 0 {
        let found = -factor * dot(before, change) / square
        if found.isFinite { factor = found }
        // A factor of almost nothing would keep itself: the next change is almost nothing, too.
        if abs(factor) < Self.least * first {
          factor = 0.1 * first
          report.refusal = .stalled
        }
      }
    } else {
      factor = (factor < 0 ? -1 : 1) * min(first, abs(factor))
    }
    before = r
    report.factor = factor
    return relaxed(x, image, factor)
  }

  /// The factor goes on, the residual does not.
  public mutating func endWindow(_ x: [Double], image: [Double]) { before = nil }
  /// The factor goes on, the residual does not.
  public mutating func abandonWindow() { before = nil }
}

/// x + ω (H(x) − x).
func relaxed(_ x: [Double], _ image: [Double], _ factor: Double) -> [Double] {
  x.indices.map { x[$0] + factor * (image[$0] - x[$0]) }
}

/// a − b.
func minus(_ a: [Double], _ b: [Double]) -> [Double] { a.indices.map { a[$0] - b[$0] } }

/// a · b.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

/// ‖a‖, without overflow where the values allow it.
func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
