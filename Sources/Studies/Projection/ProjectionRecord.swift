import FixedPoint
import Manifold

/// The scatter of data about a law: 2 Σ squareDistance / Σ degreesOfFreedom, summed in the order of the
/// observations, so that parts give the bits of the whole.
struct ProjectionScatter: Sendable, Equatable {
  private var square = 0.0, freedom = 0

  mutating func add(_ states: ProjectedStates) {
    for x in states.squareDistance { square += x }
    for n in states.degreesOfFreedom { freedom += n }
  }

  /// Nil where nothing is in excess.
  var value: Double? { freedom > 0 ? 2 * square / Double(freedom) : nil }
}

/// What a projection came to: figures over all states, which are in its file.
public struct ProjectionRecord: Sendable {
  /// The law's name, the file of observations.
  public let lawName: String, source: String
  /// Observations, and those that converged.
  public private(set) var count = 0, converged = 0
  /// Most corrections; largest residual; largest stretching by the projection.
  public private(set) var iterations = 0, residual = 0.0, expansion = 0.0
  /// States with an open component, and states outside of the law's data.
  public private(set) var openCount = 0, outside = 0
  /// Observations that leave each component open.
  public private(set) var undetermined = [Int](repeating: 0, count: 12)
  /// How it came to be.
  public internal(set) var provenance = Provenance(seconds: 0)
  private(set) var hasDeviations = false
  private var sum = ProjectionScatter()
  private var firstFailure: String?
  private var history: [Double] = []
  private var isFinite = true

  init(lawName: String, source: String) {
    self.lawName = lawName
    self.source = source
  }

  /// Scatter about the law per direction, J/m³; with deviations χ² per degree of freedom.
  public var scatter: Double? { sum.value }

  mutating func add(_ part: ProjectionPart) {
    let states = part.states
    hasDeviations = part.observed.observations.deviations != nil
    count += states.count
    converged += states.converged.count { $0 }
    if firstFailure == nil, let bad = states.converged.firstIndex(of: false) {
      firstFailure = part.observed.names[bad]
    }
    iterations = max(iterations, states.iterations.max() ?? 0)
    residual = max(residual, states.residual.max() ?? 0)
    expansion = max(expansion, states.expansion.max() ?? 0)
    openCount += states.openCount
    outside += part.distancesFromData.count { $0 > 0.02 }
    for c in 0..<12 {
      undetermined[c] += (0..<states.count).count { states.undetermined[12 * $0 + c] }
    }
    isFinite = isFinite && states.residual.allSatisfy { $0.isFinite }
    sum.add(states)
    let more = states.record.residuals
    for i in 0..<max(history.count, more.count) {
      // A part that ended earlier stays where it ended.
      let old = i < history.count ? history[i] : history.last ?? 0
      let new = i < more.count ? more[i] : more.last ?? 0
      if i < history.count { history[i] = max(old, new) } else { history.append(max(old, new)) }
    }
  }

  /// The worst residual of all observations after every number of corrections.
  var convergence: ConvergenceRecord {
    ConvergenceRecord(
      residuals: history, iterations: iterations,
      reason: converged == count ? .converged : isFinite ? .iterationLimit : .notFinite)
  }

  /// What did not converge, one line; nil where all did.
  public var failure: String? {
    guard let firstFailure else { return nil }
    return "\(count - converged) of \(count) states did not converge, the first is observation "
      + "'\(firstFailure)'; its constraints may contradict each other"
  }

  /// Components that some observation leaves open, with the number of observations.
  private var openComponents: [(name: String, count: Int)] {
    (0..<12).compactMap { c in
      undetermined[c] > 0 ? (StateExpression.names[c], undetermined[c]) : nil
    }
  }

  /// A few lines for people.
  public var summary: String {
    var lines = ["\(source): \(count) observations onto \(lawName)"]
    lines.append(
      "  \(converged) converged in at most \(iterations) corrections, residual "
        + "\(Show.number(residual, digits: 2))")
    if let scatter {
      lines.append(
        hasDeviations
          ? "  chi square \(Show.number(scatter, digits: 3)) per degree of freedom"
          : "  scatter about the law \(Show.number(scatter.squareRoot(), digits: 3)) sqrt(J/m3) per direction"
      )
    }
    lines.append("  the projection stretches by at most \(Show.number(expansion, digits: 4))")
    for (name, open) in openComponents {
      lines.append("  not determined: \(name) in \(open) of \(count)")
    }
    if outside > 0 {
      lines.append("  \(outside) states lie outside of what the law's data covered")
    }
    return lines.joined(separator: "\n")
  }

  /// Figures of `project --json`.
  public var json: JSONValue {
    .object([
      ("status", failure == nil ? "converged" : "not converged"),
      ("observations", JSONValue(count)), ("converged", JSONValue(converged)),
      ("iterations", JSONValue(iterations)), ("residual", .number(residual)),
      ("expansion", .number(expansion)), ("scatter", scatter.map { .number($0) } ?? .null),
      ("open", JSONValue(openCount)),
      ("not determined", .object(openComponents.map { ($0.name, JSONValue($0.count)) })),
      ("outside", JSONValue(outside)), ("seconds", .number(provenance.seconds)),
    ])
  }
}
