import Contact
import Glibc
import Mechanics

/// One step of one island of blocks: equilibrium at the end of the step with the open–close iteration.
///
/// Unknown is the displacement D of the step. A closed contact with gap d(D) = d₀ + J·D presses with
/// N = λ − p d; a locked one holds with T = λ_t − p_s J_t·D; a sliding one resists with its strength. After every
/// solution gaps are measured where the blocks would be (turned exactly), states are judged, and in an
/// augmented Lagrangian run the forces become the multipliers of the next pass, until no state changes, no
/// gap and no stuck slip is above the tolerance, and friction agrees with the normal force.
struct IslandStep {
  let model: DDAModel
  let state: BlockState
  let base: BlockMatrices
  let time: Double, dt: Double

  var system: BlockSystem
  var x: [Lanes] = []
  var working: [WorkingContact] = []
  var held: [HeldWork] = [], bolts: [BoltWork] = []
  /// Rows of contacts (normal i, normal j, shear i, shear j), of held points, of bolts (i, j).
  var rows: [Lanes] = [], heldRows: [Lanes] = [], boltRows: [Lanes] = []
  /// Number of a block within its island, −1 for a fixed one.
  let local: [Int32]
  var blocks: [Int32] = []
  /// Corners of the island's blocks where they would be, and where each block's begin.
  var trialCorners: [Point] = [], cornerStart: [Int] = []
  /// Sums of inertia, outer and elastic forces that do not change between passes; their size.
  var fixedLoads: [Lanes] = []
  var forceScale = 0.0
  var batch = InterfaceBatch()
  /// Shear force and strength of bonded joints.
  var joints: [UInt64: SIMD2<Double>] = [:]

  var lanes: Int { base.lanes }
  var scheme: TimeScheme { model.definition.scheme }
  /// Springs under the multipliers, beside what the blocks themselves oppose to a contact.
  static let firmness = 200.0
  /// Forces in the island that are no single block's.
  var acting = IslandActing()
  let overlapTolerance: Double, isAugmented: Bool

  init(
    _ model: DDAModel, _ state: BlockState, _ base: BlockMatrices, local: [Int32], time: Double,
    dt: Double
  ) {
    (self.model, self.state, self.base, self.time, self.dt) = (model, state, base, time, dt)
    system = BlockSystem(unknowns: model.geometry.unknownCount)
    self.local = local
    switch model.definition.enforcement {
    case .augmentedLagrangian(let tolerance):
      (overlapTolerance, isAugmented) = (tolerance * model.size, true)
    case .penalty: (overlapTolerance, isAugmented) = (.infinity, false)
    }
  }

  /// Solves an island; the result is in `x`, `working`, `held` and `bolts`.
  mutating func solve(_ island: ContactSet.Island, _ contacts: [ContactSet.Contact]) -> StepOutcome
  {
    begin(island, contacts)
    var outcome = StepOutcome()
    for pass in 1...model.definition.passLimit {
      outcome.passes = pass
      assemble()
      guard
        let iterations = system.solve(
          &x, tolerance: 1e-13 * forceScale, limit: 200 + 20 * blocks.count)
      else { return outcome }
      outcome.iterations += iterations
      measure()
      let judged = judge()
      (outcome.overlap, outcome.restless) = (judged.overlap, judged.changes)
      if judged.isSettled {
        outcome.converged = true
        break
      }
      prepareNext(updating: judged.changes == 0)
    }
    return outcome
  }

  // MARK: - What the step begins with

  private mutating func begin(_ island: ContactSet.Island, _ contacts: [ContactSet.Contact]) {
    blocks = island.blocks
    for b in blocks {
      cornerStart.append(trialCorners.count)
      let first = model.geometry.firstCorner[Int(b)]
      trialCorners += state.corners[first..<first + model.geometry.shapes[Int(b)].corners.count]
    }
    x = blocks.flatMap { b in state.step[Int(b) * lanes..<(Int(b) + 1) * lanes] }
    startLoads()
    startActing(contacts, island)
    startContacts(island, contacts)
    startHeld(island)
    startBolts(island)
    connect()
  }

  /// Inertia carried, weight, loads, elastic forces at the start.
  private mutating func startLoads() {
    let n = blocks.count
    fixedLoads = Array(repeating: Lanes(), count: n * lanes)
    var square = 0.0
    let outer = OuterForces(model, state, time + dt)
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      var inertia = [Lanes](repeating: Lanes(), count: lanes)
      for l in 0..<lanes {
        let (v, a) = (state.velocity[b * lanes + l], state.acceleration[b * lanes + l])
        for c in 0..<8 { inertia[l][c] = scheme.carried(v[c], a[c], dt) }
      }
      let carried = base.massTimes(b, inertia)
      let force = outer.force(b, lanes)
      let elastic = base.elasticForce(b, state)
      let c = 1 - scheme.alphaForce
      for l in 0..<lanes {
        let before = scheme.alphaForce * state.force[b * lanes + l]
        fixedLoads[i * lanes + l] = carried[l] + c * (force[l] + elastic[l]) + before
        // Moments and forces on modes are of the order of force times size.
        square += (force[l] * force[l]).sum() + (carried[l] * carried[l]).sum()
      }
    }
    forceScale = square.squareRoot()
  }

  private mutating func startContacts(
    _ island: ContactSet.Island, _ contacts: [ContactSet.Contact]
  ) {
    working.removeAll(keepingCapacity: true)
    rows = Array(repeating: Lanes(), count: island.contacts.count * 4 * lanes)
    for (n, index) in island.contacts.enumerated() {
      let contact = contacts[Int(index)]
      let key = contact.key
      let (a, b) = (key.vertexBlock, key.edgeBlock)
      let g = model.geometry
      let size = g.shapes[b].corners.count
      let next = key.edge + 1 == size ? 0 : key.edge + 1
      let p = state.corners[g.firstCorner[a] + key.vertex]
      let from = state.corners[g.firstCorner[b] + key.edge]
      let to = state.corners[g.firstCorner[b] + next]
      let (t, length) = CornerSearch.direction(from, to)
      let normal = Point(t.y, -t.x)
      let w = min(max((p - from).dot(t) / length, 0), 1)
      let foot = from + w * (to - from)
      var c = WorkingContact(contact, index: index, i: local[a], j: local[b])
      c.gap = (p - from).dot(normal)
      let start = n * 4 * lanes
      if c.i >= 0 {
        let arm = p - state.centre[a]
        for (k, d) in [(0, normal), (2, t)] {
          g.addRow(
            a, key.vertex, key.vertex, 0, arm: arm, along: d, angle: state.angle[a], sign: 1,
            into: &rows, at: start + k * lanes)
        }
      }
      if c.j >= 0 {
        let arm = foot - state.centre[b]
        for (k, d) in [(1, normal), (3, t)] {
          g.addRow(
            b, key.edge, next, w, arm: arm, along: d, angle: state.angle[b], sign: -1,
            into: &rows, at: start + k * lanes)
        }
      }
      (c.pn, c.ps) = stiffness(a, b, c, start)
      if !isAugmented { c.normal = 0 }
      working.append(c)
      forceScale = max(forceScale, abs(contact.memory.normal))
    }
  }

  /// Springs that are stiff beside what the blocks oppose to them: the multipliers do the rest.
  private func stiffness(_ a: Int, _ b: Int, _ c: WorkingContact, _ start: Int) -> (Double, Double)
  {
    if case .penalty(let normal, let shear) = model.definition.enforcement {
      return (normal, shear)
    }
    func mobility(_ k: Int) -> Double {
      (c.i >= 0 ? base.mobility(a, rows, start + k * lanes) : 0)
        + (c.j >= 0 ? base.mobility(b, rows, start + (k + 1) * lanes) : 0)
    }
    return (IslandStep.firmness / mobility(0), IslandStep.firmness / mobility(2))
  }

  private mutating func startHeld(_ island: ContactSet.Island) {
    held.removeAll(keepingCapacity: true)
    heldRows = Array(repeating: Lanes(), count: island.held.count * lanes)
    for (n, index) in island.held.enumerated() {
      let h = model.definition.held[Int(index)]
      let X = model.heldPoints[Int(index)]
      model.geometry.addRow(
        h.block, at: X, state, along: h.direction, sign: 1, into: &heldRows, at: n * lanes)
      let moved = (model.geometry.position(h.block, X, state) - h.point).dot(h.direction)
      held.append(
        HeldWork(
          index: index, i: local[h.block], gap: moved - h.displacement(time + dt),
          force: state.heldForce[Int(index)],
          stiffness: IslandStep.firmness / base.mobility(h.block, heldRows, n * lanes)))
    }
  }

  private mutating func startBolts(_ island: ContactSet.Island) {
    bolts.removeAll(keepingCapacity: true)
    boltRows = Array(repeating: Lanes(), count: island.bolts.count * 2 * lanes)
    for (n, index) in island.bolts.enumerated() {
      let (d, e) = model.bolt(Int(index), state)
      let bolt = model.definition.bolts[Int(index)]
      let (i, j) = (local[bolt.block], bolt.other.map { local[$0] } ?? -1)
      if i >= 0 {
        model.geometry.addRow(
          bolt.block, at: model.boltPoints[Int(index)].0, state, along: d, sign: -1,
          into: &boltRows, at: 2 * n * lanes)
      }
      if j >= 0 {
        model.geometry.addRow(
          bolt.other!, at: model.boltPoints[Int(index)].1, state, along: d, sign: 1,
          into: &boltRows, at: (2 * n + 1) * lanes)
      }
      bolts.append(
        BoltWork(index: index, i: i, j: j, stiffness: bolt.stiffness, tension: e))
    }
  }

  /// Pairs of blocks that share a contact or a bolt, in order, and the pair of each.
  private mutating func connect() {
    var found: [UInt64] = []
    func code(_ i: Int32, _ j: Int32) -> UInt64? {
      i >= 0 && j >= 0 && i != j ? UInt64(min(i, j)) << 32 | UInt64(max(i, j)) : nil
    }
    for c in working { if let k = code(c.i, c.j) { found.append(k) } }
    for c in bolts { if let k = code(c.i, c.j) { found.append(k) } }
    found.sort()
    var unique: [UInt64] = []
    for k in found where unique.last != k { unique.append(k) }
    func place(_ k: UInt64) -> Int32 {
      var (low, high) = (0, unique.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if unique[middle] <= k { low = middle } else { high = middle }
      }
      return Int32(low)
    }
    for n in working.indices {
      if let k = code(working[n].i, working[n].j) { working[n].pair = place(k) }
    }
    for n in bolts.indices { if let k = code(bolts[n].i, bolts[n].j) { bolts[n].pair = place(k) } }
    system.resize(
      blocks.count, pairs: unique.map { (Int32($0 >> 32), Int32($0 & 0xFFFF_FFFF)) })
  }
}

/// What a step of an island came to.
struct StepOutcome: Sendable {
  /// Open–close passes and iterations of the linear solver.
  var passes = 0, iterations = 0
  /// Whether everything settled.
  var converged = false
  /// Largest overlap left, m; contacts whose state was still changing.
  var overlap = 0.0, restless = 0
}

/// A contact at work in a step.
struct WorkingContact: Sendable {
  /// Number among all contacts; local blocks of corner and edge, −1 where fixed; pair in the matrix.
  let index: Int32, i: Int32, j: Int32
  var pair: Int32 = -1
  let key: ContactKey, law: Int32, length: Double
  /// Its joint.
  let joint: UInt64
  var state: JointState, isBonded: Bool
  let before: ContactMemory
  /// Linearised gap at D = 0, multipliers, sliding force on the corner's block along the edge.
  var gap = 0.0, normal: Double, shear: Double, friction = 0.0
  var pn = 0.0, ps = 0.0
  /// After a solution: gap and whether the corner is over its edge; normal and shear displacement along the
  /// rows; forces; strengths.
  var trueGap = 0.0, isOver = true, across = 0.0, slip = 0.0, N = 0.0, T = 0.0
  var shearStrength = 0.0, tensileStrength = 0.0
  /// Whether it was closed in the last solution; how often its state has changed.
  var wasClosed = false, changes = 0

  init(_ contact: ContactSet.Contact, index: Int32, i: Int32, j: Int32) {
    (self.index, self.i, self.j) = (index, i, j)
    (key, law, length) = (contact.key, contact.law, contact.length)
    joint = contact.joint
    before = contact.memory
    (state, isBonded) = (before.state, before.isBonded)
    (normal, shear) = (before.normal, before.shear)
    if state == .sliding { friction = before.shear }
  }
}

/// A held point at work.
struct HeldWork: Sendable {
  let index: Int32, i: Int32
  var gap: Double, force: Double, stiffness: Double
  /// Force after a solution, displacement along the direction.
  var T = 0.0, moved = 0.0
}

/// A bolt at work: tension at the start of the step, then after a solution.
struct BoltWork: Sendable {
  let index: Int32, i: Int32, j: Int32
  var pair: Int32 = -1
  let stiffness: Double, tension: Double
  var T = 0.0, stretched = 0.0

  init(index: Int32, i: Int32, j: Int32, stiffness: Double, tension: Double) {
    (self.index, self.i, self.j) = (index, i, j)
    (self.stiffness, self.tension) = (stiffness, tension)
  }
}
