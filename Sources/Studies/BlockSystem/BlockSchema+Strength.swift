extension Schema {
  /// A search for the factor of safety in place of one run.
  static let strengthReduction: Schema = {
    let search: [Field] = [
      .may(
        "range", .list(.number(.none, .positive), 2...2), "factors between which to search",
        standard: "[0.2, 5]"),
      .may(
        "tolerance", .number(.none, .positive), "width of the bracket at which the search ends",
        standard: "1e-3"),
      .may(
        "seating-steps", .integer(0...1_000_000), "steps without inertia before the trials",
        standard: "50"),
    ]
    return .variants([
      Variant(
        "displacement", nil, "a trial fails where the centroid of a block moves further than this",
        [.need("displacement", .number(.length, .positive), "since the seating")] + search),
      Variant(
        "kinetic-energy", nil,
        "a trial fails where at its end more of its energy of motion is left",
        [
          .need(
            "kinetic-energy", .number(.none, .between(1e-6, 0.999)),
            "share of the most that there was")
        ] + search),
    ])
  }()
}
