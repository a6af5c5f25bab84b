import Glibc

/// A named group of constraints on the unknowns of a minimisation: g(x) = 0, or h(x) ≥ 0.
public struct Constraint: Sendable, Equatable {
  /// How the values are bound.
  public enum Kind: String, Sendable {
    /// Every value is zero.
    case equality
    /// No value is negative.
    case inequality
  }

  /// Name for people, unique among the constraints of a problem.
  public let name: String
  /// g = 0 or h ≥ 0.
  public let kind: Kind
  /// Number of values.
  public let count: Int
  /// Largest violation that still counts as none, in the unit of the values.
  public let tolerance: Double

  /// Any count; the tolerance is positive.
  public init(_ name: String, _ kind: Kind, count: Int, tolerance: Double) {
    precondition(count >= 0 && tolerance > 0, "\(name): \(count) values, tolerance \(tolerance)")
    self.name = name
    self.kind = kind
    self.count = count
    self.tolerance = tolerance
  }

  /// How far one value is from what it may be.
  public func violation(_ value: Double) -> Double {
    guard !value.isNaN else { return .infinity }
    return kind == .equality ? abs(value) : max(0, -value)
  }
}

/// What became of one constraint: every fitted law, its file and its report list them.
public struct ConstraintReport: Sendable, Equatable {
  /// Name and kind of the constraint, number of its values.
  public var name: String, kind: Constraint.Kind, count: Int
  /// Largest violation over its values; 0 where all hold exactly.
  public var residual: Double
  /// Largest multiplier in magnitude: what a unit of relief would gain. 0 where the constraint holds
  /// by construction or does not press.
  public var multiplier: Double
  /// Largest violation permitted.
  public var tolerance: Double

  /// Any values.
  public init(
    name: String, kind: Constraint.Kind, count: Int, residual: Double, multiplier: Double = 0,
    tolerance: Double
  ) {
    self.name = name
    self.kind = kind
    self.count = count
    self.residual = residual
    self.multiplier = multiplier
    self.tolerance = tolerance
  }

  /// Whether the violation is within the tolerance.
  public var isSatisfied: Bool { residual <= tolerance }
}

/// Multipliers and penalties of the augmented Lagrangian
///
///     L(x) = f(x) + Σ_g [λ g + ρ/2 g²] + Σ_h [max(0, μ − ρ h)² − μ²]/(2ρ)
///
/// of Hestenes and Powell (equalities) and Rockafellar (inequalities), apart from any minimiser: take
/// `augment` into the objective of a first-order method, or `weightedValue` into least squares, minimise,
/// then `update` with the values found; repeat until it says that nothing is left.
/// Sources: Hestenes, JOTA 4 (1969); Powell (1969); Rockafellar, Math. Program. 5 (1973); safeguards
/// after Birgin & Martínez, Practical Augmented Lagrangian Methods (SIAM 2014).
public struct Multipliers: Sendable, Equatable {
  /// The constraints; their values stand one group after the other.
  public let constraints: [Constraint]
  /// λ or μ of every value; μ is never negative.
  public private(set) var values: [Double]
  /// ρ of every constraint.
  public private(set) var penalties: [Double]
  /// A penalty grows by this where a violation has not fallen enough.
  public var growth = 10.0
  /// The violation must fall to this fraction, or its penalty grows.
  public var requiredDecrease = 0.25
  /// Largest multiplier kept between rounds.
  public var limit = 1e12

  private var lastMeasure: [Double]
  private let group: [Int]

  /// Multipliers zero, the same penalty for all constraints.
  public init(_ constraints: [Constraint], penalty: Double = 1) {
    precondition(penalty > 0, "penalty \(penalty)")
    self.constraints = constraints
    group = constraints.enumerated().flatMap { Array(repeating: $0, count: $1.count) }
    values = Array(repeating: 0, count: group.count)
    penalties = Array(repeating: penalty, count: constraints.count)
    lastMeasure = Array(repeating: .infinity, count: constraints.count)
  }

  /// Number of values over all constraints.
  public var count: Int { values.count }

  /// The least-squares row of value i: √ρ (g + λ/ρ), or −√ρ max(0, μ/ρ − h); and its derivative with
  /// respect to the value. Half its square is the augmented term up to a constant.
  public func weightedValue(_ i: Int, _ c: Double) -> (row: Double, slope: Double) {
    let rho = penalties[group[i]]
    let root = rho.squareRoot()
    if constraints[group[i]].kind == .equality { return (root * (c + values[i] / rho), root) }
    let short = values[i] / rho - c
    return short > 0 ? (-root * short, root) : (0, 0)
  }

  /// The augmented terms for values c; fills ∂/∂c.
  public func augment(_ c: [Double], derivative: inout [Double]) -> Double {
    precondition(c.count == count && derivative.count == count, "\(c.count) of \(count) values")
    var sum = 0.0
    for i in c.indices {
      let rho = penalties[group[i]]
      let (row, slope) = weightedValue(i, c[i])
      derivative[i] = row * slope
      sum += 0.5 * row * row - 0.5 * values[i] * values[i] / rho
    }
    return sum
  }

  /// New multipliers from the values at a minimum of the augmented objective; penalties grow where the
  /// violation (and what inequalities lack in complementarity) did not fall enough.
  /// - Returns: whether every constraint holds to its tolerance, complementarity included.
  public mutating func update(_ c: [Double]) -> Bool {
    precondition(c.count == count, "\(c.count) of \(count) values")
    var measure = [Double](repeating: 0, count: constraints.count)
    for i in c.indices {
      let k = group[i]
      let rho = penalties[k]
      // An inequality is settled where h ≥ 0, μ ≥ 0 and one of them vanishes.
      let left = constraints[k].kind == .equality ? abs(c[i]) : abs(min(c[i], values[i] / rho))
      measure[k] = max(measure[k], left.isNaN ? .infinity : left)
    }
    for i in c.indices {
      let k = group[i]
      let moved =
        constraints[k].kind == .equality
        ? values[i] + penalties[k] * c[i] : max(0, values[i] - penalties[k] * c[i])
      values[i] = min(max(moved, -limit), limit)
    }
    var settled = true
    for (k, constraint) in constraints.enumerated() where measure[k] > constraint.tolerance {
      settled = false
      if measure[k] > requiredDecrease * lastMeasure[k] { penalties[k] *= growth }
    }
    lastMeasure = measure
    return settled
  }

  /// One report per constraint for values c.
  public func reports(_ c: [Double]) -> [ConstraintReport] {
    precondition(c.count == count, "\(c.count) of \(count) values")
    var out = constraints.map {
      ConstraintReport(
        name: $0.name, kind: $0.kind, count: $0.count, residual: 0, tolerance: $0.tolerance)
    }
    for i in c.indices {
      let k = group[i]
      out[k].residual = max(out[k].residual, constraints[k].violation(c[i]))
      out[k].multiplier = max(out[k].multiplier, abs(values[i]))
    }
    return out
  }
}
