import ConstitutiveManifold
import FEM
import Mechanics

// Laws of a case.
extension FEMCase {
  /// The law of one region.
  func law(_ m: CaseValue, strain: StrainKind) throws -> any ConstitutiveLaw {
    if let file = m["law"] {
      let path = try path(file)
      return try LawFile.read(path).law
    }
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
      case "carroll":
        return try Carroll(a: number("a"), b: number("b"), c: number("c"), bulk: number("bulk"))
      default: return try ogden(m)
      }
    } catch let error as ParameterError {
      throw m.error(error.description)
    }
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
      let law = try LawFile.read(path(file))
      return (region, law.coverage, law.provenance.citation)
    }
  }
}
