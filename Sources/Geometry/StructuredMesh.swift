import Glibc

/// Generators of structured meshes with named sets. All lengths in m.
///
/// Every mesh has one block, `body`, and the node set `all`. The plane sides of a body are node and
/// facet sets `xmin`, `xmax`, `ymin`, …; points where such sides meet are node sets such as
/// `xmin_ymin_zmax` (in 2-D `xmin_ymin`). Hexahedra are cut into six tetrahedra each, quadrilaterals
/// into two triangles; neighbours cut their common face alike.
public enum StructuredMesh {
  /// A box, or with a 2-D shape a rectangle in x and y.
  ///
  /// Corner node (i, j, k) has number i + (nx + 1)·(j + (ny + 1)·k), cells likewise; mid-edge
  /// nodes follow.
  /// - Parameters:
  ///   - size: Edge lengths; z is ignored in 2-D.
  ///   - divisions: Cells along x, y and z; the last is ignored in 2-D.
  ///   - origin: The corner with the smallest coordinates.
  /// - Throws: `MeshError` unless all used lengths and divisions are positive.
  public static func box(
    size: SIMD3<Double>, divisions: (Int, Int, Int), origin: SIMD3<Double> = .zero,
    shape: CellShape = .hex8
  ) throws(MeshError) -> Mesh {
    let solid = shape.dimension == 3
    for (axis, name) in ["x", "y", "z"].prefix(shape.dimension).enumerated() {
      try positive("box", "size along \(name)", size[axis])
    }
    try cells(
      "box",
      [("x", divisions.0), ("y", divisions.1)] + (solid ? [("z", divisions.2)] : []))
    let patch = Patch(
      u: uniform(divisions.0), v: uniform(divisions.1), w: solid ? uniform(divisions.2) : [0],
      map: { origin + size * $0 })
    var mesh = mesh(of: [patch], shape: shape)
    if !solid { for n in mesh.points.indices { mesh.points[n].z = 0 } }
    mesh.addBoxSets()
    return mesh
  }

  /// A rectangle in x and y, of a 2-D shape.
  public static func rectangle(
    size: SIMD2<Double>, divisions: (Int, Int), origin: SIMD2<Double> = .zero,
    shape: CellShape = .quad4
  ) throws(MeshError) -> Mesh {
    try plane("rectangle", shape)
    return try box(
      size: SIMD3(size, 1), divisions: (divisions.0, divisions.1, 1), origin: SIMD3(origin, 0),
      shape: shape)
  }

  /// A quadrilateral with straight sides in x and y, of a 2-D shape.
  ///
  /// Sides are named as on the rectangle it is the image of: from corner 0 to 1 `ymin`, 1 to 2
  /// `xmax`, 2 to 3 `ymax`, 3 to 0 `xmin`.
  /// - Parameters:
  ///   - corners: Four corners, counter-clockwise, making a convex quadrilateral.
  ///   - divisions: Cells from corner 0 to 1, and from corner 0 to 3.
  public static func quadrilateral(
    corners: [SIMD2<Double>], divisions: (Int, Int), shape: CellShape = .quad4
  ) throws(MeshError) -> Mesh {
    guard corners.count == 4 else {
      throw MeshError("quadrilateral", "has \(corners.count) corners", "give four")
    }
    for i in 0..<4 {
      let (a, b) = (corners[(i + 1) % 4] - corners[i], corners[(i + 3) % 4] - corners[i])
      guard a.x * b.y - a.y * b.x > 0 else {
        throw MeshError(
          "quadrilateral", "is not convex and counter-clockwise at corner \(i)",
          "order the corners counter-clockwise")
      }
    }
    let c = corners.map { SIMD3($0, 0) }
    return try rectangle(size: SIMD2(1, 1), divisions: divisions, shape: shape).mapped { p in
      (1 - p.y) * ((1 - p.x) * c[0] + p.x * c[1]) + p.y * ((1 - p.x) * c[3] + p.x * c[2])
    }
  }

  // MARK: - Checks and grids

  static func positive(
    _ place: String, _ name: String, _ value: Double
  ) throws(MeshError) {
    guard value > 0, value.isFinite else {
      throw MeshError(place, "\(name) is \(value) m", "give a positive length")
    }
  }

  static func cells(_ place: String, _ counts: [(String, Int)]) throws(MeshError) {
    var product = 1
    for (name, n) in counts {
      guard n > 0 else {
        throw MeshError(place, "has \(n) cells along \(name)", "give at least one")
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: n)
      // Node numbers are 32 bits wide, and a tet10 mesh has about ten nodes per grid cell.
      guard !overflow, next <= 100_000_000 else {
        throw MeshError(place, "has more than 100 million cells", "use fewer divisions")
      }
      product = next
    }
  }

  static func plane(_ place: String, _ shape: CellShape) throws(MeshError) {
    guard shape.dimension == 2 else {
      throw MeshError(
        place, "cannot be made of \(shape.rawValue) cells", "use tri3, tri6, quad4 or quad8")
    }
  }

  /// 0, 1/n, …, 1.
  static func uniform(_ n: Int) -> [Double] { (0...n).map { Double($0) / Double(n) } }

  /// From 0 to 1 in n steps whose lengths grow geometrically, the last `ratio` times the first.
  static func graded(_ n: Int, ratio: Double) -> [Double] {
    guard n > 1, ratio != 1 else { return uniform(n) }
    let q = pow(ratio, 1 / Double(n - 1))
    return (0...n).map { $0 == n ? 1 : (pow(q, Double($0)) - 1) / (pow(q, Double(n)) - 1) }
  }
}
