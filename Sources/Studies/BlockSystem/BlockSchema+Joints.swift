import Storage

extension Schema {
  private static let angle = Schema.degrees(0, 90)

  /// The joints of a case of blocks: one law for all, and others between some materials.
  static let blockJoints = joint(with: [
    .may("bonded", .flag, "whether joints are unbroken at the start", standard: "true"),
    .may(
      "pairs",
      .list(joint(with: [.need("between", .list(.text, 2...2), "two materials")]), 0...100_000),
      "joints between materials that are others than these", standard: "[]"),
  ])

  /// The law that a joint set, a trace or a layer of a drawing gives to its joints.
  static let ownJoint = joint(with: [])

  /// The laws of a joint, each with some more keys; Coulomb's where no law is named.
  private static func joint(with more: [Field]) -> Schema {
    .variants(
      jointLaws.map { Variant("law", $0.law.rawValue, $0.about, $0.fields + more) }
        + [Variant("friction", nil, "Coulomb friction, the law not named", coulomb + more)])
  }

  private static let coulomb: [Field] = [
    .need("friction", angle, "angle of friction, degrees"),
    .may("residual-friction", angle, "after the bond broke, degrees; the same where not given"),
    .may("cohesion", .number(.pressure, .notNegative), "shear strength of the bond", standard: "0"),
    .may(
      "tension", .number(.pressure, .notNegative), "tensile strength of the bond", standard: "0"),
  ]

  private static let jointLaws: [(law: JointLaw, about: String, fields: [Field])] = [
    (.coulomb, "Coulomb friction, with cohesion and tensile strength while bonded", coulomb),
    (
      .slipWeakening, "friction that falls with slip, by 1/e of the rest in every length",
      [
        .need("peak-friction", angle, "before slip, degrees"),
        .need("residual-friction", angle, "after much slip, degrees"),
        .need("length", .number(.length, .positive), "slip after which 1/e of the fall is left"),
      ]
    ),
    (
      .velocityWeakening, "friction that falls with slip rate",
      [
        .need("static-friction", angle, "at rest, degrees"),
        .need("dynamic-friction", angle, "at high rates, degrees"),
        .need("rate", .number(.velocity, .positive), "slip rate at which half the fall is done"),
      ]
    ),
    (
      .bartonBandis, "rough rock joints, after Barton and Choubey",
      [
        .need("roughness", .number(.none, .between(0, 20)), "joint roughness coefficient JRC"),
        .need(
          "wall-strength", .number(.pressure, .positive), "compressive strength of the wall JCS"),
        .need("basic-friction", angle, "of a smooth joint, degrees"),
        .may("largest-friction", angle, "at small stress, degrees", standard: "70"),
      ]
    ),
    (
      .rateAndState, "rate-and-state friction with the ageing law",
      [
        .need("steady-friction", .number(.none, .notNegative), "coefficient at the rate"),
        .need("direct", .number(.none, .notNegative), "a, growth with slip rate"),
        .need("evolution", .number(.none, .notNegative), "b, growth with age"),
        .need("length", .number(.length, .positive), "slip D_c that renews a contact"),
        .need("rate", .number(.velocity, .positive), "slip rate of steady friction"),
        .may(
          "rest-rate", .number(.velocity, .positive),
          "slip rate that stands for rest; a thousandth of the rate where not given"),
      ]
    ),
  ]
}

/// Laws of joints, by their names in a case.
enum JointLaw: String, Sendable, CaseIterable {
  case coulomb
  case slipWeakening = "slip-weakening"
  case velocityWeakening = "velocity-weakening"
  case bartonBandis = "barton-bandis"
  case rateAndState = "rate-and-state"
}
