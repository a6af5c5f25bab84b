import FixedPoint
import LinearAlgebra

/// Least squares of a family of laws on fields and net reactions: every trial θ is judged in its own
/// equilibrium, so noise in the measured displacements is an error of the data and never enters a strain.
///
/// Residuals, in units of their deviations: displacements and reactions of every level of every
/// experiment, then √(ρ · stiffness) (θ − centre).
package struct FieldProblem<Family: ParametricLaw>: ResidualProblem {
  package typealias Tangent = DenseMatrix
  let family: Family
  /// ρ, strength of the prior.
  let strength: Double
  private(set) var specimens: [Specimen]
  private var solved: [Double]?

  package init(_ family: Family, _ specimens: [Specimen], strength: Double) {
    self.family = family
    self.specimens = specimens
    self.strength = strength
  }

  package var unknownCount: Int { family.parameterCount }
  var measurementCount: Int { specimens.reduce(0) { $0 + $1.measurementCount } }
  package var residualCount: Int { measurementCount + unknownCount }

  private mutating func solve(_ theta: [Double]) -> Bool {
    if solved == theta { return true }
    solved = nil
    guard let law = try? family.law(theta) else { return false }
    for s in specimens.indices {
      guard specimens[s].solve(law, theta: theta) else { return false }
    }
    solved = theta
    return true
  }

  package mutating func residual(at theta: [Double], into r: inout [Double]) -> Bool {
    guard solve(theta) else { return false }
    var row = 0
    for specimen in specimens {
      specimen.residual(into: &r, from: row)
      row += specimen.measurementCount
    }
    Prior.residual(family, strength, theta, into: &r, from: row)
    return r.allSatisfy(\.isFinite)
  }

  package mutating func linearise(
    at theta: [Double], residual r: inout [Double], tangent J: inout DenseMatrix
  ) -> Bool {
    guard solve(theta) else { return false }
    J.setZero()
    var row = 0
    for s in specimens.indices {
      guard
        specimens[s].sensitivities(family, theta: theta, residual: &r, tangent: &J, from: row)
      else { return false }
      row += specimens[s].measurementCount
    }
    Prior.residual(family, strength, theta, into: &r, from: row)
    Prior.tangent(family, strength, into: &J, from: row)
    return r.allSatisfy(\.isFinite)
  }
}

/// The rows of a Gaussian prior on θ.
enum Prior {
  static func residual(
    _ family: some ParametricLaw, _ strength: Double, _ theta: [Double], into r: inout [Double],
    from row: Int
  ) {
    let (centre, stiffness) = (family.centre, family.stiffness)
    for k in theta.indices {
      r[row + k] = (strength * stiffness[k]).squareRoot() * (theta[k] - centre[k])
    }
  }

  static func tangent(
    _ family: some ParametricLaw, _ strength: Double, into J: inout DenseMatrix, from row: Int
  ) {
    for (k, s) in family.stiffness.enumerated() { J[row + k, k] = (strength * s).squareRoot() }
  }
}
