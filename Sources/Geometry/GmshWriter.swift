extension Mesh {
  /// The mesh as Gmsh's .msh text, version 2.2.
  ///
  /// Blocks and facet sets become physical groups; node sets that are no facet sets become groups
  /// of points. Numbers start at 1 and coordinates keep every bit.
  public func gmshText() -> String {
    var names: [String] = []
    var elements: [String] = []
    func group(_ dimension: Int, _ name: String) -> Int {
      names.append("\(dimension) \(names.count + 1) \"\(name)\"")
      return names.count
    }
    func element(_ type: Int, _ group: Int, _ nodes: some Sequence<Int>) {
      let list = nodes.map { String($0 + 1) }.joined(separator: " ")
      elements.append("\(elements.count + 1) \(type) 2 \(group) \(group) \(list)")
    }
    for block in blocks {
      let tag = group(dimension, block.name)
      let order = block.shape.gmshOrder
      for cell in 0..<block.cellCount {
        let nodes = Array(block.nodes(of: cell))
        var own = nodes.map { Int($0) }
        for (vtk, gmsh) in order.enumerated() { own[gmsh] = Int(nodes[vtk]) }
        element(block.shape.gmshType, tag, own)
      }
    }
    for (name, facets) in facetSets.sorted(by: { $0.key < $1.key }) {
      let tag = group(dimension - 1, name)
      for facet in facets {
        let nodes = nodes(of: facet)
        element(facetType(blocks[facet.block].shape), tag, nodes)
      }
    }
    for (name, nodes) in nodeSets.sorted(by: { $0.key < $1.key }) where facetSets[name] == nil {
      let tag = group(0, name)
      for node in nodes { element(15, tag, [node]) }
    }
    let nodes = points.enumerated().map { "\($0 + 1) \($1.x) \($1.y) \($1.z)" }
    return
      (["$MeshFormat", "2.2 0 8", "$EndMeshFormat"]
      + section("PhysicalNames", names) + section("Nodes", nodes)
      + section("Elements", elements)).joined(separator: "\n") + "\n"
  }

  private func section(_ name: String, _ lines: [String]) -> [String] {
    ["$\(name)", "\(lines.count)"] + lines + ["$End\(name)"]
  }

  private func facetType(_ shape: CellShape) -> Int {
    switch shape {
    case .tri3, .quad4: 1
    case .tri6, .quad8: 8
    case .tet4: 2
    case .tet10: 9
    case .hex8: 3
    case .hex20: 16
    }
  }
}
