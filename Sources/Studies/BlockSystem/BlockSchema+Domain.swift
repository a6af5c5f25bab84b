import Storage

extension Schema {
  /// Keys of a case of blocks that make blocks from a domain and joints.
  static let blockCuttingKeys: [Field] = [
    .may("domain", domain, "rock that joints cut into blocks"),
    .may(
      "joint-sets", .list(jointSet, 0...1000), "families of parallel joints in the domain",
      standard: "[]"),
    .may(
      "traces", .list(trace, 0...1_000_000),
      "single joints in the domain: their points, or points and joint; they may reach out of it",
      standard: "[]"),
    .may(
      "drawings", .list(drawing, 0...1000),
      "files with lines for the domain: outlines, holes, joints, what is fixed or of a material",
      standard: "[]"),
    .may(
      "assign", .list(assignment, 0...100_000),
      "what blocks in places are; a later row overrides an earlier one", standard: "[]"),
  ]

  private static let ring = Schema.list(pointInPlane, 3...1_000_000)

  private static let domain = Schema.record([
    .may("outline", ring, "corners in order around it; else a drawing has it"),
    .may("holes", .list(ring, 0...10_000), "for instance tunnels", standard: "[]"),
    .may("material", .text, "of its blocks; the first where not given"),
    .may(
      "tolerance", .number(.length, .positive),
      "nodes closer than this are one; 1e-6 of the diagonal where not given"),
    .may(
      "untied-holes", .choice(["bridge", "refuse"]),
      "a hole that no joint ties to the outline: cut its block along a line, or stop",
      standard: "bridge"),
  ])

  private static let jointSet = Schema.record([
    .need("dip", .degrees(-180, 180), "of the traces from the x axis, counter-clockwise, degrees"),
    .need("spacing", .number(.length, .positive), "mean distance of neighbours"),
    .may(
      "length", .number(.length, .positive), "mean of a trace; through the domain if not given"),
    .may("gap", .number(.length, .notNegative), "mean of rock between traces of one line"),
    .may(
      "persistence", .number(.none, .between(1e-6, 1)),
      "length over length and gap, in place of gap"),
    .may(
      "dip-scatter", .degrees(0, 90), "standard deviation of the dip, degrees", standard: "0"),
    .may(
      "spacing-scatter", .number(.none, .between(0, 0.999)),
      "half-width of a uniform scatter over the mean", standard: "0"),
    .may(
      "length-scatter", .number(.none, .between(0, 0.999)),
      "half-width of a uniform scatter of length and gap over their means", standard: "0"),
    .may("seed", .integer(0...Int.max), "the same seed, the same traces", standard: "1"),
    .may("joint", ownJoint, "the strength of its joints; by materials where not given"),
  ])

  private static let trace: Schema = {
    let line = Schema.list(pointInPlane, 2...100_000)
    return .either([
      line,
      .record([
        .need("points", line, "in order along it"),
        .may("joint", ownJoint, "its strength; by materials where not given"),
      ]),
    ])
  }()

  private static let drawing = Schema.record([
    .need(
      "file", .text,
      "DXF (lines, polylines, arcs), or HDF5 (a group per layer with points and offsets)"),
    .may("unit", .text, "of its lengths; what the file says, else m"),
    .may(
      "layers",
      .dictionary(
        .either([
          .variants([
            Variant(
              "material", nil, "blocks inside the closed lines are of it",
              [.need("material", .text, "of blocks inside the closed lines")]),
            Variant(
              "joint", nil, "joints of this strength",
              [.need("joint", ownJoint, "the strength of the joints")]),
          ]),
          .choice(DrawnRole.words),
        ]), about: "name of a layer"),
      "what each layer is, others are left out; layers of the names boundary, hole, joint, fixed "
        + "where not given"),
  ])

  private static let assignment: Schema = {
    let said =
      [Field.may("name", .text, "where it is one block: to speak of it")] + blockProperties
    return .variants([
      Variant(
        "inside", nil, "blocks whose centroid lies in a polygon",
        [.need("inside", ring, "its corners in order")] + said),
      Variant(
        "at", nil, "blocks that hold or touch one of some points",
        [.need("at", .list(pointInPlane, 1...100_000), "the points")] + said),
      Variant(
        "along", nil, "blocks that a line touches or crosses",
        [.need("along", .list(pointInPlane, 2...100_000), "its points")] + said),
    ])
  }()
}

/// What the lines of a layer are.
enum DrawnRole: Sendable {
  /// Outline of the domain; hole in it.
  case boundary, hole
  /// Joint, with its law where the case gives one.
  case joint(CaseValue?)
  /// Blocks inside a closed line, or touched by an open one or a point, are fixed.
  case fixed
  /// Blocks inside a closed line are of this material.
  case material(CaseValue)

  /// Those that are one word in a case, and layers that have them without being told.
  static let words = ["boundary", "hole", "joint", "fixed"]

  init?(word: String) {
    switch word {
    case "boundary": self = .boundary
    case "hole": self = .hole
    case "joint": self = .joint(nil)
    case "fixed": self = .fixed
    default: return nil
    }
  }
}
