import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// Least squares of an anisotropic learned law: measured stresses, a hinge that keeps stresses rising
/// where no data do, a prior. Residuals stand in the order of `LearnedProblem`; unknowns are the map's
/// weights (logarithms where signs are bound), ln a, ln c, where volume was measured ln K, then learned
/// angles and dispersions, and the reference stretches of tests. Angles are held weakly where they began: along the axes of biaxial tests their
/// derivative vanishes by symmetry, and steps in them would know no measure.
package struct AnisotropicProblem: ResidualProblem {
  package typealias Tangent = DenseMatrix
  let setup: AnisotropicSetup
  let subset: [Int]
  let regularisation: Double
  /// Where the learned angles began.
  var anchor: [Double]
  private let n: Int
  private var sensitivity: StackedSensitivity
  private var weights: [Double], gradient: [Double]
  // The path in features, its derivatives with respect to the weights of p_i and q_i and to the path.
  private var u, ud, udd, gu, gud, gudd: [Double]
  // Slopes at rest and their gradients with respect to all weights, feature by feature.
  private var slopes: [Double], slopeGradients: [[Double]]
  private var linear: [Double], linearGradients: [[Double]]

  package init(_ setup: AnisotropicSetup, subset: [Int], regularisation: Double) {
    self.setup = setup
    self.subset = subset
    self.regularisation = regularisation
    anchor = Array(repeating: 0, count: setup.angleCount)
    n = setup.architecture.featureCount
    sensitivity = StackedSensitivity(setup.architecture)
    weights = Array(repeating: 0, count: setup.architecture.weightCount)
    gradient = weights
    u = Array(repeating: 0, count: n)
    (ud, udd, gu, gud, gudd, slopes, linear) = (u, u, u, u, u, u, u)
    slopeGradients = Array(repeating: weights, count: n)
    linearGradients = slopeGradients
  }

  package var unknownCount: Int { setup.unknownCount }
  package var residualCount: Int { subset.count + setup.hinges.count + unknownCount }

  package mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    var none = DenseMatrix(rows: 0, columns: 0)
    return assemble(x, &r, &none, differentiate: false)
  }

  package mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    for k in tangent.values.indices { tangent.values[k] = 0 }
    return assemble(x, &r, &tangent, differentiate: true)
  }

  private mutating func assemble(
    _ x: [Double], _ r: inout [Double], _ J: inout DenseMatrix, differentiate: Bool
  ) -> Bool {
    setup.unknowns.place(x, into: &weights)
    balance(x, differentiate)
    let placed = setup.placed(x)
    var row = 0
    for index in subset {
      let s = setup.sample(index, x)
      let w = setup.rowWeights[index]
      let power = follow(x, s, placed, order: 1)
      r[row] = w * (s.factor * power - s.target)
      if differentiate {
        addRow(x, s, placed, order: 1, row: row, scale: w * s.factor, &J)
        addReference(x, index, placed, row: row, scale: w * s.factor, &J)
      }
      row += 1
    }
    for s in setup.hinges {
      let short = AnisotropicSetup.margin - s.factor * follow(x, s, placed, order: 2)
      r[row] = short > 0 ? AnisotropicSetup.hingeWeight * short : 0
      if differentiate, short > 0 {
        let scale = -AnisotropicSetup.hingeWeight * s.factor
        addRow(x, s, placed, order: 2, row: row, scale: scale, &J)
      }
      row += 1
    }
    for k in 0..<unknownCount {
      let angle = k - setup.angleStart
      let isAngle = anchor.indices.contains(angle)
      let stiffness =
        isAngle
        ? AnisotropicSetup.angleWeight
        : k >= setup.references.start
          ? setup.references.stiffness : (regularisation * setup.stiffness[k]).squareRoot()
      r[row] = stiffness * (x[k] - (isAngle ? anchor[angle] : setup.centre[k]))
      if differentiate { J.values[row + J.rows * k] = stiffness }
      row += 1
    }
    return r.allSatisfy { $0.isFinite }
  }

  /// The coefficients outside of the map (see `AnisotropicLearnedLaw.balance`) and, where wanted, their
  /// gradients with respect to the weights.
  private mutating func balance(_ x: [Double], _ differentiate: Bool) {
    for k in 0..<n { (u[k], udd[k]) = (0, 0) }
    for k in 0..<n {
      for l in 0..<n { ud[l] = l == k ? 1 / setup.scales[k] : 0 }
      slopes[k] = sensitivity.forward(weights, u, ud, udd).first
      if differentiate { sensitivity.reverse(weights, order: 1, into: &slopeGradients[k]) }
    }
    let width = AnisotropicLearnedLaw.leastWidth
    linear = AnisotropicLearnedLaw.balance(
      slopes, cofactor: exp(x[setup.coefficientStart + 1]), width: width)
    guard differentiate else { return }
    let root3 = 3.0.squareRoot()
    let lifts = stride(from: 3, to: n, by: 2).map {
      AnisotropicLearnedLaw.larger(slopes[$0], slopes[$0 + 1], width: width)
    }
    for w in weights.indices {
      var volume =
        -slopeGradients[2][w] - (slopeGradients[0][w] + 2 * slopeGradients[1][w]) / root3
      for i in stride(from: 3, to: n, by: 2) {
        let lift = lifts[(i - 3) / 2]
        let (a, b) = (slopeGradients[i][w], slopeGradients[i + 1][w])
        let larger = lift.first * a + lift.second * b
        linearGradients[i][w] = larger - a
        linearGradients[i + 1][w] = larger - b
        volume -= larger
      }
      linearGradients[2][w] = volume
    }
  }

  /// dW/dt or d²W/dt² of a sample; leaves the features of the path in u, ud, udd.
  private mutating func follow(
    _ x: [Double], _ s: AnisotropicSample, _ placed: [(angle: Double, dispersion: Double)],
    order: Int
  ) -> Double {
    let k = setup.coefficientStart
    let bulk = setup.data.hasVolume ? exp(x[k + 2]) : 0
    var sum = exp(x[k]) * s.basic[order] + bulk * s.bulk[order]
    let root3 = 3.0.squareRoot()
    func set(_ i: Int, _ jet: Jet, _ rest: Double, _ problem: inout AnisotropicProblem) {
      let scale = problem.setup.scales[i]
      problem.u[i] = (jet.value - rest) / scale
      problem.ud[i] = jet.first / scale
      problem.udd[i] = jet.second / scale
      sum += problem.linear[i] * jet[order]
    }
    set(0, s.x1, root3, &self)
    set(1, s.x2, root3, &self)
    set(2, s.J, 1, &self)
    for (d, p) in placed.enumerated() {
      let fibre = s.fibre(angle: p.angle, dispersion: p.dispersion)
      set(3 + 2 * d, fibre.x, 1, &self)
      set(4 + 2 * d, fibre.y, 1, &self)
    }
    let N = sensitivity.forward(weights, u, ud, udd)
    return sum + (order == 1 ? N.first : N.second)
  }

  /// Row of the Jacobian for the quantity that `follow` returned last.
  private mutating func addRow(
    _ x: [Double], _ s: AnisotropicSample, _ placed: [(angle: Double, dispersion: Double)],
    order: Int, row: Int, scale: Double, _ J: inout DenseMatrix
  ) {
    let rows = J.rows
    sensitivity.reverse(weights, order: order, into: &gradient)
    let fibres = placed.map { s.fibre(angle: $0.angle, dispersion: $0.dispersion) }
    let volume = s.J[order]
    for (k, unknown) in setup.unknowns.enumerated() {
      let w = unknown.weight
      var g = gradient[w] + volume * linearGradients[2][w]
      for (d, fibre) in fibres.enumerated() {
        g += fibre.x[order] * linearGradients[3 + 2 * d][w]
        g += fibre.y[order] * linearGradients[4 + 2 * d][w]
      }
      J.values[row + rows * k] = scale * g * (unknown.isLogarithm ? weights[w] : 1)
    }
    let k = setup.coefficientStart
    let c = exp(x[k + 1])
    J.values[row + rows * k] = scale * exp(x[k]) * s.basic[order]
    J.values[row + rows * (k + 1)] = scale * c * (s.x2[order] - volume * 2 / 3.0.squareRoot())
    if setup.data.hasVolume {
      J.values[row + rows * (k + 2)] = scale * exp(x[k + 2]) * s.bulk[order]
    }
    guard setup.angleCount + setup.dispersionCount > 0 else { return }
    sensitivity.pathGradient(weights, &gu, &gud, &gudd)
    for (d, direction) in setup.directions.enumerated() {
      func change(_ x: Jet, _ y: Jet) -> Double {
        func one(_ i: Int, _ jet: Jet) -> Double {
          (gu[i] * jet.value + gud[i] * jet.first + gudd[i] * jet.second) / setup.scales[i]
            + linear[i] * jet[order]
        }
        return one(3 + 2 * d, x) + one(4 + 2 * d, y)
      }
      if let angle = direction.angle {
        J.values[row + rows * (setup.angleStart + angle)] +=
          scale * change(fibres[d].xAngle, fibres[d].yAngle)
      }
      if let dispersion = direction.dispersion {
        let k = placed[d].dispersion
        J.values[row + rows * (setup.dispersionStart + dispersion)] +=
          scale * k * (1 - 3 * k) * change(fibres[d].xDispersion, fibres[d].yDispersion)
      }
    }
  }
}

extension AnisotropicProblem {
  /// ∂/∂δ of a stress whose test has a reference of its own: with h the logarithmic stretches it is ∂W/∂h_k,
  /// its derivatives W_kk and W₁₂ = ½ (W″ along both − W₁₁ − W₂₂).
  private mutating func addReference(
    _ x: [Double], _ index: Int, _ placed: [(angle: Double, dispersion: Double)], row: Int,
    scale: Double, _ J: inout DenseMatrix
  ) {
    guard let slot = setup.references.slots[index] else { return }
    let component = setup.data.observations[index].component
    var curvature: [Double] = []
    for direction in [SIMD2(1.0, 0), SIMD2(0, 1), SIMD2(1, 1)] {
      curvature.append(
        follow(x, setup.sample(index, x, along: direction), placed, order: 2))
    }
    let mixed = 0.5 * (curvature[2] - curvature[0] - curvature[1])
    let first = component == .first
    let column = setup.references.start + 2 * slot
    J.values[row + J.rows * column] = scale * (first ? curvature[0] : mixed)
    J.values[row + J.rows * (column + 1)] = scale * (first ? mixed : curvature[1])
  }
}

extension Jet {
  /// The first or the second derivative.
  fileprivate subscript(order: Int) -> Double { order == 1 ? first : second }
}
