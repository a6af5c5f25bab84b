import FixedPoint

/// The nearest states of a manifold to N observations, and how well they are known.
///
/// Arrays hold one observation after another; z = (x, y) has w = n + m components.
public struct ProjectedStates: Sendable, Equatable {
  /// Numbers of coordinates and of responses.
  public let coordinateCount: Int, responseCount: Int
  /// x, N × n, and y = y(x), N × m.
  public internal(set) var coordinates: [Double], responses: [Double]
  /// ½ (z − ẑ)·W·(z − ẑ): half the squared distance in the metric (an energy density in J/m³ for a law),
  /// with standard deviations half of χ².
  public internal(set) var squareDistance: [Double]
  /// What the distance pulls at y with, and what constraints add: W_y (z − ẑ) + G_yᵀ μ, N × m. By the
  /// envelope theorem d(squareDistance)/dθ = forces · ∂y/∂θ for whatever parameter θ of the manifold.
  public internal(set) var forces: [Double]
  /// Spectral norm of the derivative of the projection, in the norm of the distance: how much it stretches a
  /// small change of the observation at most. 1 on a flat manifold, 1/(1 − κ d) on the inner side of a curve.
  /// NaN where it was not asked for.
  public internal(set) var expansion: [Double]
  /// Singular values of the tangent directions as they were seen, N × n, falling: the seen part of a
  /// tangent's metric length, between 0 and 1; 1 where a constraint fixes it. With standard deviations:
  /// relative to the largest.
  public internal(set) var singularValues: [Double]
  /// Whether the data leave a component open, N × w: then its value is that of the smallest state in the
  /// metric among those that fit, and its variance is infinite.
  public internal(set) var undetermined: [Bool]
  /// Covariance of z after Laplace (inverse Hessian in the tangent directions that constraints leave),
  /// N × w × w, or the variances alone, N × w, or empty. Without standard deviations it is per unit of
  /// squared distance: times s² = 2 Σ squareDistance / Σ degreesOfFreedom it is the covariance of data that
  /// scatter alike in the metric. Open components have infinite variance and no covariance.
  public internal(set) var covariance: [Double]
  /// Pieces of information in excess: seen values less directions that they had to determine.
  public internal(set) var degreesOfFreedom: [Int]
  /// Newton corrections, and the length of the next one relative to the state: the fixed-point residual.
  public internal(set) var iterations: [Int], residual: [Double]
  /// Whether the residual met the tolerance.
  public internal(set) var converged: [Bool]
  /// All together: the worst residual after every number of corrections.
  public internal(set) var record = ConvergenceRecord(reason: .converged)

  init(count N: Int, n: Int, m: Int, covariances: Int) {
    coordinateCount = n
    responseCount = m
    func nothing(_ count: Int) -> [Double] { Array(repeating: .nan, count: count) }
    (coordinates, responses, forces) = (nothing(N * n), nothing(N * m), nothing(N * m))
    (squareDistance, expansion, residual) = (nothing(N), nothing(N), nothing(N))
    singularValues = nothing(N * n)
    undetermined = Array(repeating: false, count: N * (n + m))
    covariance = nothing(N * covariances)
    (degreesOfFreedom, iterations) = (Array(repeating: 0, count: N), Array(repeating: 0, count: N))
    converged = Array(repeating: false, count: N)
  }

  /// Number of states.
  public var count: Int { squareDistance.count }

  /// z of one state.
  public func state(_ p: Int) -> [Double] {
    let (n, m) = (coordinateCount, responseCount)
    return Array(coordinates[n * p..<n * (p + 1)] + responses[m * p..<m * (p + 1)])
  }

  /// Number of states with a component that the data leave open.
  public var openCount: Int {
    let w = coordinateCount + responseCount
    return (0..<count).count { p in undetermined[w * p..<w * (p + 1)].contains(true) }
  }

  /// 2 Σ squareDistance / Σ degreesOfFreedom: the scatter of the data about the manifold per direction, in
  /// the unit of a squared distance; nil where nothing is in excess.
  public var scatter: Double? {
    let free = degreesOfFreedom.reduce(0, +)
    return free > 0 ? 2 * squareDistance.reduce(0, +) / Double(free) : nil
  }
}

/// Why nothing could be projected.
public enum ProjectionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The manifold's metric is not positive definite.
  case metricNotDefinite
  /// The observations contradict themselves.
  case flawed(ObservationFlaw)

  /// What is wrong, one line.
  public var description: String {
    switch self {
    case .metricNotDefinite: "the metric of the manifold is not positive definite"
    case .flawed(let flaw): flaw.description
    }
  }
}
