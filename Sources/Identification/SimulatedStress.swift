import FixedPoint
import LinearAlgebra
import Mechanics

/// Least squares of a family on the stresses that another law answers to given strains: the weak stage,
/// after which a law is sane wherever the specimens went.
struct SimulatedStress: ResidualProblem {
  typealias Tangent = DenseMatrix
  let family: LearnedFamily
  let strains: [[Double]]
  private let targets: [[Double]]
  private let unit: Double
  /// Strength of the prior here: enough to keep what no stress feels in place.
  private let strength = 1e-4
  /// Strains used, of all that are given.
  private static let sampleCount = 200

  init(
    _ family: LearnedFamily, reference: any ConstitutiveLaw, strains all: [Double], unit: Double
  ) {
    self.family = family
    self.unit = unit
    let count = all.count / 6
    let step = max(1, count / SimulatedStress.sampleCount)
    strains = stride(from: 0, to: count, by: step).map { Array(all[6 * $0..<6 * $0 + 6]) }
    targets = strains.map { reference.evaluate(strain: $0).stress }
  }

  var unknownCount: Int { family.parameterCount }
  var residualCount: Int { 6 * strains.count + unknownCount }

  mutating func residual(at theta: [Double], into r: inout [Double]) -> Bool {
    guard let law = try? family.law(theta) else { return false }
    var row = 0
    for (C, target) in zip(strains, targets) {
      let S = law.evaluate(strain: C).stress
      for i in 0..<6 {
        r[row] = (S[i] - target[i]) / unit
        row += 1
      }
    }
    Prior.residual(family, strength, theta, into: &r, from: row)
    return r.allSatisfy(\.isFinite)
  }

  mutating func linearise(
    at theta: [Double], residual r: inout [Double], tangent J: inout DenseMatrix
  ) -> Bool {
    guard residual(at: theta, into: &r) else { return false }
    J.setZero()
    var sensitivity = family.sensitivity(theta)
    let (n, rank) = (theta.count, sensitivity.rank)
    var directions = [Double](repeating: 0, count: 6 * rank)
    var gradients = [Double](repeating: 0, count: n * rank)
    var row = 0
    for C in strains {
      sensitivity.evaluate(strain: C, directions: &directions, gradients: &gradients)
      for i in 0..<6 {
        for k in 0..<rank {
          let a = directions[6 * k + i] / unit
          for j in 0..<n { J[row, j] += a * gradients[n * k + j] }
        }
        row += 1
      }
    }
    Prior.tangent(family, strength, into: &J, from: row)
    return true
  }
}
