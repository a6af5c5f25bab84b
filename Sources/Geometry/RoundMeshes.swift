import Glibc

extension StructuredMesh {
  /// A solid or hollow circular cylinder about the z axis, from z = 0 to its height; or with a 2-D
  /// shape its cross-section. Whole, or the half with y ≥ 0, or the quarter with x, y ≥ 0.
  ///
  /// Sets: `outer`, `inner` (hollow) or `axis` (solid, nodes only), `zmin`, `zmax`; the symmetry
  /// planes of a half (`ymin`) or quarter (`xmin`, `ymin`).
  ///
  /// A solid cylinder has a square core of straight-edged cells and a ring of `radial` cells.
  /// - Parameters:
  ///   - innerRadius: Zero for a solid cylinder.
  ///   - divisions: Cells along the radius (in the ring, if solid), around the part that is meshed
  ///     (if solid: even in every quarter), and along the axis (ignored in 2-D).
  ///   - quarters: 4, 2 or 1.
  public static func cylinder(
    innerRadius: Double = 0, outerRadius: Double, height: Double = 1,
    divisions: (radial: Int, around: Int, along: Int), quarters: Int = 4, shape: CellShape = .hex8
  ) throws(MeshError) -> Mesh {
    let solid = shape.dimension == 3
    try positive("cylinder", "outerRadius", outerRadius)
    guard innerRadius >= 0, innerRadius < outerRadius else {
      throw MeshError(
        "cylinder", "innerRadius is \(innerRadius) m",
        "give zero or a length below the outer radius, \(outerRadius) m")
    }
    if solid { try positive("cylinder", "height", height) }
    guard [1, 2, 4].contains(quarters) else {
      throw MeshError("cylinder", "has \(quarters) quarters", "give 1, 2 or 4")
    }
    try cells(
      "cylinder",
      [("the radius", divisions.radial), ("the circumference", divisions.around)]
        + (solid ? [("the axis", divisions.along)] : []))
    let each = innerRadius > 0 ? quarters : 2 * quarters
    guard divisions.around % each == 0 else {
      throw MeshError(
        "cylinder", "has \(divisions.around) cells around", "give a multiple of \(each)")
    }
    let w = solid ? uniform(divisions.along).map { $0 * height } : [0]
    let n = divisions.around / each
    let patches =
      innerRadius > 0
      ? ringQuarter(innerRadius, outerRadius, divisions.radial, n, w)
      : discQuarter(outerRadius, divisions.radial, n, w)
    var mesh = mesh(of: turned(patches, quarters), shape: shape)
    addCylinderSets(&mesh, innerRadius, outerRadius, quarters)
    return mesh
  }

  /// A rectangular plate with a circular hole at the origin: the quarter with x, y ≥ 0, the half with
  /// y ≥ 0, or the whole; in 3-D half of its thickness, z ≥ 0.
  ///
  /// Sets: the sides `xmin`, `xmax`, `ymin`, `ymax`, `zmin`, `zmax` of what is meshed (of a quarter the
  /// minima are its symmetry planes); `hole`.
  /// - Parameters:
  ///   - halfThickness: Ignored in 2-D.
  ///   - divisions: Cells from the hole to the outer edge, around the quarter circle (even) and
  ///     through the half thickness (ignored in 2-D).
  ///   - grading: Radial length of the outermost cells over that of the innermost ones.
  ///   - quarters: 1, 2 or 4.
  public static func plateWithHole(
    halfWidth: Double, halfHeight: Double, holeRadius: Double, halfThickness: Double = 1,
    divisions: (radial: Int, around: Int, through: Int), grading: Double = 1,
    quarters: Int = 1, shape: CellShape = .hex8
  ) throws(MeshError) -> Mesh {
    let solid = shape.dimension == 3
    try positive("plate with hole", "halfWidth", halfWidth)
    try positive("plate with hole", "halfHeight", halfHeight)
    try positive("plate with hole", "holeRadius", holeRadius)
    guard holeRadius < min(halfWidth, halfHeight) else {
      throw MeshError(
        "plate with hole", "holeRadius is \(holeRadius) m",
        "give less than half the width and half the height, \(min(halfWidth, halfHeight)) m")
    }
    if solid { try positive("plate with hole", "halfThickness", halfThickness) }
    guard [1, 2, 4].contains(quarters) else {
      throw MeshError("plate with hole", "has \(quarters) quarters", "give 1, 2 or 4")
    }
    guard grading > 0, grading.isFinite else {
      throw MeshError("plate with hole", "grading is \(grading)", "give a positive ratio")
    }
    try cells(
      "plate with hole",
      [("the radius", divisions.radial), ("the quarter circle", divisions.around)]
        + (solid ? [("the thickness", divisions.through)] : []))
    guard divisions.around % 2 == 0 else {
      throw MeshError(
        "plate with hole", "has \(divisions.around) cells around the quarter circle",
        "give an even number")
    }
    let u = graded(divisions.radial, ratio: grading)
    let v = uniform(divisions.around / 2)
    let w = solid ? uniform(divisions.through).map { $0 * halfThickness } : [0]
    let right = Patch(u: u, v: v, w: w) { s in
      between(arc(s.y / 2, holeRadius), SIMD2(halfWidth, s.y * halfHeight), s)
    }
    let top = Patch(u: u, v: v, w: w) { s in
      between(arc((1 + s.y) / 2, holeRadius), SIMD2((1 - s.y) * halfWidth, halfHeight), s)
    }
    var mesh = mesh(of: mirrored([right, top], quarters), shape: shape)
    let tolerance = mesh.lengthTolerance
    mesh.addSets([("hole", { abs(hypot($0.x, $0.y) - holeRadius) <= tolerance })])
    mesh.addBoxSets()
    return mesh
  }

  // MARK: - Patches

  /// A point of the quarter circle: t = 0 on the x axis, 1 on the y axis, both exactly.
  private static func arc(_ t: Double, _ radius: Double) -> SIMD2<Double> {
    if t == 0 { return SIMD2(radius, 0) }
    if t == 1 { return SIMD2(0, radius) }
    return radius * SIMD2(cos(t * .pi / 2), sin(t * .pi / 2))
  }

  /// The point at s.x between two points, at height s.z.
  private static func between(
    _ a: SIMD2<Double>, _ b: SIMD2<Double>, _ s: SIMD3<Double>
  ) -> SIMD3<Double> {
    SIMD3((1 - s.x) * a + s.x * b, s.z)
  }

  private static func ringQuarter(
    _ inner: Double, _ outer: Double, _ radial: Int, _ around: Int, _ w: [Double]
  ) -> [Patch] {
    [
      Patch(u: uniform(radial), v: uniform(around), w: w) { s in
        SIMD3(arc(s.y, (1 - s.x) * inner + s.x * outer), s.z)
      }
    ]
  }

  /// Half side of the core square over the radius: cells of ring and core are then alike in size.
  private static let coreSide = 0.45

  private static func discQuarter(
    _ radius: Double, _ radial: Int, _ half: Int, _ w: [Double]
  ) -> [Patch] {
    let c = coreSide * radius
    return [
      Patch(u: uniform(half), v: uniform(half), w: w) { s in SIMD3(c * s.x, c * s.y, s.z) },
      Patch(u: uniform(radial), v: uniform(half), w: w) { s in
        between(SIMD2(c, c * s.y), arc(s.y / 2, radius), s)
      },
      Patch(u: uniform(radial), v: uniform(half), w: w) { s in
        between(SIMD2(c * (1 - s.y), c), arc((1 + s.y) / 2, radius), s)
      },
    ]
  }

  /// The patches of the first quarter and their copies turned by whole quarters.
  private static func turned(_ patches: [Patch], _ quarters: Int) -> [Patch] {
    (0..<quarters).flatMap { q in
      patches.map { patch in
        Patch(u: patch.u, v: patch.v, w: patch.w) { s in
          var p = patch.map(s)
          for _ in 0..<q { p = SIMD3(-p.y, p.x, p.z) }
          return p
        }
      }
    }
  }

  /// The patches of the first quarter and their images in the quarters after it; an image is run through
  /// backwards in v, or its cells were left-handed.
  private static func mirrored(_ patches: [Patch], _ quarters: Int) -> [Patch] {
    let signs: [SIMD3<Double>] = [[1, 1, 1], [-1, 1, 1], [-1, -1, 1], [1, -1, 1]]
    return (0..<quarters).flatMap { q in
      patches.map { patch in
        Patch(u: patch.u, v: patch.v, w: patch.w) { s in
          signs[q] * patch.map(q % 2 == 0 ? s : SIMD3(s.x, 1 - s.y, s.z))
        }
      }
    }
  }

  private static func addCylinderSets(
    _ mesh: inout Mesh, _ inner: Double, _ outer: Double, _ quarters: Int
  ) {
    let tolerance = mesh.lengthTolerance
    var round: [(name: String, holds: (SIMD3<Double>) -> Bool)] = [
      ("outer", { abs(hypot($0.x, $0.y) - outer) <= tolerance })
    ]
    if inner > 0 {
      round.append(("inner", { abs(hypot($0.x, $0.y) - inner) <= tolerance }))
    } else {
      round.append(("axis", { hypot($0.x, $0.y) <= tolerance }))
    }
    if quarters == 1 { round.append(("xmin", { abs($0.x) <= tolerance })) }
    if quarters <= 2 { round.append(("ymin", { abs($0.y) <= tolerance })) }
    mesh.addSets(round)
    mesh.addBoxSets(axes: mesh.dimension == 3 ? [2] : [])
  }
}
