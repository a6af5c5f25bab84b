import Contact

/// Factor of safety of a block system by reduction of the strength of its joints.
///
/// Strengths of all joints are divided by F (`ReducedStrength`); the factor of safety is the
/// largest F at which the system stands, here bracketed by bisection. The system is first seated
/// without inertia at full strength, or at more where the range begins below 1; every trial starts
/// from there, with the strength taken away at once. Source of the method: Zienkiewicz, Humpheson &
/// Lewis, Géotechnique 25 (1975).
public struct StrengthReduction: Sendable {
  /// When a system counts as failing.
  public enum Criterion: Sendable, Equatable {
    /// The centroid of a block moves by more than a length, m.
    case displacement(Double)
    /// At the end of the trial there is more kinetic energy than a share (0 … 1) of the most there
    /// was before: what settles has lost it. Motion too small to matter, below 1e-10 of weight
    /// times block size, counts as none.
    case kineticEnergy(share: Double)
  }

  /// One run at a factor.
  public struct Trial: Sendable, Equatable {
    /// F; time at which it ended, s.
    public let factor: Double, time: Double
    /// Largest way of a centroid, m; kinetic energy at the end, J.
    public let moved: Double, kinetic: Double
    /// Whether it stands by the criterion; whether every step settled.
    public let stands: Bool, converged: Bool
  }

  /// What a search came to.
  public struct Outcome: Sendable, Equatable {
    /// Largest factor that stood, nil where even the lower end of the range failed; smallest that
    /// failed, nil where even the upper end stood.
    public let standing: Double?, failing: Double?
    /// Every run in its order.
    public let trials: [Trial]
    /// Whether seating settled in every step; the seated system, where every trial begins.
    public let seated: Bool, seat: DDASolver.Checkpoint

    /// Middle of the bracket; nil where the range does not contain it.
    public var factorOfSafety: Double? {
      guard let standing, let failing else { return nil }
      return 0.5 * (standing + failing)
    }
    /// Whether every step of seating and of all trials settled: the open–close iteration has no
    /// doubts.
    public var converged: Bool { seated && trials.allSatisfy(\.converged) }
  }

  /// When a trial fails.
  public var criterion: Criterion
  /// Where to search; width of the bracket to stop at.
  public var range: ClosedRange<Double>, tolerance: Double
  /// Length of a trial and of its steps, s.
  public var duration: Double, dt: Double
  /// Steps of dt without inertia before the trials; most halvings of a step that does not settle.
  public var seatingSteps = 50, halvings = 6

  /// F from 0.2 to 5 to 0.001 unless said.
  public init(
    criterion: Criterion, duration: Double, dt: Double, range: ClosedRange<Double> = 0.2...5,
    tolerance: Double = 1e-3
  ) {
    (self.criterion, self.range, self.tolerance) = (criterion, range, tolerance)
    (self.duration, self.dt) = (duration, dt)
  }

  /// Searches; `progress` is called after every trial.
  ///
  /// Loads keep their histories: trials begin where seating ended, at `seatingSteps` times dt.
  /// - Throws: `DDAError` where the system or the search is none.
  public func run(
    _ definition: DDADefinition, progress: (Trial) -> Void = { _ in }
  ) throws(DDAError) -> Outcome {
    try check()
    var still = try definition.reduced(by: min(range.lowerBound, 1))
    still.dynamicFactor = 0
    for b in still.blocks.indices {
      (still.blocks[b].velocity, still.blocks[b].spin) = (Point(), 0)
    }
    var seat = try DDASolver(still)
    var seated = true
    for _ in 0..<max(seatingSteps, 0) {
      seated = seat.step(dt, halvings: halvings).converged && seated
    }
    let start = seat.checkpoint
    var trials: [Trial] = []
    func stands(_ factor: Double) throws(DDAError) -> Bool {
      let trial = try attempt(definition, factor, start)
      trials.append(trial)
      progress(trial)
      return trial.stands
    }
    func outcome(standing: Double?, failing: Double?) -> Outcome {
      Outcome(standing: standing, failing: failing, trials: trials, seated: seated, seat: start)
    }
    var (low, high) = (range.lowerBound, range.upperBound)
    guard try stands(low) else {
      return outcome(standing: nil, failing: low)
    }
    if try stands(high) {
      return outcome(standing: high, failing: nil)
    }
    while high - low > tolerance {
      let middle = 0.5 * (low + high)
      guard middle > low, middle < high else { break }
      if try stands(middle) { low = middle } else { high = middle }
    }
    return outcome(standing: low, failing: high)
  }

  /// One run at a factor from a seated state.
  private func attempt(
    _ definition: DDADefinition, _ factor: Double, _ start: DDASolver.Checkpoint
  ) throws(DDAError) -> Trial {
    var solver = try DDASolver(try definition.reduced(by: factor))
    solver.restore(start)
    let end = start.time + duration
    let centres = (0..<solver.blockCount).map { solver.pose($0).centre }
    var (moved, peak, converged) = (0.0, 0.0, true)
    while solver.time < end - 1e-9 * dt {
      let record = solver.step(min(dt, end - solver.time), halvings: halvings)
      converged = record.converged && converged
      moved = 0
      for (b, c) in centres.enumerated() { moved = max(moved, (solver.pose(b).centre - c).length) }
      peak = max(peak, solver.energy.kinetic)
      if case .displacement(let limit) = criterion, moved > limit { break }
    }
    let kinetic = solver.energy.kinetic
    let stands: Bool
    switch criterion {
    case .displacement(let limit): stands = moved <= limit
    case .kineticEnergy(let share):
      let weight = (0..<solver.blockCount).reduce(0) {
        $0 + (solver.model.isFixed[$1] ? 0 : solver.mass($1) * definition.gravity.length)
      }
      stands = kinetic <= max(share * peak, 1e-10 * weight * solver.model.size)
    }
    return Trial(
      factor: factor, time: solver.time, moved: moved, kinetic: kinetic, stands: stands,
      converged: converged)
  }

  private func check() throws(DDAError) {
    let place = "strength reduction"
    guard range.lowerBound > 0, range.upperBound.isFinite, range.lowerBound < range.upperBound
    else {
      throw DDAError(place, "has range \(range)", "give two factors, both above 0")
    }
    for (name, value) in [("tolerance", tolerance), ("duration", duration), ("dt", dt)] {
      guard value > 0, value.isFinite else {
        throw DDAError(place, "has \(name) \(value)", "give a positive one")
      }
    }
    switch criterion {
    case .displacement(let limit):
      guard limit > 0, limit.isFinite else {
        throw DDAError(place, "fails at a displacement of \(limit)", "give a positive one in m")
      }
    case .kineticEnergy(let share):
      guard share > 0, share < 1 else {
        throw DDAError(place, "fails at a share \(share) of energy", "give one between 0 and 1")
      }
    }
  }
}

extension DDADefinition {
  /// The same system with the strengths of all joints divided by a factor.
  /// - Throws: `DDAError` unless the factor is positive.
  public func reduced(by factor: Double) throws(DDAError) -> DDADefinition {
    var out = self
    do {
      out.defaultJoint = try ReducedStrength(defaultJoint, factor: factor)
      for (pair, law) in joints { out.joints[pair] = try ReducedStrength(law, factor: factor) }
      for (i, law) in edgeLaws.enumerated() {
        out.edgeLaws[i] = try ReducedStrength(law, factor: factor)
      }
    } catch {
      throw DDAError("strength reduction", "has factor \(factor)", "give a positive one")
    }
    return out
  }
}
