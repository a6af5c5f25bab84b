import Storage

extension Schema {
  /// Keys of a case of blocks that takes part in a coupled run: skins over other bodies, and where others act.
  static let blockBorderKeys: [Field] = [
    .may(
      "skins", .list(skin, 0...10_000),
      "thin guided blocks over the face of a body that another participant moves: what blocks touch "
        + "of it; in a run of its own they stay where they are", standard: "[]"),
    .may(
      "borders", .dictionary(border, about: "name of a border"),
      "where other participants of a coupled run act; a run of its own takes no notice of them"),
  ]

  private static let skin = Schema.record([
    .need("name", .text, "to speak of it"),
    .need("points", .list(pointInPlane, 2...1_000_000), "of the face, one after another"),
    .need(
      "outside", .choice(["left", "right"]),
      "where the blocks are, seen along the points: left is above a face towards larger x"),
    .need("thickness", .number(.length, .positive), "of the skin, behind the face"),
    .may("material", .text, "its material; the first where not given"),
    .may("closed", .flag, "whether the last point is joined to the first", standard: "false"),
  ])

  private static let border = Schema.variants([
    Variant(
      "edge", nil, "an edge of a free block, from corner to corner",
      [.need("edge", .record(edgeLine), "two points of it, its ends")]),
    Variant(
      "skin", nil, "the face under a skin", [.need("skin", .text, "name of the skin")]),
    Variant(
      "points", nil, "points of free blocks",
      [
        .need(
          "points",
          .list(
            .record([
              .need("block", blockName, "name, number, or a point inside it"),
              .need("at", pointInPlane, "where, at the start"),
            ]), 1...1_000_000),
          "along the border; two of different blocks at one place are one point")
      ]),
  ])
}
