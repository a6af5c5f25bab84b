import Contact

extension DDAModel {
  /// Loads along edges, water and viscous boundaries: what is given must be finite and lie where it
  /// says.
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
    for (i, water) in d.water.enumerated() { try checkWater("water \(i)", water, d) }
    for (i, edge) in d.absorbing.enumerated() {
      let place = "viscous boundary \(i)"
      try checkEdge(place, d, edge.block, edge.start, edge.end)
      for factor in [edge.normal, edge.tangential] where !(factor >= 0 && factor.isFinite) {
        throw DDAError(place, "has factor \(factor)", "give one that is not negative; 1 is usual")
      }
    }
  }

  private static func checkWater(
    _ place: String, _ water: WaterPressure, _ d: DDADefinition
  ) throws(DDAError) {
    if let problem = water.history.problem {
      throw DDAError(place, "its history \(problem)", "give finite values, forward in time")
    }
    switch water.field {
    case .constant(let u):
      guard u >= 0, u.isFinite else {
        throw DDAError(place, "has pressure \(u)", "give one in Pa that is not negative")
      }
    case .table(let table, let weight):
      guard weight > 0, weight.isFinite else {
        throw DDAError(place, "has unit weight \(weight)", "give a positive one in N/m³")
      }
      guard !table.isEmpty, table.allSatisfy({ $0.x.isFinite && $0.y.isFinite }),
        zip(table, table.dropFirst()).allSatisfy({ $0.x < $1.x })
      else {
        throw DDAError(place, "has no water table", "give finite points in the order of growing x")
      }
    case .function: break
    }
    guard case .listed(let faces) = water.faces else { return }
    for face in faces {
      guard d.blocks.indices.contains(face.block),
        d.blocks[face.block].polygon.vertices.indices.contains(face.edge)
      else {
        throw DDAError(
          place, "names edge \(face.edge) of block \(face.block)", "name one that there is")
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
