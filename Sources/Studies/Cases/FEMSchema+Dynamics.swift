import FEM
import Storage

extension Schema {
  /// What makes a finite-element case one of motion.
  static let dynamicsField = Field.may(
    "dynamics", dynamics,
    "the body moves: mass, time scheme, damping, ground motion and time; loads and prescribed "
      + "displacements then follow 'history'")

  private static let dynamics = Schema.record([
    densityField,
    .may("scheme", scheme, "how time goes on", standard: "{method: newmark}"),
    massField,
    .may("damping", damping, "C = mass M + stiffness K, K at the start; none where not given"),
    .may(
      "base-acceleration",
      .record([
        .may("x", history(.acceleration, "acceleration"), "along x"),
        .may("y", history(.acceleration, "acceleration"), "along y"),
        .may("z", history(.acceleration, "acceleration"), "along z"),
      ]), "of the ground; the run is seen from the ground", standard: "{}"),
    .may(
      "velocity", .list(.number(.velocity, .any), 2...3),
      "of everything that no support holds, at the start; at rest where not given"),
    .may(
      "history", history(.none, "factor of all loads and prescribed displacements"),
      "their factor over time; 1 if not given"),
    .need("time", time, "how long, in which steps"),
  ])

  /// Mass per volume, of the whole body or by region.
  static let densityField = Field.need(
    "density",
    .either([
      .number(.density, .positive),
      .dictionary(.number(.density, .positive), about: "name of a region"),
    ]), "mass per undeformed volume, one number or one per region")

  /// How mass is shared among nodes.
  static let massField = Field.may(
    "mass", .choice(MassKind.allCases.map(\.rawValue)), "how it is shared among nodes",
    standard: MassKind.consistent.rawValue)

  private static let scheme = Schema.variants([
    Variant(
      "method", "newmark", "beta 1/4 and gamma 1/2 are the trapezoidal rule",
      [
        .may("beta", .number(.none, .between(1e-3, 1)), "of the displacement", standard: "0.25"),
        .may("gamma", .number(.none, .between(0.5, 1)), "of the velocity", standard: "0.5"),
      ]),
    Variant(
      "method", "generalised-alpha", "second order, with chosen damping of high frequencies",
      [
        .may(
          "spectral-radius", .number(.none, .between(0, 1)),
          "at infinite frequency: 0 damps at once what the mesh cannot resolve, 1 nothing",
          standard: "0.8")
      ]),
  ])

  private static let damping: Schema = {
    let mass = (Schema.number(.rate, .notNegative), "factor of the mass matrix, 1/s")
    let stiffness = (Schema.number(.time, .notNegative), "factor of the stiffness at the start, s")
    return .variants([
      Variant(
        "ratio", nil, "by the share of critical damping at two frequencies",
        [
          .need("ratio", .number(.none, .between(0, 1)), "share of critical damping"),
          .need(
            "frequencies", .list(.number(.rate, .positive), 2...2), "where it is reached, Hz"),
        ]),
      Variant(
        "mass", nil, "by the factors of Rayleigh",
        [
          .need("mass", mass.0, mass.1),
          .may("stiffness", stiffness.0, stiffness.1, standard: "0"),
        ]),
      Variant(
        "stiffness", nil, "by the factor of the stiffness alone",
        [.need("stiffness", stiffness.0, stiffness.1)]),
    ])
  }()

  private static let time = Schema.record([
    .need("end", .number(.time, .positive), "where the run ends"),
    .need("step", .number(.time, .positive), "length of a step"),
    .may("output", .number(.time, .positive), "between output times; end/100 if not given"),
  ])
}
