import Mechanics

/// A family of laws that `ConstitutiveFit` can fit.
public enum LawFamily: Sendable, Equatable {
  /// A learned potential of the invariants.
  case learned
  /// A learned potential with one preferred direction, or with two at right angles (or those given).
  case learnedTransverse, learnedOrthotropic
  /// The classical families of these names (see the types).
  case neoHooke, mooneyRivlin, yeoh, gent, carroll
  /// Ogden with this number of terms, 1 to 6.
  case ogden(Int)

  /// The family of a name such as `learned`, `neo-hooke` or `ogden-3`; `ogden` alone has three terms.
  public init?(name: String) {
    switch name {
    case "learned": self = .learned
    case "learned-transverse": self = .learnedTransverse
    case "learned-orthotropic": self = .learnedOrthotropic
    case "neo-hooke": self = .neoHooke
    case "mooney-rivlin": self = .mooneyRivlin
    case "yeoh": self = .yeoh
    case "gent": self = .gent
    case "carroll": self = .carroll
    case "ogden": self = .ogden(3)
    default:
      guard name.hasPrefix("ogden-"), let n = Int(name.dropFirst(6)), (1...6).contains(n)
      else { return nil }
      self = .ogden(n)
    }
  }

  /// The name that the command line and files use.
  public var name: String {
    switch self {
    case .learned: "learned"
    case .learnedTransverse: "learned-transverse"
    case .learnedOrthotropic: "learned-orthotropic"
    case .neoHooke: "neo-hooke"
    case .mooneyRivlin: "mooney-rivlin"
    case .yeoh: "yeoh"
    case .gent: "gent"
    case .carroll: "carroll"
    case .ogden(let n): "ogden-\(n)"
    }
  }

  /// Whether the law has preferred directions.
  public var isAnisotropic: Bool { self == .learnedTransverse || self == .learnedOrthotropic }

  /// Names to offer.
  public static let names = [
    "learned", "learned-transverse", "learned-orthotropic", "neo-hooke", "mooney-rivlin", "yeoh",
    "ogden-1", "ogden-2", "ogden-3", "ogden-4",
    "ogden-5", "ogden-6", "gent", "carroll",
  ]
}

/// A named number of a law, with its unit ("Pa", or "-" for none).
public struct LawParameter: Sendable, Equatable {
  /// Name as `Law.parameters` lists it, value in that unit, unit.
  public let name: String, value: Double, unit: String

  /// Any values.
  public init(_ name: String, _ value: Double, _ unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}

/// A law of any family as one value: what a fit returns and a file holds.
public enum Law: ConstitutiveLaw, Equatable {
  /// Linear elasticity, small strain.
  case linearElastic(LinearElastic)
  /// Compressible neo-Hooke.
  case neoHooke(NeoHooke)
  /// Mooney–Rivlin with a volumetric part.
  case mooneyRivlin(MooneyRivlin)
  /// Yeoh with a volumetric part.
  case yeoh(Yeoh)
  /// Ogden with any number of terms and a volumetric part.
  case ogden(Ogden)
  /// Gent with a volumetric part.
  case gent(Gent)
  /// Carroll with a volumetric part.
  case carroll(Carroll)
  /// A learned potential of the invariants.
  case learned(LearnedLaw)
  /// A learned map strain → stress that is no potential.
  case stressMap(StackedStressLaw)
  /// A learned potential with preferred directions.
  case learnedAnisotropic(AnisotropicLearnedLaw)
  /// A learned potential of the small strain.
  case learnedSmallStrain(SmallStrainLearnedLaw)
  /// Fibres that stiffen exponentially in a neo-Hookean ground substance.
  case holzapfelGasserOgden(HolzapfelGasserOgden)

  /// The name of the family, as `LawFamily` and files write it.
  public var name: String {
    switch self {
    case .linearElastic: "linear-elastic"
    case .neoHooke: "neo-hooke"
    case .mooneyRivlin: "mooney-rivlin"
    case .yeoh: "yeoh"
    case .ogden(let law): "ogden-\(law.terms.count)"
    case .gent: "gent"
    case .carroll: "carroll"
    case .learned: "learned"
    case .stressMap: "stress-map"
    case .learnedAnisotropic(let law):
      law.directions.count == 1 ? "learned-transverse" : "learned-orthotropic"
    case .learnedSmallStrain: "learned-small-strain"
    case .holzapfelGasserOgden: "holzapfel-gasser-ogden"
    }
  }

  /// All numbers of a classical law: `Law(name:parameters:)` takes them back. Of a learned law the
  /// scalars only; its map is `LearnedLaw.potential`.
  public var parameters: [LawParameter] {
    switch self {
    case .linearElastic(let law):
      [LawParameter("young", law.young, "Pa"), LawParameter("poisson", law.poisson, "-")]
    case .neoHooke(let law):
      [LawParameter("mu", law.mu, "Pa"), LawParameter("lambda", law.lambda, "Pa")]
    case .mooneyRivlin(let law):
      [LawParameter("c10", law.c10, "Pa"), LawParameter("c01", law.c01, "Pa")]
        + bulk(law.volumetric)
    case .yeoh(let law):
      [
        LawParameter("c1", law.c1, "Pa"), LawParameter("c2", law.c2, "Pa"),
        LawParameter("c3", law.c3, "Pa"),
      ] + bulk(law.volumetric)
    case .ogden(let law):
      law.terms.enumerated().flatMap { p, term in
        [
          LawParameter("mu\(p + 1)", term.mu, "Pa"),
          LawParameter("alpha\(p + 1)", term.alpha, "-"),
        ]
      } + bulk(law.volumetric)
    case .gent(let law):
      [LawParameter("mu", law.mu, "Pa"), LawParameter("limit", law.limit, "-")]
        + bulk(law.volumetric)
    case .carroll(let law):
      [
        LawParameter("a", law.a, "Pa"), LawParameter("b", law.b, "Pa"),
        LawParameter("c", law.c, "Pa"),
      ] + bulk(law.volumetric)
    case .learned(let law):
      [
        LawParameter("growth", law.growth, "Pa"), LawParameter("cofactor", law.cofactor, "Pa"),
        LawParameter("bulk", law.bulk, "Pa"),
        LawParameter("stress scale", law.stressScale, "Pa"),
      ]
    case .stressMap(let law): [LawParameter("asymmetry", law.asymmetry, "-")]
    case .learnedAnisotropic(let law):
      [
        LawParameter("growth", law.growth, "Pa"), LawParameter("cofactor", law.cofactor, "Pa"),
        LawParameter("bulk", law.bulk, "Pa"),
        LawParameter("stress scale", law.stressScale, "Pa"),
      ] + Law.parameters(of: law.directions)
    case .learnedSmallStrain(let law):
      [
        LawParameter("smoothing", law.smoothing, "-"),
        LawParameter("stress scale", law.stressScale, "Pa"),
      ] + Law.parameters(of: law.directions)
    case .holzapfelGasserOgden(let law):
      [
        LawParameter("mu", law.mu, "Pa"), LawParameter("k1", law.k1, "Pa"),
        LawParameter("k2", law.k2, "-"),
      ] + Law.parameters(of: law.fibres) + bulk(law.volumetric)
    }
  }

  /// Four numbers for each direction: its unit vector and κ.
  private static func parameters(of directions: [PreferredDirection]) -> [LawParameter] {
    directions.enumerated().flatMap { i, d in
      [
        LawParameter("a\(i + 1)x", d.vector[0], "-"), LawParameter("a\(i + 1)y", d.vector[1], "-"),
        LawParameter("a\(i + 1)z", d.vector[2], "-"),
        LawParameter("kappa\(i + 1)", d.dispersion, "-"),
      ]
    }
  }

  /// The preferred directions among parameters as `parameters` lists them.
  /// - Throws: `ParameterError` for a direction that is none.
  public static func directions(
    in parameters: [LawParameter]
  ) throws(ParameterError) -> [PreferredDirection] {
    var values: [String: Double] = [:]
    for p in parameters { values[p.name] = p.value }
    var out: [PreferredDirection] = []
    while let x = values["a\(out.count + 1)x"] {
      let i = out.count + 1
      out.append(
        try PreferredDirection(
          [x, values["a\(i)y"] ?? .nan, values["a\(i)z"] ?? .nan],
          dispersion: values["kappa\(i)"] ?? .nan))
    }
    return out
  }

  /// The preferred directions; none for isotropic laws.
  public var directions: [PreferredDirection] {
    switch self {
    case .learnedAnisotropic(let law): law.directions
    case .learnedSmallStrain(let law): law.directions
    case .holzapfelGasserOgden(let law): law.fibres
    default: []
    }
  }

  /// Number of weights of a learned map; nil for classical laws.
  public var weightCount: Int? {
    switch self {
    case .learned(let law): law.potential.weights.count
    case .learnedAnisotropic(let law): law.potential.weights.count
    case .learnedSmallStrain(let law): law.potential.weights.count
    default: nil
    }
  }

  /// The same material with its preferred directions elsewhere, in their order; dispersions stay.
  /// - Throws: `ParameterError` where their number differs.
  public func turned(to vectors: [[Double]]) throws(ParameterError) -> Law {
    let old = directions
    guard vectors.count == old.count, !old.isEmpty else {
      throw ParameterError(
        "directions", Double(vectors.count), "must be \(old.count) in number in law '\(name)'")
    }
    var new: [PreferredDirection] = []
    for (vector, d) in zip(vectors, old) {
      new.append(try PreferredDirection(vector, dispersion: d.dispersion))
    }
    switch self {
    case .learnedAnisotropic(let law): return .learnedAnisotropic(try law.turned(to: new))
    case .holzapfelGasserOgden(let law):
      return .holzapfelGasserOgden(
        try HolzapfelGasserOgden(
          mu: law.mu, k1: law.k1, k2: law.k2, fibres: new, bulk: law.volumetric.bulk))
    default:
      throw ParameterError(
        "directions", Double(vectors.count), "cannot be given anew: its stiffness is bound to them")
    }
  }

  /// Where deformations lie among the data of this law.
  public var coveragePlacement: CoveragePlacement {
    let directions = directions
    if directions.isEmpty || pair == .smallStrain { return .isotropic }
    return .fibres(directions.map { SIMD3($0.vector[0], $0.vector[1], $0.vector[2]) })
  }

  private func bulk(_ part: VolumetricPart) -> [LawParameter] {
    [LawParameter("bulk", part.bulk, "Pa")]
  }

  /// A classical law from its name and parameters (as `parameters` lists them, in any order).
  ///
  /// - Throws: `LawError` for a name that is not classical, a missing or an unknown parameter;
  ///   `ParameterError` for a value that no material has.
  public init(name: String, parameters: [LawParameter]) throws {
    var left: [String: Double] = [:]
    for p in parameters { left[p.name] = p.value }
    func take(_ key: String) throws(LawError) -> Double {
      guard let value = left.removeValue(forKey: key) else {
        throw LawError.missingParameter(law: name, parameter: key)
      }
      return value
    }
    switch name {
    case "linear-elastic":
      self = .linearElastic(try LinearElastic(young: take("young"), poisson: take("poisson")))
    case "neo-hooke": self = .neoHooke(try NeoHooke(mu: take("mu"), lambda: take("lambda")))
    case "mooney-rivlin":
      self = .mooneyRivlin(
        try MooneyRivlin(c10: take("c10"), c01: take("c01"), bulk: take("bulk")))
    case "yeoh":
      self = .yeoh(
        try Yeoh(c1: take("c1"), c2: take("c2"), c3: take("c3"), bulk: take("bulk")))
    case "gent":
      self = .gent(try Gent(mu: take("mu"), limit: take("limit"), bulk: take("bulk")))
    case "carroll":
      self = .carroll(
        try Carroll(a: take("a"), b: take("b"), c: take("c"), bulk: take("bulk")))
    case "holzapfel-gasser-ogden":
      let fibres = try Law.directions(in: parameters)
      for i in fibres.indices {
        for key in ["a\(i + 1)x", "a\(i + 1)y", "a\(i + 1)z", "kappa\(i + 1)"] { _ = try take(key) }
      }
      self = .holzapfelGasserOgden(
        try HolzapfelGasserOgden(
          mu: take("mu"), k1: take("k1"), k2: take("k2"), fibres: fibres, bulk: take("bulk")))
    default:
      guard case .ogden(let n) = LawFamily(name: name) else { throw LawError.unknownLaw(name) }
      var terms: [Ogden.Term] = []
      for p in 1...n {
        terms.append(Ogden.Term(mu: try take("mu\(p)"), alpha: try take("alpha\(p)")))
      }
      self = .ogden(try Ogden(terms: terms, bulk: take("bulk")))
    }
    if let key = left.keys.sorted().first {
      throw LawError.unknownParameter(law: name, parameter: key)
    }
  }

  /// Small strain & Cauchy stress for linear elasticity and laws of small strain, what it learned from
  /// for a stress map, C & S for the rest.
  public var pair: WorkPair {
    switch self {
    case .linearElastic, .learnedSmallStrain: .smallStrain
    case .stressMap(let law): law.pair
    default: .rightCauchyGreen
    }
  }

  /// Energy, stress and tangent of the whole batch; the family is looked up once per batch.
  public func evaluate(_ batch: inout PointBatch) {
    switch self {
    case .linearElastic(let law): law.evaluate(&batch)
    case .neoHooke(let law): law.evaluate(&batch)
    case .mooneyRivlin(let law): law.evaluate(&batch)
    case .yeoh(let law): law.evaluate(&batch)
    case .ogden(let law): law.evaluate(&batch)
    case .gent(let law): law.evaluate(&batch)
    case .carroll(let law): law.evaluate(&batch)
    case .learned(let law): law.evaluate(&batch)
    case .stressMap(let law): law.evaluate(&batch)
    case .learnedAnisotropic(let law): law.evaluate(&batch)
    case .learnedSmallStrain(let law): law.evaluate(&batch)
    case .holzapfelGasserOgden(let law): law.evaluate(&batch)
    }
  }
}

/// A law that cannot be made from a name and numbers.
public enum LawError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A name that no classical family has.
  case unknownLaw(String)
  /// A parameter the family needs was not given.
  case missingParameter(law: String, parameter: String)
  /// A parameter was given that the family does not have.
  case unknownParameter(law: String, parameter: String)

  /// What is wrong, one line.
  public var description: String {
    switch self {
    case .unknownLaw(let name): "there is no classical law '\(name)'"
    case .missingParameter(let law, let parameter):
      "law '\(law)' needs the parameter '\(parameter)'"
    case .unknownParameter(let law, let parameter):
      "law '\(law)' has no parameter '\(parameter)'"
    }
  }
}
