import Glibc
import Manifold

/// The classical laws that simulate states for the weak stage.
///
/// W = Ŵ₁(Ī1) + Ŵ₂(Ī2) + U(J). What softens a rubber between small and middle stretches is carried by
/// Ī1 in half of them and by Ī2 in the other half, because tests in one mode cannot tell; what stiffens
/// it at large stretch is a polynomial, a power or a limit of Ī1. A constant ∂W/∂I2 (Mooney–Rivlin) is
/// left out: wherever ∂W/∂I2 was measured it falls with stretch (Obata, Kawabata & Kawai, J. Polym. Sci.
/// A-2 8 (1970) 903–919).
/// Sources: Yeoh, Rubber Chem. Technol. 63 (1990); Gent 69 (1996); Lopez-Pamies, C. R. Mécanique 338
/// (2010) for powers of I1; Carroll, J. Elasticity 103 (2011); Gent–Gent: Pucci & Saccomandi, Rubber
/// Chem. Technol. 75 (2002).
package enum WeakFamily: String, Sendable, CaseIterable {
  /// ∂W/∂I1 = c1 + 2 c2 (I1 − 3) + 3 c3 (I1 − 3)², signs free.
  case yeoh
  /// ∂W/∂I1 = a / (1 − (I1 − 3)/Jm).
  case gent
  /// ∂W/∂I1 = a + b (I1/3)^q, q > −1.
  case power
  /// ∂W/∂I1 = a + b (I1/3)³, ∂W/∂I2 = c / √I2.
  case carroll
  /// Gent with ∂W/∂I2 = c / I2.
  case gentGent = "gent-gent"
  /// Gent with ∂W/∂I2 = c / √I2.
  case gentCarroll = "gent-carroll"
  /// W = 2 μ/α² Σ λ̄^α: extension and compression unlike, as in soft tissue (Ogden 1972).
  case ogden

  /// Number of unknowns, without the bulk modulus.
  var count: Int {
    switch self {
    case .gent, .ogden: 2
    default: 3
    }
  }

  /// Seeded starts that the fit needs.
  var starts: Int {
    switch self {
    case .yeoh: 1
    case .carroll: 2
    default: 4
    }
  }
}

/// A classical law of the weak stage as a function of its unknowns; stresses in units of the stress
/// scale. Unknowns are logarithms except Yeoh's; the bulk modulus, where volume was measured, is last.
struct WeakModel: PathModel {
  let family: WeakFamily
  let fitsBulk: Bool
  /// Largest Ī1 − 3 at which the law must exist.
  let largest: Double

  var count: Int { family.count + (fitsBulk ? 1 : 0) }

  /// dW/dt along a path and its gradient with respect to the unknowns.
  func power(_ x: [Double], _ path: PathPoint, gradient g: inout [Double]) -> Double {
    let I = path.invariants
    let volume = I.J.first / I.J.value
    let cube = cbrt(I.J.value)
    let a = 1 / (cube * cube)
    let (I1, I2) = (a * I.I1.value, a * a * I.I2.value)
    let d1 = a * I.I1.first - I1 * volume * (2.0 / 3)
    let d2 = a * a * I.I2.first - I2 * volume * (4.0 / 3)
    let z = I1 - 3
    var total = 0.0
    switch family {
    case .yeoh:
      (g[0], g[1], g[2]) = (d1, 2 * z * d1, 3 * z * z * d1)
      total = x[0] * g[0] + x[1] * g[1] + x[2] * g[2]
    case .gent, .gentGent, .gentCarroll:
      let room = exp(x[1])
      let limit = largest + room
      let gap = limit - z
      // Beyond the limit there is no such law; a simulated state stays inside by its range.
      guard gap > 0 else { return .nan }
      g[0] = exp(x[0]) * limit / gap * d1
      g[1] = exp(x[0]) * room * (1 / gap - limit / (gap * gap)) * d1
      total = g[0]
      if family != .gent {
        g[2] = exp(x[2]) * (family == .gentGent ? 1 / I2 : 0.5 / I2.squareRoot()) * d2
        total += g[2]
      }
    case .power:
      let ratio = log(I1 / 3)
      let stiff = exp(x[1] + (exp(x[2]) - 1) * ratio) * d1
      g[0] = exp(x[0]) * d1
      g[1] = stiff
      g[2] = stiff * ratio * exp(x[2])
      total = g[0] + g[1]
    case .carroll:
      g[0] = exp(x[0]) * d1
      g[1] = exp(x[1]) * I1 * I1 * I1 / 27 * d1
      g[2] = exp(x[2]) * 0.5 / I2.squareRoot() * d2
      total = g[0] + g[1] + g[2]
    case .ogden: break
    }
    if family == .ogden { total = ogdenPower(x, path, &g) }
    if fitsBulk {
      let J = I.J.value
      g[count - 1] = exp(x[count - 1]) * 0.5 * (J - 1 / J) * I.J.first
      total += g[count - 1]
    }
    return total
  }

  /// d²W/dt² along a path that keeps the volume.
  func curvature(_ x: [Double], _ path: PathPoint) -> Double {
    let I = path.invariants
    let (I1, I2) = (I.I1.value, I.I2.value)
    let z = I1 - 3
    // ∂W/∂I1 and ∂W/∂I2 with their own slopes.
    var (a, da, b, db) = (0.0, 0.0, 0.0, 0.0)
    switch family {
    case .yeoh: (a, da) = (x[0] + 2 * x[1] * z + 3 * x[2] * z * z, 2 * x[1] + 6 * x[2] * z)
    case .gent, .gentGent, .gentCarroll:
      let limit = largest + exp(x[1])
      guard limit > z else { return .nan }
      a = exp(x[0]) * limit / (limit - z)
      da = a / (limit - z)
      if family == .gentGent { (b, db) = (exp(x[2]) / I2, -exp(x[2]) / (I2 * I2)) }
      if family == .gentCarroll { (b, db) = WeakModel.root(x[2], I2) }
    case .power:
      let q = exp(x[2]) - 1
      let stiff = exp(x[1] + q * log(I1 / 3))
      (a, da) = (exp(x[0]) + stiff, q * stiff / I1)
    case .carroll:
      let stiff = exp(x[1]) * I1 * I1 * I1 / 27
      (a, da) = (exp(x[0]) + stiff, 3 * stiff / I1)
      (b, db) = WeakModel.root(x[2], I2)
    case .ogden:
      let alpha = abs(x[1]) < 1e-6 ? 1e-6 : x[1]
      return [path.l1, path.l2, path.l3].reduce(0) { sum, l in
        let rate = l.first / l.value
        let change = (alpha - 1) * rate * rate + l.second / l.value
        return sum + 2 * exp(x[0]) / alpha * exp(alpha * log(l.value)) * change
      }
    }
    return a * I.I1.second + da * I.I1.first * I.I1.first + b * I.I2.second
      + db * I.I2.first * I.I2.first
  }

  /// e^x / (2 √I2) and its slope.
  private static func root(_ x: Double, _ I2: Double) -> (Double, Double) {
    let value = exp(x) * 0.5 / I2.squareRoot()
    return (value, -0.5 * value / I2)
  }

  private func ogdenPower(_ x: [Double], _ path: PathPoint, _ g: inout [Double]) -> Double {
    let J = path.l1 * path.l2 * path.l3
    let (third, logJ) = (J.first / J.value / 3, log(J.value) / 3)
    // An exponent of zero is its limit, the logarithmic law; the least one stands for it.
    let alpha = abs(x[1]) < 1e-6 ? 1e-6 : x[1]
    let scale = 2 * exp(x[0]) / alpha
    var (sum, slope) = (0.0, 0.0)
    for l in [path.l1, path.l2, path.l3] {
      let ln = log(l.value) - logJ
      let q = exp(alpha * ln) * (l.first / l.value - third)
      sum += q
      slope += q * ln
    }
    g[0] = scale * sum
    g[1] = scale * (slope - sum / alpha)
    return scale * sum
  }

  /// A seeded start, moduli of the order of the stress scale.
  func start(_ random: inout SplitMix64, number: Int, bulk: Double) -> [Double] {
    var x = [Double](repeating: log(0.3), count: count)
    let reach = max(largest, 1e-3)
    switch family {
    case .yeoh: (x[0], x[1], x[2]) = (0.5, 0, 0)
    case .gent, .gentGent, .gentCarroll:
      x[1] = log(reach * [0.1, 0.5, 0.03, 3][number % 4])
      if count > 2 { x[2] = log(random.uniform(0.1, 0.8)) }
    case .power:
      x[2] = log([4, 2, 1, 0.2][number % 4])
      x[1] = log(0.2) - (exp(x[2]) - 1) * log(1 + reach / 3)
    case .carroll:
      x[1] = log(0.2) - 3 * log(1 + reach / 3)
      x[2] = log(random.uniform(0.1, 0.8))
    case .ogden: x[1] = [2, -4, 9, -15][number % 4]
    }
    if fitsBulk { x[count - 1] = log(bulk) }
    return x
  }

  /// Bounds that keep exponentials finite.
  var bounds: (lower: [Double], upper: [Double]) {
    var lower = [Double](repeating: -25, count: count)
    var upper = [Double](repeating: 15, count: count)
    if family == .yeoh {
      for k in 0..<3 { (lower[k], upper[k]) = (-1e6, 1e6) }
    }
    if family == .ogden { (lower[1], upper[1]) = (-60, 60) }
    if family == .power { (lower[2], upper[2]) = (-6, 2.5) }
    return (lower, upper)
  }
}
