import Contact
import Glibc
import Mechanics

/// What a step did.
public struct StepRecord: Sendable, Equatable {
  /// End of the step, s; its length; how often it was halved first, because it did not settle.
  public var time = 0.0, dt = 0.0, cutBacks = 0
  /// How often it was made shorter first, because it would have gone farther than `displacementRatio` permits.
  public var shortened = 0
  /// Open–close passes of the worst island; iterations of the linear solver in all.
  public var passes = 0, iterations = 0
  /// Whether every island settled.
  public var converged = true
  /// Largest overlap left, m; contacts that were still changing.
  public var overlap = 0.0, restless = 0
  /// Contacts by state.
  public var locked = 0, sliding = 0
  /// Largest displacement of a corner, m.
  public var displacement = 0.0

  /// Of nothing yet.
  public init() {}
}

/// A contact as it stands after a step.
public struct ContactReport: Sendable, Equatable {
  /// Whose corner at whose edge, and where, m.
  public let key: ContactKey, point: Point
  /// What it does; normal force (compression positive) and shear on the corner's block along the edge, N.
  public let state: JointState, normal: Double, shear: Double
  /// Slip so far, m.
  public let slip: Double
}

/// Moves a block system through time.
///
/// Discontinuous deformation analysis (Shi 1988) with exact turns, contacts by augmented Lagrangian and an
/// account of every joule. The same input gives the same bits for any number of workers; blocks that cannot
/// touch do not influence one another.
public struct DDASolver: Sendable {
  let model: DDAModel
  var state: BlockState
  var contacts = ContactSet()
  /// Time, s.
  public internal(set) var time = 0.0
  /// Energies now and works so far.
  public internal(set) var energy = EnergyAccount()
  private var matrices: BlockMatrices?
  var anglesAtList: [Double] = []
  /// Length that the next step of a run may have, s; after shorter ones it grows back.
  var readyLength = Double.infinity

  /// - Throws: `DDAError` where the system is none.
  public init(_ definition: DDADefinition) throws(DDAError) {
    model = try DDAModel(definition)
    state = BlockState(definition, lanes: model.geometry.lanes)
    listContacts(motion: Array(repeating: 0, count: state.centre.count))
    for n in contacts.contacts.indices {
      let gap = contacts.gap(n, model.geometry, state)
      if abs(gap.across) < 1e-6 * model.size, gap.isOver {
        contacts.contacts[n].memory.state = .locked
        contacts.contacts[n].memory.isBonded = definition.startsBonded
      }
    }
    startAccelerations()
    energy = account(EnergyAccount())
  }

  /// Blocks that touch nothing begin with the acceleration that the forces at the start give them, so that
  /// free flight is exact from the first step on; what is seated begins at rest.
  private mutating func startAccelerations() {
    let lanes = model.geometry.lanes
    let matrices = BlockMatrices(model, dt: 1)
    let outer = OuterForces(model, state, 0)
    for island in contacts.islands
    where island.held.isEmpty
      && !island.border.contains(where: { model.definition.border[Int($0)].isHeldByOthers })
      && !island.contacts.contains(where: {
        contacts.contacts[Int($0)].memory.state != .open
      })
    {
      var force: [Int: LanePair] = [:]
      for b in island.blocks {
        force[Int(b)] = outer.force(Int(b)) + matrices.elasticForce(Int(b), state)
        force[Int(b)]! +=
          -1 * model.acting.dashpots.times(Int(b), state.velocity.pair(Int(b), lanes))
      }
      for index in island.bolts {
        let bolt = model.definition.bolts[Int(index)]
        let (d, tension) = model.bolt(Int(index), state)
        let ends = model.boltPoints[Int(index)]
        force[bolt.block]? += model.geometry.row(bolt.block, at: ends.0, state, along: tension * d)
        if let other = bolt.other {
          force[other]? += model.geometry.row(other, at: ends.1, state, along: -tension * d)
        }
      }
      for index in island.border.map(Int.init) {
        let border = model.definition.border[index]
        // A loaded point's force is among the loads.
        guard border.mode != .loaded else { continue }
        force[border.block]! += model.geometry.row(
          border.block, at: model.borderPoints[index], state, along: border.force)
      }
      for b in island.blocks.map(Int.init) {
        state.steady.set(b, lanes, matrices.massSolve(b, force[b]!))
        state.acceleration.set(b, lanes, matrices.massSolve(b, force[b]!))
        state.force.set(b, lanes, force[b]!)
      }
    }
  }

  // MARK: - A try

  /// Blocks of an island from which on its loops are longer than it takes to wake other workers up.
  private static let worthSharing = 2048

  struct Solved: Sendable {
    let step: IslandStep, outcome: StepOutcome
  }

  mutating func attempt(_ dt: Double, isLast: Bool) -> (record: StepRecord, islands: [Solved]) {
    if matrices?.dt != dt { matrices = BlockMatrices(model, dt: dt) }
    let motion = expectedMotion(dt)
    if !contacts.holds(
      state, motion: motion, radius: { model.geometry.radius[$0] }, angles: anglesAtList)
    {
      listContacts(motion: motion)
    }
    var record = StepRecord()
    record.dt = dt
    let begin = StepStart(
      model: model, state: state, matrices: matrices!, contacts: contacts, time: time, dt: dt,
      isLast: isLast)
    let islands = contacts.islands
    // Many islands are shared among workers; within a large one its rows are.
    let workers = model.definition.workers
    let large = islands.contains { 2 * $0.blocks.count > model.geometry.shapes.count }
    let solved = Workers.map(islands.count, workers: large ? 1 : workers) { n in
      let shares = large && islands[n].blocks.count >= Self.worthSharing
      let step = IslandStep(begin, island: n, workers: shares ? workers : 1)
      let outcome = step.solve()
      return Solved(step: step, outcome: outcome)
    }
    for island in solved {
      let outcome = island.outcome
      record.passes = max(record.passes, outcome.passes)
      record.iterations += outcome.iterations
      record.converged = record.converged && outcome.converged
      record.overlap = max(record.overlap, outcome.overlap)
      record.restless += outcome.restless
      for b in island.step.blocks {
        record.displacement = max(record.displacement, island.step.displacement(Int(b)))
      }
    }
    return (record, solved)
  }

  /// How far a block's corners could go in a step: what it does now, and what pulls at it.
  private func expectedMotion(_ dt: Double) -> [Double] {
    let lanes = model.geometry.lanes
    return state.centre.indices.map { b in
      if model.isFixed[b] { return 0 }
      let (v, a) = (state.velocity[b * lanes], state.acceleration[b * lanes])
      let r = model.geometry.radius[b]
      let speed = Point(v[0], v[1]).length + r * abs(v[2])
      let change =
        Point(a[0], a[1]).length + r * abs(a[2]) + model.definition.gravity.length
      let motion = 1.5 * (speed * dt + change * dt * dt)
      return model.borderOfBlock.isEmpty ? motion : max(motion, guidedMotion(b, dt))
    }
  }

  private mutating func listContacts(motion: [Double]) {
    contacts.rebuild(model, state, motion: motion, skin: 0.1 * model.size)
    anglesAtList = state.angle
  }

  // MARK: - What a step leaves

  mutating func commit(_ islands: [Solved], _ dt: Double, _ record: inout StepRecord) {
    time += dt
    record.time = time
    var work = energy
    state.lastStep = dt
    state.balance = MomentumBalance()
    state.balance.alphaMass = model.definition.scheme.alphaMass
    state.balance.alphaForce = model.definition.scheme.alphaForce
    for solved in islands {
      let step = solved.step
      work += step.advance(&state)
      for (n, index) in step.island.contacts.enumerated() {
        let memory = step.memory(n)
        contacts.contacts[Int(index)].memory = memory
        if memory.state == .locked { record.locked += 1 }
        if memory.state == .sliding { record.sliding += 1 }
      }
      for h in step.held where h.kind == .held { state.heldForce[Int(h.index)] = h.T }
    }
    advanceVariables(dt)
    energy = account(work)
  }

  private mutating func advanceVariables(_ dt: Double) {
    var byLaw: [[Int]] = Array(repeating: [], count: model.laws.count)
    for (n, contact) in contacts.contacts.enumerated() where contact.memory.state != .open {
      byLaw[Int(contact.law)].append(n)
    }
    for (law, places) in byLaw.enumerated() where !places.isEmpty {
      var batch = InterfaceBatch()
      batch.resize(places.count)
      for (n, p) in places.enumerated() {
        let m = contacts.contacts[p].memory
        (batch.normal[n], batch.length[n]) = (m.normal, contacts.contacts[p].length)
        (batch.slip[n], batch.slipRate[n]) = (m.slip, m.slipRate)
        (batch.isBonded[n], batch.variable[n]) = (m.isBonded, m.variable)
      }
      model.laws[law].advance(&batch, dt: dt)
      for (n, p) in places.enumerated() {
        contacts.contacts[p].memory.variable = batch.variable[n]
      }
    }
  }

  /// Energies of the present state on top of works.
  private func account(_ works: EnergyAccount) -> EnergyAccount {
    var out = works
    (out.kinetic, out.strain, out.potential, out.bolts) = (0, 0, 0, 0)
    let matrices = matrices ?? BlockMatrices(model, dt: 1)
    let lanes = model.geometry.lanes
    for b in state.centre.indices where !model.isFixed[b] {
      let v = state.velocity.pair(b, lanes)
      out.kinetic += 0.5 * v.dot(matrices.times(.mass, b, v))
      out.strain += matrices.strainEnergy(b, state)
      out.potential -=
        model.geometry.mass[b] * model.definition.gravity.dot(state.centre[b])
    }
    for i in model.definition.bolts.indices {
      let tension = model.bolt(i, state).tension
      let bolt = model.definition.bolts[i]
      out.bolts +=
        0.5 * (tension * tension - bolt.preload * bolt.preload) / bolt.stiffness
    }
    return out
  }
}
