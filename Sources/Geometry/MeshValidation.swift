extension Mesh {
  /// Checks that the mesh can be computed on.
  ///
  /// Node numbers exist, every node belongs to a cell, no cell has a node twice, no cell is flat at a
  /// corner or inverted (at a corner and at a quadrature point), no two nodes of different cells coincide (unless allowed), no facet
  /// belongs to more than two cells, sets name things that exist.
  /// - Parameter coincidentNodes: True for meshes with cracks or with parts that are joined later.
  /// - Throws: `MeshError` naming the first cell, node or set that is wrong.
  public func validate(coincidentNodes allowed: Bool = false) throws(MeshError) {
    try validateCells()
    try validateNodes()
    try validateSets()
    if !allowed { try validateDistinctNodes() }
    let table = FacetTable(self)
    if let worst = zip(table.facets, table.sharers()).first(where: { $1 > 2 })?.0 {
      throw MeshError(
        place(worst.block, worst.cell),
        "shares a facet with more than one other cell, so cells overlap",
        "remove cells that are there twice")
    }
  }

  /// Checks node numbers and the orientation of every cell.
  func validateCells() throws(MeshError) {
    for (b, block) in blocks.enumerated() {
      for cell in 0..<block.cellCount {
        let nodes = block.nodes(of: cell)
        if let bad = nodes.first(where: { $0 < 0 || Int($0) >= nodeCount }) {
          throw MeshError(
            place(b, cell), "has node \(bad) of \(nodeCount) nodes (from 0)",
            "check the numbering of the mesh")
        }
        if let defect = defect(of: nodes, shape: block.shape) {
          throw MeshError(place(b, cell), defect.what("node \(defect.node)"), defect.remedy)
        }
      }
    }
  }

  /// What is wrong with a cell; nil for a good one.
  func defect(of nodes: ArraySlice<Int32>, shape: CellShape) -> CellDefect? {
    let n = nodes.map { Int($0) }
    for i in n.indices {
      for j in 0..<i where n[i] == n[j] { return CellDefect(kind: .collapsed, node: n[i]) }
    }
    for corner in 0..<shape.cornerCount {
      let quality = cornerQuality(n, shape: shape, corner: corner)
      if quality.isNaN { return CellDefect(kind: .notFinite, node: n[corner]) }
      if quality < -1e-10 {
        // A bent corner outside every quadrature point does no harm: the standard patch test of
        // MacNeal & Harder (1985) has one.
        if isPositiveAtQuadraturePoints(nodes, shape: shape) { continue }
        return CellDefect(kind: .inverted, node: n[corner])
      }
      if quality <= 1e-10 { return CellDefect(kind: .flat, node: n[corner]) }
    }
    return nil
  }

  private func isPositiveAtQuadraturePoints(_ nodes: ArraySlice<Int32>, shape: CellShape) -> Bool {
    Quadrature.full(shape).points.allSatisfy { x in
      var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
      for (n, gradient) in zip(nodes, shape.shapeFunctions(at: x).gradients) {
        a += gradient.x * points[Int(n)]
        b += gradient.y * points[Int(n)]
        c += gradient.z * points[Int(n)]
      }
      if dimension == 2 { c = [0, 0, 1] }
      let cross = SIMD3(b.y * c.z - b.z * c.y, b.z * c.x - b.x * c.z, b.x * c.y - b.y * c.x)
      return (a * cross).sum() > 0
    }
  }

  /// Jacobian determinant at a corner over the product of the edge tangents there: 1 for a brick's
  /// corner, negative when inverted. The derivative along an edge depends on the nodes of that edge
  /// alone: 3-point for quadratic shapes.
  private func cornerQuality(_ n: [Int], shape: CellShape, corner: Int) -> Double {
    let p = points[n[corner]]
    func tangent(_ other: Int) -> SIMD3<Double> {
      let end = points[n[other]]
      guard shape.order == 2 else { return end - p }
      let e = shape.edges.firstIndex {
        ($0 == corner && $1 == other) || ($0 == other && $1 == corner)
      }
      return 4 * points[n[shape.cornerCount + e!]] - 3 * p - end
    }
    let t = shape.cornerNeighbours[corner].map(tangent)
    let lengths = t.map { ($0 * $0).sum().squareRoot() }
    let (a, b) = (t[0], t[1])
    let cross = SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    let volume = dimension == 2 ? cross.z : t.count == 3 ? (cross * t[2]).sum() : 0
    let scale = lengths.reduce(1, *)
    return scale > 0 ? volume / scale : scale == 0 ? 0 : .nan
  }

  private func validateNodes() throws(MeshError) {
    var used = [Bool](repeating: false, count: nodeCount)
    for block in blocks { for n in block.connectivity { used[Int(n)] = true } }
    if let lost = used.firstIndex(of: false) {
      throw MeshError(
        "node \(lost)", "belongs to no cell", "remove it: \(used.filter { !$0 }.count) such nodes")
    }
  }

  private func validateSets() throws(MeshError) {
    for (name, nodes) in nodeSets.sorted(by: { $0.key < $1.key }) {
      if let bad = nodes.first(where: { $0 < 0 || $0 >= nodeCount }) {
        throw MeshError("node set '\(name)'", "has node \(bad) of \(nodeCount)", "check the set")
      }
    }
    for (name, facets) in facetSets.sorted(by: { $0.key < $1.key }) {
      let bad = facets.first {
        !blocks.indices.contains($0.block) || $0.cell < 0
          || $0.cell >= blocks[$0.block].cellCount
          || !blocks[$0.block].shape.facets.indices.contains($0.facet)
      }
      if let bad {
        throw MeshError(
          "facet set '\(name)'", "has facet \(bad.facet) of \(place(bad.block, bad.cell))",
          "check the set")
      }
    }
  }

  private func validateDistinctNodes() throws(MeshError) {
    let tolerance = lengthTolerance
    guard tolerance > 0 else { return }
    // Nodes that coincide have nearly the same x: neighbours in the order of x are compared.
    let order = points.indices.sorted { (points[$0].x, $0) < (points[$1].x, $1) }
    var index = PointIndex(distance: tolerance)
    for (i, n) in order.enumerated() {
      let near = { (j: Int) in
        order.indices.contains(j) && abs(points[order[j]].x - points[n].x) <= tolerance
      }
      guard near(i - 1) || near(i + 1) else { continue }
      if let twin = index.find(points[n]) {
        throw MeshError(
          "node \(max(n, Int(twin)))", "lies where node \(min(n, Int(twin))) is",
          "merge coincident nodes, or allow them if the parts are meant to be separate")
      }
      index.insert(points[n], Int32(n))
    }
  }

  private func place(_ block: Int, _ cell: Int) -> String {
    blocks.indices.contains(block)
      ? "cell \(cell) of block '\(blocks[block].name)'" : "cell \(cell) of block \(block)"
  }
}

/// What is wrong with one cell, and at which of its nodes.
struct CellDefect {
  enum Kind { case collapsed, notFinite, inverted, flat }
  let kind: Kind
  let node: Int

  /// In words; `name` names the node.
  func what(_ name: String) -> String {
    switch kind {
    case .collapsed: "has \(name) twice"
    case .notFinite: "has \(name) or its neighbour at a place that is not a number"
    case .inverted: "is inverted at \(name)"
    case .flat: "is flat at \(name)"
    }
  }

  var remedy: String {
    switch kind {
    case .collapsed: "make the mesh again without collapsed cells"
    case .notFinite: "check the coordinates"
    case .inverted: "turn the cell round (in 2-D counter-clockwise), or repair the mesh there"
    case .flat: "move its nodes apart or merge the cell away"
    }
  }
}

extension CellShape {
  /// For every corner the corners it has edges to, ordered so that their tangents are right-handed.
  var cornerNeighbours: [[Int]] {
    switch self {
    case .tri3, .tri6: [[1, 2], [2, 0], [0, 1]]
    case .quad4, .quad8: [[1, 3], [2, 0], [3, 1], [0, 2]]
    case .tet4, .tet10: [[1, 2, 3], [2, 0, 3], [0, 1, 3], [0, 2, 1]]
    case .hex8, .hex20:
      [
        [1, 3, 4], [2, 0, 5], [3, 1, 6], [0, 2, 7], [7, 5, 0], [4, 6, 1], [5, 7, 2], [6, 4, 3],
      ]
    }
  }
}
