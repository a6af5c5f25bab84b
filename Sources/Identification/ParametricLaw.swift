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
  /// The shear modulus within e^±20 of the expected one, λ within a factor of 3: where another law is the
  /// truth, its volume would otherwise be made to answer for what the shape of the law misses.
  public var lowerBounds: [Double] { [centre[0] - 20, centre[1] - log(3)] }
  /// As `lowerBounds`.
  public var upperBounds: [Double] { [centre[0] + 20, centre[1] + log(3)] }

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

  /// A B + B A, all in Mandel order.
  @inline(__always)
  static func symmetricProduct(_ A: [Double], _ B: [Double]) -> SIMD8<Double> {
    let h = Mandel.halfRoot2
    let (a, b, c, p, q, r) = (A[0], A[1], A[2], A[3] * h, A[4] * h, A[5] * h)
    let (d, e, f, x, y, z) = (B[0], B[1], B[2], B[3] * h, B[4] * h, B[5] * h)
    let s = Mandel.root2
    return SIMD8(
      2 * (a * d + r * z + q * y), 2 * (r * z + b * e + p * x), 2 * (q * y + p * x + c * f),
      s * (r * y + q * z + b * x + e * p + p * f + x * c),
      s * (a * y + d * q + r * x + z * p + q * f + y * c),
      s * (a * z + d * r + r * e + z * b + q * x + y * p), 0, 0)
  }
}
