import Glibc

/// How long steps are: as asked, halved where the open–close iteration does not settle, shorter where corners would go
/// too far.
extension DDASolver {
  /// One step of length dt; halved up to `halvings` times where the open–close iteration does not settle, and made
  /// shorter where a corner would go farther than `displacementRatio` permits. The shortest try is kept whatever it came
  /// to, and the record says so.
  public mutating func step(_ dt: Double, halvings: Int = 6) -> StepRecord {
    precondition(dt > 0 && dt.isFinite, "a step of \(dt) s")
    var dt = dt
    var (cut, shortened) = (0, 0)
    while true {
      let found = attempt(dt, isLast: cut >= halvings)
      var record = found.record
      if !record.converged, cut < max(halvings, 0) {
        cut += 1
        dt *= 0.5
      } else if record.converged, shortened < Self.shortenings, excess(record) > 1 {
        shortened += 1
        // What a body has as velocity goes with dt, what it gets as acceleration with its square.
        dt *= max(0.1, Self.caution / excess(record))
      } else {
        (record.cutBacks, record.shortened) = (cut, shortened)
        commit(found.islands, dt, &record)
        return record
      }
    }
  }

  /// Steps of dt (the last one shorter) until a time; stops early where `until` says so, or where numbers end.
  ///
  /// After a step that had to be shorter the next ones grow by 1.3 until they are as asked, and no longer than what
  /// `displacementRatio` will permit at the present speed.
  /// - Returns: the records of all steps.
  @discardableResult
  public mutating func run(
    to end: Double, dt: Double, halvings: Int = 6,
    until stop: (DDASolver, StepRecord) -> Bool = { _, _ in false }
  ) -> [StepRecord] {
    var records: [StepRecord] = []
    let rounding = 1e-12 * max(end, dt)
    while time < end - rounding {
      let ready = min(dt, readyLength)
      let record = step(Self.part(of: end - time, ready, rounding), halvings: halvings)
      records.append(record)
      let grown = 1.3 * (record.cutBacks + record.shortened > 0 ? record.dt : ready)
      readyLength = min(
        grown < dt ? grown : .infinity, record.dt * Self.caution / excess(record))
      if !energy.total.isFinite || stop(self, record) { break }
    }
    return records
  }

  /// The next step of a way that is left: as long as it may be, all that is left, or half of it rather than a short
  /// rest.
  private static func part(of left: Double, _ ready: Double, _ rounding: Double) -> Double {
    if left < ready - rounding { return left }
    return left > ready + rounding && left < 2 * ready - rounding ? 0.5 * left : ready
  }

  /// How far corners went beside what the displacement ratio permits.
  private func excess(_ record: StepRecord) -> Double {
    guard let ratio = model.definition.displacementRatio else { return 0 }
    return record.displacement / (ratio * model.halfHeight)
  }

  /// Part of the permitted way that is aimed at; times that a step is shortened at most.
  private static let caution = 0.9, shortenings = 20
}
