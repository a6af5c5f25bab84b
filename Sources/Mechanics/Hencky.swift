import Glibc

/// Scratch memory for laws in other measures: made once, so that evaluations allocate nothing.
public struct HenckyScratch: Sendable {
  /// The points in the law's own measures.
  public var points = PointBatch(groups: 0)
  /// The transformation at every group.
  var frames: [Lanes] = []

  /// Empty; the first evaluation makes the room it needs.
  public init() {}
}

extension ConstitutiveLaw {
  /// Energy, stress and tangent in logarithmic measures: `batch.strain` holds the Hencky strain
  /// H = ½ ln C, the stress is its conjugate T (see `HenckyFrame`), the tangent ∂T/∂H.
  ///
  /// For a law of the pair C & S without history. NaN or infinite where the law has no value.
  public func evaluateHencky(_ batch: inout PointBatch, scratch: inout HenckyScratch) {
    precondition(pair == .rightCauchyGreen, "Hencky measures need a law of C & S, not \(pair)")
    let groups = batch.groups
    if scratch.points.groups != groups {
      scratch.points = PointBatch(groups: groups)
      scratch.frames = Array(repeating: Lanes(), count: HenckyFrame.count * groups)
    }
    for g in 0..<groups {
      HenckyFrame.prepare(
        batch.strain, at: 6 * g, frame: &scratch.frames, at: HenckyFrame.count * g,
        rightCauchyGreen: &scratch.points.strain)
    }
    evaluate(&scratch.points)
    for g in 0..<groups {
      HenckyFrame.pull(
        scratch.points.stress, scratch.points.tangent, frame: scratch.frames,
        at: HenckyFrame.count * g, stress: &batch.stress, at: 6 * g, tangent: &batch.tangent,
        at: 21 * g)
      batch.energy[g] = scratch.points.energy[g]
    }
  }
}

/// Logarithmic measures of one point, for people and files; all tensors in Mandel order.
public enum Hencky {
  /// H = ½ ln C; NaN where C is not positive definite.
  public static func strain(rightCauchyGreen C: [Double]) -> [Double] {
    spectral(C) { 0.5 * log($0) }
  }

  /// C = exp 2H.
  public static func rightCauchyGreen(strain H: [Double]) -> [Double] {
    spectral(H) { exp(2 * $0) }
  }

  /// T from S at the strain H, in the unit of S.
  public static func stress(strain H: [Double], secondPiolaKirchhoff S: [Double]) -> [Double] {
    var frame = [Lanes](repeating: Lanes(), count: HenckyFrame.count)
    var (C, T) = (broadcast(H), broadcast(H))
    var tangent = [Lanes](repeating: Lanes(), count: 21)
    HenckyFrame.prepare(broadcast(H), at: 0, frame: &frame, at: 0, rightCauchyGreen: &C)
    HenckyFrame.pull(
      broadcast(S), tangent, frame: frame, at: 0, stress: &T, at: 0, tangent: &tangent, at: 0)
    return T.map { $0[0] }
  }

  /// The Cauchy stress turned back into the frame at rest, RᵀσR = T/J: for a law in which T and H share
  /// their axes, as in every isotropic one.
  public static func rotatedCauchyStress(strain H: [Double], conjugate T: [Double]) -> [Double] {
    let inverseJ = exp(-(H[0] + H[1] + H[2]))
    return T.map { inverseJ * $0 }
  }

  private static func broadcast(_ v: [Double]) -> [Lanes] {
    precondition(v.count == 6, "a Mandel vector has 6 entries, not \(v.count)")
    return v.map { Lanes(repeating: $0) }
  }

  /// The tensor with the same axes and the values f(λ_i).
  private static func spectral(_ v: [Double], _ f: (Double) -> Double) -> [Double] {
    let A = broadcast(v)
    let w = Mandel.halfRoot2
    let frame = PrincipalAxes(A[0], A[1], A[2], w * A[3], w * A[4], w * A[5])
    let N = frame.basis
    let y = [f(frame.values.0[0]), f(frame.values.1[0]), f(frame.values.2[0])]
    return (0..<6).map { i in (0..<3).reduce(0) { $0 + y[$1] * N[$1][i][0] } }
  }
}
