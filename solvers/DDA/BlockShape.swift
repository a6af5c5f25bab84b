import Contact
import Glibc
import LinearAlgebra

/// How a block deforms.
public enum BlockOrder: Int, Sendable, CaseIterable {
  /// Constant strain: three modes, six unknowns (Shi 1988).
  case first = 1
  /// Complete quadratic displacement: nine modes, twelve unknowns.
  case second = 2

  /// Number of deformation modes.
  public var modeCount: Int { self == .first ? 3 : 9 }
}

/// Plane stress or plane strain.
public enum PlaneState: String, Sendable, CaseIterable {
  case stress = "plane-stress"
  case strain = "plane-strain"
}

/// An elastic block material.
public struct BlockMaterial: Sendable, Equatable {
  /// Young's modulus, Pa; Poisson's ratio; density, kg/m³.
  public var young: Double, poisson: Double, density: Double

  /// - Throws: `DDAError` where a number is none of an elastic solid.
  public init(young: Double, poisson: Double, density: Double) throws(DDAError) {
    guard young > 0, young.isFinite else {
      throw DDAError("Young's modulus", "is \(young)", "give a positive one in Pa")
    }
    guard poisson > -1, poisson < 0.5 else {
      throw DDAError("Poisson's ratio", "is \(poisson)", "give one between -1 and 0.5")
    }
    guard density > 0, density.isFinite else {
      throw DDAError("density", "is \(density)", "give a positive one in kg/m³")
    }
    (self.young, self.poisson, self.density) = (young, poisson, density)
  }

  /// σxx, σyy, τxy = C (εxx, εyy, γxy).
  func stiffness(_ state: PlaneState) -> (c11: Double, c12: Double, c33: Double) {
    let (E, nu): (Double, Double) =
      state == .stress
      ? (young, poisson) : (young / (1 - poisson * poisson), poisson / (1 - poisson))
    return (E / (1 - nu * nu), nu * E / (1 - nu * nu), E / (2 * (1 + nu)))
  }
}

/// What is wrong with a block system, where, and what to do: one line.
public struct DDAError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part that is wrong ("block 3"), what is wrong with it, and the remedy.
  public let place: String, problem: String, remedy: String

  /// By its three parts.
  public init(_ place: String, _ problem: String, _ remedy: String) {
    (self.place, self.problem, self.remedy) = (place, problem, remedy)
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}

/// A block at rest in its own frame: origin at the centroid, and what integrals over it are needed.
///
/// The frame moves and turns with the block: x = c + R(θ) (X + Σ q_k m_k(X)). The modes m_k are orthogonal to
/// rigid motion in the sense of mass (the mean-axis frame of Tisserand), so that momentum is m ċ and spin
/// J θ̇ whatever the deformation, a turn of any size strains nothing, and mass and stiffness stay what they
/// are. For small turns this is Shi's displacement function with the strain's turn counted as rotation.
struct BlockShape: Sendable {
  /// u and v of one mode as coefficients of 1, X, Y, X², XY, Y².
  struct Mode: Sendable {
    var u: [Double], v: [Double]

    func at(_ p: Point) -> Point {
      let monomials = [1, p.x, p.y, p.x * p.x, p.x * p.y, p.y * p.y]
      var out = Point()
      for i in 0..<6 { out += Point(u[i], v[i]) * monomials[i] }
      return out
    }

    /// εxx, εyy, γxy as coefficients of 1, X, Y.
    var strain: [[Double]] {
      [
        [u[1], 2 * u[3], u[4]], [v[2], v[4], 2 * v[5]],
        [u[2] + v[1], u[4] + 2 * v[3], 2 * u[5] + v[4]],
      ]
    }
  }

  /// Corners about the centroid, m.
  let corners: [Point]
  /// Area m², largest distance of a corner from the centroid, area over half the outline: about the radius of the
  /// largest circle inside.
  let area: Double, radius: Double, thinness: Double
  let modes: [Mode]
  /// Modes at the corners, `[corner * modeCount + mode]`.
  let cornerModes: [Point]
  /// Mass kg, moment of inertia kg m² (per thickness of 1 m, times the thickness).
  let mass: Double, inertia: Double
  /// Mass and stiffness of the modes, square, row by row.
  let modeMass: [Double], modeStiffness: [Double]
  /// ∫ B dA: what a constant stress (σxx, σyy, τxy) does to every mode, three per mode.
  let strainIntegral: [Double]

  var modeCount: Int { modes.count }

  init(
    _ polygon: Polygon, material: BlockMaterial, order: BlockOrder, state: PlaneState,
    thickness: Double
  ) {
    let centre = polygon.centroid
    let local = Polygon(unchecked: polygon.vertices.map { $0 - centre })
    corners = local.vertices
    area = local.area
    radius = corners.map(\.length).max()!
    let outline = corners.indices.reduce(0) {
      $0 + (local.vertices[($1 + 1) % local.vertices.count] - local.vertices[$1]).length
    }
    thinness = 2 * area / outline
    let table = MomentTable(local)
    let scale = radius
    let own = BlockShape.modes(order, table, scale)
    modes = own
    cornerModes = corners.flatMap { p in BlockShape.values(own, at: p) }
    let weight = material.density * thickness
    mass = weight * area
    inertia = weight * (table[2, 0] + table[0, 2])
    let k = modes.count
    let (c11, c12, c33) = material.stiffness(state)
    var M = [Double](repeating: 0, count: k * k)
    var K = M
    var B = [Double](repeating: 0, count: 3 * k)
    for a in 0..<k {
      let ea = modes[a].strain
      for i in 0..<3 { B[3 * a + i] = thickness * table.integral(ea[i], [1, 0, 0]) }
      for b in 0..<k {
        let eb = modes[b].strain
        M[k * a + b] = weight * BlockShape.inner(modes[a], modes[b], table)
        func e(_ i: Int, _ j: Int) -> Double { table.integral(ea[i], eb[j]) }
        K[k * a + b] =
          thickness
          * (c11 * (e(0, 0) + e(1, 1)) + c12 * (e(0, 1) + e(1, 0)) + c33 * e(2, 2))
      }
    }
    (modeMass, modeStiffness, strainIntegral) = (M, K, B)
  }

  static func values(_ modes: [Mode], at p: Point) -> [Point] { modes.map { $0.at(p) } }

  /// ∫ a·b dA of two modes.
  static func inner(_ a: Mode, _ b: Mode, _ table: MomentTable) -> Double {
    table.product(a.u, b.u) + table.product(a.v, b.v)
  }

  /// Strains of the raw modes, then what is rigid in them taken out.
  private static func modes(_ order: BlockOrder, _ table: MomentTable, _ scale: Double) -> [Mode] {
    func mode(_ u: [Int: Double], _ v: [Int: Double]) -> Mode {
      var m = Mode(u: Array(repeating: 0, count: 6), v: Array(repeating: 0, count: 6))
      for (i, x) in u { m.u[i] = x }
      for (i, x) in v { m.v[i] = x }
      return m
    }
    var raw = [mode([1: 1], [:]), mode([:], [2: 1]), mode([2: 0.5], [1: 0.5])]
    if order == .second {
      // Quadratic modes have the size of strains at the corner farthest out.
      let s = 1 / scale
      for i in 3..<6 { raw += [mode([i: s], [:]), mode([:], [i: s])] }
    }
    let rigid = [mode([0: 1], [:]), mode([:], [0: 1]), mode([2: -1], [1: 1])]
    return raw.map { m in
      var m = m
      for r in rigid {
        let share = inner(m, r, table) / inner(r, r, table)
        for i in 0..<6 {
          m.u[i] -= share * r.u[i]
          m.v[i] -= share * r.v[i]
        }
      }
      return m
    }
  }
}

/// ∫ xᵖ y^q dA up to the fourth degree about the centroid.
struct MomentTable {
  private var values = [Double](repeating: 0, count: 25)
  private static let exponents = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]

  init(_ polygon: Polygon) {
    for p in 0...4 {
      for q in 0...4 - p { values[5 * p + q] = polygon.moment(p, q) }
    }
    // The origin is the centroid: rounding alone is left of the first moments.
    (values[5], values[1]) = (0, 0)
  }

  subscript(p: Int, q: Int) -> Double { values[5 * p + q] }

  /// ∫ a b dA of two quadratics.
  func product(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for (i, x) in a.enumerated() where x != 0 {
      for (j, y) in b.enumerated() where y != 0 {
        let (p, q) = (MomentTable.exponents[i], MomentTable.exponents[j])
        sum += x * y * self[p.0 + q.0, p.1 + q.1]
      }
    }
    return sum
  }

  /// ∫ a b dA of two linear functions.
  func integral(_ a: [Double], _ b: [Double]) -> Double {
    product(a + [0, 0, 0], b + [0, 0, 0])
  }
}
