import Storage

extension Schema {
  /// What a data-driven case says: a truss, or a body in small strain, and what is known of its material.
  static let dataDriven = Schema.variants([
    Variant(
      "truss", nil, "a truss of bars, small displacements",
      head + [
        .need("truss", truss, "joints and bars; joints are numbered from 0"),
        .may(
          "supports", .list(support, 0...100_000), "given displacements of joints", standard: "[]"),
        .may("loads", .list(jointLoad, 0...100_000), "forces on joints", standard: "[]"),
        .may("probes", .list(trussProbe, 0...10_000), "quantities to report", standard: "[]"),
      ]),
    Variant(
      "mesh", nil, "a body in small strain",
      head + [
        meshField, formulationField, boundaryField, symmetryField, loadsField,
        .may("probes", .list(bodyProbe, 0...10_000), "quantities to report", standard: "[]"),
      ]),
  ])

  private static let head: [Field] = [
    .need("kind", .choice([CaseKind.dataDriven.rawValue]), "the kind of study"),
    .may("title", .text, "what the case is about"),
    .need("material", dataMaterial, "measured states, or a law learned from some"),
    .may("solver", dataSolver, "when the turns end, and where they begin", standard: "{}"),
  ]

  private static let area = Schema.number(.init(length: 2), .positive)

  private static let truss = Schema.variants([
    Variant(
      "columns", nil, "joints on a plane grid, column after column, bars between near ones",
      [
        .need("columns", .integer(2...10_000), "joints along x"),
        .need("rows", .integer(1...10_000), "joints along y"),
        .may("spacing", .number(.length, .positive), "between joints", standard: "1"),
        .may(
          "reach", .number(.none, .positive), "bars are shorter than so many spacings",
          standard: "1.5"),
        .may("area", area, "cross-section of every bar", standard: "1"),
      ]),
    Variant(
      "joints", nil, "any truss",
      [
        .need(
          "joints", .list(.point, 2...1_000_000), "places of the joints, in the plane or space"),
        .need(
          "bars", .list(.list(.integer(0...1_000_000), 2...2), 1...1_000_000), "two joints each"),
        .may(
          "area", .either([area, .list(area, 1...1_000_000)]),
          "cross-section, of all or of each bar",
          standard: "1"),
      ]),
  ])

  private static let joints = Field.need(
    "joints", .list(.integer(0...1_000_000), 1...1_000_000), "numbers of joints, from 0")

  private static let support = Schema.variants([
    Variant(
      "fixed", nil, "nothing moves", [joints, .need("fixed", .flag, "true")]),
    Variant(
      "joints", nil, "single components",
      [
        joints, .may("ux", .length, "displacement along x"),
        .may("uy", .length, "displacement along y"), .may("uz", .length, "displacement along z"),
      ]),
  ])

  private static let jointLoad = Schema.record([
    joints, .need("force", .list(.number(.force, .any), 2...3), "on each of them"),
  ])

  private static let dataMaterial = Schema.record([
    .need(
      "method", .choice(["nearest", "tangent", "manifold"]),
      "the nearest measured state; the plane through the nearest ones; the learned manifold"),
    .may(
      "data", .text,
      "path of measured states: for bars a table with strain [-] and stress, for bodies HDF5 with strain "
        + "and stress [N, 6] in Mandel order"),
    .may(
      "law", .text, "path of a law of small strains, as `fit` writes it; for manifold in a body"),
    .may("young", .modulus, "Young's modulus of the metric"),
    .may("poisson", .number(.none, .between(-1, 0.5)), "Poisson's ratio of the metric of a body"),
    .may("neighbours", .integer(2...100_000), "states that a tangent plane is fitted to"),
    .may(
      "weighting", .choice(["smooth", "uniform"]), "how they count; smooth ones end in no cycle",
      standard: "smooth"),
  ])

  private static let dataSolver = Schema.record([
    .may(
      "tolerance", .number(.none, .between(1e-15, 1)), "largest movement of the state, relative",
      standard: "1e-10"),
    .may("max-turns", .integer(1...1_000_000), "most projections on the material", standard: "500"),
    .may(
      "starts", .integer(1...10_000),
      "starts, all but the first at random; the nearest end is kept",
      standard: "1"),
    .may("seed", .integer(0...Int.max), "seed of the starts", standard: "1"),
  ])

  private static let name = Field.need("name", .text, "what the report calls it")
  private static let direction = Field.need("component", .choice(["x", "y", "z"]), "direction")

  private static let distanceProbe = Variant(
    "quantity", "distance", "between the states in equilibrium and the material, in sqrt(J)", [name]
  )

  private static let trussProbe = Schema.variants([
    Variant(
      "quantity", "displacement", "of a joint",
      [name, direction, .need("joint", .integer(0...1_000_000), "its number, from 0")]),
    Variant(
      "quantity", "stress", "of a bar", [name, .need("bar", .integer(0...1_000_000), "from 0")]),
    Variant(
      "quantity", "reaction", "sum of the forces that supports take", [name, direction, joints]),
    distanceProbe,
  ])

  private static let bodyProbe = Schema.variants([
    Variant(
      "quantity", "displacement", "at a point, interpolated in its cell",
      [name, direction, .need("at", .point, "the point in the undeformed body")]),
    Variant(
      "quantity", "reaction", "force that a set's prescribed displacements need",
      [name, direction, .need("set", .text, "nodes or facets")]),
    distanceProbe,
  ])
}
