/// Energy, gradient and Hessian of an isotropic potential W(I1, I2, I3) at eight points, where
/// I1, I2, I3 are the principal invariants of the right Cauchy–Green tensor C.
public struct InvariantDerivatives: Sendable {
  /// Energy density, J/m³.
  public var W = Lanes()
  /// First derivatives with respect to I1, I2, I3.
  public var W1 = Lanes(), W2 = Lanes(), W3 = Lanes()
  /// Second derivatives with I1.
  public var W11 = Lanes(), W12 = Lanes(), W13 = Lanes()
  /// Second derivatives with I2 and I3.
  public var W22 = Lanes(), W23 = Lanes(), W33 = Lanes()

  /// All zero.
  public init() {}
}

/// Principal invariants of C at eight points.
public struct Invariants: Sendable {
  /// tr C, ½(tr²C − tr C²), det C = J²; `InvariantChain` gives I3 = NaN where det C ≤ 0.
  public var I1: Lanes, I2: Lanes, I3: Lanes
}

/// A law that is a potential of the principal invariants of C: it states its energy with first and
/// second derivatives, and the chain rule gives S and 2 ∂S/∂C.
public protocol InvariantLaw: ConstitutiveLaw {
  /// Energy and derivatives at eight points.
  func potential(_ invariants: Invariants) -> InvariantDerivatives
}

extension InvariantLaw {
  /// Right Cauchy–Green tensor C and second Piola–Kirchhoff stress S.
  public var pair: WorkPair { .rightCauchyGreen }

  /// S = 2 ∂W/∂C and 2 ∂S/∂C by the chain rule through I1, I2, I3, eight points at a time.
  public func evaluate(_ batch: inout PointBatch) {
    for g in 0..<batch.groups {
      let chain = InvariantChain(
        batch.strain[6 * g], batch.strain[6 * g + 1], batch.strain[6 * g + 2],
        batch.strain[6 * g + 3], batch.strain[6 * g + 4], batch.strain[6 * g + 5])
      let d = potential(chain.invariants)
      batch.energy[g] = d.W
      chain.write(d, group: g, to: &batch)
    }
  }
}

/// The chain rule from invariants to tensors:
/// S = 2 Σ W_i A_i and 2 ∂S/∂C = 4 (Σ W_ij A_i⊗A_j + W_2 (1⊗1 − 𝕀) + W_3 ∂cof C/∂C)
/// with A_1 = 1, A_2 = I1·1 − C, A_3 = cof C (Holzapfel, Nonlinear Solid Mechanics, 2000, §6.2, 6.6).
///
/// All entries are polynomials of C: nothing is divided, nothing is singular.
public struct InvariantChain: Sendable {
  // Tensor entries (not Mandel): the polynomials are shortest in them.
  let a, b, c, p, q, r: Lanes  // xx, yy, zz, yz, zx, xy
  let cof: (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)
  /// Invariants of C.
  public let invariants: Invariants

  /// From the six Mandel components of C.
  @inline(__always)
  public init(_ c0: Lanes, _ c1: Lanes, _ c2: Lanes, _ c3: Lanes, _ c4: Lanes, _ c5: Lanes) {
    let h = Mandel.halfRoot2
    a = c0
    b = c1
    c = c2
    p = c3 * h
    q = c4 * h
    r = c5 * h
    let A = b * c - p * p
    let B = a * c - q * q
    let C = a * b - r * r
    let P = q * r - a * p
    let Q = p * r - b * q
    let R = p * q - c * r
    cof = (A, B, C, P, Q, R)
    var I3 = a * A + r * R + q * Q
    // Not every potential notices a negative determinant by itself (1/I3 does not).
    I3.replace(with: .nan, where: I3 .<= 0)
    invariants = Invariants(I1: a + b + c, I2: A + B + C, I3: I3)
  }

  /// Writes stress and tangent of group `g`.
  @inline(__always)
  public func write(_ d: InvariantDerivatives, group g: Int, to batch: inout PointBatch) {
    let s2 = Mandel.root2
    // A_2 and A_3 as Mandel vectors; A_1 = (1, 1, 1, 0, 0, 0).
    let m = (b + c, a + c, a + b, -(s2 * p), -(s2 * q), -(s2 * r))
    let n = (cof.0, cof.1, cof.2, s2 * cof.3, s2 * cof.4, s2 * cof.5)
    let two = Lanes(repeating: 2)
    let (t1, t2, t3) = (two * d.W1, two * d.W2, two * d.W3)
    let s = 6 * g
    batch.stress[s] = t1 + t2 * m.0 + t3 * n.0
    batch.stress[s + 1] = t1 + t2 * m.1 + t3 * n.1
    batch.stress[s + 2] = t1 + t2 * m.2 + t3 * n.2
    batch.stress[s + 3] = t2 * m.3 + t3 * n.3
    batch.stress[s + 4] = t2 * m.4 + t3 * n.4
    batch.stress[s + 5] = t2 * m.5 + t3 * n.5

    let four = Lanes(repeating: 4)
    let (h11, h12, h13) = (four * d.W11, four * d.W12, four * d.W13)
    let (h22, h23, h33) = (four * d.W22, four * d.W23, four * d.W33)
    let (k2, k3) = (four * d.W2, four * d.W3)
    // u_i multiplies A_1 in row i, v_i multiplies A_2, w_i multiplies A_3.
    let t = 21 * g
    let u0 = h11 + h12 * m.0 + h13 * n.0
    let v0 = h12 + h22 * m.0 + h23 * n.0
    let w0 = h13 + h23 * m.0 + h33 * n.0
    batch.tangent[t] = u0 + v0 * m.0 + w0 * n.0
    batch.tangent[t + 1] = u0 + v0 * m.1 + w0 * n.1 + k2 + k3 * c
    batch.tangent[t + 2] = u0 + v0 * m.2 + w0 * n.2 + k2 + k3 * b
    batch.tangent[t + 3] = v0 * m.3 + w0 * n.3 - k3 * (s2 * p)
    batch.tangent[t + 4] = v0 * m.4 + w0 * n.4
    batch.tangent[t + 5] = v0 * m.5 + w0 * n.5
    let u1 = h11 + h12 * m.1 + h13 * n.1
    let v1 = h12 + h22 * m.1 + h23 * n.1
    let w1 = h13 + h23 * m.1 + h33 * n.1
    batch.tangent[t + 6] = u1 + v1 * m.1 + w1 * n.1
    batch.tangent[t + 7] = u1 + v1 * m.2 + w1 * n.2 + k2 + k3 * a
    batch.tangent[t + 8] = v1 * m.3 + w1 * n.3
    batch.tangent[t + 9] = v1 * m.4 + w1 * n.4 - k3 * (s2 * q)
    batch.tangent[t + 10] = v1 * m.5 + w1 * n.5
    let u2 = h11 + h12 * m.2 + h13 * n.2
    let v2 = h12 + h22 * m.2 + h23 * n.2
    let w2 = h13 + h23 * m.2 + h33 * n.2
    batch.tangent[t + 11] = u2 + v2 * m.2 + w2 * n.2
    batch.tangent[t + 12] = v2 * m.3 + w2 * n.3
    batch.tangent[t + 13] = v2 * m.4 + w2 * n.4
    batch.tangent[t + 14] = v2 * m.5 + w2 * n.5 - k3 * (s2 * r)
    let v3 = h22 * m.3 + h23 * n.3
    let w3 = h23 * m.3 + h33 * n.3
    batch.tangent[t + 15] = v3 * m.3 + w3 * n.3 - k2 - k3 * a
    batch.tangent[t + 16] = v3 * m.4 + w3 * n.4 + k3 * r
    batch.tangent[t + 17] = v3 * m.5 + w3 * n.5 + k3 * q
    let v4 = h22 * m.4 + h23 * n.4
    let w4 = h23 * m.4 + h33 * n.4
    batch.tangent[t + 18] = v4 * m.4 + w4 * n.4 - k2 - k3 * b
    batch.tangent[t + 19] = v4 * m.5 + w4 * n.5 + k3 * p
    let v5 = h22 * m.5 + h23 * n.5
    let w5 = h23 * m.5 + h33 * n.5
    batch.tangent[t + 20] = v5 * m.5 + w5 * n.5 - k2 - k3 * c
  }
}
