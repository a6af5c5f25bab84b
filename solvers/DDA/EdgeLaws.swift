import Contact

// Joint laws by edge. Which law a contact has:
//
//   1. that of the edge it stands on, where the edge has one;
//   2. else that of the corner's own face, of its two the one that runs along that edge most nearly;
//   3. else that of the two materials; else the default.
//
// Strength belongs to the faces that meet. Along a joint both have the same law, and 1 settles it. A block that has
// slid onto ground without a law of its own takes its law with it (2); where faces of two laws have come together,
// each contact has that of the edge it stands on.

extension DDAModel {
  /// Laws by edge as a number for every corner that an edge begins at, −1 where it has none; empty where no edge has.
  static func edgeLawTable(_ d: DDADefinition, first: Int) -> [Int32] {
    guard d.blocks.contains(where: { block in block.edgeLaws.contains { $0 != nil } }) else {
      return []
    }
    return d.blocks.flatMap { block in
      block.polygon.vertices.indices.map { k in
        guard !block.edgeLaws.isEmpty, let law = block.edgeLaws[k] else { return -1 }
        return Int32(first + law)
      }
    }
  }

  /// The law of a contact by the edges that meet there, nil where neither has one.
  ///
  /// - Parameter face: of the edges at the corner, the one along the contact's edge.
  @inline(__always)
  func edgeLaw(_ key: ContactKey, face: Int) -> Int32? {
    guard !edgeLawOfCorner.isEmpty else { return nil }
    let own = edgeLawOfCorner[geometry.firstCorner[key.edgeBlock] + key.edge]
    if own >= 0 { return own }
    let other = edgeLawOfCorner[geometry.firstCorner[key.vertexBlock] + face]
    return other >= 0 ? other : nil
  }

  /// Laws by edge are for all edges of a block or none, and there are laws of their numbers.
  static func checkEdgeLaws(_ d: DDADefinition) throws(DDAError) {
    for (b, block) in d.blocks.enumerated() where !block.edgeLaws.isEmpty {
      let edges = block.polygon.vertices.count
      guard block.edgeLaws.count == edges else {
        throw DDAError(
          "block \(b)", "has \(block.edgeLaws.count) edge laws for \(edges) edges",
          "give one for every edge (nil where materials decide), or none at all")
      }
      for (k, law) in block.edgeLaws.enumerated() {
        guard let law, !d.edgeLaws.indices.contains(law) else { continue }
        let known =
          d.edgeLaws.isEmpty
          ? "list the laws of edges in the definition"
          : "there are laws 0 to \(d.edgeLaws.count - 1)"
        throw DDAError("block \(b)", "has law \(law) on edge \(k)", known)
      }
    }
  }
}
