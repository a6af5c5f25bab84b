extension Mesh {
  /// Lengths below this count as zero: a billionth of the mesh's largest extent, in m.
  public var lengthTolerance: Double {
    let (low, high) = bounds
    return 1e-9 * (high - low).max()
  }

  /// Smallest and largest coordinates of all nodes; zero for an empty mesh.
  public var bounds: (low: SIMD3<Double>, high: SIMD3<Double>) {
    guard var low = points.first else { return (.zero, .zero) }
    var high = low
    for p in points {
      low = pointwiseMin(low, p)
      high = pointwiseMax(high, p)
    }
    return (low, high)
  }

  /// Node set and facet set of one name from a condition on points: the nodes that fulfil it, and
  /// the boundary facets all of whose nodes do. Sets that would be empty are not made.
  public mutating func addSets(
    _ conditions: [(name: String, holds: (SIMD3<Double>) -> Bool)]
  ) {
    let boundary = boundaryFacets()
    for (name, holds) in conditions {
      let inside = points.map(holds)
      let nodes = inside.indices.filter { inside[$0] }
      if !nodes.isEmpty { nodeSets[name] = nodes }
      let facets = boundary.filter { facet in
        let block = blocks[facet.block]
        let base = facet.cell * block.shape.nodeCount
        return block.shape.facets[facet.facet].allSatisfy {
          inside[Int(block.connectivity[base + $0])]
        }
      }
      if !facets.isEmpty { facetSets[name] = facets }
    }
  }

  /// Adds `xmin`, `xmax`, `ymin`, … from the bounding box, the corner points where three (in 2-D
  /// two) of them meet in one node (`xmin_ymin_zmax`), and `all`. Sets that exist are kept.
  public mutating func addBoxSets(axes: [Int]? = nil) {
    let (low, high) = bounds
    let tolerance = lengthTolerance
    var conditions: [(name: String, holds: (SIMD3<Double>) -> Bool)] = []
    let letters = ["x", "y", "z"]
    for axis in axes ?? Array(0..<dimension) {
      let (a, b) = (low[axis], high[axis])
      conditions.append((letters[axis] + "min", { abs($0[axis] - a) <= tolerance }))
      conditions.append((letters[axis] + "max", { abs($0[axis] - b) <= tolerance }))
    }
    addSets(conditions.filter { nodeSets[$0.name] == nil && facetSets[$0.name] == nil })
    addCornerPoints()
    if nodeSets["all"] == nil { nodeSets["all"] = Array(points.indices) }
  }

  private mutating func addCornerPoints() {
    var meets: [(name: String, nodes: [Int])] = [("", Array(points.indices))]
    for letter in ["x", "y", "z"].prefix(dimension) {
      var next: [(name: String, nodes: [Int])] = []
      for (name, nodes) in meets {
        for side in ["min", "max"] {
          guard let plane = nodeSets[letter + side] else { continue }
          let members = Set(plane)
          let both = nodes.filter { members.contains($0) }
          next.append((name.isEmpty ? letter + side : "\(name)_\(letter + side)", both))
        }
      }
      meets = next
    }
    for (name, nodes) in meets where nodes.count == 1 && nodeSets[name] == nil {
      nodeSets[name] = nodes
    }
  }

  /// The node nearest to a point (the first of several), or nil in an empty mesh.
  public func nearestNode(to point: SIMD3<Double>) -> Int? {
    var best: (node: Int, distance: Double)?
    for (n, p) in points.enumerated() {
      let d = p - point
      let distance = (d * d).sum()
      if distance < best?.distance ?? .infinity { best = (n, distance) }
    }
    return best?.node
  }

  /// The same mesh with every node moved to where `map` says; sets are kept.
  public func mapped(_ map: (SIMD3<Double>) throws -> SIMD3<Double>) rethrows -> Mesh {
    var mesh = self
    mesh.points = try points.map(map)
    return mesh
  }
}
