import Glibc
import Mechanics
import Testing

@Suite("Laws with preferred directions")
struct AnisotropyTests {
  private func artery(_ dispersion: Double = 0.1) throws -> HolzapfelGasserOgden {
    try HolzapfelGasserOgden(
      mu: 7.64e3, k1: 996.6, k2: 5.2,
      fibres: [
        PreferredDirection(angle: 0.87, dispersion: dispersion),
        PreferredDirection(angle: -0.87, dispersion: dispersion),
      ], bulk: 1e6)
  }

  @Test("Holzapfel–Gasser–Ogden: S = 2 ∂W/∂C and the tangent = 2 ∂S/∂C, to 1e-6")
  func differences() throws {
    for dispersion in [0, 0.1, 1.0 / 3] {
      let law = try artery(dispersion)
      var random = SplitMix(seed: 5)
      for _ in 0..<5 {
        let F = DeformationGradient(
          (0..<9).map { ($0 % 4 == 0 ? 1.15 : 0) + random.uniform(-0.2, 0.2) })
        let C = F.rightCauchyGreen
        let here = law.evaluate(strain: C)
        let h = 1e-5
        var stress = [Double](repeating: 0, count: 6)
        var tangent = [Double](repeating: 0, count: 36)
        for j in 0..<6 {
          var (up, down) = (C, C)
          up[j] += h
          down[j] -= h
          let (a, b) = (law.evaluate(strain: up), law.evaluate(strain: down))
          stress[j] = (a.energy - b.energy) / h
          for i in 0..<6 { tangent[6 * i + j] = (a.stress[i] - b.stress[i]) / h }
        }
        #expect(distance(stress, here.stress) < 1e-6 * norm(here.stress))
        #expect(distance(tangent, here.tangent) < 1e-6 * norm(here.tangent))
      }
    }
  }

  @Test("Holzapfel–Gasser–Ogden: fibres pull, never push; uniaxial along a fibre is the formula")
  func fibres() throws {
    let (mu, k1, k2) = (10e3, 5e3, 3.0)
    let law = try HolzapfelGasserOgden(
      mu: mu, k1: k1, k2: k2, fibres: [PreferredDirection([1, 0, 0])], bulk: 1e9)
    func stress(_ l: Double) -> Double { law.incompressibleResponse(.uniaxial, l).nominal }
    func ground(_ l: Double) -> Double { mu * (l - 1 / (l * l)) }
    for l in [0.7, 0.9] { #expect((stress(l) - ground(l)).magnitude < 1e-9 * mu) }
    for l in [1.1, 1.3] {
      let E = l * l - 1
      let expected = ground(l) + 2 * l * k1 * E * exp(k2 * E * E)
      #expect((stress(l) - expected).magnitude < 1e-9 * expected)
    }
    let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
    #expect(rest.energy == 0 && norm(rest.stress) < 1e-7)
  }

  @Test("material symmetry: an operation of the group turns the stress with it, others do not")
  func symmetry() throws {
    let directions = try [
      [PreferredDirection([1, 2, 3])],
      [PreferredDirection([1, 1, 0]), PreferredDirection([-1, 1, 0], dispersion: 0.05)],
      [PreferredDirection([1, 0.2, 0]), PreferredDirection([0.4, 1, 0])],
    ]
    let kinds: [MaterialSymmetry.Kind] = [.transverselyIsotropic, .orthotropic, .monoclinic]
    let C = DeformationGradient([1.2, 0.2, 0.1, -0.1, 1.1, 0.3, 0.1, 0, 1.15]).rightCauchyGreen
    for (fibres, kind) in zip(directions, kinds) {
      let symmetry = MaterialSymmetry(fibres)
      #expect(symmetry.kind == kind)
      let law = try HolzapfelGasserOgden(mu: 1, k1: 2, k2: 1, fibres: fibres, bulk: 10)
      func defect(_ Q: [Double]) -> Double {
        let R = MaterialSymmetry.mandel(Q)
        func turn(_ v: [Double]) -> [Double] {
          (0..<6).map { i in (0..<6).reduce(0) { $0 + R[6 * i + $1] * v[$1] } }
        }
        let here = law.evaluate(strain: C)
        let there = law.evaluate(strain: turn(C))
        return distance(turn(here.stress), there.stress) / norm(here.stress)
      }
      for Q in symmetry.generators { #expect(defect(Q) < 1e-12) }
      #expect(defect(MaterialSymmetry.rotation([0.6, 0, 0.8], 0.7)) > 1e-3)
    }
  }

  @Test("the structural tensor has trace 1 and is what dispersion says")
  func structure() throws {
    let H = try PreferredDirection([0, 3, 4], dispersion: 0.2).structure
    #expect((H[0] + H[1] + H[2] - 1).magnitude < 1e-15)
    #expect(
      (H[0] - 0.2).magnitude < 1e-15 && (H[1] - (0.2 + 0.4 * 0.36)).magnitude < 1e-15
        && (H[3] - 0.4 * 0.48).magnitude < 1e-15)
  }

  @Test("directions and constants that no material has are refused by name")
  func refusals() throws {
    #expect(throws: ParameterError.self) { try PreferredDirection([0, 0, 0]) }
    #expect(throws: ParameterError.self) { try PreferredDirection([1, 0]) }
    #expect(throws: ParameterError.self) { try PreferredDirection([1, .nan, 0]) }
    #expect(throws: ParameterError.self) { try PreferredDirection([1, 0, 0], dispersion: 0.4) }
    let fibre = try PreferredDirection([1, 0, 0])
    #expect(throws: ParameterError.self) {
      try HolzapfelGasserOgden(mu: 1, k1: 1, k2: 0, fibres: [fibre], bulk: 1)
    }
    #expect(throws: ParameterError.self) {
      try HolzapfelGasserOgden(mu: 1, k1: 1, k2: 1, fibres: [], bulk: 1)
    }
  }
}
