import Contact

/// A skin of thin guided blocks under the surface of a body that another solver moves: by it blocks touch that body.
///
///                outside: blocks lie, slide and land here
///     p₀ ──────── p₁ ──────── p₂ ──────── p₃     the polyline: what blocks touch
///      │ block 0  ╱  block 1  │  block 2   ╲
///      └─────────╱────────────┴─────────────     behind it, inside the body: no other block comes here
///
/// Every block stands on one segment of a polyline of surface points and reaches behind it by a thickness; both its corners
/// on the polyline are guided border points. So the edge that others touch is the polyline itself, wherever its points are
/// moved: neighbours share their ends, there is no gap and no step at a joint however the surface bends, a force on the
/// edge goes to its two points by the law of the lever, and the skin gives way by nothing, whatever its modulus and
/// thickness. What is free of a block of first order, stretch of its thickness and shear, no contact feels. Blocks of a
/// skin are of one group, and do not touch one another; their sides and backs touch nothing at all (`coveredEdges`).
///
/// **Material.** Along the surface a skin resists stretching with E · thickness beside the body's own stiffness, which comes
/// out in the forces of its points: choose E well below the body's. Density must be positive and may be small: weight and
/// inertia of the skin are in the forces of its points, too. (Joint laws by pairs of materials want a material of its own.)
///
/// **Thickness** is what a corner may come through in a step without being seen. A tenth of the blocks outside is plenty.
public struct SurfaceSkin: Sendable, Equatable {
  /// On which side of the polyline, walked from first to last, the other blocks are.
  public enum Side: Sendable, CaseIterable {
    /// To the left: y upwards where x grows along the polyline.
    case left
    /// To the right.
    case right
  }

  /// Surface points at the start, m.
  public let points: [Point]
  /// Whether the last point is joined to the first.
  public let isClosed: Bool
  /// The skin's blocks in the definition, one per segment, and the group that they are of.
  public let blocks: Range<Int>, group: Int
  /// Its border points: two per segment, at its beginning and at its end.
  public let border: Range<Int>

  /// Adds a skin to a block system.
  ///
  /// - Parameters:
  ///   - points: surface points, m, from one end to the other.
  ///   - outside: the side where other blocks are.
  ///   - thickness: of the skin, behind the surface, m.
  ///   - material: index into the definition's materials.
  ///   - group: contact group of its blocks; one that is not yet used unless given. Skins of two faces of a body that may
  ///     overlap inside it want the same.
  ///   - isClosed: whether a segment joins the last point to the first.
  /// - Throws: `DDAError` where the polyline has too few points, one twice in a row, or turns too sharply for the thickness.
  public init(
    along points: [Point], outside: Side, thickness: Double, material: Int, group: Int? = nil,
    isClosed: Bool = false, to definition: inout DDADefinition
  ) throws(DDAError) {
    let inner = try SurfaceSkin.inner(points, outside, thickness, isClosed)
    let used = definition.blocks.compactMap(\.group).max()
    self.points = points
    self.isClosed = isClosed
    self.group = group ?? used.map { $0 + 1 } ?? 0
    let count = isClosed ? points.count : points.count - 1
    var (added, guides): ([BlockDefinition], [BorderPoint]) = ([], [])
    for k in 0..<count {
      let next = (k + 1) % points.count
      let outline = [points[k], points[next], inner[next], inner[k]]
      guard let polygon = try? Polygon(outline), polygon.isConvex,
        (inner[next] - inner[k]).dot(points[next] - points[k]) > 0
      else {
        throw DDAError(
          "surface skin", "is too thick, \(thickness) m, for its segment \(k)",
          "make it thinner, or the points there fewer")
      }
      let block = definition.blocks.count + k
      var piece = BlockDefinition(polygon, material: material, group: self.group)
      let corners = polygon.vertices
      piece.coveredEdges = corners.indices.map { e in
        let ends = [corners[e], corners[(e + 1) % corners.count]]
        if ends.allSatisfy({ $0 == points[k] || $0 == points[next] }) { return false }
        // The sides at the ends of a skin are open.
        return isClosed
          || ![0, points.count - 1].contains { j in
            ends.allSatisfy { $0 == points[j] || $0 == inner[j] }
          }
      }
      added.append(piece)
      for p in [points[k], points[next]] {
        guides.append(BorderPoint(block: block, point: p, mode: .guided))
      }
    }
    blocks = definition.blocks.count..<definition.blocks.count + count
    border = definition.border.count..<definition.border.count + guides.count
    definition.blocks += added
    definition.border += guides
  }

  /// Corners behind the surface points, where the offset segments meet.
  private static func inner(
    _ points: [Point], _ outside: Side, _ thickness: Double, _ isClosed: Bool
  ) throws(DDAError) -> [Point] {
    guard points.count >= (isClosed ? 3 : 2) else {
      throw DDAError(
        "surface skin", "has \(points.count) points", "give \(isClosed ? 3 : 2) or more")
    }
    guard thickness > 0, thickness.isFinite else {
      throw DDAError("surface skin", "is \(thickness) m thick", "give a positive thickness in m")
    }
    var normals: [Point] = []
    for k in 0..<(isClosed ? points.count : points.count - 1) {
      let way = points[(k + 1) % points.count] - points[k]
      guard way.length > 0, way.length.isFinite else {
        throw DDAError(
          "surface skin", "its segment \(k) has no length", "give different, finite points in m")
      }
      normals.append((outside == .left ? 1 : -1) / way.length * way.left)
    }
    var out: [Point] = []
    for k in points.indices {
      let before = k > 0 ? normals[k - 1] : isClosed ? normals[normals.count - 1] : normals[0]
      let after = k < normals.count ? normals[k] : before
      let both = 1 + before.dot(after)
      guard both > sharpest else {
        throw DDAError(
          "surface skin", "turns back at its point \(k)",
          "end it there and begin another one of the same group")
      }
      out.append(points[k] - (thickness / both) * (before + after))
    }
    return out
  }

  /// 1 + cosine of the turn at which blocks of two segments would be spikes: 120°.
  private static let sharpest = 0.5

  /// The border points of a surface point: one at an end of the skin, two elsewhere.
  public func borderPoints(at k: Int) -> [Int] {
    precondition(points.indices.contains(k), "surface point \(k) of \(points.count)")
    var out: [Int] = []
    if k > 0 || isClosed {
      let before = k > 0 ? k - 1 : blocks.count - 1
      out.append(border.lowerBound + 2 * before + 1)
    }
    if k < blocks.count { out.append(border.lowerBound + 2 * k) }
    return out
  }
}

extension DDASolver {
  /// Tells all surface points of a skin their displacements since the start, m, at a later time: linear from what they
  /// are told at the present one.
  public mutating func guide(
    _ skin: SurfaceSkin, to ends: [Point], at time: Double
  ) throws(DDAError) {
    try check(skin, ends.count)
    for k in ends.indices {
      for index in skin.borderPoints(at: k) { try guide(index, to: ends[k], at: time) }
    }
  }

  /// Tells all surface points of a skin their displacements since the start, m: linear over an interval.
  public mutating func guide(
    _ skin: SurfaceSkin, from starts: [Point], to ends: [Point], over interval: ClosedRange<Double>
  ) throws(DDAError) {
    try check(skin, ends.count)
    try check(skin, starts.count)
    for k in ends.indices {
      for index in skin.borderPoints(at: k) {
        try guide(index, from: starts[k], to: ends[k], over: interval)
      }
    }
  }

  private func check(_ skin: SurfaceSkin, _ count: Int) throws(DDAError) {
    guard count == skin.points.count else {
      throw DDAError(
        "surface skin", "is told \(count) displacements for \(skin.points.count) points",
        "give one for every surface point")
    }
  }

  /// What blocks press on every surface point of a skin with, N: a load for the body behind it, opposite to the forces
  /// that guide the skin there. Weight and inertia of the skin itself are in it.
  public func surfaceForces(_ skin: SurfaceSkin) -> [Point] {
    skin.points.indices.map { k in
      skin.borderPoints(at: k).reduce(Point()) { $0 - borderForce($1) }
    }
  }

  /// Displacements of the surface points of a skin since the start, m.
  public func surfaceDisplacements(_ skin: SurfaceSkin) -> [Point] {
    skin.points.indices.map { borderDisplacement(skin.borderPoints(at: $0)[0]) }
  }

  /// Work that the body behind a skin has done on it so far, J.
  public func surfaceWork(_ skin: SurfaceSkin) -> Double {
    skin.border.reduce(0) { $0 + borderWork($1) }
  }
}
