import Contact

extension DDAModel {
  /// Loads along edges, water and viscous boundaries: what is given must be finite and lie where it says.
  static func checkActing(_ d: DDADefinition) throws(DDAError) {
    for (i, load) in d.edgeLoads.enumerated() {
      let place = "edge load \(i)"
      try checkEdge(place, d, load.block, load.start, load.end)
      if let problem = load.history.problem {
        throw DDAError(place, "its history \(problem)", "give finite values, forward in time")
      }
      for q in [load.tractionAtStart, load.tractionAtEnd] where !(q.x.isFinite && q.y.isFinite) {
        throw DDAError(place, "is not a number", "give tractions in Pa")
      }
    }
  }

  private static func checkEdge(
    _ place: String, _ d: DDADefinition, _ block: Int, _ start: Point, _ end: Point
  ) throws(DDAError) {
    guard d.blocks.indices.contains(block) else {
      throw DDAError(
        place, "is on block \(block)", "there are blocks 0 to \(d.blocks.count - 1)")
    }
    guard start != end, d.edge(of: block, start, end) != nil else {
      throw DDAError(
        place, "does not lie on an edge of block \(block)", "give two points of one edge")
    }
  }
}
