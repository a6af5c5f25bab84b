import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Least squares of a learned law: measured stresses, a prior on the weights, and a hinge that keeps
/// the nominal stress rising with stretch where no data do.
///
/// The unknowns are the logarithms of everything that must be positive and the rest as it is; weights
/// that must be zero are left out. Stresses are in units of the stress scale. Residuals, in order:
/// - w (P(θ) − P) for every observation of the subset,
/// - h max(0, margin − λ dP/dλ) for stretches over the stability range in three modes,
/// - √(regularisation · stiffness) (θ − centre) for every unknown.
package struct LearnedProblem: ResidualProblem {
  package typealias Tangent = DenseMatrix
  let setup: LearnedSetup
  /// Which observations count.
  let subset: [Int]
  /// Strength of the prior.
  var regularisation: Double
  private var sensitivity: StackedSensitivity
  private var weights: [Double]
  private var gradient: [Double]
  private var restGradient: [Double]

  package init(_ setup: LearnedSetup, subset: [Int], regularisation: Double) {
    self.setup = setup
    self.subset = subset
    self.regularisation = regularisation
    sensitivity = StackedSensitivity(setup.architecture)
    weights = Array(repeating: 0, count: setup.architecture.weightCount)
    gradient = weights
    restGradient = weights
  }

  package var unknownCount: Int { setup.unknownCount }
  package var residualCount: Int { subset.count + setup.hinges.count + unknownCount }

  package mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    assemble(x, &r) { _, _, _, _ in }
  }

  package mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    for k in tangent.values.indices { tangent.values[k] = 0 }
    return assemble(x, &r) { problem, row, sample, scale in
      problem.addRow(x, row, sample, scale, &tangent)
    }
  }

  /// What a row is derived from: one unknown's prior, or the first or second derivative of the energy
  /// along a path, with the path's derivatives of the parts outside the map.
  private enum Row {
    case prior(unknown: Int)
    case path(order: Int, basic: Double, cofactor: Double, volume: Double, bulk: Double)
  }

  private mutating func assemble(
    _ x: [Double], _ r: inout [Double],
    _ differentiate: (inout LearnedProblem, Int, Row, Double) -> Void
  ) -> Bool {
    setup.weights(x, into: &weights)
    let (growth, cofactor, bulk) = setup.coefficients(x)
    // The slope n of J − 1 depends on the gradient at rest.
    var restSlope = 0.0
    if setup.architecture.seesVolume || setup.data.hasVolume {
      restSlope = sensitivity.forward(weights, .zero, setup.restDirection, .zero).first
      sensitivity.reverse(weights, order: 1, into: &restGradient)
    }
    let slope = restSlope + 2 * cofactor / LearnedSetup.root3
    var row = 0
    for index in subset {
      let s = setup.samples[index]
      let N = sensitivity.forward(weights, s.u, s.ud, s.udd).first
      let power =
        N + growth * s.basic.first + cofactor * s.cofactor.first - slope * s.J.first
        + bulk * s.bulk.first
      let w = setup.rowWeights[index]
      r[row] = w * (s.factor * power - s.target)
      let terms = Row.path(
        order: 1, basic: s.basic.first, cofactor: s.cofactor.first, volume: s.J.first,
        bulk: s.bulk.first)
      differentiate(&self, row, terms, w * s.factor)
      row += 1
    }
    for s in setup.hinges {
      let N = sensitivity.forward(weights, s.u, s.ud, s.udd).second
      let tangent = N + growth * s.basic.second + cofactor * s.cofactor.second
      let short = LearnedSetup.margin - s.factor * tangent
      r[row] = short > 0 ? LearnedSetup.hingeWeight * short : 0
      if short > 0 {
        let terms = Row.path(
          order: 2, basic: s.basic.second, cofactor: s.cofactor.second, volume: 0, bulk: 0)
        differentiate(&self, row, terms, -LearnedSetup.hingeWeight * s.factor)
      }
      row += 1
    }
    for k in 0..<unknownCount {
      let stiffness = (regularisation * setup.stiffness[k]).squareRoot()
      r[row] = stiffness * (x[k] - setup.centre[k])
      differentiate(&self, row, .prior(unknown: k), stiffness)
      row += 1
    }
    return r.allSatisfy(\.isFinite)
  }

  private mutating func addRow(
    _ x: [Double], _ row: Int, _ terms: Row, _ scale: Double, _ J: inout DenseMatrix
  ) {
    let rows = J.rows
    switch terms {
    case .prior(let unknown): J.values[row + rows * unknown] = scale
    case .path(let order, let basic, let cofactor, let volume, let bulk):
      sensitivity.reverse(weights, order: order, into: &gradient)
      for (k, unknown) in setup.unknowns.enumerated() {
        var g = gradient[unknown.weight]
        if volume != 0 { g -= volume * restGradient[unknown.weight] }
        J.values[row + rows * k] = scale * g * (unknown.isLogarithm ? weights[unknown.weight] : 1)
      }
      let (a, c, K) = setup.coefficients(x)
      let k = setup.unknowns.count
      J.values[row + rows * k] = scale * a * basic
      J.values[row + rows * (k + 1)] = scale * c * (cofactor - volume * 2 / LearnedSetup.root3)
      if setup.data.hasVolume { J.values[row + rows * (k + 2)] = scale * K * bulk }
    }
  }
}
