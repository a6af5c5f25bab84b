/// Drives a parameter from 0 to the last of the listed levels, halving increments that fail.
///
/// The listed levels are always hit exactly. A refused increment is halved until it falls below
/// `smallestIncrement`; after two easy ones in a row (at most `easyIterations` each) the increment grows
/// back by `growth`, never past the next level. The caller keeps what is needed to repeat an increment.
///
/// The loop can be the caller's own:
/// ```
/// while let (from, to) = stepping.next() {
///   let record = attempt(from, to)
///   if record.converged { stepping.accept(record) } else { stepping.refuse(record) }
/// }
/// ```
public struct LoadStepping: Sendable {
  /// One increment that was tried.
  public struct Step: Sendable, Equatable {
    /// The parameter before and after the increment.
    public let from, to: Double
    /// How its iteration went; `cutBacks` counts the refusals that led to this increment's size.
    public let record: ConvergenceRecord

    /// From its parts, as a result file keeps them.
    public init(from: Double, to: Double, record: ConvergenceRecord) {
      self.from = from
      self.to = to
      self.record = record
    }
  }

  /// Parameters to be hit, ascending, above 0.
  public let levels: [Double]
  /// Smallest increment, in the unit of the parameter.
  public var smallestIncrement: Double
  /// Factor by which the increment grows after an easy step.
  public var growth = 2.0
  /// Most iterations of a step that counts as easy.
  public var easyIterations = 6

  /// Every increment tried so far, refused ones included.
  public private(set) var steps: [Step] = []
  /// The parameter reached by accepted increments.
  public private(set) var reached = 0.0
  /// Increments refused so far.
  public private(set) var cutBacks = 0
  /// Why the stepping ended; nil while it goes on.
  public private(set) var reason: ConvergenceRecord.Reason?

  private var nextLevel = 0
  private var increment = Double.infinity
  private var cutBacksOfIncrement = 0
  private var easySteps = 0

  /// - Parameters:
  ///   - levels: ascending, above 0; the last is the end.
  ///   - smallestIncrement: by default 1/1024 of the end.
  public init(levels: [Double], smallestIncrement: Double? = nil) {
    precondition(!levels.isEmpty && levels[0] > 0, "levels must start above 0, not \(levels)")
    precondition(
      zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }, "levels must ascend: \(levels)")
    self.levels = levels
    self.smallestIncrement = smallestIncrement ?? levels[levels.count - 1] / 1024
  }

  /// `count` equal increments from 0 to 1.
  public init(count: Int) { self.init(levels: (1...count).map { Double($0) / Double(count) }) }

  /// Whether the last level was reached.
  public var converged: Bool { reason == .converged }

  /// The next increment to try; nil when the end is reached or the increments became too small.
  public func next() -> (from: Double, to: Double)? {
    guard reason == nil else { return nil }
    let level = levels[nextLevel]
    // A remainder within round-off of the increment is the whole way to the level.
    return (reached, reached + increment * (1 + 1e-9) >= level ? level : reached + increment)
  }

  /// The increment last offered by `next` converged.
  public mutating func accept(_ record: ConvergenceRecord) {
    guard let (from, to) = next() else { preconditionFailure("no increment is under way") }
    note(from, to, record)
    reached = to
    cutBacksOfIncrement = 0
    easySteps = record.iterations <= easyIterations ? easySteps + 1 : 0
    if easySteps >= 2 { increment *= growth }
    if to == levels[nextLevel] { nextLevel += 1 }
    if nextLevel == levels.count { reason = .converged }
  }

  /// The increment last offered by `next` failed: it is halved.
  public mutating func refuse(_ record: ConvergenceRecord) {
    guard let (from, to) = next() else { preconditionFailure("no increment is under way") }
    note(from, to, record)
    cutBacks += 1
    cutBacksOfIncrement += 1
    easySteps = 0
    increment = (to - from) / 2
    if increment < smallestIncrement { reason = .stepTooSmall }
  }

  private mutating func note(_ from: Double, _ to: Double, _ record: ConvergenceRecord) {
    var record = record
    record.cutBacks = cutBacksOfIncrement
    steps.append(Step(from: from, to: to, record: record))
  }

  /// Runs to the end: `attempt` tries one increment, and restores its state before it returns a record
  /// that did not converge.
  public mutating func run<Failure: Error>(
    _ attempt: (_ from: Double, _ to: Double) throws(Failure) -> ConvergenceRecord
  ) throws(Failure) {
    while let (from, to) = next() {
      let record = try attempt(from, to)
      if record.converged { accept(record) } else { refuse(record) }
    }
  }

  /// The whole history in one record: residuals of all accepted increments one after another, all
  /// iterations, refused ones included, and why it ended.
  public var summary: ConvergenceRecord {
    let accepted = steps.filter(\.record.converged)
    return ConvergenceRecord(
      residuals: accepted.flatMap(\.record.residuals),
      iterations: steps.reduce(0) { $0 + $1.record.iterations }, cutBacks: cutBacks,
      reason: reason ?? .iterationLimit, reference: accepted.last?.record.reference ?? 1,
      stepLengths: accepted.flatMap(\.record.stepLengths), message: steps.last?.record.message)
  }
}
