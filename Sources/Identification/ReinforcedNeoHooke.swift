import Glibc
import Mechanics

/// Neo-Hooke with the standard reinforcing model: fibres that bear tension only, in proportion to their
/// strain.
///
///     W = μ/2 (I1 − 3) − μ ln J + λ/2 ln² J + Σ_i k_i/2 ⟨E_i⟩²,   E_i = C : H_i − 1
///
/// One modulus per direction and no exponent: the plainest law with fibres, from which an identification
/// begins. Pair C & S, moduli in Pa.
/// Source: Qiu & Pence, J. Elasticity 49 (1997), there without the bracket.
struct ReinforcedNeoHooke: ConstitutiveLaw {
  let ground: NeoHooke
  /// k_i, and H_i in Mandel order.
  let moduli: [Double], structures: [[Double]]

  var pair: WorkPair { .rightCauchyGreen }

  /// The ground substance, then S += 2 k ⟨E⟩ H and 2 ∂S/∂C += 4 k H⊗H for every taut family.
  func evaluate(_ batch: inout PointBatch) {
    ground.evaluate(&batch)
    for (k, H) in zip(moduli, structures) {
      for g in 0..<batch.groups {
        let s = 6 * g
        var E = Lanes(repeating: -1)
        for i in 0..<6 { E += H[i] * batch.strain[s + i] }
        var stiffness = Lanes(repeating: k)
        stiffness.replace(with: 0, where: E .<= 0)
        batch.energy[g] += 0.5 * stiffness * E * E
        var t = 21 * g
        for i in 0..<6 {
          batch.stress[s + i] += (2 * H[i]) * stiffness * E
          for j in i..<6 {
            batch.tangent[t] += (4 * H[i] * H[j]) * stiffness
            t += 1
          }
        }
      }
    }
  }
}

/// Those laws with θ = (ln μ, ln λ, ln k_1, …): what an identification with preferred directions begins with.
package struct ReinforcedFamily: ParametricLaw {
  let ground: NeoHookeFamily
  let structures: [[Double]]

  /// - Parameter ground: gives μ and λ their centres; fibres are expected at a tenth of μ.
  package init(ground: NeoHookeFamily, directions: [PreferredDirection]) {
    self.ground = ground
    structures = directions.map(\.mandel)
  }

  /// Two and one for every direction.
  package var parameterCount: Int { 2 + structures.count }
  /// As the ground's, fibres of a tenth of μ.
  package var centre: [Double] {
    ground.centre + structures.map { _ in log(0.1 * ground.mu) }
  }
  /// Fibres are left to the data.
  package var stiffness: [Double] { ground.stiffness + structures.map { _ in 0.01 } }
  /// As the ground's.
  package var lowerBounds: [Double] {
    ground.lowerBounds + structures.map { _ in log(ground.mu) - 20 }
  }
  /// As `lowerBounds`.
  package var upperBounds: [Double] {
    ground.upperBounds + structures.map { _ in log(ground.mu) + 20 }
  }

  /// The law with the moduli e^θ.
  package func law(_ theta: [Double]) throws(ParameterError) -> any ConstitutiveLaw {
    ReinforcedNeoHooke(
      ground: try NeoHooke(mu: exp(theta[0]), lambda: exp(theta[1])),
      moduli: theta.dropFirst(2).map { exp($0) }, structures: structures)
  }

  /// Exact: the stress is linear in all moduli.
  package func sensitivity(_ theta: [Double]) -> any StressSensitivity {
    Sensitivity(
      ground: ground.sensitivity(theta), moduli: theta.dropFirst(2).map { exp($0) },
      structures: structures)
  }

  private struct Sensitivity: StressSensitivity {
    var ground: any StressSensitivity
    let moduli: [Double], structures: [[Double]]
    var rank: Int { 2 + moduli.count }
    private var own: (directions: [Double], gradients: [Double])

    init(ground: any StressSensitivity, moduli: [Double], structures: [[Double]]) {
      self.ground = ground
      self.moduli = moduli
      self.structures = structures
      own = (Array(repeating: 0, count: 12), Array(repeating: 0, count: 4))
    }

    mutating func evaluate(
      strain C: [Double], directions: inout [Double], gradients: inout [Double]
    ) {
      ground.evaluate(strain: C, directions: &own.directions, gradients: &own.gradients)
      let n = rank
      for i in 0..<12 { directions[i] = own.directions[i] }
      for i in 0..<n * n { gradients[i] = 0 }
      (gradients[0], gradients[n + 1]) = (own.gradients[0], own.gradients[3])
      for (d, H) in structures.enumerated() {
        var E = -1.0
        for i in 0..<6 { E += H[i] * C[i] }
        for i in 0..<6 { directions[6 * (2 + d) + i] = 2 * max(E, 0) * H[i] }
        gradients[(2 + d) * (n + 1)] = moduli[d]
      }
    }
  }
}
