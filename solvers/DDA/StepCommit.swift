import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// Moves the island's blocks to the end of the step.
  /// - Returns: the works of the step.
  func advance(_ state: inout BlockState) -> EnergyAccount {
    var work = EnergyAccount()
    let outside = OuterForces(model, self.state, time + dt)
    let links = linkForces()
    let carriedShare = model.definition.dynamicFactor
    let g = model.geometry
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      let D = x.pair(i, lanes)
      let (v0, a0) = (
        self.state.velocity.pair(b, lanes), self.state.acceleration(b, lanes, into: dt)
      )
      let (v, a) = scheme.advance(D, v0, a0, dt)
      let outer = outside.force(b) + actingForce(i)
      let viscous = model.acting.dashpots.times(b, v)
      let stretched = base.times(.stiffness, b, D)
      let total =
        outer + base.elasticForce(b, self.state) - stretched - viscous
        + links.pair(i, lanes)
      work.radiated += viscous.dot(D)
      let forceBefore = self.state.force.pair(b, lanes)
      account(b, D, (v0, a0, v, a), stretched, (forceBefore, total, outer), &work)
      let mass = g.mass[b]
      state.balance.rateAtStart += mass * Point(a0[0], a0[1])
      state.balance.rateAtEnd += mass * Point(a[0], a[1])
      state.balance.forceAtStart += Point(forceBefore[0], forceBefore[1])
      state.balance.outer += Point(outer[0], outer[1])
      state.balance.supports -= Point(viscous[0], viscous[1])
      state.force.set(b, lanes, total)
      state.velocity.set(b, lanes, carriedShare * v)
      state.acceleration.set(b, lanes, carriedShare == 0 ? LanePair() : a)
      let before = self.state.acceleration.pair(b, lanes)
      state.steady.set(
        b, lanes, carriedShare == 0 ? LanePair() : BlockState.steady(a, before: before))
      state.step.set(b, lanes, D)
      state.centre[b] += Point(D[0], D[1])
      state.angle[b] += D[2]
      for k in 0..<g.modeCount { state.modes[b * g.modeCount + k] += D[3 + k] }
      let first = g.firstCorner[b]
      for c in 0..<g.cornerCount(b) {
        state.corners[first + c] = trialCorners[Int(cornerStart[i]) + c]
      }
    }
    addLinkWork(&work)
    state.balance.supports += supportForce
    if !island.border.isEmpty { finishBorder(&state, &work) }
    return work
  }

  /// Forces of contacts, held points and bolts on every block.
  private func linkForces() -> LaneBuffer {
    let total = LaneBuffer.zeros(count * lanes)
    func add(_ i: Int32, _ j: Int32, _ r: LaneBuffer, _ start: Int, _ f: Double) {
      if i >= 0 { total.add(Int(i), lanes, f, r, start) }
      if j >= 0 { total.add(Int(j), lanes, f, r, start + lanes) }
    }
    for q in 0..<liveCount where live[q].state != .open {
      add(live[q].i, live[q].j, rows, q * 4 * lanes, live[q].N)
      add(live[q].i, live[q].j, rows, (q * 4 + 2) * lanes, live[q].T)
    }
    for q in held.indices { add(held[q].i, -1, heldRows, q * lanes, held[q].T) }
    for q in bolts.indices { add(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, -bolts[q].T) }
    return total
  }

  /// What the scheme dissipated in a block, and what came from outside.
  private func account(
    _ b: Int, _ D: LanePair, _ motion: (v0: LanePair, a0: LanePair, v: LanePair, a: LanePair),
    _ stretched: LanePair, _ force: (before: LanePair, total: LanePair, outer: LanePair),
    _ work: inout EnergyAccount
  ) {
    let s = scheme
    let m = motion
    // Inertia as the equation of motion has it, and as velocities have it.
    let inertia = base.times(.mass, b, (1 - s.alphaMass) * m.a + s.alphaMass * m.a0)
    let rate = base.times(.mass, b, s.gamma * m.a + (1 - s.gamma) * m.a0)
    let mean = (0.5 * dt) * m.v + (0.5 * dt) * m.v0
    work.algorithmic += inertia.dot(D) - rate.dot(mean)
    work.algorithmic += 0.5 * stretched.dot(D)
    // Forces of the step's beginning have a share in the equation, but none in the works below.
    work.algorithmic -= s.alphaForce * (force.before - force.total).dot(D)
    var weight = LanePair()
    weight[0] = model.geometry.mass[b] * model.definition.gravity.x
    weight[1] = model.geometry.mass[b] * model.definition.gravity.y
    work.external += (force.outer - weight).dot(D)
    let f = model.definition.dynamicFactor
    if f < 1 { work.damped += 0.5 * (1 - f * f) * m.v.dot(base.times(.mass, b, m.v)) }
  }

  /// Works of contacts, held points and bolts.
  private func addLinkWork(_ work: inout EnergyAccount) {
    for q in 0..<liveCount where live[q].state != .open {
      work.joint -= live[q].N * live[q].across
      work.friction -= live[q].T * live[q].slip
    }
    for h in held where h.kind == .held { work.external += h.T * h.moved }
    for b in bolts where !b.isTie {
      // Work against the tension of the end, less what the spring keeps.
      work.algorithmic += 0.5 * b.stiffness * b.stretched * b.stretched
    }
  }

  /// What a contact remembers of the step.
  func memory(_ n: Int) -> ContactMemory {
    let c = candidates[n]
    var m = list[Int(c.index)].memory
    guard c.live >= 0, live[Int(c.live)].state != .open else {
      (m.state, m.normal, m.shear, m.slipRate) = (.open, 0, 0, 0)
      // A bond is lost where it opened, not where it was never closed.
      if c.isCarried { m.isBonded = false }
      return m
    }
    let w = live[Int(c.live)]
    m.state = w.state
    m.isBonded = w.isBonded
    (m.normal, m.shear) = (w.N, w.T)
    if w.state == .sliding { m.slip += abs(w.slip) }
    m.slipRate = w.state == .sliding ? abs(w.slip) / dt : 0
    return m
  }

  /// Largest way of a corner of a block in the step.
  func displacement(_ b: Int) -> Double {
    let first = model.geometry.firstCorner[b]
    return (0..<model.geometry.cornerCount(b)).reduce(0) {
      max($0, (trial(b, $1) - state.corners[first + $1]).length)
    }
  }
}

extension ContactSet {
  /// Gap of a contact where the blocks are, and whether the corner is over the edge.
  func gap(
    _ n: Int, _ g: BlockGeometry, _ state: BlockState
  ) -> (across: Double, isOver: Bool, point: Point) {
    let key = contacts[n].key
    let b = key.edgeBlock
    let next = g.next(b, key.edge)
    let p = state.corners[g.firstCorner[key.vertexBlock] + key.vertex]
    let from = state.corners[g.firstCorner[b] + key.edge]
    let (t, length) = CornerSearch.direction(from, state.corners[g.firstCorner[b] + next])
    let s = (p - from).dot(t)
    return ((p - from).cross(t), s > -1e-6 * length && s < (1 + 1e-6) * length, p)
  }
}

extension DDAModel {
  /// A bolt as it stands: unit vector from its first to its second end, tension.
  func bolt(_ i: Int, _ state: BlockState) -> (direction: Point, tension: Double) {
    let bolt = definition.bolts[i]
    let from = geometry.position(bolt.block, boltPoints[i].0, state)
    let to = bolt.other.map { geometry.position($0, boltPoints[i].1, state) } ?? bolt.otherPoint
    let length = (to - from).length
    let start = (bolt.otherPoint - bolt.point).length
    return ((to - from) / length, bolt.preload + bolt.stiffness * (length - start))
  }
}
