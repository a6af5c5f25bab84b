import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// What a step begins with: loads, rows, springs, and who is connected with whom.
  mutating func begin(_ island: ContactSet.Island, _ contacts: [ContactSet.Contact]) {
    blocks = island.blocks
    cornerStart.reserveCapacity(blocks.count)
    var corners = 0
    for b in blocks {
      cornerStart.append(corners)
      corners += model.geometry.cornerCount(Int(b))
    }
    trialCorners = Array(repeating: Point(), count: corners)
    x = Array(repeating: Lanes(), count: blocks.count * lanes)
    for (i, b) in blocks.enumerated() {
      let v = dt * state.velocity.pair(Int(b), lanes)
      let a = (0.5 * dt * dt) * state.acceleration.pair(Int(b), lanes)
      x.set(i, lanes, v + a)
    }
    startLoads()
    startActing(contacts, island)
    startContacts(island, contacts)
    startHeld(island)
    startBolts(island)
    connect()
  }

  /// Inertia carried, weight, loads, elastic forces at the start.
  private mutating func startLoads() {
    fixedLoads = Array(repeating: Lanes(), count: blocks.count * lanes)
    residual = fixedLoads
    var square = 0.0
    let outer = OuterForces(model, state, time + dt)
    let (onVelocity, onAcceleration) = scheme.carriedWeights(dt)
    let c = 1 - scheme.alphaForce
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      let motion =
        onVelocity * state.velocity.pair(b, lanes)
        + onAcceleration * state.acceleration.pair(b, lanes)
      let carried = base.times(.mass, b, motion)
      let force = outer.force(b)
      let elastic = base.elasticForce(b, state)
      let before = scheme.alphaForce * state.force.pair(b, lanes)
      fixedLoads.set(i, lanes, carried + c * (force + elastic) + before)
      // Moments and forces on modes are of the order of force times size.
      square += force.dot(force) + carried.dot(carried)
    }
    forceScale = square.squareRoot()
  }

  private mutating func startContacts(
    _ island: ContactSet.Island, _ contacts: [ContactSet.Contact]
  ) {
    rows = Array(repeating: Lanes(), count: island.contacts.count * 4 * lanes)
    working.reserveCapacity(island.contacts.count)
    turns = Array(repeating: Point(1, 0), count: blocks.count)
    for (i, b) in blocks.enumerated() {
      turns[i] = Point(cos(state.angle[Int(b)]), sin(state.angle[Int(b)]))
    }
    var leaving: [Int] = []
    for (n, index) in island.contacts.enumerated() {
      let contact = contacts[Int(index)]
      let key = contact.key
      var c = WorkingContact(
        contact, index: index, i: local[key.vertexBlock], j: local[key.edgeBlock])
      let isOver = startRows(&c, n)
      let isCarried = c.before.state != .open
      let t = overlapTolerance
      c.rest = min(max(c.gap, -t), isCarried ? t : 0)
      if !isAugmented { (c.rest, c.normal) = (0, 0) }
      c.isLive = isCarried && isOver
      c.isBonded = c.isBonded && model.bonds[Int(c.law)]
      if isCarried, !isOver, c.normal > 0 { leaving.append(n) }
      (c.pn, c.ps) = stiffness(c, n * 4 * lanes)
      working.append(c)
      forceScale = max(forceScale, abs(contact.memory.normal))
    }
    if isAugmented { handOver(leaving) }
  }

  /// Rows of a contact; sets its gap.
  /// - Returns: whether the corner is over the edge.
  private mutating func startRows(_ c: inout WorkingContact, _ n: Int) -> Bool {
    let key = c.key
    let (a, b) = (key.vertexBlock, key.edgeBlock)
    let g = model.geometry
    let next = g.next(b, key.edge)
    let p = state.corners[g.firstCorner[a] + key.vertex]
    let from = state.corners[g.firstCorner[b] + key.edge]
    let to = state.corners[g.firstCorner[b] + next]
    let (t, length) = CornerSearch.direction(from, to)
    let normal = Point(t.y, -t.x)
    let s = (p - from).dot(t)
    let w = min(max(s / length, 0), 1)
    let foot = from + w * (to - from)
    c.start = (p - from).dot(normal)
    c.gap = c.start
    c.corner = place(a, key.vertex)
    c.from = place(b, key.edge)
    c.to = place(b, next)
    let start = 4 * n
    if c.i >= 0 {
      let (arm, turn) = (p - state.centre[a], turns[Int(c.i)])
      let v = key.vertex
      rows.set(start, lanes, g.row(a, v, v, 0, arm: arm, along: normal, turn: turn))
      rows.set(start + 2, lanes, g.row(a, v, v, 0, arm: arm, along: t, turn: turn))
    }
    if c.j >= 0 {
      let (arm, turn) = (foot - state.centre[b], turns[Int(c.j)])
      let e = key.edge
      rows.set(start + 1, lanes, g.row(b, e, next, w, arm: arm, along: -normal, turn: turn))
      rows.set(start + 3, lanes, g.row(b, e, next, w, arm: arm, along: -t, turn: turn))
    }
    return s > -1e-6 * length && s < (1 + 1e-6) * length
  }

  /// Where a corner stands among those that move, or −1 minus its place among all.
  private func place(_ b: Int, _ corner: Int) -> Int32 {
    local[b] >= 0
      ? Int32(cornerStart[Int(local[b])] + corner)
      : -1 - Int32(model.geometry.firstCorner[b] + corner)
  }

  /// A corner that has passed the end of its edge leaves its force to the contact that takes over on the same
  /// joint: two blocks that lie on one another do not fall through the change.
  private mutating func handOver(_ leaving: [Int]) {
    guard !leaving.isEmpty else { return }
    var heirs: [UInt64: [Int]] = [:]
    for n in leaving { heirs[working[n].joint] = [] }
    for q in working.indices where !working[q].isLive && heirs[working[q].joint] != nil {
      heirs[working[q].joint]!.append(q)
    }
    for n in leaving {
      let place = corner(working[n])
      let near = heirs[working[n].joint]!.filter { q in
        q != n && working[q].before.state == .open
          && (corner(working[q]) - place).length < 0.01 * model.size
          && abs(working[q].gap) < 1e-4 * model.size
      }
      guard let heir = near.first else { continue }
      working[heir].normal += working[n].normal
      working[heir].shear += working[n].shear
      working[heir].bound = abs(working[heir].shear)
      working[heir].rest = working[heir].gap
      working[heir].isLive = true
    }
  }

  private func corner(_ c: WorkingContact) -> Point {
    state.corners[model.geometry.firstCorner[c.key.vertexBlock] + c.key.vertex]
  }

  /// Springs that are stiff beside what the blocks oppose to them: the multipliers do the rest.
  private func stiffness(_ c: WorkingContact, _ start: Int) -> (Double, Double) {
    if case .penalty(let normal, let shear) = model.definition.enforcement {
      return (normal, shear)
    }
    let (a, b) = (c.key.vertexBlock, c.key.edgeBlock)
    func mobility(_ k: Int) -> Double {
      (c.i >= 0 ? base.mobility(a, rows, start + k * lanes) : 0)
        + (c.j >= 0 ? base.mobility(b, rows, start + (k + 1) * lanes) : 0)
    }
    return (IslandStep.firmness / mobility(0), IslandStep.firmness / mobility(2))
  }

  private mutating func startHeld(_ island: ContactSet.Island) {
    heldRows = Array(repeating: Lanes(), count: island.held.count * lanes)
    for (n, index) in island.held.enumerated() {
      let h = model.definition.held[Int(index)]
      let X = model.heldPoints[Int(index)]
      heldRows.set(n, lanes, model.geometry.row(h.block, at: X, state, along: h.direction))
      let moved = (model.geometry.position(h.block, X, state) - h.point).dot(h.direction)
      held.append(
        HeldWork(
          index: index, i: local[h.block], gap: moved - h.displacement(time + dt),
          force: state.heldForce[Int(index)],
          stiffness: IslandStep.heldFirmness / base.mobility(h.block, heldRows, n * lanes)))
    }
  }

  private mutating func startBolts(_ island: ContactSet.Island) {
    boltRows = Array(repeating: Lanes(), count: island.bolts.count * 2 * lanes)
    for (n, index) in island.bolts.enumerated() {
      let (d, e) = model.bolt(Int(index), state)
      let bolt = model.definition.bolts[Int(index)]
      let (i, j) = (local[bolt.block], bolt.other.map { local[$0] } ?? -1)
      let ends = model.boltPoints[Int(index)]
      if i >= 0 {
        boltRows.set(2 * n, lanes, model.geometry.row(bolt.block, at: ends.0, state, along: -d))
      }
      if j >= 0 {
        boltRows.set(2 * n + 1, lanes, model.geometry.row(bolt.other!, at: ends.1, state, along: d))
      }
      bolts.append(
        BoltWork(index: index, i: i, j: j, stiffness: bolt.stiffness, tension: e))
    }
  }

  /// Pairs of blocks that share a contact or a bolt, in order, and the pair of each.
  private mutating func connect() {
    var found: [UInt64] = []
    found.reserveCapacity(working.count)
    func code(_ i: Int32, _ j: Int32) -> UInt64? {
      i >= 0 && j >= 0 && i != j ? UInt64(min(i, j)) << 32 | UInt64(max(i, j)) : nil
    }
    for q in working.indices { if let k = code(working[q].i, working[q].j) { found.append(k) } }
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
    pairs = unique.map { (Int32($0 >> 32), Int32($0 & 0xFFFF_FFFF)) }
  }

  /// Which contacts every block has.
  mutating func connectSides() {
    contactStart = Array(repeating: 0, count: blocks.count + 1)
    for q in working.indices {
      if working[q].i >= 0 { contactStart[Int(working[q].i) + 1] += 1 }
      if working[q].j >= 0 { contactStart[Int(working[q].j) + 1] += 1 }
    }
    for i in blocks.indices { contactStart[i + 1] += contactStart[i] }
    var next = contactStart
    contactSides = Array(repeating: 0, count: Int(contactStart[blocks.count]))
    func put(_ i: Int32, _ code: Int) {
      guard i >= 0 else { return }
      contactSides[Int(next[Int(i)])] = Int32(code)
      next[Int(i)] += 1
    }
    for q in working.indices {
      put(working[q].i, 2 * q)
      put(working[q].j, 2 * q + 1)
    }
  }
}
