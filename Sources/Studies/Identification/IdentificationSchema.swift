extension Schema {
  /// What an identification says: specimens with their measurements, and which law to look for.
  static let identification = Schema.record([
    .need("kind", .choice([CaseKind.identification.rawValue]), "the kind of study"),
    .may("title", .text, "what the case is about"),
    .need("experiments", .list(experiment, 1...50), "specimens of the material and what they did"),
    .may("law", identifiedLaw, "the law that is looked for", standard: "{}"),
    .may("seed", .integer(0...Int.max), "seed of starts and of the ensemble", standard: "1"),
    .may(
      "ensemble", .integer(0...1000),
      "laws drawn from the posterior, whose spread is what the data leave open; 0 for none",
      standard: "20"),
  ])

  private static let experiment = Schema.record([
    .need("name", .text, "what reports call it"),
    .need(
      "measurement", .text,
      "path of the measurement (HDF5: points, displacement, force), relative to the case"),
    meshField,
    .may(
      "formulation", .choice(["three-dimensional", "plane-strain", "axisymmetric"]),
      "what the coordinates mean; a sheet is a thin solid", standard: "three-dimensional"),
    volumetricField, boundaryField, symmetryField, loadsField,
  ])

  private static let identifiedLaw = Schema.record([
    .may(
      "widths", .list(.integer(1...64), 1...3), "widths of the hidden layers", standard: "[8]"),
    .may(
      "polyconvex", .flag, "whether the law is polyconvex by construction", standard: "true"),
    .may(
      "fibres", fibres, "a vector along each preferred direction, at rest, where there are any"),
    .may("starts", .integer(1...100), "seeded starts of the map", standard: "2"),
    .may(
      "prior", .list(.number(.none, .positive), 1...20),
      "strengths of the prior to choose from, by their evidence", standard: "[1, 0.1, 0.01]"),
    .may("iterations", .integer(1...1000), "most Jacobians of the last fit", standard: "40"),
    .may("bulk-ratio", .number(.none, .positive), "lambda / mu to begin with", standard: "20"),
    .may("shear-modulus", .modulus, "mu to begin with; needed where loads are given"),
  ])
}
