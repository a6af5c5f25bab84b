import DDA

/// What a search for the factor of safety came to, as it stands in its file.
public struct StrengthSearch: Sendable, Equatable {
  /// One run at a factor.
  public struct Trial: Sendable, Equatable {
    /// F; how long it was looked at, s.
    public var factor = 0.0, time = 0.0
    /// Largest way of a centroid, m; kinetic energy at the end, J.
    public var moved = 0.0, kinetic = 0.0
    /// Whether it stands; whether every step settled.
    public var stands = false, converged = false
  }

  /// Largest factor that stood, smallest that failed; nil where none did.
  public var standing: Double?, failing: Double?
  /// Whether every step of the seating settled.
  public var seated: Bool
  /// Every run in its order.
  public var trials: [Trial]

  /// From what the solver found; time counts from where trials begin.
  init(_ outcome: StrengthReduction.Outcome) {
    (standing, failing, seated) = (outcome.standing, outcome.failing, outcome.seated)
    trials = outcome.trials.map {
      Trial(
        factor: $0.factor, time: $0.time - outcome.seat.time, moved: $0.moved, kinetic: $0.kinetic,
        stands: $0.stands, converged: $0.converged)
    }
  }

  init(standing: Double?, failing: Double?, seated: Bool, trials: [Trial]) {
    (self.standing, self.failing, self.seated) = (standing, failing, seated)
    self.trials = trials
  }

  /// Middle of the bracket; nil where the range does not hold it.
  public var factor: Double? {
    guard let standing, let failing else { return nil }
    return 0.5 * (standing + failing)
  }

  /// The factor whose run the file holds: the smallest that failed, which shows how; where none
  /// failed the largest.
  var shown: Double { failing ?? standing ?? .nan }

  /// Why the factor is not known, or not to be trusted; nil where it is.
  public var failure: String? {
    guard let standing else {
      return "the blocks fail at a factor of \(Show.number(shown)) already, the lower end of the "
        + "range; give strength-reduction.range a lower one, or the blocks more strength"
    }
    guard failing != nil else {
      return "the blocks still stand at a factor of \(Show.number(standing)), the upper end of the "
        + "range; give strength-reduction.range a higher one, or time.end more time to fail in"
    }
    let doubtful = trials.count { !$0.converged }
    guard seated, doubtful == 0 else {
      let what = seated ? "\(doubtful) of \(trials.count) trials" : "the seating"
      return
        "the open–close iteration did not settle in every step of \(what), so the factor is in "
        + "doubt; give shorter steps or more contact.passes"
    }
    return nil
  }

  /// The factor, then a line per trial, for people.
  var lines: [String] {
    var out = [headline]
    for (i, trial) in trials.enumerated() {
      let factor = Show.number(trial.factor, digits: 7)
      out.append(
        "  trial \(i + 1)  F = \(factor)  \(trial.stands ? "stands" : "fails")"
          + ", moved \(Show.number(trial.moved)) m in \(Show.number(trial.time)) s"
          + (trial.converged ? "" : ", not every step settled"))
    }
    return out
  }

  /// The factor and its bracket in a line.
  var headline: String {
    guard let factor, let standing, let failing else {
      return "factor of safety not found: the range does not hold it"
    }
    return "factor of safety \(Show.number(factor, digits: 7)): stands at "
      + "\(Show.number(standing, digits: 7)), fails at \(Show.number(failing, digits: 7))"
  }

  /// Figures of `run --json`.
  var json: JSONValue {
    func number(_ x: Double?) -> JSONValue { x.map { .number($0) } ?? .null }
    return .object([
      ("factor-of-safety", number(factor)), ("standing", number(standing)),
      ("failing", number(failing)),
      (
        "trials",
        .array(
          trials.map {
            .object([
              ("factor", .number($0.factor)), ("stands", .bool($0.stands)),
              ("moved", .number($0.moved)), ("converged", .bool($0.converged)),
            ])
          })
      ),
    ])
  }
}
