import Mechanics

/// What was seen of N states (x, y), beside a manifold: any part of the components, each with or without a
/// standard deviation, measured combinations of components, and linear constraints that hold exactly.
///
/// A state is z = (x, y), n + m numbers; NaN means not seen. Deviations are given for everything that was
/// seen or for nothing: without them the distance to the manifold is measured in its metric.
public struct Observations: Sendable, Equatable {
  /// Rows a·z = b, with their own right-hand side for every observation.
  public struct Rows: Sendable, Equatable {
    /// Coefficients, rows × (n + m), row by row.
    public var matrix: [Double]
    /// Right-hand sides, N × rows; NaN where a row does not apply.
    public var values: [Double]

    /// From coefficients (rows × (n + m)) and values (N × rows).
    public init(matrix: [Double], values: [Double]) {
      self.matrix = matrix
      self.values = values
    }

    /// No rows.
    public static let none = Rows(matrix: [], values: [])
  }

  /// Numbers of coordinates and of responses.
  public let coordinateCount: Int, responseCount: Int
  /// z, N × (n + m); NaN where not seen.
  public var values: [Double]
  /// Standard deviations, N × (n + m), in the units of z; read only where z was seen. Nil: the metric.
  public var deviations: [Double]?
  /// Measured combinations of components, such as a difference of stresses.
  public var combinations = Rows.none
  /// Standard deviations of the combinations, N × rows; where `deviations` are given these must be.
  public var combinationDeviations: [Double]?
  /// What holds exactly: zero lateral traction, incompressibility, a prescribed volume change.
  public var constraints = Rows.none

  /// Components, N × (n + m), NaN where not seen.
  public init(coordinateCount n: Int, responseCount m: Int, values: [Double]) {
    precondition(n > 0 && m > 0, "Observations of \(n) + \(m) components")
    precondition(values.count % (n + m) == 0, "\(values.count) numbers for \(n + m) components")
    coordinateCount = n
    responseCount = m
    self.values = values
  }

  /// Components per state, n + m.
  public var width: Int { coordinateCount + responseCount }
  /// Number of observations N.
  public var count: Int { values.count / width }
  /// Number of measured combinations and of constraints.
  public var combinationCount: Int { combinations.matrix.count / width }
  /// Rows of constraints.
  public var constraintCount: Int { constraints.matrix.count / width }

  /// What is wrong, or nil: shapes, values that are infinite, deviations that are not positive or given for
  /// some but not for all.
  public var flaw: ObservationFlaw? {
    if let shapes = shapeFlaw { return shapes }
    let (N, w, q) = (count, width, combinationCount)
    for (name, list) in [
      ("values", values), ("combinations", combinations.values),
      ("constraints", constraints.values),
    ] {
      if let k = list.firstIndex(where: { $0.isInfinite }) {
        let per = list.count / max(N, 1)
        return ObservationFlaw(
          observation: k / max(per, 1), "\(name) hold an infinite number; give finite ones or NaN")
      }
    }
    guard let deviations else {
      return combinationDeviations == nil
        ? nil : ObservationFlaw("combinations have standard deviations, components have none")
    }
    for p in 0..<N {
      for i in 0..<w where !values[w * p + i].isNaN {
        guard deviations[w * p + i] > 0, deviations[w * p + i].isFinite else {
          return ObservationFlaw(
            observation: p, component: i,
            "standard deviation \(deviations[w * p + i]); give a positive one for all that was seen, "
              + "and a constraint for what is exact")
        }
      }
      for r in 0..<q where !combinations.values[q * p + r].isNaN {
        let deviation = combinationDeviations![q * p + r]
        guard deviation > 0, deviation.isFinite else {
          return ObservationFlaw(
            observation: p, "combination \(r + 1) has standard deviation \(deviation)")
        }
      }
    }
    return nil
  }

  private var shapeFlaw: ObservationFlaw? {
    let (N, w) = (count, width)
    for (name, rows) in [("combinations", combinations), ("constraints", constraints)] {
      let q = rows.matrix.count / w
      guard rows.matrix.count == q * w, rows.values.count == N * q else {
        return ObservationFlaw(
          "\(name) have \(rows.matrix.count) coefficients and \(rows.values.count) values; "
            + "\(N) observations of \(w) components need rows of \(w) and \(N) values each")
      }
      guard rows.matrix.allSatisfy({ $0.isFinite }) else {
        return ObservationFlaw("coefficients of the \(name) must be finite")
      }
      for r in 0..<q where (0..<w).allSatisfy({ rows.matrix[w * r + $0] == 0 }) {
        return ObservationFlaw("row \(r + 1) of the \(name) has no coefficient")
      }
    }
    if let deviations, deviations.count != N * w {
      return ObservationFlaw("\(deviations.count) standard deviations for \(N) × \(w) components")
    }
    if deviations != nil, combinationCount > 0,
      combinationDeviations?.count != N * combinationCount
    {
      return ObservationFlaw("components have standard deviations, the combinations need them too")
    }
    return nil
  }
}

/// Why observations cannot be projected.
public struct ObservationFlaw: Error, Sendable, Equatable, CustomStringConvertible {
  /// Observation and component from 0, where there is one; what is wrong and what to do.
  public let observation: Int?, component: Int?, problem: String

  init(observation: Int? = nil, component: Int? = nil, _ problem: String) {
    self.observation = observation
    self.component = component
    self.problem = problem
  }

  /// Observation and component counted from 1, and the problem, one line.
  public var description: String {
    var place = ""
    if let observation { place += "observation \(observation + 1), " }
    if let component { place += "component \(component + 1), " }
    return place.isEmpty ? problem : place.dropLast(2) + ": " + problem
  }
}
