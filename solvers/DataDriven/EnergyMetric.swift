import LinearAlgebra
import Manifold

/// What is wrong with a data-driven problem, where, and what to do: one line.
public struct DataDrivenError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part that is wrong ("bar 3"), what is wrong with it, and the remedy.
  public let place: String, problem: String, remedy: String

  /// By its three parts.
  public init(_ place: String, _ problem: String, _ remedy: String) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}

/// The energy metric of a material point, d² = ½ Δε·C·Δε + ½ Δσ·C⁻¹·Δσ in J/m³, and coordinates in
/// which it is Euclidean.
///
/// With C = L Lᵀ the coordinates of a state are z = (Lᵀε, L⁻¹σ), 2m numbers in √(J/m³), so that
/// d² = ½|Δz|². Everything in this target works in z: searches, tangent spaces, and the projection on
/// equilibrium, where z turns strain and stress into equals.
public struct EnergyMetric: Sendable, Equatable {
  /// Number m of strain components: 1 in a bar, 6 in a solid.
  public let componentCount: Int
  /// C in Pa, m × m, row by row.
  public let stiffness: [Double]
  /// L and L⁻¹, lower triangles in full squares, row by row.
  let factor: [Double], inverse: [Double]

  /// From C.
  /// - Throws: `DataDrivenError` unless C is square, symmetric and positive definite.
  public init(stiffness C: [Double]) throws(DataDrivenError) {
    let m = Int(Double(C.count).squareRoot())
    guard m > 0, m * m == C.count else {
      throw DataDrivenError("metric", "has \(C.count) entries", "give a square matrix, in Pa")
    }
    let largest = C.reduce(0) { max($0, abs($1)) }
    for i in 0..<m {
      for j in 0..<i where !(abs(C[m * i + j] - C[m * j + i]) <= 1e-12 * largest) {
        throw DataDrivenError("metric", "is not symmetric", "give a symmetric stiffness")
      }
    }
    componentCount = m
    stiffness = C
    var L = DenseMatrix(rows: m, columns: m, values: C)
    guard Cholesky.factorise(&L) else {
      throw DataDrivenError(
        "metric", "is not positive definite", "give a stiffness in Pa, as of a linear law")
    }
    let lower = (0..<m * m).map { $0 % m > $0 / m ? 0 : L[$0 / m, $0 % m] }
    factor = lower
    inverse = EnergyMetric.invert(lower, m)
  }

  /// Of a bar: Young's modulus in Pa.
  /// - Throws: `DataDrivenError` unless it is positive.
  public init(young E: Double) throws(DataDrivenError) { try self.init(stiffness: [E]) }

  /// C and C⁻¹, as manifolds keep them.
  public var stateMetric: StateMetric {
    let m = componentCount
    var compliance = [Double](repeating: 0, count: m * m)
    for i in 0..<m {
      for j in 0..<m {
        for k in 0..<m { compliance[m * i + j] += inverse[m * k + i] * inverse[m * k + j] }
      }
    }
    return StateMetric(coordinates: stiffness, responses: compliance)
  }

  /// z of states: strains and stresses `[point * m + i]`, coordinates `[point * 2m + i]`.
  public func coordinates(strains: [Double], stresses: [Double]) -> [Double] {
    let m = componentCount
    precondition(
      strains.count == stresses.count && strains.count % m == 0,
      "\(strains.count) strains and \(stresses.count) stresses of \(m) components")
    var z = [Double](repeating: 0, count: 2 * strains.count)
    for p in 0..<strains.count / m {
      for i in 0..<m {
        for j in i..<m { z[2 * m * p + i] += factor[m * j + i] * strains[m * p + j] }
        for j in 0...i { z[2 * m * p + m + i] += inverse[m * i + j] * stresses[m * p + j] }
      }
    }
    return z
  }

  /// Strains from coordinates, ε = L⁻ᵀ z₁, `[point * m + i]`.
  public func strains(_ z: [Double]) -> [Double] {
    let m = componentCount
    var out = [Double](repeating: 0, count: z.count / 2)
    for p in 0..<z.count / (2 * m) {
      for j in 0..<m {
        for i in j..<m { out[m * p + j] += inverse[m * i + j] * z[2 * m * p + i] }
      }
    }
    return out
  }

  /// Stresses from coordinates in Pa, σ = L z₂, `[point * m + i]`.
  public func stresses(_ z: [Double]) -> [Double] {
    let m = componentCount
    var out = [Double](repeating: 0, count: z.count / 2)
    for p in 0..<z.count / (2 * m) {
      for i in 0..<m {
        for j in 0...i { out[m * p + i] += factor[m * i + j] * z[2 * m * p + m + j] }
      }
    }
    return out
  }

  private static func invert(_ L: [Double], _ m: Int) -> [Double] {
    var X = [Double](repeating: 0, count: m * m)
    for j in 0..<m {
      for i in j..<m {
        var sum = i == j ? 1.0 : 0
        for k in j..<i { sum -= L[m * i + k] * X[m * k + j] }
        X[m * i + j] = sum / L[m * i + i]
      }
    }
    return X
  }
}
