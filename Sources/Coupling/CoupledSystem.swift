import FixedPoint
import Foundation

/// Participants that go through time together, window by window.
///
/// The unknown of a window is what participants are given before it has been computed in the same sweep: with a serial scheme
/// what goes back to earlier ones, with a parallel scheme everything. Its fixed point x = H(x), one sweep of all participants,
/// is the coupled answer; `FixedPoint` iterates for it. The caller owns the loop: `step` goes one window.
public struct CoupledSystem {
  /// As it was given.
  public let definition: CouplingDefinition
  /// The participants, at `time`.
  public internal(set) var participants: [any Participant]
  /// s.
  public internal(set) var time = 0.0
  /// Windows done.
  public internal(set) var windows = 0
  /// Work on both ends of every interface so far.
  public internal(set) var work: [InterfaceWork]
  /// Where the time went.
  public internal(set) var timings = CouplingTimings()
  /// What a person should know although nothing is wrong, one line each.
  public let warnings: [String]
  /// For every interface, what was built between its points, one line each; none where they are the same.
  public let mappings: [[String]]

  let data: [Datum]
  /// Fields to take down from every participant in its steps.
  let watched: [[Watched]]
  /// Length of whole windows, s.
  public let fullLength: Double
  /// Of the next one.
  var length: Double
  /// Values of every datum at the ends of the last windows, the newest last.
  var history: [[PastValue]]
  var relaxation: any Relaxation
  /// Unknowns that the relaxation was made for.
  var unknowns: [Range<Int>] = []

  /// A field on a border of one participant.
  struct Watched: Sendable, Hashable {
    let border: String, field: Field
  }

  /// What a datum was at the end of a window.
  struct PastValue: Sendable, Codable {
    let time: Double, value: [Double]
  }

  /// Checks the definition, and tells every participant what acts on its borders.
  /// - Throws: `CouplingError` for names that are not there, borders that do not meet, fields that are given twice or not at all,
  ///   windows shorter than a step, and participants without checkpoints in a scheme that repeats windows.
  public init(_ definition: CouplingDefinition) throws(CouplingError) {
    self.definition = definition
    fullLength = try CouplingCheck.window(definition)
    try CouplingCheck.participants(definition, window: fullLength)
    let list = try DatumList(definition, window: fullLength)
    try CouplingCheck.criteria(definition, list.data)
    participants = definition.participants
    (data, warnings, mappings) = (list.data, list.warnings, list.mappings)
    for (participant, border, role) in list.roles {
      try participants[participant].prepare(role, on: border)
    }
    for p in participants.indices { try participants[p].begin() }
    try CouplingCheck.checkpoints(definition.scheme, participants)
    work = definition.interfaces.map { InterfaceWork(name: $0.name) }
    watched = CoupledSystem.watched(definition, data)
    length = fullLength
    relaxation = definition.chosenRelaxation.make(fields: [])
    history = []
    try start()
  }

  /// Fields that data are made of, and those that work is computed from.
  private static func watched(_ definition: CouplingDefinition, _ data: [Datum]) -> [[Watched]] {
    var sets = definition.participants.map { _ in Set<Watched>() }
    for datum in data {
      for (p, border, field) in datum.needs { sets[p].insert(.init(border: border, field: field)) }
    }
    for interface in definition.interfaces where interface.hasWork {
      for end in [interface.first, interface.second] {
        let p = definition.participants.firstIndex { $0.name == end.participant }!
        let border = definition.participants[p].borders.first { $0.mesh.name == end.border }!
        for field in [Field.displacement, .force] where border.writes.contains(field) {
          sets[p].insert(.init(border: end.border, field: field))
        }
      }
    }
    return sets.map { $0.sorted { ($0.border, $0.field.name) < ($1.border, $1.field.name) } }
  }

  /// What participants offer before anything has happened.
  private mutating func start() throws(CouplingError) {
    let zero = data.map { [Double](repeating: 0, count: $0.count) }
    let waves = zero.map { Waveform(times: [0], samples: [$0], interpolation: .linear) }
    let first = participants.indices.map { p in
      Record(
        times: [0],
        fields: Dictionary(
          uniqueKeysWithValues: watched[p].map { w in
            (w, [participants[p].write(w.field, on: w.border)])
          }))
    }
    for (p, record) in first.enumerated() {
      for w in watched[p] {
        let samples = record.fields[w]!
        let border = participants[p].borders.first { $0.mesh.name == w.border }!
        let place = "participant '\(participants[p].name)'"
        let what = "values of '\(w.field)' on '\(w.border)'"
        guard samples[0].count == border.count else {
          throw CouplingError(
            place, "writes \(samples[0].count) \(what)",
            "write \(border.count): \(border.width) for each of \(border.mesh.points.count) points")
        }
        if let bad = samples[0].first(where: { !$0.isFinite }) {
          throw CouplingError(
            place, "begins with \(bad) among the \(what)", "give it a finite initial state")
        }
      }
    }
    history = data.indices.map { d in
      var value = produce(d, first, waves).last
      // Bodies begin with no force between them: an elastic border has the load that its springs take.
      if case .robin(_, _, let own, let passage) = data[d].rule {
        let u = first[data[d].source].fields[
          .init(border: data[d].sourceBorder, field: .displacement)]!
        value = own.times(passage(u[0]))
      }
      return [PastValue(time: 0, value: value)]
    }
  }

  /// Goes to a time, window by window; ends early where a window fails, or where `until` says so.
  /// - Returns: the records of all windows.
  @discardableResult
  public mutating func run(
    to end: Double, until stop: (CoupledSystem, WindowRecord) -> Bool = { _, _ in false }
  ) -> [WindowRecord] {
    var records: [WindowRecord] = []
    while time < end - 1e-9 * fullLength {
      let record = step(limit: end)
      records.append(record)
      if !record.converged || stop(self, record) { break }
    }
    return records
  }

  /// One window, with half the length where it fails, again and again up to the permitted halvings; the next ones are then
  /// doubled until they are whole again. Where it fails for good everything is as it was before.
  /// - Parameter limit: time that the window does not pass.
  @discardableResult
  public mutating func step(limit: Double = .infinity) -> WindowRecord {
    let clock = ContinuousClock.now
    defer { timings.total += (ContinuousClock.now - clock) / .seconds(1) }
    precondition(limit > time, "a window from \(time) s to \(limit) s")
    let before = (length, relaxation, unknowns)
    var rejections: [String] = []
    while true {
      var w = min(length, fullLength)
      let left = limit - time
      // No short rest is left over.
      if left < w * (1 + 1e-9) {
        w = left
      } else if left < 1.5 * w, rejections.isEmpty, w < fullLength {
        w = left / 2
      }
      var record = definition.scheme.isImplicit ? implicitWindow(w) : explicitWindow(w)
      record.rejections = rejections
      if record.converged {
        // Sums of lengths miss the limit by a rounding.
        time = w == left ? limit : time + w
        windows += 1
        length = min(2 * length, fullLength)
        return record
      }
      let mayRepeat = rejections.count < definition.halvings && canRepeat
      rejections.append(record.failure ?? record.convergence.reason.rawValue)
      guard mayRepeat else {
        (length, relaxation, unknowns) = before
        return record
      }
      length = w / 2
    }
  }

  /// Whether all participants can go back.
  private var canRepeat: Bool { participants.allSatisfy { $0.hasCheckpoint } }
}

/// Where the wall time of a coupled run went, s.
public struct CouplingTimings: Sendable, Codable, Equatable {
  /// All of it; inside participants, by participant.
  public var total = 0.0, participants: [Double] = []

  /// Of nothing yet.
  public init() {}

  /// Mapping, relaxation, bookkeeping, beside the participants' own time.
  public var overhead: Double {
    let inside = participants.reduce(0, +)
    return inside > 0 ? max(0, total - inside) / inside : 0
  }
}

extension Participant {
  var hasCheckpoint: Bool { checkpoint() != nil }
}
