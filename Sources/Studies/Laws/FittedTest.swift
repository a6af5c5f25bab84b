import ConstitutiveManifold
import Mechanics

/// A test beside what a law answers to it.
public struct FittedTest: Sendable {
  /// The test.
  public let test: HomogeneousTest
  /// The law's stress at every point, in the test's measure, Pa.
  public let fitted: [Double]
  /// The law's second stress, where the test has one, Pa.
  public let secondFitted: [Double]?
  /// The law's difference of true stresses, where the test has one, Pa.
  public let differenceFitted: [Double]?

  /// From its parts.
  public init(
    _ test: HomogeneousTest, fitted: [Double], secondFitted: [Double]? = nil,
    differenceFitted: [Double]? = nil
  ) {
    self.test = test
    self.fitted = fitted
    self.secondFitted = secondFitted
    self.differenceFitted = differenceFitted
  }

  /// Observed stresses beside the law's, Pa: first, second, differences; those that were not observed,
  /// or that an unseen pressure leaves without an answer, are left out.
  var pairs: [(measured: Double, fitted: Double)] {
    var out = Array(zip(test.stresses, fitted))
    if let secondFitted, let measured = test.secondStresses { out += zip(measured, secondFitted) }
    if let differenceFitted, let measured = test.stressDifferences {
      out += zip(measured, differenceFitted)
    }
    return out.filter { !$0.0.isNaN && !$0.1.isNaN }.map { ($0, $1) }
  }

  /// Fitted minus measured, Pa, of everything observed: first stresses, second ones, differences.
  public var residuals: [Double] { pairs.map { $0.fitted - $0.measured } }

  /// Root mean square of the residuals, Pa.
  public var rmse: Double { FittedTest.rmse([self]) ?? 0 }

  /// Root mean square of the residuals of several tests, Pa; nil without tests.
  static func rmse(_ tests: [FittedTest]) -> Double? {
    let r = tests.flatMap(\.residuals)
    guard !r.isEmpty else { return nil }
    return (r.reduce(0) { $0 + $1 * $1 } / Double(r.count)).squareRoot()
  }

  /// Coefficient of determination 1 − Σ r² / Σ (y − ȳ)².
  public var r2: Double {
    let y = pairs.map(\.measured)
    guard !y.isEmpty else { return 0 }
    let mean = y.reduce(0, +) / Double(y.count)
    let spread = y.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = residuals.reduce(0) { $0 + $1 * $1 }
    return spread > 0 ? 1 - error / spread : error == 0 ? 1 : 0
  }

  /// Figures of `fit --json`.
  var json: JSONValue {
    .object([
      ("name", .string(test.name)), ("points", JSONValue(test.count)), ("r2", .number(r2)),
      ("rmse", .number(rmse / 1e6)), ("heldOut", .bool(test.heldOut)),
    ])
  }
}
