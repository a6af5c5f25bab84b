import FixedPoint
import LinearAlgebra

/// A law of few parameters along paths of homogeneous tests: all that a fit to stresses needs to know of it.
package protocol PathModel: Sendable {
  /// Number of unknowns.
  var count: Int { get }

  /// dW/dt along a path and its gradient with respect to the unknowns, moduli in units of the stress scale.
  func power(_ x: [Double], _ path: PathPoint, gradient: inout [Double]) -> Double
}

/// Least squares of a law on the stresses as they were reported: w (factor · dW/dt − target), stresses in
/// units of the stress scale.
package struct PathProblem<Model: PathModel>: ResidualProblem {
  package typealias Tangent = DenseMatrix
  let model: Model
  let observations: [Observation]
  let weights: [Double]
  /// The stress scale in Pa.
  let unit: Double
  private var gradient: [Double]

  package init(_ model: Model, _ observations: [Observation], weights: [Double], unit: Double) {
    self.model = model
    self.observations = observations
    self.weights = weights
    self.unit = unit
    gradient = Array(repeating: 0, count: model.count)
  }

  package var unknownCount: Int { model.count }
  package var residualCount: Int { observations.count }

  package mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    for (i, o) in observations.enumerated() {
      let power = model.power(x, o.path, gradient: &gradient)
      r[i] = weights[i] * (o.factor * power - o.target / unit)
    }
    return r.allSatisfy(\.isFinite)
  }

  package mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    for (i, o) in observations.enumerated() {
      let power = model.power(x, o.path, gradient: &gradient)
      r[i] = weights[i] * (o.factor * power - o.target / unit)
      for j in 0..<model.count { tangent[i, j] = weights[i] * o.factor * gradient[j] }
    }
    return r.allSatisfy(\.isFinite)
  }
}

extension PathProblem where Model == ClassicalModel {
  /// The tests' own weights.
  package init(_ model: ClassicalModel, _ data: FitData) {
    self.init(
      model, data.observations,
      weights: data.observations.map { data.tests[$0.test].weight.squareRoot() },
      unit: data.stressScale)
  }

  /// Replaces the linear unknowns by their least-squares values for the others as they stand; leaves
  /// them where the columns are no numbers.
  mutating func solveLinearPart(_ x: inout [Double]) {
    let columns = model.linear
    for c in columns { x[c] = 0 }
    var r = [Double](repeating: 0, count: residualCount)
    var J = DenseMatrix(rows: residualCount, columns: unknownCount)
    guard linearise(at: x, residual: &r, tangent: &J) else { return }
    // Columns of length one, and only what they tell apart: a start is all that is needed.
    var A = DenseMatrix(rows: residualCount, columns: columns.count)
    let norms = columns.map { c in J.column(c).reduce(1e-300) { $0 + $1 * $1 }.squareRoot() }
    for (p, c) in columns.enumerated() {
      for i in 0..<residualCount { A[i, p] = J[i, c] / norms[p] }
    }
    guard let best = try? A.leastSquares(r.map { -$0 }, tolerance: 1e-5) else { return }
    for (p, c) in columns.enumerated() { x[c] = best.x[p] / norms[p] }
  }
}
