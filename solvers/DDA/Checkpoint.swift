import Contact
import Mechanics

extension DDASolver {
  /// All that changes in a run: what a restart needs for the same bits.
  ///
  /// Blocks and how they move, the list of contacts with what each remembers, states of joint laws, what border points are
  /// told and did, energies and works, the length of the next step. As `Codable` it can go to a file of any format that
  /// keeps every bit of a `Double` (property lists and JSON of Foundation do).
  public struct Checkpoint: Sendable, Equatable, Codable {
    let state: BlockState, contacts: ContactSet, angles: [Double]
    /// Nil where the next step may be of any length: infinity is no number in some formats.
    let readyLength: Double?
    /// Time, s; energies and works so far.
    public let time: Double, energy: EnergyAccount
  }

  /// The run as it stands.
  public var checkpoint: Checkpoint {
    Checkpoint(
      state: state, contacts: contacts, angles: anglesAtList,
      readyLength: readyLength.isFinite ? readyLength : nil, time: time, energy: energy)
  }

  /// Goes back, or on, to where a run of the same definition stood.
  ///
  /// One that comes from elsewhere, a file for instance, is better given to `resume`, which looks at it first.
  public mutating func restore(_ checkpoint: Checkpoint) {
    precondition(
      checkpoint.state.centre.count == blockCount, "a checkpoint of another block system")
    (state, contacts) = (checkpoint.state, checkpoint.contacts)
    (anglesAtList, time, energy) = (checkpoint.angles, checkpoint.time, checkpoint.energy)
    readyLength = checkpoint.readyLength ?? .infinity
  }

  /// Goes on where a run of the same definition stood that has been written down.
  /// - Throws: `DDAError` where blocks, corners, modes, held points or border points are not as many as here. That all else
  ///   of the definition is the same is the caller's word.
  public mutating func resume(from checkpoint: Checkpoint) throws(DDAError) {
    let (found, own) = (checkpoint.state.counts, state.counts)
    for n in own.indices where found[n].count != own[n].count {
      throw DDAError(
        "checkpoint", "has \(found[n].count) \(own[n].name), the block system \(own[n].count)",
        "resume the definition that it was made with")
    }
    let first = model.geometry.firstCorner
    func exists(_ block: Int, _ corner: Int) -> Bool {
      block >= 0 && block < blockCount && first[block] + corner < first[block + 1]
    }
    let isWhole = checkpoint.contacts.contacts.allSatisfy {
      exists($0.key.vertexBlock, $0.key.vertex) && exists($0.key.edgeBlock, $0.key.edge)
        && model.laws.indices.contains(Int($0.law))
    }
    guard isWhole, checkpoint.angles.count == blockCount else {
      throw DDAError(
        "checkpoint", "has contacts of corners or laws that are not there",
        "resume the definition that it was made with")
    }
    restore(checkpoint)
  }
}

extension BlockState {
  /// How many there are of everything.
  fileprivate var counts: [(name: String, count: Int)] {
    var out = [("blocks", centre.count), ("turns", angle.count), ("corners", corners.count)]
    out += [("modes", modes.count), ("velocities", velocity.count)]
    out += [("accelerations", acceleration.count), ("steady accelerations", steady.count)]
    out += [("forces", force.count), ("ways", step.count)]
    out += [("held points", heldForce.count), ("border points", border.count)]
    return out
  }
}
