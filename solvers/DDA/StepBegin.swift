import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// What a step begins with: loads, contacts at work with their rows and springs, held points, bolts.
  func begin() {
    for (i, b) in blocks.enumerated() {
      let v = dt * state.velocity.pair(Int(b), lanes)
      let a = (0.5 * dt * dt) * state.acceleration(Int(b), lanes, into: dt)
      x.set(i, lanes, v + a)
      turns[i] = Point(cos(state.angle[Int(b)]), sin(state.angle[Int(b)]))
    }
    startLoads()
    startActing()
    startHeld()
    startBolts()
    if !island.border.isEmpty { startBorder() }
    startContacts()
    connectSides()
  }

  /// Inertia carried, weight, loads, elastic forces at the start.
  private func startLoads() {
    var square = 0.0
    let outer = OuterForces(model, state, time + dt)
    let (onVelocity, onAcceleration) = scheme.carriedWeights(dt)
    let c = 1 - scheme.alphaForce
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      let motion =
        onVelocity * state.velocity.pair(b, lanes)
        + onAcceleration * state.acceleration(b, lanes, into: dt)
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

  // MARK: - Contacts

  private func startContacts() {
    var leaving: [Int] = []
    for (n, index) in island.contacts.enumerated() {
      let contact = list[Int(index)]
      let memory = contact.memory
      let (gap, isOver) = startGap(contact.key)
      let isCarried = memory.state != .open
      let key = contact.key
      let (a, b) = (key.vertexBlock, key.edgeBlock)
      candidates[n] = Candidate(
        key: key, index: index, i: local[a], j: local[b], corner: place(a, key.vertex),
        from: place(b, key.edge), to: place(b, model.geometry.next(b, key.edge)), start: gap,
        gap: gap, isOver: isOver, isCarried: isCarried, normal: isAugmented ? memory.normal : 0,
        shear: memory.shear)
      if isCarried, !isOver, candidates[n].normal > 0 { leaving.append(n) }
      forceScale = max(forceScale, abs(memory.normal))
      if isCarried, isOver { enter(n) }
    }
    if isAugmented { handOver(leaving) }
  }

  /// Gap of a contact at the start, and whether the corner is over the edge.
  private func startGap(_ key: ContactKey) -> (gap: Double, isOver: Bool) {
    let (p, from, to) = ends(key)
    let (t, length) = CornerSearch.direction(from, to)
    let s = (p - from).dot(t)
    return ((p - from).cross(t), s > -1e-6 * length && s < (1 + 1e-6) * length)
  }

  /// Corner and ends of the edge at the start.
  @inline(__always)
  private func ends(_ key: ContactKey) -> (corner: Point, from: Point, to: Point) {
    let g = model.geometry
    let (a, b) = (key.vertexBlock, key.edgeBlock)
    let first = g.firstCorner[b]
    return (
      state.corners[g.firstCorner[a] + key.vertex], state.corners[first + key.edge],
      state.corners[first + g.next(b, key.edge)]
    )
  }

  /// Where a corner stands among those that move, or −1 minus its place among all.
  private func place(_ b: Int, _ corner: Int) -> Int32 {
    local[b] >= 0
      ? cornerStart[Int(local[b])] + Int32(corner)
      : -1 - Int32(model.geometry.firstCorner[b] + corner)
  }

  /// A candidate goes to work, with the forces it brings along.
  func enter(_ n: Int) {
    let c = candidates[n]
    let contact = list[Int(c.index)]
    let place = liveCount
    liveCount += 1
    candidates[n].live = Int32(place)
    startRows(contact.key, c, 4 * lanes * place)
    let t = overlapTolerance
    let isBonded = contact.memory.isBonded && model.bonds[Int(contact.law)]
    var w = WorkingContact(
      i: c.i, j: c.j, candidate: Int32(n), law: contact.law, state: contact.memory.state,
      isBonded: isBonded, normal: c.normal, shear: c.shear,
      rest: isAugmented ? min(max(c.start, -t), c.isCarried ? t : 0) : 0, base: c.start,
      bound: abs(c.shear))
    (w.pn, w.ps) = stiffness(c, contact.key, 4 * lanes * place)
    (w.across, w.slip) = ways(c.i, c.j, 4 * lanes * place, x)
    w.change = assembly
    isStale = true
    live[place] = w
    members[Int(contact.law)].add(place, contact)
  }

  private func startRows(_ key: ContactKey, _ c: Candidate, _ start: Int) {
    let (a, b) = (key.vertexBlock, key.edgeBlock)
    let g = model.geometry
    let (p, from, to) = ends(key)
    let (t, length) = CornerSearch.direction(from, to)
    let normal = Point(t.y, -t.x)
    let w = min(max((p - from).dot(t) / length, 0), 1)
    let foot = from + w * (to - from)
    for k in 0..<4 * lanes { rows[start + k] = Lanes() }
    if c.i >= 0 {
      let (arm, turn) = (p - state.centre[a], turns[Int(c.i)])
      let v = key.vertex
      setRow(start, g.row(a, v, v, 0, arm: arm, along: normal, turn: turn))
      setRow(start + 2 * lanes, g.row(a, v, v, 0, arm: arm, along: t, turn: turn))
    }
    if c.j >= 0 {
      let (arm, turn) = (foot - state.centre[b], turns[Int(c.j)])
      let (e, next) = (key.edge, g.next(b, key.edge))
      setRow(start + lanes, g.row(b, e, next, w, arm: arm, along: -normal, turn: turn))
      setRow(start + 3 * lanes, g.row(b, e, next, w, arm: arm, along: -t, turn: turn))
    }
  }

  private func setRow(_ start: Int, _ row: LanePair) {
    rows[start] = row.first
    if lanes == 2 { rows[start + 1] = row.second }
  }

  /// A corner that has passed the end of its edge leaves its force to the contact that takes over on the same
  /// joint: two blocks that lie on one another do not fall through the change.
  private func handOver(_ leaving: [Int]) {
    guard !leaving.isEmpty else { return }
    func joint(_ n: Int) -> UInt64 { list[Int(candidates[n].index)].joint }
    func corner(_ n: Int) -> Point { ends(list[Int(candidates[n].index)].key).corner }
    var heirs: [UInt64: [Int]] = [:]
    for n in leaving { heirs[joint(n)] = [] }
    for n in 0..<candidates.count where !candidates[n].isCarried {
      heirs[joint(n)]?.append(n)
    }
    for n in leaving {
      let place = corner(n)
      let near = heirs[joint(n)]!.first { q in
        candidates[q].live < 0 && (corner(q) - place).length < 0.01 * model.size
          && abs(candidates[q].gap) < 1e-4 * model.size
      }
      guard let heir = near else { continue }
      let from = candidates[n]
      (candidates[heir].normal, candidates[heir].shear) = (from.normal, from.shear)
      (candidates[n].normal, candidates[n].shear) = (0, 0)
      enter(heir)
      live[Int(candidates[heir].live)].rest = candidates[heir].gap
    }
  }

  /// Springs that are stiff beside what the blocks oppose to them: the multipliers do the rest.
  func stiffness(_ c: Candidate, _ key: ContactKey, _ start: Int) -> (Double, Double) {
    func mobility(_ k: Int) -> Double {
      (c.i >= 0 ? giving(c.i, key.vertexBlock, start + k * lanes) : 0)
        + (c.j >= 0 ? giving(c.j, key.edgeBlock, start + (k + 1) * lanes) : 0)
    }
    if case .penalty(let normal, let shear) = model.definition.enforcement {
      isStiff = isStiff || max(normal * mobility(0), shear * mobility(2)) > Self.singleLimit
      return (normal, shear)
    }
    return (Self.firmness / mobility(0), Self.firmness / mobility(2))
  }

  /// About how far a unit force along a row of a contact moves a block, m/N.
  @inline(__always)
  private func giving(_ i: Int32, _ b: Int, _ row: Int) -> Double {
    guidedInverse.isEmpty
      ? base.mobility(b, rows, row) : guidedMobility(i, b, rows.pair(row / lanes, lanes), row)
  }

  /// Which contacts at work every block has.
  func connectSides() {
    let count = self.count
    for i in 0...count { sideStart[i] = 0 }
    for q in 0..<liveCount {
      if live[q].i >= 0 { sideStart[Int(live[q].i) + 1] += 1 }
      if live[q].j >= 0 { sideStart[Int(live[q].j) + 1] += 1 }
    }
    for i in 0..<count { sideStart[i + 1] += sideStart[i] }
    let next = Buffer<Int32>(count)
    for i in 0..<count { next[i] = sideStart[i] }
    for q in 0..<liveCount {
      let w = live[q]
      let off = island.pattern.contacts[Int(w.candidate)]
      if w.i >= 0 {
        sides[Int(next[Int(w.i)])] = ContactSide(code: Int32(2 * q), off: off.x)
        next[Int(w.i)] += 1
      }
      if w.j >= 0 {
        sides[Int(next[Int(w.j)])] = ContactSide(code: Int32(2 * q + 1), off: off.y)
        next[Int(w.j)] += 1
      }
    }
  }

  // MARK: - Held points and bolts

  private func startHeld() {
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

  private func startBolts() {
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
      let mobility =
        (i >= 0 ? base.mobility(bolt.block, boltRows, 2 * n * lanes) : 0)
        + (j >= 0 ? base.mobility(bolt.other!, boltRows, (2 * n + 1) * lanes) : 0)
      isStiff = isStiff || bolt.stiffness * mobility > Self.singleLimit
      bolts.append(
        BoltWork(index: index, i: i, j: j, stiffness: bolt.stiffness, tension: e))
    }
  }
}
