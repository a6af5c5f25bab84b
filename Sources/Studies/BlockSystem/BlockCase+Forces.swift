import Contact
import DDA
import Storage

extension BlockCase {
  /// Loads, held points, bolts, and the acceleration of the ground.
  /// - Throws: `InputError` for an unknown block or a history that is none.
  func addForces(_ d: inout DDADefinition, _ table: BlockTable) throws(InputError) {
    for row in value.need("loads").list {
      d.loads.append(
        PointLoad(
          block: try table.block(row.need("block")), point: vector(row.need("point")),
          force: vector(row.need("force")),
          history: try history(row["history"], .none, or: 1)))
    }
    for row in value.need("held").list {
      d.held.append(
        HeldPoint(
          block: try table.block(row.need("block")), point: vector(row.need("point")),
          direction: try direction(row.need("along")),
          displacement: try history(row["displacement"], .length, or: 0)))
    }
    for row in value.need("bolts").list {
      var other: Int?
      if let name = row["other-block"] { other = try table.block(name) }
      let (from, to) = (vector(row.need("point")), vector(row.need("other-point")))
      guard from != to else {
        throw row.need("other-point").error("is the bolt's first end; give it a length")
      }
      d.bolts.append(
        Bolt(
          block: try table.block(row.need("block")), point: from, other: other, otherPoint: to,
          stiffness: row.need("stiffness").number, preload: row.need("preload").number))
    }
    let base = value.need("base-acceleration")
    d.baseAcceleration = (
      try history(base["x"], .acceleration, or: 0), try history(base["y"], .acceleration, or: 0)
    )
  }

  /// A number over time, constant where the case says nothing.
  /// - Throws: `InputError` with the row that does not go forward in time.
  func history(
    _ row: CaseValue?, _ dimension: PhysicalUnit.Dimension, or standard: Double
  ) throws(InputError) -> TimeHistory {
    try source.history(row, dimension, or: standard)
  }
}
