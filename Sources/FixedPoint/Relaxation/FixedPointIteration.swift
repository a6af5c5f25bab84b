import Glibc

/// When a field of a fixed-point iteration has converged, by the change from x to H(x).
public struct ConvergenceMeasure: Sendable, Equatable {
  /// What the change is compared with.
  public enum Kind: String, Sendable {
    case absolute, relative, residualRelative = "residual-relative"
  }
  /// The unknowns of the field; what the norm of their change is compared with; how small it must be.
  public let field: Range<Int>, kind: Kind, limit: Double

  /// `absolute`: ‖H − x‖ ≤ limit; `relative`: ≤ limit ‖H‖; `residualRelative`: ≤ limit times the first of the window.
  public init(_ field: Range<Int>, _ kind: Kind, _ limit: Double) {
    precondition(limit > 0 && limit.isFinite, "a limit of \(limit)")
    (self.field, self.kind, self.limit) = (field, kind, limit)
  }

  /// The change beside what is permitted: converged at or below 1. A change of zero has converged.
  func ratio(_ x: [Double], _ image: [Double], first: Double) -> Double {
    let change = size(x, image)
    if change == 0 { return 0 }
    switch kind {
    case .absolute: return change / limit
    case .relative: return change / (limit * length(Array(image[field])))
    case .residualRelative: return change / (limit * first)
    }
  }

  /// ‖H − x‖ of the field.
  func size(_ x: [Double], _ image: [Double]) -> Double {
    length(field.map { image[$0] - x[$0] })
  }
}

/// Drives x = H(x) to its fixed point, a window at a time.
public struct FixedPointIteration: Sendable {
  /// When to stop: all measures must hold.
  public var measures: [ConvergenceMeasure]
  /// Evaluations of H permitted in a window, and demanded.
  public var limit = 100, least = 1
  /// Growth of the residual over its smallest value at which a window is given up.
  public var divergence = 1e10

  /// Of measures.
  public init(_ measures: [ConvergenceMeasure]) { self.measures = measures }

  /// One window from x; x is then the last image where it converged.
  ///
  /// - Parameter map: H(x); nil where it cannot be computed.
  /// - Returns: iterations are evaluations of H; residuals are the worst ratio of a measure to its limit.
  public func run<R: Relaxation>(
    _ x: inout [Double], _ relaxation: inout R, _ map: ([Double]) throws -> [Double]?
  ) rethrows -> ConvergenceRecord {
    try run(&x, &relaxation, watching: []) { x in try map(x).map { ($0, []) } }
  }

  /// The same with values that are no unknowns and must come to rest, too: measures count them after the unknowns.
  ///
  /// - Parameters:
  ///   - watching: those values before the first evaluation.
  ///   - seen: shown what the relaxation did after every step.
  ///   - map: H(x) and the values; nil where they cannot be computed.
  public func run<R: Relaxation>(
    _ x: inout [Double], _ relaxation: inout R, watching: [Double],
    seen: (RelaxationReport) -> Void = { _ in },
    _ map: ([Double]) throws -> (image: [Double], watched: [Double])?
  ) rethrows -> ConvergenceRecord {
    var record = ConvergenceRecord(reason: .iterationLimit)
    var (firsts, watched): ([Double], [Double]) = ([], watching)
    var smallest = Double.infinity
    while record.iterations < limit {
      record.iterations += 1
      guard let found = try map(x), found.image.allSatisfy({ $0.isFinite }) else {
        record.reason = .notFinite
        break
      }
      let image = found.image
      let (before, after) = (x + watched, image + found.watched)
      watched = found.watched
      if firsts.isEmpty { firsts = measures.map { $0.size(before, after) } }
      let worst = zip(measures, firsts).reduce(0.0) {
        max($0, $1.0.ratio(before, after, first: $1.1))
      }
      record.residuals.append(worst)
      if worst <= 1, record.iterations >= least {
        relaxation.endWindow(x, image: image)
        x = image
        record.reason = .converged
        return record
      }
      let size = length(minus(image, x))
      smallest = min(smallest, size)
      if !(size <= divergence * smallest) {
        record.reason = .diverged
        break
      }
      x = relaxation.next(x, image: image)
      record.stepLengths.append(relaxation.report.factor ?? 1)
      seen(relaxation.report)
    }
    relaxation.abandonWindow()
    return record
  }
}
