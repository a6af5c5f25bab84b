import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// Moves the island's blocks to the end of the step.
  /// - Returns: the works of the step.
  func advance(_ state: inout BlockState) -> EnergyAccount {
    var work = EnergyAccount()
    let forces = endForces()
    let carriedShare = model.definition.dynamicFactor
    let g = model.geometry
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      let D = Array(x[i * lanes..<(i + 1) * lanes])
      var (v, a) = ([Lanes](), [Lanes]())
      for l in 0..<lanes {
        var (vl, al) = (state.velocity[b * lanes + l], state.acceleration[b * lanes + l])
        for c in 0..<8 {
          var (p, q) = (vl[c], al[c])
          scheme.advance(D[l][c], &p, &q, dt)
          (vl[c], al[c]) = (p, q)
        }
        v.append(vl)
        a.append(al)
      }
      account(b, D, v, a, forces, i, &work)
      for l in 0..<lanes {
        state.force[b * lanes + l] = forces.total[i * lanes + l]
        state.velocity[b * lanes + l] = carriedShare * v[l]
        state.acceleration[b * lanes + l] = carriedShare == 0 ? Lanes() : a[l]
        state.step[b * lanes + l] = D[l]
      }
      state.centre[b] += Point(D[0][0], D[0][1])
      state.angle[b] += D[0][2]
      for k in 0..<g.modeCount { state.modes[b * g.modeCount + k] += D[(3 + k) / 8][(3 + k) % 8] }
      let first = g.firstCorner[b]
      for c in g.shapes[b].corners.indices {
        state.corners[first + c] = trialCorners[cornerStart[i] + c]
      }
    }
    addLinkWork(&work)
    return work
  }

  /// Forces at the end of the step: in all, and those from outside.
  private func endForces() -> (total: [Lanes], outer: [Lanes], weight: [Lanes]) {
    var total = [Lanes](repeating: Lanes(), count: blocks.count * lanes)
    var (outer, weight) = (total, total)
    let outside = OuterForces(model, state, time + dt)
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      let force = outside.force(b, lanes)
      let elastic = base.elasticForce(b, state)
      let added = base.stiffnessTimes(b, Array(x[i * lanes..<(i + 1) * lanes]))
      let shape = model.geometry.shapes[b]
      weight[i * lanes][0] = shape.mass * model.definition.gravity.x
      weight[i * lanes][1] = shape.mass * model.definition.gravity.y
      for l in 0..<lanes {
        outer[i * lanes + l] = force[l]
        total[i * lanes + l] = force[l] + elastic[l] - added[l]
      }
    }
    func add(_ i: Int32, _ j: Int32, _ r: [Lanes], _ start: Int, _ f: Double) {
      for l in 0..<lanes {
        if i >= 0 { total[Int(i) * lanes + l] += f * r[start + l] }
        if j >= 0 { total[Int(j) * lanes + l] += f * r[start + lanes + l] }
      }
    }
    for (q, c) in working.enumerated() where c.state != .open {
      add(c.i, c.j, rows, q * 4 * lanes, c.N)
      add(c.i, c.j, rows, (q * 4 + 2) * lanes, c.T)
    }
    for (q, h) in held.enumerated() { add(h.i, -1, heldRows, q * lanes, h.T) }
    for (q, b) in bolts.enumerated() { add(b.i, b.j, boltRows, 2 * q * lanes, -b.T) }
    addActing(&total, &outer)
    addDashpots(&total)
    return (total, outer, weight)
  }

  /// What the scheme dissipated in a block, and what came from outside.
  private func account(
    _ b: Int, _ D: [Lanes], _ v: [Lanes], _ a: [Lanes],
    _ forces: (total: [Lanes], outer: [Lanes], weight: [Lanes]), _ i: Int,
    _ work: inout EnergyAccount
  ) {
    let (v0, a0) = (
      Array(state.velocity[b * lanes..<(b + 1) * lanes]),
      Array(state.acceleration[b * lanes..<(b + 1) * lanes])
    )
    let s = scheme
    func combine(_ p: [Lanes], _ x: Double, _ q: [Lanes], _ y: Double) -> [Lanes] {
      (0..<lanes).map { x * p[$0] + y * q[$0] }
    }
    func dot(_ p: [Lanes], _ q: [Lanes]) -> Double {
      (0..<lanes).reduce(0) { $0 + (p[$1] * q[$1]).sum() }
    }
    // Inertia as the equation of motion has it, and as velocities have it.
    let inertia = base.massTimes(b, combine(a, 1 - s.alphaMass, a0, s.alphaMass))
    let rate = base.massTimes(b, combine(a, s.gamma, a0, 1 - s.gamma))
    let mean = combine(v, 0.5 * dt, v0, 0.5 * dt)
    work.algorithmic += dot(inertia, D) - dot(rate, mean)
    work.algorithmic += 0.5 * dot(base.stiffnessTimes(b, D), D)
    for l in 0..<lanes {
      // Forces of the step's beginning have a share in the equation, but none in the works below.
      let before = state.force[b * lanes + l] - forces.total[i * lanes + l]
      work.algorithmic -= s.alphaForce * (before * D[l]).sum()
      work.external += ((forces.outer[i * lanes + l] - forces.weight[i * lanes + l]) * D[l]).sum()
    }
    work.radiated += radiated(b, D, v)
    let f = model.definition.dynamicFactor
    if f < 1 {
      let momentum = base.massTimes(b, v)
      work.damped += 0.5 * (1 - f * f) * dot(v, momentum)
    }
  }

  /// Works of contacts, held points and bolts.
  private func addLinkWork(_ work: inout EnergyAccount) {
    for c in working where c.state != .open {
      work.joint -= c.N * c.across
      work.friction -= c.T * c.slip
    }
    for h in held { work.external += h.T * h.moved }
    for b in bolts {
      // Work against the tension of the end, less what the spring keeps.
      work.algorithmic += 0.5 * b.stiffness * b.stretched * b.stretched
    }
  }

  /// What a contact remembers of the step.
  func memory(_ c: WorkingContact) -> ContactMemory {
    var m = c.before
    m.state = c.state
    m.isBonded = c.isBonded && c.state != .open
    (m.normal, m.shear) = c.state == .open ? (0, 0) : (c.N, c.T)
    if c.state == .sliding { m.slip += abs(c.slip) }
    m.slipRate = c.state == .sliding ? abs(c.slip) / dt : 0
    return m
  }

  /// Largest way of a corner of a block in the step.
  func displacement(_ b: Int) -> Double {
    let first = model.geometry.firstCorner[b]
    return model.geometry.shapes[b].corners.indices.reduce(0) {
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
    let next = key.edge + 1 == g.shapes[b].corners.count ? 0 : key.edge + 1
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
