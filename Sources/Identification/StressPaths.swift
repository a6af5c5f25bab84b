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
  /// Compares the nominal stress of this law with that of `truth` along a path, free faces free of
  /// traction in both, over the connected range around rest in which `covers` holds for the strain of
  /// the truth. Nil where that range is nothing.
  public func compare(
    with truth: some ConstitutiveLaw, along mode: HomogeneousMode, count: Int = 60,
    where covers: ([Double]) -> Bool
  ) -> PathComparison? {
    let range = truth.coveredRange(mode, covers)
    guard range.lowerBound < range.upperBound else { return nil }
    var (P, Q): ([Double], [Double]) = ([], [])
    for k in 0..<count {
      let t = Double(k) / Double(count - 1)
      let x = range.lowerBound + t * (range.upperBound - range.lowerBound)
      guard let a = try? truth.compressibleResponse(mode, x),
        let b = try? compressibleResponse(mode, x)
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

  /// Walks from rest in both directions until the strain is not covered any more.
  private func coveredRange(
    _ mode: HomogeneousMode, _ covers: ([Double]) -> Bool
  ) -> ClosedRange<Double> {
    let shear = mode == .simpleShear
    func end(_ step: Double) -> Double {
      var x = shear ? 0.0 : 1
      for _ in 0..<1000 {
        let next = shear ? x + step : x * (1 + step)
        guard let r = try? compressibleResponse(mode, next),
          covers(r.deformation.rightCauchyGreen)
        else { break }
        x = next
      }
      return x
    }
    return end(-0.005)...end(0.005)
  }
}
