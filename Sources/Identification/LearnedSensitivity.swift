import ConstitutiveManifold
import Glibc
import Manifold
import Mechanics

/// ∂S/∂θ of a learned law at one θ: S = Σ G_k A_k with A_k = 2 ∂x_k/∂C and
///
///     G_k = (s/scale_k) ∂N/∂u_k + l_k + a (x_1 δ_k1 − δ_k3/J) + K/2 (J − 1/J) δ_k3
///
/// where the l_k, which free the rest state from stress, depend on the slopes of N at rest. One reverse
/// sweep per feature gives the gradient of its G_k with respect to all weights.
struct LearnedSensitivity: StressSensitivity {
  private let family: LearnedFamily
  private let weights: [Double]
  private let growth: Double, cofactor: Double, bulk: Double
  private var map: StackedSensitivity
  private var gradient, u: [Double]
  private let still: [Double]
  /// d/dx_k in normalised features.
  private let velocities: [[Double]]
  /// ∂l_k/∂weight, `[k][weight]`, in units of s.
  private var restGradients: [[Double]]

  init(_ family: LearnedFamily, _ theta: [Double]) {
    self.family = family
    weights = family.weights(theta)
    let (s, k) = (family.stressScale, family.unknowns.count)
    growth = s * exp(theta[k])
    cofactor = s * exp(theta[k + 1])
    bulk = s * exp(theta[k + 2])
    map = StackedSensitivity(family.architecture)
    gradient = Array(repeating: 0, count: weights.count)
    u = Array(repeating: 0, count: family.featureCount)
    still = u
    let (n, scales) = (family.featureCount, family.featureScales)
    velocities = (0..<n).map { k in (0..<n).map { $0 == k ? 1 / scales[k] : 0 } }
    restGradients = []
    restGradients = balance()
  }

  var rank: Int { family.featureCount }

  /// Derivatives of the coefficients outside of the map (see `AnisotropicLearnedLaw.balance`).
  private mutating func balance() -> [[Double]] {
    let n = family.featureCount
    let zero = [Double](repeating: 0, count: weights.count)
    var (slopes, gradients): ([Double], [[Double]]) = ([], [])
    for k in 0..<n {
      let (rest, velocity) = (still, velocities[k])
      slopes.append(map.forward(weights, rest.span, velocity.span, rest.span).first)
      var g = zero
      map.reverse(weights, order: 1, into: &g)
      gradients.append(g)
    }
    var out = [[Double]](repeating: zero, count: n)
    let root3 = 3.0.squareRoot()
    for w in weights.indices {
      out[2][w] = -gradients[2][w] - (gradients[0][w] + 2 * gradients[1][w]) / root3
    }
    for i in stride(from: 3, to: n, by: 2) {
      let lift = AnisotropicLearnedLaw.larger(
        slopes[i], slopes[i + 1], width: AnisotropicLearnedLaw.leastWidth)
      for w in weights.indices {
        let larger = lift.first * gradients[i][w] + lift.second * gradients[i + 1][w]
        out[i][w] = larger - gradients[i][w]
        out[i + 1][w] = larger - gradients[i + 1][w]
        out[2][w] -= larger
      }
    }
    return out
  }

  mutating func evaluate(
    strain C: [Double], directions: inout [Double], gradients: inout [Double]
  ) {
    let (n, m) = (family.parameterCount, family.featureCount)
    let (s, scale) = (family.stressScale, family.featureScales)
    let J = family.kinematics(C, features: &u, directions: &directions)
    let first = u[0]
    for k in 0..<m { u[k] = (u[k] - LearnedFamily.rest(k)) / scale[k] }
    let (point, still) = (u, still)
    for k in 0..<m {
      let seen = family.architecture.columns[k] != .zero
      if seen {
        let velocity = velocities[k]
        _ = map.forward(weights, point.span, velocity.span, still.span)
        map.reverse(weights, order: 1, into: &gradient)
      }
      for (j, unknown) in family.unknowns.enumerated() {
        let g = (seen ? gradient[unknown.weight] : 0) + restGradients[k][unknown.weight]
        gradients[n * k + j] = s * g * (unknown.isLogarithm ? weights[unknown.weight] : 1)
      }
      for j in family.unknowns.count..<n { gradients[n * k + j] = 0 }
    }
    let c = family.unknowns.count
    gradients[c] = growth * first
    gradients[n + c + 1] = cofactor
    gradients[2 * n + c] = -growth / J
    gradients[2 * n + c + 1] = -cofactor * 2 / 3.0.squareRoot()
    gradients[2 * n + c + 2] = 0.5 * bulk * (J - 1 / J)
  }
}

extension LearnedFamily {
  /// x_k at rest.
  static func rest(_ k: Int) -> Double { k < 2 ? 3.0.squareRoot() : 1 }

  /// The features x of C (Mandel order), and A_k = 2 ∂x_k/∂C (six each); returns J.
  @discardableResult
  func kinematics(_ C: [Double], features x: inout [Double], directions: inout [Double]) -> Double {
    let (cof, I3) = MandelTensor.cofactor(C)
    let I1 = C[0] + C[1] + C[2]
    let J = I3.squareRoot()
    x[0] = I1.squareRoot()
    x[1] = (cof[0] + cof[1] + cof[2]).squareRoot()
    x[2] = J
    for i in 0..<6 {
      let unit = i < 3 ? 1.0 : 0
      directions[i] = unit / x[0]
      directions[6 + i] = (I1 * unit - C[i]) / x[1]
      directions[12 + i] = cof[i] / J
    }
    for (d, H) in structures.enumerated() {
      let k = 3 + 2 * d
      // cof C : H with ∂/∂C = CH + HC − I1 H + (I1 1 − C) tr H − (C : H) 1.
      let product = MandelTensor.symmetricProduct(C, H)
      let trace = H[0] + H[1] + H[2]
      var (along, across) = (0.0, 0.0)
      for i in 0..<6 {
        along += C[i] * H[i]
        across += cof[i] * H[i]
      }
      x[k] = along.squareRoot()
      x[k + 1] = across.squareRoot()
      for i in 0..<6 {
        let unit = i < 3 ? 1.0 : 0
        directions[6 * k + i] = H[i] / x[k]
        let slope = product[i] - I1 * H[i] + trace * (I1 * unit - C[i]) - along * unit
        directions[6 * k + 6 + i] = slope / x[k + 1]
      }
    }
    return J
  }
}
