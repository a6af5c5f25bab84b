import Contact
import Glibc
import Mechanics

/// A viscous boundary: an edge of a block that swallows waves as if the ground went on behind it.
///
/// Dashpots a ρ c_p along the normal and b ρ c_s along the edge, Pa s/m, with the material of the
/// block: a plane wave that meets the edge head-on leaves without echo, one at an angle nearly so
/// (Lysmer & Kuhlemeyer, J. Eng. Mech. Div. ASCE 95 (1969), a = b = 1). Speeds are those of the
/// plane: c_p² = C₁₁/ρ, c_s² = G/ρ. The boundary is far away: it keeps its place and direction, and
/// integrals are taken once. Dashpots hold nothing at rest: what must stand under a steady load
/// needs something else to stand on.
public struct AbsorbingEdge: Sendable {
  /// Block, and two different points on one of its edges, at the start.
  public var block: Int, start: Point, end: Point
  /// Factors a and b.
  public var normal: Double, tangential: Double

  /// a = b = 1 unless given.
  public init(
    block: Int, from start: Point, to end: Point, normal: Double = 1, tangential: Double = 1
  ) {
    (self.block, self.start, self.end) = (block, start, end)
    (self.normal, self.tangential) = (normal, tangential)
  }
}

/// Damping matrices C of blocks at viscous boundaries: force −C v on the unknowns.
struct Dashpots: Sendable {
  private var matrices: [[Double]] = []
  private var number: [Int32] = []
  private let unknowns: Int

  init(_ d: DDADefinition, _ geometry: BlockGeometry) {
    unknowns = geometry.unknownCount
    guard !d.absorbing.isEmpty else { return }
    number = Array(repeating: -1, count: d.blocks.count)
    for edge in d.absorbing {
      if number[edge.block] < 0 {
        number[edge.block] = Int32(matrices.count)
        matrices.append(Array(repeating: 0, count: unknowns * unknowns))
      }
      add(edge, d, geometry, to: &matrices[Int(number[edge.block])])
    }
  }

  /// ∫ Tᵀ (a ρ c_p n nᵀ + b ρ c_s t tᵀ) T ds: a polynomial of the fourth degree, by three points.
  private func add(
    _ edge: AbsorbingEdge, _ d: DDADefinition, _ geometry: BlockGeometry, to C: inout [Double]
  ) {
    let material = d.materials[d.blocks[edge.block].material]
    let (c11, _, c33) = material.stiffness(d.plane)
    let rho = material.density
    let along = CornerSearch.direction(edge.start, edge.end)
    let centre = d.blocks[edge.block].polygon.centroid
    for (direction, impedance) in [
      (Point(along.tangent.y, -along.tangent.x), edge.normal * (rho * c11).squareRoot()),
      (along.tangent, edge.tangential * (rho * c33).squareRoot()),
    ] {
      for (s, weight) in GaussRule.three {
        let X = edge.start + s * (edge.end - edge.start) - centre
        let row =
          [direction.x, direction.y, X.cross(direction)]
          + geometry.shapes[edge.block].modes.map { $0.value(X).dot(direction) }
        let c = impedance * weight * along.length * d.thickness
        for i in 0..<unknowns {
          for j in 0..<unknowns { C[unknowns * i + j] += c * row[i] * row[j] }
        }
      }
    }
  }

  /// Whether a block has any.
  func touches(_ b: Int) -> Bool { !number.isEmpty && number[b] >= 0 }

  /// Whether there are none at all.
  var isEmpty: Bool { matrices.isEmpty }

  /// Adds p C of every block that has dashpots to matrices whose columns stand in registers.
  func add(_ p: Double, to out: LaneBuffer, lanes: Int) {
    for (b, which) in number.enumerated() where which >= 0 {
      for i in 0..<unknowns {
        for j in 0..<unknowns {
          out[(b * unknowns + j) * lanes + i / 8][i % 8] +=
            p * matrices[Int(which)][unknowns * i + j]
        }
      }
    }
  }

  /// C v of a block, nothing where it has none.
  func times(_ b: Int, _ v: LanePair) -> LanePair {
    var out = LanePair()
    guard touches(b) else { return out }
    let C = matrices[Int(number[b])]
    for i in 0..<unknowns {
      var sum = 0.0
      for j in 0..<unknowns { sum += C[unknowns * i + j] * v[j] }
      out[i] = sum
    }
    return out
  }
}

extension TimeScheme {
  /// Velocity at the end of a step per displacement in it.
  func rate(_ dt: Double) -> Double { gamma / (beta * dt) }
}

extension IslandStep {
  /// Takes from the loads of the step what dashpots do at D = 0; the rest is in the matrix.
  func startDashpots() {
    guard !model.acting.dashpots.isEmpty else { return }
    for (i, b32) in blocks.enumerated() where model.acting.dashpots.touches(Int(b32)) {
      let b = Int(b32)
      let v = scheme.advance(
        LanePair(), state.velocity.pair(b, lanes), state.acceleration(b, lanes, into: dt), dt
      ).velocity
      let viscous = model.acting.dashpots.times(b, v)
      fixedLoads.set(
        i, lanes, fixedLoads.pair(i, lanes) - (1 - scheme.alphaForce) * viscous)
    }
  }
}
