import FixedPoint
import LinearAlgebra

/// A least-squares problem from closures: residuals, and the Jacobian as rows.
struct LeastSquaresProblem: ResidualProblem {
  typealias Tangent = DenseMatrix
  var unknownCount: Int
  var residualCount: Int
  var residuals: ([Double]) -> [Double]
  var jacobian: ([Double]) -> [[Double]]
  var evaluations = 0

  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    evaluations += 1
    r = residuals(x)
    return r.allSatisfy(\.isFinite)
  }

  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    r = residuals(x)
    tangent = DenseMatrix(jacobian(x))
    return r.allSatisfy(\.isFinite) && tangent.values.allSatisfy(\.isFinite)
  }
}

/// A square problem on a full pattern from closures, which counts what is asked of it.
struct SquareProblem: ResidualProblem {
  typealias Tangent = CSRMatrix
  var unknownCount: Int
  var residualCount: Int { unknownCount }
  var isLinear = false
  var residualReference = 1.0
  var residuals: ([Double]) -> [Double]
  var jacobian: ([Double]) -> [[Double]]
  var residualCalls = 0
  var lineariseCalls = 0

  init(
    _ count: Int, isLinear: Bool = false, residuals: @escaping ([Double]) -> [Double],
    jacobian: @escaping ([Double]) -> [[Double]]
  ) {
    unknownCount = count
    self.isLinear = isLinear
    self.residuals = residuals
    self.jacobian = jacobian
  }

  /// The zero matrix with every entry present.
  var emptyTangent: CSRMatrix {
    let n = unknownCount
    return CSRMatrix(
      pattern: CSRPattern(
        count: n, storage: .full, rowStart: (0...n).map { Int32($0 * n) },
        columns: (0..<n * n).map { Int32($0 % n) }))
  }

  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    residualCalls += 1
    r = residuals(x)
    return r.allSatisfy(\.isFinite)
  }

  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout CSRMatrix
  ) -> Bool {
    lineariseCalls += 1
    r = residuals(x)
    tangent.values = jacobian(x).flatMap { $0 }
    return r.allSatisfy(\.isFinite)
  }
}
