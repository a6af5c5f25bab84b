import Glibc
import Mechanics
import Testing

/// Saint-Venant–Kirchhoff with any stiffness: S = C : E, E = ½ (C − 1). Anisotropic, so that T and H need
/// not share their axes.
private struct Anisotropic: ConstitutiveLaw {
  let stiffness: [Double]
  var pair: WorkPair { .rightCauchyGreen }

  func evaluate(_ batch: inout PointBatch) {
    for g in 0..<batch.groups {
      batch.energy[g] = Lanes()
      for i in 0..<6 {
        var sum = Lanes()
        for j in 0..<6 {
          sum += (0.5 * stiffness[6 * i + j]) * (batch.strain[6 * g + j] - (j < 3 ? 1 : 0))
          if j >= i {
            batch.tangent[21 * g + Mandel.packed(i, j)] = Lanes(repeating: stiffness[6 * i + j])
          }
        }
        batch.stress[6 * g + i] = sum
        batch.energy[g] += 0.25 * sum * (batch.strain[6 * g + i] - (i < 3 ? 1 : 0))
      }
    }
  }
}

/// H with given principal values along random axes.
private func strain(_ values: [Double], _ random: inout SplitMix) -> [Double] {
  let Q = rotation(&random)
  return product(Q, matrix: [values[0], 0, 0, 0, values[1], 0, 0, 0, values[2]])
}

private func respond(_ law: some ConstitutiveLaw, _ strains: [[Double]]) -> PointBatch {
  var batch = PointBatch(groups: (strains.count + 7) / 8)
  var scratch = HenckyScratch()
  for p in 0..<batch.count { batch.setStrain(strains[min(p, strains.count - 1)], of: p) }
  law.evaluateHencky(&batch, scratch: &scratch)
  return batch
}

@Suite("Hencky measures")
struct HenckyTests {
  /// Gaps of principal values from none over tiny to large, on both sides of where series end.
  static let values: [[Double]] = [
    [0, 0, 0], [0.3, 0.3, 0.3], [0.2, 0.2, -0.4], [0.2, 0.2 + 1e-9, -0.4], [0.2, 0.2 + 1e-5, 0.2],
    [0.1, 0.1 + 3e-3, 0.1 - 2e-3], [0.49, 0, -0.01], [0.51, 0, -0.01], [0.6, 0.3, -0.3999],
    [0.6, 0.3, -0.4001], [1.2, -0.6, -0.6], [1.5, -0.2, -1.1], [0.9, 0.9, -1.4],
  ]

  static let laws: [any ConstitutiveLaw] = {
    var random = SplitMix(seed: 5)
    let A = (0..<36).map { _ in random.uniform(-1, 1) }
    let C = (0..<36).map { (k: Int) -> Double in
      var sum: Double = k % 7 == 0 ? 2 : 0
      for l in 0..<6 { sum += A[6 * (k / 6) + l] * A[6 * (k % 6) + l] }
      return sum
    }
    return [
      try! NeoHooke(mu: 1, lambda: 20), try! MooneyRivlin(c10: 0.4, c01: 0.1, bulk: 30),
      Anisotropic(stiffness: C),
    ]
  }()

  @Test("stress is the derivative of the energy in H, tangent that of the stress", arguments: 0..<3)
  func derivatives(index: Int) {
    let law = Self.laws[index]
    var random = SplitMix(seed: 7)
    for values in Self.values {
      let H = strain(values, &random)
      let here = respond(law, [H])
      let T = here.stress(of: 0)
      let K = here.tangent(of: 0)
      let size = max(norm(K) / 6, 1e-12)
      for j in 0..<6 {
        // Fourth-order differences with a step that outweighs rounding.
        let h = 2e-4
        let around = respond(
          law,
          [-2.0, -1, 1, 2].map { (s: Double) -> [Double] in
            var x = H
            x[j] += s * h
            return x
          })
        func difference(_ f: (Int) -> Double) -> Double {
          let outer: Double = f(0) - f(3)
          let inner: Double = f(2) - f(1)
          return (outer + 8 * inner) / (12 * h)
        }
        #expect(abs(difference { around.energy(of: $0) } - T[j]) < 1e-8 * size, "\(values) T\(j)")
        for i in 0..<6 {
          let slope = difference { around.stress(of: $0)[i] }
          #expect(abs(slope - K[6 * i + j]) < 1e-8 * size, "\(values) K\(i)\(j)")
        }
      }
    }
  }

  @Test("an isotropic law's T is the Kirchhoff stress in the frame at rest: T_i = λ_i P_i")
  func kirchhoff() throws {
    let law = try NeoHooke(mu: 0.4, lambda: 3)
    let stretches = [1.7, 0.8, 1.1]
    let F = DeformationGradient(diagonal: stretches[0], stretches[1], stretches[2])
    let P = F.nominalStress(from: law.evaluate(strain: F.rightCauchyGreen).stress)
    let T = respond(law, [Hencky.strain(rightCauchyGreen: F.rightCauchyGreen)]).stress(of: 0)
    for i in 0..<3 { #expect(abs(T[i] - stretches[i] * P[4 * i]) < 1e-13) }
    #expect(norm(Array(T[3...])) < 1e-14)
  }

  @Test("H and C lead to each other, and tr H is the logarithm of the volume ratio")
  func there() {
    var random = SplitMix(seed: 3)
    for values in Self.values {
      let H = strain(values, &random)
      let C = Hencky.rightCauchyGreen(strain: H)
      #expect(distance(Hencky.strain(rightCauchyGreen: C), H) < 1e-13)
      let m = Mandel.matrix(C)
      let det = DeformationGradient(m).determinant
      #expect(abs(0.5 * log(det) - (H[0] + H[1] + H[2])) < 1e-12)
    }
  }

  @Test("one point's stress agrees with the batch's")
  func onePoint() throws {
    var random = SplitMix(seed: 9)
    let law = Self.laws[2]
    let H = strain([0.4, -0.1, 0.2], &random)
    let S = law.evaluate(strain: Hencky.rightCauchyGreen(strain: H)).stress
    let T = Hencky.stress(strain: H, secondPiolaKirchhoff: S)
    #expect(distance(T, respond(law, [H]).stress(of: 0)) < 1e-13)
  }
}
