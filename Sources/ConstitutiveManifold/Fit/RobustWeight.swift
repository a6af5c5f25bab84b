import Glibc

/// How a residual far outside the others loses its weight.
public enum RobustWeight: String, Sendable, CaseIterable {
  /// Geman & McClure: w = 1/(1 + (u/c)²)², which forgets an outlier altogether.
  case gemanMcClure = "geman-mcclure"
  /// Student's t with four degrees of freedom: w = 5/(4 + u²), relative to its largest value.
  case studentT = "student-t"

  /// The weight of a residual of u robust standard deviations, 1 at zero.
  func weight(_ u: Double) -> Double {
    switch self {
    case .gemanMcClure:
      let t = u / RobustWeight.threshold
      return 1 / ((1 + t * t) * (1 + t * t))
    case .studentT: return 4 / (4 + u * u)
    }
  }

  /// Residuals beyond this many robust standard deviations are listed as outliers; there Geman and
  /// McClure's weight is ¼.
  public static let threshold = 3.0

  /// 1.4826 times the median magnitude: the standard deviation of what is no outlier.
  static func scale(_ residuals: [Double]) -> Double {
    let sorted = residuals.map(\.magnitude).sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return 1.4826
      * (sorted.count % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]))
  }
}

/// A measured stress that a robust fit set aside.
public struct Outlier: Sendable, Equatable {
  /// Name of the test, point (from 0) and stretch (or shear) of the outlier.
  public var test: String, point: Int, stretch: Double
  /// Residual in robust standard deviations, and the weight it kept.
  public var deviations: Double, weight: Double

  /// Any values.
  public init(test: String, point: Int, stretch: Double, deviations: Double, weight: Double) {
    self.test = test
    self.point = point
    self.stretch = stretch
    self.deviations = deviations
    self.weight = weight
  }
}
