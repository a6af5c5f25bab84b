import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics
import Testing

@Suite("Learned laws with their map in single precision")
struct SinglePrecisionTests {
  @Test(
    "energy, stress and tangent within 2e-6 of the double law, in every instruction set",
    arguments: [[5], [8, 8], [3, 7], [32, 32], [13, 4, 9]])
  func accuracy(widths: [Int]) throws {
    for polyconvex in [true, false] {
      var law = try randomLaw(widths, polyconvex: polyconvex)
      var random = SplitMix64(seed: 23)
      // An odd number of groups: the last half register stands alone.
      var batch = PointBatch(groups: 5)
      for p in 0..<40 { batch.setStrain(randomStrain(&random, size: p < 8 ? 0.01 : 0.5), of: p) }
      var expected = batch
      law.evaluate(&expected)
      for level in KernelLevel.available {
        law.level = level
        let single = law.evaluated(in: .single)
        #expect(single.precision == .single)
        single.evaluate(&batch)
        for p in 0..<40 {
          let scale = norm(expected.tangent(of: p))
          #expect(abs(batch.energy(of: p) - expected.energy(of: p)) < 2e-6 * scale)
          #expect(distance(batch.stress(of: p), expected.stress(of: p)) < 2e-6 * scale)
          #expect(distance(batch.tangent(of: p), expected.tangent(of: p)) < 2e-6 * scale)
        }
      }
    }
  }

  @Test("the undeformed state has neither energy nor stress, to the rounding of doubles")
  func rest() throws {
    for polyconvex in [true, false] {
      let law = try randomLaw([32, 32], polyconvex: polyconvex).evaluated(in: .single)
      let rest = law.evaluate(strain: [1, 1, 1, 0, 0, 0])
      #expect(abs(rest.energy) < 1e-13 * law.bulk && norm(rest.stress) < 1e-12 * law.bulk)
    }
  }

  @Test("det C ≤ 0 gives NaN here too, and double precision comes back bit for bit")
  func inadmissible() throws {
    let law = try randomLaw([6, 6])
    let single = law.evaluated(in: .single)
    #expect(single.evaluate(strain: [1, 1, -0.1, 0, 0, 0]).energy.isNaN)
    let back = single.evaluated(in: .double)
    #expect(back == law && back.precision == .double)
  }
}
