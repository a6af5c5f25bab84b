// Maps in which a target point hears of one source point or of one facet.

extension Transfer {
  /// The nearest source point; the lower index where two are as near.
  static func nearestNeighbours(_ source: InterfaceMesh, _ target: InterfaceMesh) -> SparseMap {
    var map = SparseMap(columnCount: source.points.count)
    map.reserve(rows: target.points.count, entries: target.points.count)
    for near in nearestPoints(of: source, to: target) {
      map.append(Int32(near), 1)
      map.endRow()
    }
    return map
  }

  /// Shape functions of the nearest facet at the nearest point on it; beyond the border the point on it.
  static func projection(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ meeting: Meeting
  ) -> SparseMap {
    var map = SparseMap(columnCount: source.points.count)
    map.reserve(rows: target.points.count, entries: 4 * target.points.count)
    for t in target.points.indices {
      let facet = meeting.facets[Int(meeting.facet[t])]
      let N = facet.shape.values(at: meeting.found[t].x)
      for a in 0..<facet.shape.nodeCount { map.append(facet.nodes[a], N[a]) }
      map.endRow()
    }
    return map
  }

  /// The same on the source split into simplices.
  static func barycentric(_ source: InterfaceMesh, _ target: InterfaceMesh) -> SparseMap {
    let facets = source.simplices.facets
    let tree = BoxTree(facets)
    var map = SparseMap(columnCount: source.points.count)
    map.reserve(rows: target.points.count, entries: 3 * target.points.count)
    for p in target.points {
      let facet = facets[tree.nearest(to: p) { facets[$0].nearest(to: p).squareDistance }]
      let N = facet.shape.values(at: facet.nearest(to: p).x)
      for a in 0..<facet.shape.nodeCount { map.append(facet.nodes[a], max(0, N[a])) }
      map.endRow()
    }
    return map
  }
}

extension InterfaceMesh {
  /// The same points between segments or triangles only: quadrilaterals are cut along the shorter
  /// diagonal (ties from their first corner), quadratic facets through their mid-edge nodes.
  public var simplices: InterfaceMesh {
    var cells: [[Int32]] = []
    for c in self.cells {
      switch FacetShape(dimension: dimension, nodeCount: c.count)! {
      case .line2, .tri3: cells.append(c)
      case .line3: cells += [[c[0], c[2]], [c[2], c[1]]]
      case .quad4: cells += cut(c[0], c[1], c[2], c[3])
      case .tri6:
        cells += [
          [c[0], c[3], c[5]], [c[3], c[1], c[4]], [c[5], c[4], c[2]], [c[3], c[4], c[5]],
        ]
      case .quad8:
        cells += [
          [c[0], c[4], c[7]], [c[1], c[5], c[4]], [c[2], c[6], c[5]], [c[3], c[7], c[6]],
        ]
        cells += cut(c[4], c[5], c[6], c[7])
      }
    }
    return InterfaceMesh(name: name, dimension: dimension, points: points, cells: cells)
  }

  private func cut(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32) -> [[Int32]] {
    let first = points[Int(c)] - points[Int(a)]
    let second = points[Int(d)] - points[Int(b)]
    return dot(first, first) <= dot(second, second)
      ? [[a, b, c], [a, c, d]] : [[a, b, d], [b, c, d]]
  }
}
