import Dispatch
import FixedPoint

/// What one participant wrote in a window: at its beginning and after each of its steps.
struct Record: Sendable {
  var times: [Double]
  var fields: [CoupledSystem.Watched: [[Double]]]
}

extension CoupledSystem {
  // MARK: - Windows

  /// Each participant once.
  mutating func explicitWindow(_ w: Double) -> WindowRecord {
    var record = WindowRecord(
      start: time, length: w, convergence: ConvergenceRecord(iterations: 1, reason: .converged))
    let saved = participants.map { $0.erasedCheckpoint() }
    let unknown = layout(w)
    let swept = sweep(predicted(unknown, w), unknown, w)
    guard let answer = swept.answer else {
      record.failure = swept.failure
      record.convergence.reason = .notFinite
      restore(saved)
      return record
    }
    finish(answer, w)
    return record
  }

  /// Sweeps until x = H(x).
  mutating func implicitWindow(_ w: Double) -> WindowRecord {
    let saved = participants.map { $0.erasedCheckpoint() }
    let unknown = layout(w)
    if unknown.fields != unknowns {
      // Other steps make other unknowns: what was learnt does not fit them.
      unknowns = unknown.fields
      relaxation = definition.chosenRelaxation.make(fields: unknown.fields)
    }
    var x = predicted(unknown, w)
    var record = WindowRecord(
      start: time, length: w, convergence: ConvergenceRecord(reason: .iterationLimit))
    var last: Sweep?
    var iteration = FixedPointIteration(measures(unknown))
    (iteration.limit, iteration.least) = (definition.iterationLimit, definition.leastIterations)
    var counts = (refusals: 0, dropped: 0)
    var count = 0
    var kept = relaxation
    record.convergence = iteration.run(
      &x, &kept, watching: watchedValues(unknown, w),
      seen: { report in
        counts.refusals += report.refusal == nil ? 0 : 1
        counts.dropped += report.dropped
      }
    ) { x in
      count += 1
      if count > 1 { restore(saved) }
      let swept = sweep(x, unknown, w)
      guard let answer = swept.answer else {
        record.failure = swept.failure
        return nil
      }
      last = answer
      return unknown.values(of: answer.waves)
    }
    relaxation = kept
    (record.refusals, record.dropped) = counts
    if record.converged, let last {
      finish(last, w)
    } else {
      restore(saved)
    }
    return record
  }

  /// Takes over what a window came to.
  private mutating func finish(_ sweep: Sweep, _ w: Double) {
    for d in data.indices {
      history[d].append(PastValue(time: time + w, value: sweep.waves[d].last))
      if history[d].count > 3 { history[d].removeFirst() }
    }
    for (n, interface) in definition.interfaces.enumerated() where interface.hasWork {
      let ends = [interface.first, interface.second].map { end in
        CoupledSystem.work(
          sweep.records[definition.participants.firstIndex { $0.name == end.participant }!],
          end.border)
      }
      work[n].first += ends[0]
      work[n].second += ends[1]
      work[n].exchanged += max(abs(ends[0]), abs(ends[1]))
    }
  }

  /// ∫ f · du of a border.
  private static func work(_ record: Record, _ border: String) -> Double {
    guard let u = record.fields[.init(border: border, field: .displacement)],
      let f = record.fields[.init(border: border, field: .force)]
    else { return 0 }
    var sum = 0.0
    for k in 1..<u.count {
      for i in u[k].indices { sum += 0.5 * (f[k][i] + f[k - 1][i]) * (u[k][i] - u[k - 1][i]) }
    }
    return sum
  }

  // MARK: - Sweeps

  /// What a sweep came to: what participants wrote, and the data that this makes.
  struct Sweep {
    let records: [Record], waves: [Waveform]
  }

  /// All participants through the window once, from its beginning.
  private mutating func sweep(_ x: [Double], _ unknown: Layout, _ w: Double) -> (
    answer: Sweep?, failure: String?
  ) {
    var waves = unknown.waves(x, history, interpolation: definition.interpolation)
    var records: [Record?] = participants.map { _ in nil }
    if definition.scheme.order == .serial {
      for p in participants.indices {
        let answer = advance(p, waves, w)
        guard let record = answer.record else { return (nil, answer.failure) }
        records[p] = record
        for d in data.indices where unknown.isFresh[d] && data[d].source == p {
          waves[d] = produce(d, records, waves)
        }
      }
    } else {
      let answers = advanceAll(waves, w)
      if let failure = answers.compactMap(\.failure).first { return (nil, failure) }
      records = answers.map(\.record)
    }
    let used = waves
    for d in data.indices where !unknown.isFresh[d] { waves[d] = produce(d, records, used) }
    guard waves.allSatisfy({ $0.samples.allSatisfy { $0.allSatisfy(\.isFinite) } }) else {
      return (nil, "values on a border are no numbers any more")
    }
    return (Sweep(records: records.map { $0! }, waves: waves), nil)
  }

  /// A datum from what participants wrote; `waves` are those that they had.
  func produce(_ d: Int, _ records: [Record?], _ waves: [Waveform]) -> Waveform {
    let datum = data[d]
    func written(_ p: Int, _ border: String, _ field: Field) -> Waveform {
      let record = records[p]!
      return Waveform(
        times: record.times, samples: record.fields[.init(border: border, field: field)]!,
        interpolation: definition.interpolation)
    }
    var wave: Waveform
    switch datum.rule {
    case .copy(let field, let passage, let factor):
      wave = written(datum.source, datum.sourceBorder, field).mapped { _, v in
        let out = passage(v)
        return factor == 1 ? out : out.map { factor * $0 }
      }
    case .robin(let reverse, let springs, _, let passage):
      wave = written(datum.source, datum.sourceBorder, .displacement).mapped { t, u in
        let load = waves[reverse].value(at: t)
        let both = springs.times(passage(u))
        return both.indices.map { both[$0] - load[$0] }
      }
    case .correction(let global, let border, let passage):
      let outside = written(global, border, .complement)
      wave = written(datum.source, datum.sourceBorder, .force).mapped { t, f in
        let (inside, complement, before) = (passage(f), outside.value(at: t), waves[d].value(at: t))
        return before.indices.map { before[$0] - inside[$0] - complement[$0] }
      }
    }
    return definition.sharesSubsteps ? wave : wave.ends
  }

  /// One participant through the window in equal steps.
  private mutating func advance(_ p: Int, _ waves: [Waveform], _ w: Double) -> (
    record: Record?, failure: String?
  ) {
    let delivered = delivered(to: p, waves)
    let clock = ContinuousClock.now
    let answer = CoupledSystem.advance(&participants[p], watched[p], delivered, from: time, w)
    note(p, ContinuousClock.now - clock)
    return answer
  }

  /// All participants at once.
  private mutating func advanceAll(_ waves: [Waveform], _ w: Double) -> [(
    record: Record?, failure: String?
  )] {
    guard definition.workers > 1 else { return participants.indices.map { advance($0, waves, w) } }
    let hands = participants.indices.map { p in
      Turn(participants[p], watched[p], delivered(to: p, waves))
    }
    let (time, workers) = (time, min(definition.workers, hands.count))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      for p in stride(from: worker, to: hands.count, by: workers) { hands[p].go(from: time, w) }
    }
    for (p, turn) in hands.enumerated() {
      participants[p] = turn.participant
      note(p, turn.duration)
    }
    return hands.map { $0.answer }
  }

  private func delivered(to p: Int, _ waves: [Waveform]) -> [BorderData.Key: Waveform] {
    var out: [BorderData.Key: Waveform] = [:]
    for (d, datum) in data.enumerated() where datum.target == p {
      out[.init(border: datum.targetBorder, field: datum.field)] = datum.delivered(waves[d])
    }
    return out
  }

  static func advance(
    _ participant: inout any Participant, _ watched: [Watched],
    _ delivered: [BorderData.Key: Waveform], from time: Double, _ w: Double
  ) -> (record: Record?, failure: String?) {
    func written() -> [Watched: [Double]] {
      Dictionary(
        uniqueKeysWithValues: watched.map { ($0, participant.write($0.field, on: $0.border)) })
    }
    let steps = stepCount(participant, in: w)
    var record = Record(times: [time], fields: written().mapValues { [$0] })
    for k in 1...steps {
      let start = record.times[k - 1]
      let end = k == steps ? time + w : time + w * Double(k) / Double(steps)
      if let failure = participant.advance(
        by: end - start, under: BorderData(start: start, end: end, waves: delivered))
      {
        return (nil, "participant '\(participant.name)': \(failure)")
      }
      record.times.append(end)
      for (w, value) in written() { record.fields[w]!.append(value) }
    }
    return (record, nil)
  }

  // MARK: - Ways back, time

  private mutating func restore(_ saved: [(any Codable)?]) {
    for p in saved.indices {
      guard let state = saved[p] else { continue }
      let clock = ContinuousClock.now
      participants[p].restoreErased(state)
      note(p, ContinuousClock.now - clock)
    }
  }

  private mutating func note(_ p: Int, _ duration: Duration) {
    if timings.participants.isEmpty { timings.participants = participants.map { _ in 0 } }
    timings.participants[p] += duration / .seconds(1)
  }
}

extension Waveform {
  /// The first and the last sample.
  var ends: Waveform {
    guard times.count > 2 else { return self }
    return Waveform(
      times: [times[0], times[times.count - 1]], samples: [samples[0], last],
      interpolation: interpolation)
  }
}

extension Participant {
  func erasedCheckpoint() -> (any Codable)? { checkpoint() }

  mutating func restoreErased(_ state: any Codable) {
    guard let state = state as? Checkpoint else {
      preconditionFailure("'\(name)' was given a checkpoint of another kind")
    }
    restore(state)
  }
}
