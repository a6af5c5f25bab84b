import FixedPoint
import Foundation

extension CoupledSystem {
  /// Everything that changes, between two windows: what a run that was killed goes on from, bit for bit.
  public struct Checkpoint: Sendable, Codable {
    /// The time reached, s.
    public internal(set) var time: Double
    var windows: Int, length: Double
    var work: [InterfaceWork], timings: CouplingTimings
    var history: [[PastValue]]
    var unknowns: [Range<Int>]
    var relaxation: Data
    var participants: [Data]
  }

  /// The state between two windows.
  /// - Throws: `CouplingError` where a participant has none.
  public func checkpoint() throws(CouplingError) -> Checkpoint {
    var states: [Data] = []
    for participant in participants {
      guard let data = try? participant.encodedCheckpoint() else {
        throw CouplingError(
          "participant '\(participant.name)'", "cannot give its state away", "give it checkpoints")
      }
      states.append(data)
    }
    return Checkpoint(
      time: time, windows: windows, length: length, work: work, timings: timings, history: history,
      unknowns: unknowns, relaxation: relaxation.encoded(), participants: states)
  }

  /// Goes on from a state of a system that was made from the same definition.
  /// - Throws: `CouplingError` for the state of another one.
  public mutating func restore(_ state: Checkpoint) throws(CouplingError) {
    guard state.participants.count == participants.count, state.history.count == data.count,
      state.work.map(\.name) == work.map(\.name),
      zip(state.history, data).allSatisfy({ past, datum in
        !past.isEmpty && past.allSatisfy { $0.value.count == datum.count }
      })
    else {
      throw CouplingError(
        "checkpoint", "belongs to another coupling", "go on with the case that it was made by")
    }
    var relaxed = definition.chosenRelaxation.make(fields: state.unknowns)
    guard relaxed.decode(state.relaxation) else {
      throw CouplingError(
        "checkpoint", "was made with another relaxation", "go on with the case that it was made by")
    }
    // All or none: a state that does not fit leaves the system as it was.
    var restored = participants
    for p in restored.indices {
      guard restored[p].decodeCheckpoint(state.participants[p]) else {
        throw CouplingError(
          "checkpoint", "has no state that '\(participants[p].name)' understands",
          "go on with the case that it was made by")
      }
    }
    participants = restored
    (time, windows, length) = (state.time, state.windows, state.length)
    (work, timings, history) = (state.work, state.timings, state.history)
    (unknowns, relaxation) = (state.unknowns, relaxed)
  }
}

/// One value, so that anything codable can stand at the top of a property list.
private struct Box<Value: Codable>: Codable { var value: Value }

private func encodeState<Value: Codable>(_ value: Value) throws -> Data {
  let encoder = PropertyListEncoder()
  encoder.outputFormat = .binary
  return try encoder.encode(Box(value: value))
}

private func decodeState<Value: Codable>(_: Value.Type, _ data: Data) -> Value? {
  try? PropertyListDecoder().decode(Box<Value>.self, from: data).value
}

extension Participant {
  fileprivate func encodedCheckpoint() throws -> Data? {
    guard let state = checkpoint() else { return nil }
    return try encodeState(state)
  }

  fileprivate mutating func decodeCheckpoint(_ data: Data) -> Bool {
    guard let state = decodeState(Checkpoint.self, data), canRestore(state) else { return false }
    restore(state)
    return true
  }
}

extension Relaxation {
  fileprivate func encoded() -> Data { (try? encodeState(self)) ?? Data() }

  fileprivate mutating func decode(_ data: Data) -> Bool {
    guard let found = decodeState(Self.self, data) else { return false }
    self = found
    return true
  }
}
