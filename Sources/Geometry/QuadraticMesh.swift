extension CellShape {
  /// The quadratic shape with the same corners.
  public var quadratic: CellShape {
    switch self {
    case .tri3, .tri6: .tri6
    case .quad4, .quad8: .quad8
    case .tet4, .tet10: .tet10
    case .hex8, .hex20: .hex20
    }
  }
}

extension Mesh {
  /// The mesh with quadratic cells: a node in the middle of every edge, after the corner nodes,
  /// whose numbers stay.
  ///
  /// A node set takes in the middle of an edge when the facet set of its name has that edge, or,
  /// where there is no such facet set, when it has both ends. Blocks that are quadratic stay so.
  public func quadratic() -> Mesh {
    var mesh = self
    var middles: [SIMD2<Int32>: Int32] = [:]
    for b in blocks.indices where blocks[b].shape.order == 1 {
      let edges = blocks[b].shape.edges
      var connectivity: [Int32] = []
      for cell in 0..<blocks[b].cellCount {
        let nodes = Array(blocks[b].nodes(of: cell))
        connectivity += nodes
        for (i, j) in edges {
          let key = SIMD2(min(nodes[i], nodes[j]), max(nodes[i], nodes[j]))
          if middles[key] == nil {
            middles[key] = Int32(mesh.points.count)
            mesh.points.append(0.5 * (points[Int(nodes[i])] + points[Int(nodes[j])]))
          }
          connectivity.append(middles[key]!)
        }
      }
      mesh.blocks[b] = Block(
        name: blocks[b].name, shape: blocks[b].shape.quadratic, connectivity: connectivity)
    }
    for (name, nodes) in nodeSets {
      if let facets = facetSets[name] {
        let extra = facets.flatMap { mesh.nodes(of: $0) }
        mesh.nodeSets[name] = Set(nodes).union(extra).sorted()
      } else {
        let members = Set(nodes.map { Int32($0) })
        let extra = middles.filter { members.contains($0.key.x) && members.contains($0.key.y) }
        mesh.nodeSets[name] = (nodes + extra.values.map { Int($0) }).sorted()
      }
    }
    return mesh
  }

  /// The mesh with its inner nodes moved at random, by up to `fraction` of the shortest edge at each
  /// node along every axis, for tests of convergence on irregular cells. Corner nodes on the
  /// boundary stay; a mid-edge node moves by the mean of its ends.
  /// - Parameters:
  ///   - fraction: Below about 0.25 cells stay valid.
  ///   - seed: The same seed gives the same mesh.
  public func perturbed(by fraction: Double, seed: UInt64) -> Mesh {
    var fixed = [Bool](repeating: false, count: nodeCount)
    for facet in boundaryFacets() { for n in nodes(of: facet) { fixed[n] = true } }
    var shortest = [Double](repeating: .infinity, count: nodeCount)
    eachEdge { a, b, _ in
      let d = points[a] - points[b]
      let length = (d * d).sum().squareRoot()
      shortest[a] = min(shortest[a], length)
      shortest[b] = min(shortest[b], length)
    }
    var random = SplitMix64(state: seed)
    var moves = [SIMD3<Double>](repeating: .zero, count: nodeCount)
    for n in points.indices {
      let r = SIMD3(random.signedUnit(), random.signedUnit(), random.signedUnit())
      guard !fixed[n], shortest[n].isFinite else { continue }
      moves[n] = fraction * shortest[n] * r
      if dimension == 2 { moves[n].z = 0 }
    }
    eachEdge { a, b, middle in
      if let middle { moves[middle] = 0.5 * (moves[a] + moves[b]) }
    }
    var mesh = self
    for n in points.indices { mesh.points[n] += moves[n] }
    return mesh
  }

  /// Calls with both ends of every edge of every cell, and its middle node in quadratic cells.
  private func eachEdge(_ body: (Int, Int, Int?) -> Void) {
    for block in blocks {
      let edges = block.shape.edges
      for cell in 0..<block.cellCount {
        let base = cell * block.shape.nodeCount
        for (e, (i, j)) in edges.enumerated() {
          let middle =
            block.shape.order == 2
            ? Int(block.connectivity[base + block.shape.cornerCount + e]) : nil
          body(
            Int(block.connectivity[base + i]), Int(block.connectivity[base + j]), middle)
        }
      }
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: one seed, one sequence, on every machine.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in [−1, 1).
  mutating func signedUnit() -> Double { Double(next() >> 11) * 0x1p-52 - 1 }
}
