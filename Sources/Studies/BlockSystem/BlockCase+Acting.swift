import Contact
import DDA

extension BlockCase {
  /// Tractions on edges, water, and viscous boundaries.
  /// - Throws: `InputError` for a line without edges, a water table that is none.
  func addActing(_ d: inout DDADefinition, _ table: BlockTable) throws(InputError) {
    for row in value.need("edge-loads").list { try addEdgeLoad(row, &d, table) }
    for row in value.need("water").list { d.water.append(try water(row, table)) }
    for row in value.need("absorbing-edges").list {
      for part in try edges(row, table) {
        d.absorbing.append(
          AbsorbingEdge(
            block: part.edge.block, from: part.start, to: part.end,
            normal: row.need("normal").number, tangential: row.need("tangential").number))
      }
    }
  }

  private func addEdgeLoad(
    _ row: CaseValue, _ d: inout DDADefinition, _ table: BlockTable
  ) throws(InputError) {
    let start = vector(row.need("traction"))
    let end = row["traction-at-end"].map(vector) ?? start
    let history = try history(row["history"], .none, or: 1)
    for part in try edges(row, table) {
      func traction(_ s: Double) -> Point { start + s * (end - start) }
      d.edgeLoads.append(
        EdgeLoad(
          block: part.edge.block, from: part.start, to: part.end,
          traction: traction(part.range.lowerBound),
          tractionAtEnd: traction(part.range.upperBound),
          axes: row.need("axes").text == "edge" ? .edge : .space, history: history))
    }
  }

  private func water(_ row: CaseValue, _ table: BlockTable) throws(InputError) -> WaterPressure {
    WaterPressure(
      try field(row), faces: try faces(row.need("faces"), table),
      region: try row["region"].map(polygon), history: try history(row["history"], .none, or: 1))
  }

  private func field(_ row: CaseValue) throws(InputError) -> WaterPressure.Field {
    guard let table = row["table"] else { return .constant(row.need("pressure").number) }
    let points = table.list.map(vector)
    for i in points.indices.dropFirst() where points[i].x <= points[i - 1].x {
      throw table.list[i].error(
        "has x = \(Show.number(points[i].x)) m after \(Show.number(points[i - 1].x)) m; "
          + "give the table towards larger x")
    }
    return .table(points, unitWeight: row.need("unit-weight").number)
  }

  private func faces(
    _ value: CaseValue, _ table: BlockTable
  ) throws(InputError) -> WaterPressure.Faces {
    guard value.isList else { return value.text == "all" ? .all : .joints }
    var (out, seen): ([BlockEdge], Set<BlockEdge>) = ([], [])
    for row in value.list {
      for part in try edges(row, table) {
        guard part.isWhole else {
          throw row.error(
            "ends inside an edge of block \(part.edge.block), and a whole edge is wet; end it at a "
              + "corner, and say under 'region' how far the water goes")
        }
        guard seen.insert(part.edge).inserted else {
          throw row.error("an edge of block \(part.edge.block) is listed already; remove one")
        }
        out.append(part.edge)
      }
    }
    return .listed(out)
  }
}
