import CManifoldKernels
import Manifold
import Mechanics

/// A learned potential of the small strain ε, isotropic or with preferred directions:
///
///     W = ½ ε·C₀ε + s (N(u) − N(0) − ∂N/∂ε(0)·ε)
///
/// N is a `StackedPotential` of 3 + 2 d features tr ε, ‖dev ε‖, ‖ε‖ and, for d = 0 to 3 directions,
/// ε : H_i and √(ε² : H_i) (the strain along a_i and the length of ε a_i). Norms are rounded,
/// √(‖·‖² + δ²) − δ, so that they are smooth at rest.
///
/// *Convex* in ε where the architecture is convex: tr ε and ε : H are linear in ε and may have weights of
/// any sign, the norms are convex and their weights non-negative; the tangent plane at rest is linear.
/// *Natural state, exactly*: that plane is subtracted, so energy and stress vanish at ε = 0.
/// *Linear part*: with N = 0 (output weights zero) the law is linear elasticity with the stiffness C₀,
/// exactly. C₀ is positive semidefinite and has the symmetry of the directions.
/// Pair small strain & Cauchy stress; Pa.
public struct SmallStrainLearnedLaw: ConstitutiveLaw, Equatable {
  /// The learned map N.
  public let potential: StackedPotential
  /// a_i and κ_i, none to three.
  public let directions: [PreferredDirection]
  /// s: what one unit of N is worth, Pa.
  public let stressScale: Double
  /// Scales of the features, 3 + 2 d; strains.
  public let featureScales: [Double]
  /// δ, a strain.
  public let smoothing: Double
  /// C₀, 6×6 on Mandel vectors, row by row, Pa.
  public let stiffness: [Double]

  package let outputAtRest: Double, offset: [Double]
  /// The instruction set that evaluates; the best one unless a test says otherwise.
  package var level: KernelLevel
  let packed: [Double]
  /// The vector A_k or the matrix Q_k of every feature, as the kernel takes them.
  let forms: [[Double]]

  /// - Throws: `ParameterError` for scales or δ that are not positive, a stiffness that is not symmetric
  ///   and positive semidefinite or lacks the symmetry of the directions, and counts that do not agree.
  public init(
    potential: StackedPotential, directions: [PreferredDirection] = [], stressScale: Double,
    featureScales: [Double], smoothing: Double, stiffness: [Double]
  ) throws(ParameterError) {
    let n = 3 + 2 * directions.count
    guard directions.count < 4 else {
      throw ParameterError("directions", Double(directions.count), "must be 0 to 3 in number")
    }
    guard potential.architecture.featureCount == n else {
      throw ParameterError(
        "features", Double(potential.architecture.featureCount),
        "must be \(n) for \(directions.count) preferred directions")
    }
    let isNorm = SmallStrainLearnedLaw.isNorm(directions.count)
    if potential.architecture.convex {
      for (k, kind) in potential.architecture.columns.enumerated() where isNorm[k] && kind == .free
      {
        throw ParameterError(
          "feature", Double(k), "must have non-negative weights in a convex potential")
      }
    }
    guard featureScales.count == n else {
      throw ParameterError("feature scales", Double(featureScales.count), "must be \(n) in number")
    }
    for scale in featureScales + [smoothing, stressScale] {
      guard scale > 0, scale.isFinite else {
        throw ParameterError("scale", scale, "must be positive")
      }
    }
    try SmallStrainLearnedLaw.check(stiffness, MaterialSymmetry(directions))
    self.potential = potential
    self.directions = directions
    self.stressScale = stressScale
    self.featureScales = featureScales
    self.smoothing = smoothing
    self.stiffness = stiffness
    forms = SmallStrainLearnedLaw.forms(directions)
    let rest = potential.evaluate(Array(repeating: 0, count: n))
    outputAtRest = rest.value
    var offset = [Double](repeating: 0, count: 6)
    for k in 0..<n where !isNorm[k] {
      let slope = stressScale * rest.gradient[k] / featureScales[k]
      for i in 0..<6 { offset[i] -= slope * forms[k][i] }
    }
    self.offset = offset
    packed = PackedWeights(potential).values
    level = .best
  }

  /// The architecture for d directions: linear features free, norms non-negative where it is convex.
  /// - Throws: `ParameterError` outside the limits of the kernels.
  public static func architecture(
    widths: [Int], directions: Int = 0, convex: Bool = true
  ) throws(ParameterError) -> StackedPotential.Architecture {
    try StackedPotential.Architecture(
      widths: widths, columns: isNorm(directions).map { $0 && convex ? .nonNegative : .free },
      convex: convex)
  }

  /// Small strain and Cauchy stress.
  public var pair: WorkPair { .smallStrain }

  /// Energy, stress and tangent of the whole batch by the kernels of `level`.
  public func evaluate(_ batch: inout PointBatch) {
    evaluateWithKernel(&batch)
  }

  /// The features of a strain (Mandel order) as N sees them, each divided by its scale.
  public func features(of strain: [Double]) -> [Double] {
    let isNorm = SmallStrainLearnedLaw.isNorm(directions.count)
    return forms.indices.map { k in
      let A = forms[k]
      guard isNorm[k] else {
        return (0..<6).reduce(0) { $0 + A[$1] * strain[$1] } / featureScales[k]
      }
      var square = 0.0
      for i in 0..<6 { for j in 0..<6 { square += strain[i] * A[6 * i + j] * strain[j] } }
      return ((square + smoothing * smoothing).squareRoot() - smoothing) / featureScales[k]
    }
  }

  /// The energy at one point, written plainly: what the kernels are tested against.
  package func energy(of strain: [Double]) -> Double {
    var W = stressScale * (potential.evaluate(features(of: strain)).value - outputAtRest)
    for i in 0..<6 {
      W += offset[i] * strain[i]
      for j in 0..<6 { W += 0.5 * strain[i] * stiffness[6 * i + j] * strain[j] }
    }
    return W
  }

  /// Which of the features are norms; the others are linear in ε.
  static func isNorm(_ directions: Int) -> [Bool] {
    [false, true, true] + (0..<directions).flatMap { _ in [false, true] }
  }

  /// For linear features the Mandel vector A with x = A · ε, for norms the matrix Q with x² = ε · Q ε.
  private static func forms(_ directions: [PreferredDirection]) -> [[Double]] {
    let one = (0..<36).map { $0 % 7 == 0 ? 1.0 : 0 }
    let deviatoric = (0..<36).map { k -> Double in
      one[k] - (k / 6 < 3 && k % 6 < 3 ? 1.0 / 3 : 0)
    }
    var out = [[1, 1, 1, 0, 0, 0], deviatoric, one]
    for direction in directions {
      out.append(direction.mandel)
      let H = Mandel.matrix(direction.mandel)
      let basis = (0..<6).map { i in Mandel.matrix((0..<6).map { $0 == i ? 1 : 0 }) }
      out.append(
        (0..<36).map { k in
          // tr(E_i H E_j)
          var sum = 0.0
          for a in 0..<3 {
            for b in 0..<3 {
              for c in 0..<3 {
                sum += basis[k / 6][3 * a + b] * H[3 * b + c] * basis[k % 6][3 * c + a]
              }
            }
          }
          return sum
        })
    }
    return out
  }

  private static func check(
    _ C: [Double], _ symmetry: MaterialSymmetry
  ) throws(ParameterError) {
    guard C.count == 36 else {
      throw ParameterError("stiffness", Double(C.count), "entries: must be 36")
    }
    let size = C.reduce(0) { max($0, $1.magnitude) }
    guard size.isFinite else { throw ParameterError("stiffness", size, "must be finite") }
    for i in 0..<6 {
      for j in 0..<i where (C[6 * i + j] - C[6 * j + i]).magnitude > 1e-12 * size {
        throw ParameterError("stiffness", C[6 * i + j], "must be symmetric")
      }
    }
    // Cholesky of C + tiny: fails where an eigenvalue is clearly negative.
    var L = C
    for j in 0..<6 {
      for i in j..<6 {
        var sum = C[6 * i + j] + (i == j ? 1e-10 * size + 1e-300 : 0)
        for k in 0..<j { sum -= L[6 * i + k] * L[6 * j + k] }
        if i == j {
          guard sum > 0 else {
            throw ParameterError("stiffness", sum, "must be positive semidefinite")
          }
          L[7 * j] = sum.squareRoot()
        } else {
          L[6 * i + j] = sum / L[7 * j]
        }
      }
    }
    for Q in symmetry.generators {
      let R = MaterialSymmetry.mandel(Q)
      for i in 0..<6 {
        for j in 0..<6 {
          var turned = 0.0
          for k in 0..<6 { for l in 0..<6 { turned += R[6 * i + k] * C[6 * k + l] * R[6 * j + l] } }
          guard (turned - C[6 * i + j]).magnitude <= 1e-9 * size else {
            throw ParameterError(
              "stiffness", C[6 * i + j], "must have the symmetry of the preferred directions")
          }
        }
      }
    }
  }
}
