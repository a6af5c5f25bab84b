import Storage

extension Schema {
  /// Keys of a case of blocks that act on edges: tractions, water, viscous boundaries.
  static let blockActingKeys: [Field] = [
    .may(
      "edge-loads", .list(edgeLoad, 0...1_000_000),
      "tractions along edges of blocks, with which they move", standard: "[]"),
    .may(
      "water", .list(water, 0...10_000),
      "pressure of water on faces of blocks; where several act they add up", standard: "[]"),
    .may(
      "absorbing-edges", .list(absorbingEdge, 0...1_000_000),
      "viscous boundaries: edges through which waves leave", standard: "[]"),
  ]

  /// A line on which edges lie.
  static let edgeLine: [Field] = [
    .may(
      "block", blockName,
      "whose edge it is; where not given, all edges of free blocks that lie on the line"),
    .need("from", pointInPlane, "where the line begins, at the start"),
    .need("to", pointInPlane, "where it ends"),
  ]

  private static let traction = Schema.list(.number(.pressure, .any), 2...2)

  private static let edgeLoad = Schema.record(
    edgeLine + [
      .need("traction", traction, "two components, in Pa"),
      .may("traction-at-end", traction, "at 'to', linear between; the same where not given"),
      .may(
        "axes", .choice(["space", "edge"]),
        "components along x and y; or along the edge and its outward normal (positive pulls, "
          + "negative presses), which turn with the block", standard: "space"),
      .may("history", history(.none, "factor of the traction"), "factor over time; 1 if not given"),
    ])

  private static let absorbingEdge = Schema.record(
    edgeLine + [
      .may(
        "normal", .number(.none, .notNegative), "part of the impedance of pressure waves",
        standard: "1"),
      .may(
        "tangential", .number(.none, .notNegative), "part of the impedance of shear waves",
        standard: "1"),
    ])

  private static let water: Schema = {
    let common: [Field] = [
      .may(
        "faces", .either([.choice(["joints", "all"]), .list(.record(edgeLine), 1...100_000)]),
        "where edges of two blocks face each other; all edges of all blocks; or those on lines",
        standard: "joints"),
      .may(
        "region", .list(pointInPlane, 3...1_000_000),
        "corners of where the water is; everywhere if not given"),
      .may("history", history(.none, "factor of the pressure"), "factor over time; 1 if not given"),
    ]
    return .variants([
      Variant(
        "table", nil, "pressure under a water table: unit weight times depth",
        [
          .need(
            "table", .list(pointInPlane, 1...100_000),
            "points of the table towards larger x; level beyond its ends"),
          .may(
            "unit-weight", .number(.unitWeight, .positive), "of the water, N/m3", standard: "9810"),
        ] + common),
      Variant(
        "pressure", nil, "the same pressure everywhere",
        [.need("pressure", .number(.pressure, .notNegative), "pressure")] + common),
    ])
  }()
}

extension PhysicalUnit.Dimension {
  static let unitWeight = Self(length: -2, mass: 1, time: -2)
}
