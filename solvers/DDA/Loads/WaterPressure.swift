import Contact
import Mechanics

/// Water that presses on faces of blocks: in joints, under a reservoir, around a block that floats.
///
/// Pressure u ≥ 0 pushes along the inward normal of a face; it does not shear. Contacts carry what
/// is left: their normal force, and with it the strength of the joint, is the effective one
/// (Terzaghi 1923). Water does not flow: the field is given, and where it is not known a flow model
/// must give it. In a step faces are where they are as it begins.
public struct WaterPressure: Sendable {
  /// Pressure at a place, Pa.
  public enum Field: Sendable {
    /// Hydrostatic under a water table: unit weight (N/m³) times the depth below the polyline,
    /// which runs towards larger x and goes on level at its ends; none above.
    case table([Point], unitWeight: Double)
    /// The same everywhere.
    case constant(Double)
    /// Any function of the place; negative values count as none.
    case function(@Sendable (Point) -> Double)
  }

  /// Which faces are wet.
  public enum Faces: Sendable, Equatable {
    /// Where edges of two blocks face each other: both are pressed apart, over the length that they
    /// share. A joint that opens wider than `WaterPressure.drainedOpening`, or by more than 3°,
    /// drains.
    case joints
    /// All edges of all blocks: joints of any width, and outer faces below the table of a
    /// reservoir.
    case all
    /// Edges of blocks that are listed, over their whole length.
    case listed([BlockEdge])
  }

  /// The pressure.
  public var field: Field
  /// The faces.
  public var faces: Faces
  /// Where the water is; everywhere where nil. Its outline should run along joints: integration
  /// points count as inside or outside.
  public var region: Polygon?
  /// Factor of the pressure over time.
  public var history: TimeHistory

  /// A joint wider than this, in median radii of free blocks, drains.
  public static let drainedOpening = 0.02

  /// In joints, everywhere and constant in time unless said.
  public init(
    _ field: Field, faces: Faces = .joints, region: Polygon? = nil,
    history: TimeHistory = .constant(1)
  ) {
    (self.field, self.faces, self.region, self.history) = (field, faces, region, history)
  }

  /// u at a place, at factor 1, Pa.
  public func pressure(at p: Point) -> Double {
    if let region, !region.contains(p) { return 0 }
    return max(field.value(p), 0)
  }
}

/// An edge of a block: from corner `edge` to the next, counter-clockwise.
public struct BlockEdge: Sendable, Hashable {
  /// Number of the block, and of the edge's first corner in `BlockDefinition.polygon`.
  public var block: Int, edge: Int
  /// By its two numbers.
  public init(block: Int, edge: Int) { (self.block, self.edge) = (block, edge) }
}

extension WaterPressure.Field {
  /// Pressure, negative above a table.
  func value(_ p: Point) -> Double {
    switch self {
    case .constant(let u): return u
    case .function(let u): return u(p)
    case .table(let table, let weight): return weight * (Self.level(table, p.x) - p.y)
    }
  }

  /// Height of a water table at x.
  static func level(_ table: [Point], _ x: Double) -> Double {
    guard x > table[0].x else { return table[0].y }
    guard x < table[table.count - 1].x else { return table[table.count - 1].y }
    var (low, high) = (0, table.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if table[middle].x <= x { low = middle } else { high = middle }
    }
    let (a, b) = (table[low], table[high])
    return a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y)
  }
}

extension WaterPressure {
  /// Calls `body` with place and force per unit thickness u ds at the points of a rule along a
  /// segment.
  ///
  /// Where the field is linear, between kinks of a table and below it, two Gauss points integrate
  /// it exactly against quadratic displacements; functions are taken over four parts.
  func integrate(
    _ from: Point, _ to: Point, _ body: (_ s: Double, _ p: Point, _ force: Double) -> Void
  ) {
    let length = (to - from).length
    func part(_ a: Double, _ b: Double) {
      for (g, weight) in GaussRule.two {
        let s = a + g * (b - a)
        let p = from + s * (to - from)
        let u = pressure(at: p)
        if u > 0 { body(s, p, weight * (b - a) * length * u) }
      }
    }
    switch field {
    case .constant: part(0, 1)
    case .function: for k in 0..<4 { part(0.25 * Double(k), 0.25 * Double(k + 1)) }
    case .table(let table, _):
      // Kinks in the order in which the segment meets them.
      let dx = to.x - from.x
      var a = 0.0
      for n in 0...table.count {
        let next: Double
        if n == table.count || dx == 0 {
          next = 1
        } else {
          next = (table[dx > 0 ? n : table.count - 1 - n].x - from.x) / dx
        }
        guard next > a else { continue }
        let b = min(next, 1)
        wet(from, to, a, b, part)
        a = b
        if a == 1 { break }
      }
    }
  }

  /// The part of a … b that lies below a table that has no kink there.
  private func wet(
    _ from: Point, _ to: Point, _ a: Double, _ b: Double, _ part: (Double, Double) -> Void
  ) {
    let u = (field.value(from + a * (to - from)), field.value(from + b * (to - from)))
    guard u.0 > 0 || u.1 > 0 else { return }
    let shore = a + (b - a) * u.0 / (u.0 - u.1)
    part(u.0 < 0 ? shore : a, u.1 < 0 ? shore : b)
  }
}
