import DDA
import Storage

extension Schema {
  /// What a case of blocks in contact says.
  static let blockSystem = Schema.record(
    blockHead + blockCuttingKeys + blockActingKeys + blockBorderKeys + blockRest)

  private static let blockHead: [Field] = [
    .need("kind", .choice([CaseKind.blockSystem.rawValue]), "the kind of study"),
    .may("title", .text, "what the case is about"),
    .need("materials", .dictionary(blockMaterial, about: "name of a material"), "of the blocks"),
    .need("joints", blockJoints, "the strength of joints between blocks"),
    .may(
      "blocks", .list(block, 0...1_000_000), "outlines and how they begin", standard: "[]"),
  ]

  private static let blockRest: [Field] = [
    .may(
      "gravity", .list(.number(.acceleration, .any), 2...2), "along x and y",
      standard: "[0, -9.81]"),
    .may(
      "plane", .choice(["plane-stress", "plane-strain"]), "plane state", standard: "plane-stress"),
    .may("thickness", .number(.length, .positive), "across the plane", standard: "1"),
    .may(
      "order", .integer(1...2), "1: constant strain in a block; 2: linear strain", standard: "1"),
    .may("loads", .list(blockLoad, 0...1_000_000), "forces on points of blocks", standard: "[]"),
    .may(
      "held", .list(heldPoint, 0...1_000_000), "points of blocks whose way is given", standard: "[]"
    ),
    .may("bolts", .list(bolt, 0...1_000_000), "springs between points", standard: "[]"),
    .may(
      "base-acceleration", baseAcceleration,
      "of the ground; the run is seen from the ground", standard: "{}"),
    .need("time", time, "how long, in which steps"),
    .may(
      "seating",
      .record([
        .need("steps", .integer(1...1_000_000), "how many"),
        .need("step", .number(.time, .positive), "length of one"),
      ]),
      "steps without inertia before the run, so that it begins with blocks that rest under their "
        + "weight; its time counts from there"),
    .may(
      "strength-reduction", strengthReduction,
      "search the factor of safety: by how much the strength of all joints can be divided until "
        + "blocks fail; time is that of a trial"),
    .may("scheme", scheme, "time integration", standard: "{method: generalised-alpha}"),
    .may(
      "mode", .choice(["dynamic", "static"]),
      "static: every step begins at rest, until forces balance", standard: "dynamic"),
    .may(
      "dynamic-factor", .number(.none, .between(0, 1)),
      "part of the velocity that goes into the next step; 1, or 0 in static mode, where not given"),
    .may("contact", contact, "how contacts are enforced, when a step has settled", standard: "{}"),
    .may(
      "workers", .integer(1...1024), "threads that share the work; the answer is the same",
      standard: "1"),
    .may("probes", .list(blockProbe, 0...10_000), "quantities to report", standard: "[]"),
  ]

  static let pointInPlane = Schema.list(.length, 2...2)
  /// A block by its number, its name, or a point inside it at the start.
  static let blockName = Schema.either([.integer(0...1_000_000), .text, pointInPlane])

  private static let blockMaterial = Schema.record([
    .need("young", .modulus, "Young's modulus"),
    .need("poisson", .number(.none, .between(-1, 0.5)), "Poisson's ratio"),
    .need("density", .number(.density, .positive), "mass per volume"),
  ])

  private static let block = Schema.record(
    [
      .may("name", .text, "to speak of it; else its number, from 0"),
      .need("outline", .list(pointInPlane, 3...4095), "corners, in order around it"),
    ] + blockProperties)

  /// What may be said of a block, or of those in a place.
  static let blockProperties: [Field] = [
    .may("material", .text, "its material; the first where not given"),
    .may("fixed", .flag, "whether it stays where it is; false where not given"),
    .may("velocity", .list(.number(.velocity, .any), 2...2), "at the start; 0 where not given"),
    .may("spin", .number(.rate, .any), "at the start, rad/s, counter-clockwise"),
    .may(
      "initial-stress", .list(.stress, 3...3), "xx, yy, xy that it carries, tension positive"),
  ]

  /// A factor, an acceleration or a displacement over time.
  static func history(_ dimension: PhysicalUnit.Dimension, _ about: String) -> Schema {
    .variants([
      Variant(
        "table", nil, "\(about): linear between rows, constant before and after",
        [
          .need(
            "table",
            .list(
              .record([
                .need("at", .number(.time, .any), "time"),
                .need("value", .number(dimension, .any), "value"),
              ]), 1...1_000_000), "rows, forward in time")
        ]),
      Variant(
        "sines", nil, "\(about): a sum of amplitude sin(frequency t + phase)",
        [
          .need(
            "sines",
            .list(
              .record([
                .need("amplitude", .number(dimension, .any), "amplitude"),
                .need("frequency", .number(.rate, .any), "rad/s"),
                .may("phase", .pure, "rad", standard: "0"),
              ]), 1...10_000), "the sines")
        ]),
      Variant(
        "file", nil, "\(about): a text file with columns time and value, SI or units in brackets",
        [.need("file", .text, "path from the folder of the case")]),
    ])
  }

  private static let blockLoad = Schema.record([
    .need("block", blockName, "name, number, or a point inside it"),
    .need("point", pointInPlane, "where, at the start"),
    .need("force", .list(.number(.force, .any), 2...2), "along x and y"),
    .may("history", history(.none, "factor of the force"), "factor over time; 1 if not given"),
  ])

  private static let heldPoint = Schema.record([
    .need("block", blockName, "name, number, or a point inside it"),
    .need("point", pointInPlane, "where, at the start"),
    .need("along", .list(.pure, 2...2), "direction in which it is held"),
    .may("displacement", history(.length, "displacement"), "along it over time; 0 if not given"),
  ])

  private static let bolt = Schema.record([
    .need("block", blockName, "name, number, or a point inside it"),
    .need("point", pointInPlane, "its first end"),
    .may("other-block", blockName, "where the second end is; the ground where not given"),
    .need("other-point", pointInPlane, "its second end, at the start"),
    .need("stiffness", .number(.stiffness, .positive), "force per lengthening"),
    .may("preload", .number(.force, .any), "tension at the start", standard: "0"),
  ])

  private static let baseAcceleration = Schema.record([
    .may("x", history(.acceleration, "acceleration"), "along x"),
    .may("y", history(.acceleration, "acceleration"), "along y"),
  ])

  private static let time = Schema.record([
    .need("end", .number(.time, .positive), "where the run ends"),
    .need("step", .number(.time, .positive), "length of a step"),
    .may("output", .number(.time, .positive), "between output times; end/100 if not given"),
    .may(
      "displacement-ratio", .number(.none, .positive),
      "farthest way of a corner in a step beside half the height of all blocks, as in Shi's "
        + "method (0.001 to 0.01); a step that goes farther is tried shorter"),
  ])

  private static let scheme = Schema.variants([
    Variant("method", "classical", "Shi's, beta 1/2 and gamma 1", []),
    Variant("method", "trapezoidal", "beta 1/4 and gamma 1/2", []),
    Variant(
      "method", "generalised-alpha", "second order, with chosen damping",
      [
        .may(
          "spectral-radius", .number(.none, .between(0, 1)),
          "at infinite frequency: 0 damps stiff contacts at once, 1 nothing", standard: "0")
      ]),
  ])

  private static let contact = Schema.record([
    .may(
      "enforcement", .choice(["augmented-lagrangian", "penalty"]),
      "forces repeated until nothing overlaps, or springs alone", standard: "augmented-lagrangian"),
    .may(
      "tolerance", .number(.none, .between(1e-13, 1e-2)),
      "largest overlap over block size, of augmented-lagrangian", standard: "1e-9"),
    .may("normal-stiffness", .number(.stiffness, .positive), "of the springs of a penalty"),
    .may("shear-stiffness", .number(.stiffness, .positive), "of the springs of a penalty"),
    .may(
      "accuracy", .number(.none, .between(1e-14, 1e-3)),
      "residual of a step's equations over the forces in them", standard: "1e-10"),
    .may(
      "linear-solver", .choice(BlockLinearSolver.allCases.map(\.rawValue)),
      "conjugate gradients with inverse diagonal blocks or symmetric Gauss-Seidel, or factors",
      standard: BlockLinearSolver.blockJacobi.rawValue),
    .may("passes", .integer(1...100_000), "most open-close passes of a step", standard: "100"),
    .may(
      "halvings", .integer(0...30), "most halvings of a step that does not settle", standard: "6"),
  ])
}

extension PhysicalUnit.Dimension {
  static let time = Self(time: 1)
  static let rate = Self(time: -1)
  static let velocity = Self(length: 1, time: -1)
  static let acceleration = Self(length: 1, time: -2)
  static let density = Self(length: -3, mass: 1)
  static let stiffness = Self(mass: 1, time: -2)
}
