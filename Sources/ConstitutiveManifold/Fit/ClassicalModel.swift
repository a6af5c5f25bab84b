import Glibc
import Manifold
import Mechanics

/// The stress of a classical law along a path, as a function of its parameters, with exact derivatives.
///
/// Moduli are in units of the fit's stress scale. The law is W = Ŵ(Ī1, Ī2) + U(J) (neo-Hooke: its own
/// coupled form); where no volume was measured J stays 1 and U does not matter.
package struct ClassicalModel: PathModel {
  let family: LawFamily
  /// Whether the bulk modulus is the last unknown.
  let fitsBulk: Bool
  /// Largest Ī1 − 3 of the data: Gent's limit lies above it.
  let largestI1: Double

  package init(family: LawFamily, fitsBulk: Bool, largestI1: Double) {
    self.family = family
    self.fitsBulk = fitsBulk
    self.largestI1 = largestI1
  }

  /// Number of unknowns.
  package var count: Int {
    let own: Int =
      switch family {
      case .neoHooke: 1
      case .mooneyRivlin, .gent: 2
      case .yeoh, .carroll: 3
      case .ogden(let n): 2 * n
      case .learned, .learnedTransverse, .learnedOrthotropic:
        preconditionFailure("a learned law is no classical model")
      }
    return own + (fitsBulk ? 1 : 0)
  }

  /// dW/dt along the path and its gradient with respect to the unknowns.
  package func power(
    _ x: [Double], _ path: PathPoint, gradient: inout [Double]
  ) -> Double {
    let I = path.invariants
    let J = I.J
    let volume = J.first / J.value
    let last = count - 1
    // d/dt of the isochoric invariants.
    let cube = cbrt(J.value)
    let a = 1 / (cube * cube)
    let i1 = a * I.I1.value
    let i2 = a * a * I.I2.value
    let d1 = a * I.I1.first - i1 * volume * (2.0 / 3)
    let d2 = a * a * I.I2.first - i2 * volume * (4.0 / 3)
    switch family {
    case .learned, .learnedTransverse, .learnedOrthotropic: break
    case .neoHooke:
      gradient[0] = 0.5 * I.I1.first - volume - log(J.value) * volume * (2.0 / 3)
      if fitsBulk { gradient[last] = log(J.value) * volume }
      return dot(x, gradient)
    case .mooneyRivlin:
      gradient[0] = d1
      gradient[1] = d2
    case .yeoh:
      gradient[0] = d1
      gradient[1] = 2 * (i1 - 3) * d1
      gradient[2] = 3 * (i1 - 3) * (i1 - 3) * d1
    case .carroll:
      gradient[0] = d1
      gradient[1] = 4 * i1 * i1 * i1 * d1
      gradient[2] = 0.5 * d2 / i2.squareRoot()
    case .gent:
      // The unknowns are μ and θ with Jm = largest (Ī1 − 3) + e^θ.
      let room = exp(x[1])
      let limit = largestI1 + room
      let gap = limit - (i1 - 3)
      gradient[0] = 0.5 * limit / gap * d1
      gradient[1] = 0.5 * x[0] * d1 * room * (1 / gap - limit / (gap * gap))
      let own = x[0] * gradient[0]
      guard fitsBulk else { return own }
      gradient[last] = bulkPower(J)
      return own + x[last] * gradient[last]
    case .ogden(let n):
      return ogdenPower(x, path, terms: n, gradient: &gradient)
    }
    if fitsBulk { gradient[last] = bulkPower(J) }
    return dot(x, gradient)
  }

  /// dU/dt for K = 1, U = ¼ (J² − 1 − 2 ln J).
  private func bulkPower(_ J: Jet) -> Double { 0.5 * (J.value - 1 / J.value) * J.first }

  /// Unknowns μ1, α1, μ2, α2, …: dW/dt = Σ μ Σ_i λ̄_i^α (λ̄_i′/λ̄_i).
  private func ogdenPower(
    _ x: [Double], _ path: PathPoint, terms: Int, gradient: inout [Double]
  ) -> Double {
    let J = path.invariants.J
    let third = J.first / J.value / 3
    let logJ = log(J.value) / 3
    var total = 0.0
    for p in 0..<terms {
      let (mu, alpha) = (x[2 * p], x[2 * p + 1])
      var (sum, slope) = (0.0, 0.0)
      for l in [path.l1, path.l2, path.l3] {
        let ln = log(l.value) - logJ
        let rate = l.first / l.value - third
        let q = exp(alpha * ln) * rate
        sum += q
        slope += q * ln
      }
      gradient[2 * p] = sum
      gradient[2 * p + 1] = mu * slope
      total += mu * sum
    }
    if fitsBulk {
      gradient[count - 1] = bulkPower(J)
      total += x[count - 1] * gradient[count - 1]
    }
    return total
  }

  private func dot(_ x: [Double], _ g: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += x[i] * g[i] }
    return sum
  }

  /// Indices of the unknowns in which the stress is linear.
  var linear: [Int] {
    switch family {
    case .ogden(let n): (0..<n).map { 2 * $0 } + (fitsBulk ? [count - 1] : [])
    case .gent: fitsBulk ? [0, 2] : [0]
    default: Array(0..<count)
    }
  }

  /// A seeded start for the unknowns in which the stress is not linear.
  package func start(_ random: inout SplitMix64, number: Int) -> [Double] {
    var x = [Double](repeating: 1, count: count)
    switch family {
    case .gent: x[1] = log(largestI1 * [0.3, 0.05, 1, 5][number % 4] + 1e-6)
    case .ogden(let n):
      for p in 0..<n {
        // Spread over small, large and negative exponents, in changing company.
        switch (p + number) % 3 {
        case 0: x[2 * p + 1] = random.uniform(0.5, 3)
        case 1: x[2 * p + 1] = random.uniform(2, 12)
        default: x[2 * p + 1] = random.uniform(-6, -0.3)
        }
      }
    default: break
    }
    return x
  }

  /// The law for unknowns in units of `scale` Pa, with K as fitted or `bulkRatio` times the shear
  /// modulus.
  func law(_ x: [Double], scale: Double, bulkRatio: Double) throws(ParameterError) -> Law {
    let mu = scale * shearModulus(x)
    let K = fitsBulk ? scale * x[count - 1] : bulkRatio * mu
    let y = x.map { scale * $0 }
    switch family {
    case .learned, .learnedTransverse, .learnedOrthotropic:
      preconditionFailure("a learned law is no classical model")
    case .neoHooke: return .neoHooke(try NeoHooke(mu: y[0], lambda: K - 2 * y[0] / 3))
    case .mooneyRivlin: return .mooneyRivlin(try MooneyRivlin(c10: y[0], c01: y[1], bulk: K))
    case .yeoh: return .yeoh(try Yeoh(c1: y[0], c2: y[1], c3: y[2], bulk: K))
    case .carroll: return .carroll(try Carroll(a: y[0], b: y[1], c: y[2], bulk: K))
    case .gent: return .gent(try Gent(mu: y[0], limit: largestI1 + exp(x[1]), bulk: K))
    case .ogden(let n):
      let terms = (0..<n).map { Ogden.Term(mu: y[2 * $0], alpha: x[2 * $0 + 1]) }
      return .ogden(try Ogden(terms: terms, bulk: K))
    }
  }

  private func shearModulus(_ x: [Double]) -> Double {
    switch family {
    case .mooneyRivlin: 2 * (x[0] + x[1])
    case .yeoh: 2 * x[0]
    case .carroll: 2 * (x[0] + 108 * x[1]) + x[2] / 3.0.squareRoot()
    case .ogden(let n):
      (0..<n).reduce(0.0) { (sum: Double, p: Int) in sum + 0.5 * x[2 * p] * x[2 * p + 1] }
    default: x[0]
    }
  }
}
