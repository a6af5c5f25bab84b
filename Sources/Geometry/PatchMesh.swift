// The generators describe a body as patches: grids in a parameter space (u, v, w) with a map into
// real space. Patches meet where their mapped nodes coincide. Mid-edge nodes of quadratic cells are
// mapped from the middle of the edge in parameter space, so that they lie on curved boundaries.

/// A grid in parameter space and its map.
struct Patch {
  /// Grid coordinates along each parameter; w is [0] in 2-D.
  var u: [Double], v: [Double], w: [Double]
  /// From (u, v, w) to x, y, z; right-handed.
  var map: (SIMD3<Double>) -> SIMD3<Double>

  func parameters(_ local: Int) -> SIMD3<Double> {
    let row = local / u.count
    return SIMD3(u[local % u.count], v[row % v.count], w[row / v.count])
  }

  var nodeCount: Int { u.count * v.count * w.count }

  /// Whether a node may coincide with one of another patch.
  func isOnSurface(_ local: Int) -> Bool {
    let (i, row) = (local % u.count, local / u.count)
    let (j, k) = (row % v.count, row / v.count)
    return i == 0 || i == u.count - 1 || j == 0 || j == v.count - 1
      || (w.count > 1 && (k == 0 || k == w.count - 1))
  }

  /// Corner nodes of all quad4 or hex8 cells, u fastest, in VTK order.
  func cells() -> [[Int]] {
    let (nu, nv) = (u.count, v.count)
    var out: [[Int]] = []
    for k in 0..<max(1, w.count - 1) {
      for j in 0..<nv - 1 {
        for i in 0..<nu - 1 {
          let a = i + nu * (j + nv * k)
          let face = [a, a + 1, a + 1 + nu, a + nu]
          out.append(w.count == 1 ? face : face + face.map { $0 + nu * nv })
        }
      }
    }
    return out
  }
}

/// A mesh of one block of cells of `shape` from patches that fit together, without sets.
func mesh(of patches: [Patch], shape: CellShape) -> Mesh {
  var points: [SIMD3<Double>] = []
  var numbers: [[Int32]] = []
  var seam = PointIndex(distance: seamWidth(patches))
  for patch in patches {
    numbers.append(
      (0..<patch.nodeCount).map { local in
        let p = patch.map(patch.parameters(local))
        let shared = patches.count > 1 && patch.isOnSurface(local)
        if shared, let known = seam.find(p) { return known }
        points.append(p)
        if shared { seam.insert(p, Int32(points.count - 1)) }
        return Int32(points.count - 1)
      })
  }
  var connectivity: [Int32] = []
  var middles: [SIMD2<Int32>: Int32] = [:]
  for (patch, number) in zip(patches, numbers) {
    for corners in patch.cells() {
      for cell in split(corners, into: shape, by: number) {
        connectivity += cell.map { number[$0] }
        guard shape.order == 2 else { continue }
        for (a, b) in shape.edges {
          let (m, n) = (number[cell[a]], number[cell[b]])
          let key = SIMD2(min(m, n), max(m, n))
          if middles[key] == nil {
            let middle = 0.5 * (patch.parameters(cell[a]) + patch.parameters(cell[b]))
            middles[key] = Int32(points.count)
            points.append(patch.map(middle))
          }
          connectivity.append(middles[key]!)
        }
      }
    }
  }
  return Mesh(
    dimension: shape.dimension, points: points,
    blocks: [.init(shape: shape, connectivity: connectivity)])
}

/// Nodes of two patches closer than this are one: a billionth of the size of the body.
private func seamWidth(_ patches: [Patch]) -> Double {
  guard patches.count > 1 else { return 1 }
  var largest = 0.0
  for patch in patches {
    for local in [0, patch.nodeCount - 1] {
      let p = patch.map(patch.parameters(local))
      largest = max(largest, abs(p.x), abs(p.y), abs(p.z))
    }
  }
  return 1e-9 * largest
}

/// Cuts a quad into triangles or a hexahedron into six tetrahedra, or leaves it whole.
///
/// A quadrilateral is cut along the diagonal through its node with the smallest number, so two
/// hexahedra cut their common face alike. A hexahedron is the cone of its smallest node over the
/// three faces that do not touch it, each cut in two.
func split(_ corners: [Int], into shape: CellShape, by number: [Int32]) -> [[Int]] {
  func triangles(_ face: [Int]) -> [[Int]] {
    let s = face.indices.min { number[face[$0]] < number[face[$1]] }!
    let f = (0..<4).map { face[($0 + s) % 4] }
    return [[f[0], f[1], f[2]], [f[0], f[2], f[3]]]
  }
  switch shape {
  case .quad4, .quad8, .hex8, .hex20: return [corners]
  case .tri3, .tri6: return triangles(corners)
  case .tet4, .tet10:
    let apex = corners.min { number[$0] < number[$1] }!
    return CellShape.hex8.facets.map { $0.map { corners[$0] } }
      .filter { !$0.contains(apex) }
      .flatMap(triangles)
      // Outward triangles: turned round, their normal points to the apex.
      .map { [$0[0], $0[2], $0[1], apex] }
  }
}

/// Finds points by place: a hash of cubes much larger than the distance that counts, so that nearly
/// always one of them is searched.
struct PointIndex {
  private let distance: Double
  private var cubes: [SIMD3<Int64>: [(SIMD3<Double>, Int32)]] = [:]

  /// Points no further apart than `distance` count as one.
  init(distance: Double) { self.distance = distance }

  private func cube(_ p: SIMD3<Double>) -> SIMD3<Int64> {
    let q = (p / (64 * distance)).rounded(.down)
    return SIMD3(clamping(q.x), clamping(q.y), clamping(q.z))
  }

  private func clamping(_ x: Double) -> Int64 { Int64(min(max(x, -4e18), 4e18)) }

  mutating func insert(_ p: SIMD3<Double>, _ number: Int32) {
    cubes[cube(p), default: []].append((p, number))
  }

  func find(_ p: SIMD3<Double>) -> Int32? {
    let low = cube(p - distance)
    let high = cube(p + distance)
    for k in low.z...high.z {
      for j in low.y...high.y {
        for i in low.x...high.x {
          for (q, number) in cubes[SIMD3(i, j, k)] ?? []
          where ((p - q) * (p - q)).sum() <= distance * distance {
            return number
          }
        }
      }
    }
    return nil
  }
}
