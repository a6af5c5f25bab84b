import Contact
import Glibc

/// A family of parallel joints, as it is met in a plane: traces of one length on lines of one spacing, with
/// seeded scatter.
///
/// Persistence, the share of a joint's line that is broken, is length / (length + gap).
public struct JointSet: Sendable, Equatable {
  /// Angle of the traces from the +x axis, counter-clockwise, rad.
  public var dip: Double
  /// Mean distance between neighbouring lines, across them, m.
  public var spacing: Double
  /// Mean length of a trace, m (infinite: through the whole domain), and of the rock between two, m.
  public var length: Double, gap: Double
  /// Standard deviation of the angle, rad (normal).
  public var dipScatter = 0.0
  /// Half-width of a uniform scatter, relative to the mean: of the spacing, and of length and gap.
  public var spacingScatter = 0.0, lengthScatter = 0.0
  /// The same seed gives the same traces.
  public var seed: UInt64
  /// Law of its joints: number into `DDADefinition.edgeLaws`; nil where materials decide.
  public var law: Int?

  /// Persistent and regular unless said.
  public init(
    dip: Double, spacing: Double, length: Double = .infinity, gap: Double = 0, seed: UInt64 = 1
  ) {
    (self.dip, self.spacing, self.length, self.gap) = (dip, spacing, length, gap)
    self.seed = seed
  }

  /// Share of a joint's line that is broken, in (0, 1].
  public var persistence: Double { length.isInfinite ? 1 : length / (length + gap) }

  /// Most traces that one set may have; more is taken for a slip of the unit.
  public static let traceLimit = 1_000_000

  /// Traces of the set that reach a box; they are not cut off at its sides.
  /// - Throws: `DDAError` where a number is none of a joint set, or traces would exceed `traceLimit`.
  public func traces(lower: Point, upper: Point) throws(DDAError) -> [[Point]] {
    try validate()
    let centre = 0.5 * (lower + upper), reach = 0.5 * (upper - lower).length
    let period = length.isInfinite ? 2 * reach : length + gap
    guard (2 * reach / spacing + 1) * (2 * reach / period + 1) < Double(JointSet.traceLimit) else {
      throw DDAError(
        "joint set", "has more than \(JointSet.traceLimit) traces", "raise spacing or length, in m")
    }
    var draws = SeededDraws(seed: seed)
    let t = Point(cos(dip), sin(dip))
    var traces: [[Point]] = []
    var offset = -reach - spacing * draws.uniform(0, 1)
    while offset <= reach {
      let line = centre + offset * t.left
      var s = length.isInfinite ? -reach : -reach - period * draws.uniform(0, 1)
      repeat {
        let size = length.isInfinite ? 2 * reach : length * draws.spread(lengthScatter)
        let turn = dipScatter > 0 ? dipScatter * draws.normal() : 0
        // A persistent trace that turns must still leave the box.
        let half = 0.5 * size * (length.isInfinite ? 2 : 1)
        let middle = line + (s + 0.5 * size) * t
        let along = half * Point(cos(dip + turn), sin(dip + turn))
        let (a, b) = (middle - along, middle + along)
        let (low, high) = (pointwiseMin(a, b), pointwiseMax(a, b))
        if low.x <= upper.x, low.y <= upper.y, high.x >= lower.x, high.y >= lower.y {
          traces.append([a, b])
        }
        s += size + gap * draws.spread(lengthScatter)
      } while s < reach && length.isFinite
      offset += spacing * draws.spread(spacingScatter)
    }
    return traces
  }

  private func validate() throws(DDAError) {
    func refuse(_ what: String, _ value: Double, _ remedy: String) -> DDAError {
      DDAError("joint set", "has \(what) \(value)", remedy)
    }
    guard dip.isFinite else { throw refuse("dip", dip, "give an angle in rad") }
    guard spacing > 0, spacing.isFinite else {
      throw refuse("spacing", spacing, "give a positive one in m")
    }
    guard length > 0 else { throw refuse("length", length, "give a positive one in m") }
    guard gap >= 0, gap.isFinite else { throw refuse("gap", gap, "give 0 or more, in m") }
    guard dipScatter >= 0, dipScatter.isFinite else {
      throw refuse("dip scatter", dipScatter, "give 0 or more, in rad")
    }
    for scatter in [spacingScatter, lengthScatter] where !(scatter >= 0 && scatter < 1) {
      throw refuse("relative scatter", scatter, "give one from 0 to below 1")
    }
  }
}

/// Seeded numbers (Steele, Lea & Flood, OOPSLA 2014: SplitMix); the library's public generator lies in a layer
/// above this one.
struct SeededDraws {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [a, b).
  mutating func uniform(_ a: Double, _ b: Double) -> Double {
    a + (b - a) * (Double(next() >> 11) * 0x1p-53)
  }

  /// 1 with a uniform scatter of that half-width.
  mutating func spread(_ halfWidth: Double) -> Double { 1 + halfWidth * uniform(-1, 1) }

  /// Standard normal (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(1 - uniform(0, 1))).squareRoot() * cos(2 * .pi * uniform(0, 1))
  }
}
