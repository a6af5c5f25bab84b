import ConstitutiveManifold
import Mechanics

/// How well one law stands for another along a homogeneous path, as far as data covered it.
public struct PathComparison: Sendable, Equatable {
  /// The path, and the least and largest stretch (in simple shear: shear) that is covered.
  public let mode: HomogeneousMode, range: ClosedRange<Double>
  /// 1 − Σ (P − P̂)² / Σ (P − mean P)² of the nominal stress on points evenly spread over the range.
  public let r2: Double
  /// Root mean square of P − P̂, Pa.
  public let rmse: Double
}

extension ConstitutiveLaw {
  /// Compares the nominal stress of this law with that of `truth` along a path, free faces free of normal
  /// traction in both, over the connected range around rest in which `covers` holds for the strain of
  /// the truth. Nil where that range is nothing.
  ///
  /// - Parameter axes: which coordinate axes are directions 1, 2 and 3 of the path: for fibres along x,
  ///   [0, 1, 2] pulls along and [1, 0, 2] across them.
  public func compare(
    with truth: some ConstitutiveLaw, along mode: HomogeneousMode, axes: [Int] = [0, 1, 2],
    count: Int = 60, where covers: ([Double]) -> Bool
  ) -> PathComparison? {
    let range = truth.coveredRange(mode, axes, covers)
    guard range.lowerBound < range.upperBound else { return nil }
    var (P, Q): ([Double], [Double]) = ([], [])
    for k in 0..<count {
      let t = Double(k) / Double(count - 1)
      let x = range.lowerBound + t * (range.upperBound - range.lowerBound)
      guard let a = truth.freeResponse(mode, x, axes: axes),
        let b = freeResponse(mode, x, axes: axes)
      else { return nil }
      P.append(a.nominal)
      Q.append(b.nominal)
    }
    let mean = P.reduce(0, +) / Double(count)
    let error = zip(P, Q).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let spread = P.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return PathComparison(
      mode: mode, range: range, r2: 1 - error / spread,
      rmse: (error / Double(count)).squareRoot())
  }

  /// Nominal stress along direction 1 of a path (in simple shear: P_12) and the strain, each free
  /// direction with a stretch of its own that frees it from normal traction; nil where there is none.
  ///
  /// For preferred directions along the axes: others would also shear.
  public func freeResponse(
    _ mode: HomogeneousMode, _ stretch: Double, axes: [Int] = [0, 1, 2]
  ) -> (nominal: Double, strain: [Double])? {
    precondition(axes.sorted() == [0, 1, 2] && mode != .biaxial, "axes \(axes) of \(mode)")
    let free = mode.freeDirections
    let lateral = mode.lateralStretch(stretch)
    var squares = [Double](repeating: lateral * lateral, count: 3)
    for _ in 0..<60 {
      var F = mode.deformation(stretch, lateral: 1).entries
      for i in free { F[4 * i] = squares[i].squareRoot() }
      var turned = [Double](repeating: 0, count: 9)
      for i in 0..<3 { for j in 0..<3 { turned[3 * axes[i] + axes[j]] = F[3 * i + j] } }
      let gradient = DeformationGradient(turned)
      let point = evaluate(strain: gradient.rightCauchyGreen)
      guard point.stress.allSatisfy({ $0.isFinite }) else { return nil }
      let steps = lateralCorrection(free.map { axes[$0] }, point.stress, point.tangent)
      var largest = 0.0
      for (k, i) in free.enumerated() {
        largest = max(largest, abs(steps[k]) / squares[i])
        squares[i] = min(max(squares[i] + steps[k], 0.25 * squares[i]), 4 * squares[i])
      }
      if largest < 1e-10 {
        let P = gradient.nominalStress(from: point.stress)
        let column = mode == .simpleShear ? axes[1] : axes[0]
        return (P[3 * axes[0] + column], gradient.rightCauchyGreen)
      }
      guard largest.isFinite else { return nil }
    }
    return nil
  }

  /// Newton's correction of C_ii of one or two free directions for S_ii = 0.
  private func lateralCorrection(_ free: [Int], _ S: [Double], _ D: [Double]) -> [Double] {
    func slope(_ i: Int, _ j: Int) -> Double { 0.5 * D[6 * free[i] + free[j]] }
    switch free.count {
    case 0: return []
    case 1: return [-S[free[0]] / slope(0, 0)]
    default:
      let det = slope(0, 0) * slope(1, 1) - slope(0, 1) * slope(1, 0)
      return [
        (-S[free[0]] * slope(1, 1) + S[free[1]] * slope(0, 1)) / det,
        (-S[free[1]] * slope(0, 0) + S[free[0]] * slope(1, 0)) / det,
      ]
    }
  }

  /// Walks from rest in both directions until the strain is not covered any more.
  package func coveredRange(
    _ mode: HomogeneousMode, _ axes: [Int] = [0, 1, 2], _ covers: ([Double]) -> Bool
  ) -> ClosedRange<Double> {
    let shear = mode == .simpleShear
    func end(_ step: Double) -> Double {
      var x = shear ? 0.0 : 1
      for _ in 0..<500 {
        let next = shear ? x + step : x * (1 + step)
        guard let r = freeResponse(mode, next, axes: axes), covers(r.strain) else { break }
        x = next
      }
      return x
    }
    return end(-0.01)...end(0.01)
  }
}
