import ConstitutiveManifold
import FEM
import Mechanics

// Laws of a case.
extension FEMCase {
  /// The law of one region.
  func law(_ m: CaseValue, strain: StrainKind) throws -> any ConstitutiveLaw {
    if let file = m["law"] { return try fitted(file, m).law }
    func number(_ name: String) -> Double { m.need(name).number }
    do {
      switch m.need("family").text {
      case "linear-elastic":
        return try LinearElastic(young: number("young"), poisson: number("poisson"))
      case "neo-hooke": return try NeoHooke(mu: number("mu"), lambda: number("lambda"))
      case "mooney-rivlin":
        return try MooneyRivlin(c10: number("c10"), c01: number("c01"), bulk: number("bulk"))
      case "yeoh":
        return try Yeoh(
          c1: number("c10"), c2: number("c20"), c3: number("c30"), bulk: number("bulk"))
      case "gent":
        return try Gent(mu: number("mu"), limit: number("jm"), bulk: number("bulk"))
      case "holzapfel-gasser-ogden":
        let dispersion = number("kappa")
        let fibres = try m.need("fibres").list.map {
          try PreferredDirection($0.numbers, dispersion: dispersion)
        }
        return try HolzapfelGasserOgden(
          mu: number("mu"), k1: number("k1"), k2: number("k2"), fibres: fibres, bulk: number("bulk")
        )
      case "carroll":
        return try Carroll(a: number("a"), b: number("b"), c: number("c"), bulk: number("bulk"))
      default: return try ogden(m)
      }
    } catch let error as ParameterError {
      throw m.error(error.description)
    }
  }

  /// A fitted law with what its file holds; turned where the case says how its fibres run.
  private func fitted(_ file: CaseValue, _ m: CaseValue) throws -> LawFile {
    var law = try LawFile.read(path(file))
    guard let fibres = m["fibres"] else { return law }
    do {
      law.law = try law.law.turned(to: fibres.list.map(\.numbers))
    } catch {
      throw fibres.error(error.description)
    }
    law.coverage = Coverage(
      points: law.coverage.points, ranges: law.coverage.ranges,
      placement: law.law.coveragePlacement)
    return law
  }

  private func ogden(_ m: CaseValue) throws -> Ogden {
    let (mu, alpha) = (m.need("mu").numbers, m.need("alpha").numbers)
    guard mu.count == alpha.count else {
      throw m.error("has \(mu.count) moduli but \(alpha.count) exponents; give one each per term")
    }
    return try Ogden(
      terms: zip(mu, alpha).map { Ogden.Term(mu: $0, alpha: $1) }, bulk: m.need("bulk").number)
  }
}

extension FEMCase {
  /// Coverage and citation of the fitted laws of the case, by region.
  func fittedLaws() throws -> [(region: String, coverage: Coverage, citation: String)] {
    try value.need("materials").entries.compactMap { region, material in
      guard let file = material["law"] else { return nil }
      let law = try fitted(file, material)
      return (region, law.coverage, law.provenance.citation)
    }
  }
}
