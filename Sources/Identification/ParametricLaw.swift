import Glibc
import Mechanics

/// A family of laws with parameters θ that can be identified: the law for θ, the derivative of its stress
/// with respect to θ, and what is thought of θ before any measurement.
public protocol ParametricLaw: Sendable {
  /// Number of parameters.
  var parameterCount: Int { get }
  /// Centre of the Gaussian prior; also a start.
  var centre: [Double] { get }
  /// Relative precision of the prior: at strength ρ the deviation of θ_k is 1/√(ρ · stiffness_k).
  var stiffness: [Double] { get }
  /// Box in which θ stays.
  var lowerBounds: [Double] { get }
  /// Box in which θ stays.
  var upperBounds: [Double] { get }
  /// The law, of the pair C & S.
  func law(_ theta: [Double]) throws(ParameterError) -> any ConstitutiveLaw
  /// Derivatives of the stress at θ.
  func sensitivity(_ theta: [Double]) -> any StressSensitivity
}

/// ∂S/∂θ at a strain as a sum of few products, ∂S/∂θ = Σ_k A_k ⊗ g_k: tensors A_k that depend on the
/// strain alone, gradients g_k of scalars.
public protocol StressSensitivity {
  /// Number of products.
  var rank: Int { get }
  /// Fills `directions[6 k + i]` (A_k, Mandel order) and `gradients[n k + j]` (g_k, Pa; n parameters)
  /// at a right Cauchy–Green tensor (Mandel order). Nothing is allocated.
  mutating func evaluate(
    strain: [Double], directions: inout [Double], gradients: inout [Double])
}

/// Neo-Hooke with θ = (ln μ, ln λ), moduli in Pa: the plain law that an identification begins with.
public struct NeoHookeFamily: ParametricLaw {
  /// Expected moduli, Pa.
  public let mu: Double, lambda: Double

  /// - Throws: `ParameterError` unless both are positive.
  public init(mu: Double, lambda: Double) throws(ParameterError) {
    guard mu > 0, mu.isFinite else { throw ParameterError("mu", mu, "must be positive, in Pa") }
    guard lambda > 0, lambda.isFinite else {
      throw ParameterError("lambda", lambda, "must be positive, in Pa")
    }
    self.mu = mu
    self.lambda = lambda
  }

  /// Two.
  public var parameterCount: Int { 2 }
  /// Logarithms of the expected moduli.
  public var centre: [Double] { [log(mu), log(lambda)] }
  /// The shear modulus is left to the reactions; λ/μ is what fields of thin sheets hardly see.
  public var stiffness: [Double] { [0.01, 1] }
  /// Moduli within e^±20 of the expected ones.
  public var lowerBounds: [Double] { centre.map { $0 - 20 } }
  /// Moduli within e^±20 of the expected ones.
  public var upperBounds: [Double] { centre.map { $0 + 20 } }

  /// The law with the moduli e^θ.
  public func law(_ theta: [Double]) throws(ParameterError) -> any ConstitutiveLaw {
    try NeoHooke(mu: exp(theta[0]), lambda: exp(theta[1]))
  }

  /// Exact: the stress is linear in both moduli.
  public func sensitivity(_ theta: [Double]) -> any StressSensitivity {
    Sensitivity(mu: exp(theta[0]), lambda: exp(theta[1]))
  }

  private struct Sensitivity: StressSensitivity {
    let mu: Double, lambda: Double
    var rank: Int { 2 }

    mutating func evaluate(
      strain C: [Double], directions: inout [Double], gradients: inout [Double]
    ) {
      // S = μ (1 − C⁻¹) + λ ln J C⁻¹.
      let (cofactor, I3) = MandelTensor.cofactor(C)
      let logJ = 0.5 * log(I3)
      for i in 0..<6 {
        let inverse = cofactor[i] / I3
        directions[i] = (i < 3 ? 1 : 0) - inverse
        directions[6 + i] = logJ * inverse
      }
      (gradients[0], gradients[1]) = (mu, 0)
      (gradients[2], gradients[3]) = (0, lambda)
    }
  }
}

/// Small tensor algebra of one point in Mandel order.
enum MandelTensor {
  /// cof C (Mandel order) and det C.
  @inline(__always)
  static func cofactor(_ C: [Double]) -> (SIMD8<Double>, Double) {
    let h = Mandel.halfRoot2
    let (a, b, c) = (C[0], C[1], C[2])
    let (p, q, r) = (C[3] * h, C[4] * h, C[5] * h)
    let A = b * c - p * p
    let B = a * c - q * q
    let D = a * b - r * r
    let P = q * r - a * p
    let Q = p * r - b * q
    let R = p * q - c * r
    let s = Mandel.root2
    return (SIMD8(A, B, D, s * P, s * Q, s * R, 0, 0), a * A + r * R + q * Q)
  }
}
