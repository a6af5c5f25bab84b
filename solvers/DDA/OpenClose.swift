import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// The system of the states and multipliers as they stand.
  mutating func assemble() {
    let n = model.geometry.unknownCount
    let width = n * lanes
    for (i, b) in blocks.enumerated() {
      base.copyMatrix(Int(b), into: &system.diagonal, at: i * width)
      for l in 0..<lanes { system.rhs[i * lanes + l] = fixedLoads[i * lanes + l] }
    }
    for k in system.upper.indices {
      system.upper[k] = Lanes()
      system.lower[k] = Lanes()
    }
    let share = 1 - scheme.alphaForce
    for (q, c) in working.enumerated() where c.state != .open {
      let start = q * 4 * lanes
      add(c.i, c.j, c.pair, rows, start, share * c.pn, share * (c.normal - c.pn * c.gap))
      let isStuck = c.state == .locked
      add(
        c.i, c.j, c.pair, rows, start + 2 * lanes, isStuck ? share * c.ps : 0,
        share * (isStuck ? c.shear : c.friction))
    }
    for (q, h) in held.enumerated() {
      add(
        h.i, -1, -1, heldRows, q * lanes, share * h.stiffness,
        share * (h.force - h.stiffness * h.gap))
    }
    for (q, b) in bolts.enumerated() {
      // Tension pulls the ends together: against the rows that lengthen it.
      add(b.i, b.j, b.pair, boltRows, 2 * q * lanes, share * b.stiffness, -share * b.tension)
    }
  }

  /// Adds p r rᵀ to the matrix and f r to the right side, r standing in the rows of one or two blocks.
  private mutating func add(
    _ i: Int32, _ j: Int32, _ pair: Int32, _ r: [Lanes], _ start: Int, _ p: Double, _ f: Double
  ) {
    if i >= 0 { outer(Int(i), r, start, p, f) }
    if j >= 0 { outer(Int(j), r, start + lanes, p, f) }
    guard pair >= 0, p != 0 else { return }
    // Rows of the pair's first block and of its second.
    let (first, second) = i < j ? (start, start + lanes) : (start + lanes, start)
    let n = model.geometry.unknownCount
    let width = n * lanes
    for c in 0..<n {
      let x = p * r[second + c / 8][c % 8]
      let y = p * r[first + c / 8][c % 8]
      for l in 0..<lanes {
        system.upper[Int(pair) * width + c * lanes + l] += x * r[first + l]
        system.lower[Int(pair) * width + c * lanes + l] += y * r[second + l]
      }
    }
  }

  private mutating func outer(_ b: Int, _ r: [Lanes], _ start: Int, _ p: Double, _ f: Double) {
    for l in 0..<lanes { system.rhs[b * lanes + l] += f * r[start + l] }
    guard p != 0 else { return }
    let n = model.geometry.unknownCount
    for c in 0..<n {
      let x = p * r[start + c / 8][c % 8]
      for l in 0..<lanes { system.diagonal[(b * n + c) * lanes + l] += x * r[start + l] }
    }
  }

  /// Gaps, slips and forces at the solution.
  mutating func measure() {
    let g = model.geometry
    for (i, b32) in blocks.enumerated() {
      let b = Int(b32)
      var modes = [Double](repeating: 0, count: g.modeCount)
      for k in 0..<g.modeCount {
        modes[k] =
          state.modes[b * g.modeCount + k] + x[i * lanes + (3 + k) / 8][(3 + k) % 8]
      }
      let d = x[i * lanes]
      g.place(
        b, state.centre[b] + Point(d[0], d[1]), state.angle[b] + d[2], modes, into: &trialCorners,
        at: cornerStart[i])
    }
    for q in working.indices {
      var c = working[q]
      let start = q * 4 * lanes
      c.across = product(c.i, c.j, rows, start)
      c.slip = product(c.i, c.j, rows, start + 2 * lanes)
      let (a, b) = (c.key.vertexBlock, c.key.edgeBlock)
      let next = c.key.edge + 1 == g.shapes[b].corners.count ? 0 : c.key.edge + 1
      let p = trial(a, c.key.vertex)
      let from = trial(b, c.key.edge)
      let (t, length) = CornerSearch.direction(from, trial(b, next))
      c.trueGap = (p - from).cross(t)
      let s = (p - from).dot(t)
      c.isOver = s > -1e-6 * length && s < (1 + 1e-6) * length
      if c.state == .open {
        (c.N, c.T) = (0, 0)
      } else {
        c.N = c.normal - c.pn * (c.gap + c.across)
        c.T = c.state == .locked ? c.shear - c.ps * c.slip : c.friction
      }
      working[q] = c
    }
    for q in held.indices {
      held[q].moved = product(held[q].i, -1, heldRows, q * lanes)
      held[q].T = held[q].force - held[q].stiffness * (held[q].gap + held[q].moved)
    }
    for q in bolts.indices {
      bolts[q].stretched = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes)
      bolts[q].T = bolts[q].tension + bolts[q].stiffness * bolts[q].stretched
    }
  }

  /// A corner where its block would be.
  @inline(__always)
  func trial(_ b: Int, _ corner: Int) -> Point {
    local[b] >= 0
      ? trialCorners[cornerStart[Int(local[b])] + corner]
      : state.corners[model.geometry.firstCorner[b] + corner]
  }

  func product(_ i: Int32, _ j: Int32, _ r: [Lanes], _ start: Int) -> Double {
    var sum = Lanes()
    for l in 0..<lanes {
      if i >= 0 { sum += r[start + l] * x[Int(i) * lanes + l] }
      if j >= 0 { sum += r[start + lanes + l] * x[Int(j) * lanes + l] }
    }
    return sum.sum()
  }

  /// New states, and whether all is settled.
  mutating func judge() -> (isSettled: Bool, changes: Int, overlap: Double) {
    strengths()
    sumJoints()
    var (changes, overlap, unrest) = (judgeTouch(), 0.0, 0.0)
    // While contacts come and go, forces on the others are not yet those of an equilibrium: bonds wait.
    let mayTear = changes == 0
    for q in working.indices where working[q].state != .open && working[q].wasClosed {
      let old = working[q].state
      unrest = max(unrest, judgeSlip(&working[q], mayTear: mayTear))
      if working[q].state != old {
        changes += 1
        working[q].changes += 1
      } else {
        overlap = max(overlap, abs(working[q].trueGap))
        if isAugmented, old == .locked { overlap = max(overlap, abs(working[q].slip)) }
      }
    }
    for h in held { overlap = max(overlap, abs(h.gap + h.moved)) }
    let settled = changes == 0 && overlap <= overlapTolerance && unrest <= 1e-9 * forceScale
    return (settled, changes, overlap)
  }

  /// What opens and what closes.
  private mutating func judgeTouch() -> Int {
    var changes = 0
    for q in working.indices {
      var c = working[q]
      c.wasClosed = c.state != .open
      if c.state == .open {
        // Overlaps within the tolerance may stay: contacts that hardly touch would open and close for ever. A
        // multiplier that is still there presses a contact shut before it overlaps.
        let isPressed = c.normal - c.pn * c.trueGap > c.pn * closing
        guard c.isOver, isPressed, c.normal > 0 || isEntrance(q) else {
          working[q].wasClosed = false
          continue
        }
        c.state = .locked
        // Only what a step ends with breaks a bond.
        c.isBonded = c.before.isBonded && c.changes < 4
      } else if !c.isOver || c.N < -c.tensileStrength - trace {
        c.state = .open
        c.isBonded = false
      } else {
        working[q].wasClosed = true
        continue
      }
      changes += 1
      c.changes += 1
      working[q] = c
    }
    return changes
  }

  /// Whether a closed contact sticks or slides; returns by how much its friction was wrong, N.
  private func judgeSlip(_ c: inout WorkingContact, mayTear: Bool) -> Double {
    if c.state == .locked {
      guard c.isBonded ? mayTear && isTorn(c) : abs(c.T) > c.shearStrength + trace else { return 0 }
      c.state = .sliding
      c.isBonded = false
      c.friction = c.T > 0 ? c.shearStrength : -c.shearStrength
      return 0
    }
    // It would slide along with its own friction: it sticks. One that never comes to rest is left sliding:
    // its strength is known, the rest follows.
    if c.slip * c.friction > 0, c.changes <= 8 {
      c.state = .locked
      return 0
    }
    let fresh = c.friction >= 0 ? c.shearStrength : -c.shearStrength
    return abs(fresh - c.friction)
  }

  /// Forces below this are none, N.
  private var trace: Double { 1e-10 * forceScale }

  /// What an open contact must overlap by to close, m.
  private var closing: Double { isAugmented ? 0.5 * overlapTolerance : 1e-14 * model.size }

  /// Shear force and strength of every bonded joint: its contacts break together, when the joint as a whole
  /// can hold no more. One by one they would tear at the corner that happens to carry most.
  private mutating func sumJoints() {
    joints.removeAll(keepingCapacity: true)
    for c in working where c.isBonded && c.state != .open {
      // Along the edge on the corner's block is the same sense from either side of a joint.
      joints[c.joint, default: SIMD2()] += SIMD2(c.T, c.shearStrength)
    }
  }

  private func isTorn(_ c: WorkingContact) -> Bool {
    guard let sum = joints[c.joint] else { return false }
    return abs(sum.x) > sum.y + trace
  }

  /// Whether a corner enters over this edge: of two edges at an outward corner it lies behind, the one it is
  /// behind the least (first entrance).
  private func isEntrance(_ q: Int) -> Bool {
    let c = working[q]
    for step in [-1, 1] {
      var k = q + step
      while working.indices.contains(k), working[k].key.packed >> 12 == c.key.packed >> 12 {
        let other = working[k]
        k += step
        guard other.isOver, other.trueGap <= 0,
          !isNotch(c.key.edgeBlock, c.key.edge, other.key.edge)
        else { continue }
        if other.state != .open { return false }
        if other.trueGap > c.trueGap || other.trueGap == c.trueGap && k < q { return false }
      }
    }
    return true
  }

  /// Whether two edges meet in an inward corner: there a corner lies against both.
  private func isNotch(_ b: Int, _ e: Int, _ f: Int) -> Bool {
    let g = model.geometry
    let count = g.shapes[b].corners.count
    let first = (e + 1) % count == f ? e : (f + 1) % count == e ? f : -1
    guard first >= 0 else { return false }
    func corner(_ k: Int) -> Point { trial(b, (first + k) % count) }
    return (corner(1) - corner(0)).cross(corner(2) - corner(1)) < 0
  }

  /// Strengths at the normal forces found, law by law.
  private mutating func strengths() {
    for law in model.laws.indices {
      var count = 0
      for c in working where Int(c.law) == law && c.state != .open { count += 1 }
      guard count > 0 else { continue }
      batch.resize(count)
      var n = 0
      for c in working where Int(c.law) == law && c.state != .open {
        batch.normal[n] = c.N
        batch.length[n] = c.length
        batch.slip[n] = c.before.slip + abs(c.slip)
        batch.slipRate[n] = abs(c.slip) / dt
        batch.isBonded[n] = c.isBonded
        batch.variable[n] = c.before.variable
        n += 1
      }
      model.laws[law].strength(&batch)
      n = 0
      for q in working.indices where Int(working[q].law) == law && working[q].state != .open {
        working[q].shearStrength = batch.shearStrength[n]
        working[q].tensileStrength = batch.tensileStrength[n]
        n += 1
      }
    }
  }

  /// Linearised gaps of the next pass; and, once all states are settled, the forces as multipliers. While states
  /// change the multipliers stay: the search for the states is then Newton's on one fixed problem.
  mutating func prepareNext(updating: Bool) {
    for q in working.indices {
      var c = working[q]
      if updating, isAugmented {
        c.normal = c.state == .open ? 0 : c.isBonded ? c.N : max(c.N, 0)
        c.shear = c.state == .open ? 0 : c.T
      }
      if c.state == .sliding {
        c.friction = c.friction >= 0 ? c.shearStrength : -c.shearStrength
      } else if !c.wasClosed {
        c.shear = 0
      }
      if c.state == .open { c.friction = 0 }
      c.gap = c.trueGap - c.across
      working[q] = c
    }
    if updating { for q in held.indices { held[q].force = held[q].T } }
  }
}
