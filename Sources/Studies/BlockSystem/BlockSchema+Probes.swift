extension Schema {
  private static let probeName = Field.need("name", .text, "what the report calls it")
  private static let ofBlock = Field.need(
    "block", blockName, "name or number of the block, or a point inside it")
  private static let along = Field.need("along", .list(.pure, 2...2), "direction")
  private static let since = Field.may(
    "since", .number(.time, .notNegative), "an output time whose value is taken off")

  static let blockProbe = Schema.variants([
    Variant(
      "quantity", "displacement", "of a point of a block",
      [
        probeName, ofBlock, along, since,
        .may("point", pointInPlane, "the point at the start; the centroid where not given"),
      ]),
    Variant("quantity", "velocity", "of a block's centroid", [probeName, ofBlock, along, since]),
    Variant(
      "quantity", "rotation", "of a block, rad, counter-clockwise", [probeName, ofBlock, since]),
    Variant(
      "quantity", "spin", "of a block, rad/s, counter-clockwise", [probeName, ofBlock, since]),
    Variant(
      "quantity", "stress", "of a block at its centroid, tension positive",
      [
        probeName, ofBlock, since,
        .need("component", .choice(["xx", "yy", "xy"]), "in the axes of space"),
      ]),
    Variant("quantity", "momentum", "of all free blocks", [probeName, along, since]),
    Variant(
      "quantity", "energy", "stored, or gone so far",
      [
        probeName, since,
        .need("term", .choice(BlockEnergy.allCases.map(\.rawValue)), "which; total is the balance"),
      ]),
    Variant("quantity", "sliding-contacts", "how many contacts slide", [probeName]),
    Variant("quantity", "locked-contacts", "how many contacts stick", [probeName]),
    Variant("quantity", "overlap", "largest that a step has left so far", [probeName]),
    Variant(
      "quantity", "largest-displacement", "of a block's centroid since the run began", [probeName]),
    Variant(
      "quantity", "factor-of-safety", "middle of the bracket that strength-reduction found",
      [probeName]),
    Variant(
      "quantity", "held-force", "that a held point needs, along its direction",
      [probeName, .need("held", .integer(0...1_000_000), "number of the held point, from 0")]),
  ])
}
