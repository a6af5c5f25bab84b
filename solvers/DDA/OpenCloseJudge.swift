import Contact
import Glibc
import Mechanics

// What is asked once forces balance: bonds that cannot hold, overlaps that may not stay.
extension IslandStep {
  /// By how much springs grow whose overlap does not get on.
  private static let growth = 3.0

  /// Forces below this are none, N.
  private var trace: Double { 1e-10 * forceScale }

  /// Breaks the bonds that the forces found are too large for. A joint shears as a whole, when all its contacts
  /// together can hold no more: one by one they would tear at the corner that happens to carry most.
  /// - Returns: whether any broke.
  mutating func tear() -> Bool {
    joints.removeAll(keepingCapacity: true)
    for q in working.indices where working[q].isBonded && working[q].isLive {
      // Along the edge on the corner's block is the same sense from either side of a joint.
      joints[working[q].joint, default: SIMD2()] += SIMD2(working[q].T, working[q].bound)
    }
    guard !joints.isEmpty else { return false }
    var torn = false
    for q in working.indices where working[q].isBonded && working[q].isLive {
      let sum = joints[working[q].joint]!
      guard abs(sum.x) > sum.y + trace || working[q].raw < working[q].floor - trace else {
        continue
      }
      working[q].isBonded = false
      working[q].floor = 0
      torn = true
    }
    return torn
  }

  /// Turns overlaps, gaps under pressure and stuck slips beyond the tolerance into multipliers; where that does not
  /// get on, springs become stiffer.
  /// - Returns: whether there were any.
  mutating func multiply() -> Bool {
    var any = isHeldOff
    for q in held.indices { held[q].force = held[q].T }
    guard isAugmented else { return any }
    for q in working.indices where working[q].isLive && working[q].state != .open {
      let (over, slipped) = excess(q)
      let t = 0.02 * overlapTolerance
      guard abs(over) > t || abs(slipped) > t else { continue }
      working[q].normal -= working[q].pn * over
      working[q].shear -= working[q].ps * slipped
      any = true
      working[q].rounds += 1
      if working[q].rounds > 1, working[q].rounds < 5 {
        // At the gap and slip as they are the forces stay what they are.
        working[q].normal += (Self.growth - 1) * working[q].pn * (working[q].gap - working[q].rest)
        working[q].shear += (Self.growth - 1) * working[q].ps * working[q].slip
        working[q].pn *= Self.growth
        working[q].ps *= Self.growth
        isStale = true
      }
    }
    return any
  }

  /// Gap and stuck slip of a closed contact beyond the tolerance, m.
  private func excess(_ q: Int) -> (over: Double, slip: Double) {
    let t = overlapTolerance
    let (gap, slip) = (working[q].gap, working[q].slip)
    return (
      gap - min(max(gap, -t), t), working[q].state == .locked ? slip - min(max(slip, -t), t) : 0
    )
  }

  /// What overlaps and stuck slips beyond the tolerance would change in forces, N.
  var overlapForce: Double {
    guard isAugmented else { return 0 }
    var square = 0.0
    for q in working.indices where working[q].isLive && working[q].state != .open {
      let (over, slip) = excess(q)
      let (n, t) = (working[q].pn * over, working[q].ps * slip)
      square += n * n + t * t
    }
    return square.squareRoot()
  }

  /// Whether a held point is not where it should be.
  private var isHeldOff: Bool {
    let t = 1e-13 * model.size
    return held.contains { abs($0.gap + $0.moved) > t + 0x1p-48 * abs($0.gap) }
  }

  /// Largest overlap of closed contacts, and distance of held points from where they should be, m.
  var largestOverlap: Double {
    var most = 0.0
    for q in working.indices where working[q].isLive && working[q].state != .open {
      most = max(most, -working[q].gap)
    }
    return held.reduce(most) { max($0, abs($1.gap + $1.moved)) }
  }

  /// Whether a corner enters over this edge: of two edges at an outward corner it lies behind, the one it is
  /// behind the least (first entrance).
  func isEntrance(_ q: Int) -> Bool {
    let key = working[q].key
    for step in [-1, 1] {
      var k = q + step
      while working.indices.contains(k), working[k].key.packed >> 12 == key.packed >> 12 {
        let other = k
        k += step
        guard working[other].isOver, working[other].gap <= 0,
          !isNotch(key.edgeBlock, key.edge, working[other].key.edge)
        else { continue }
        if working[other].isLive, working[other].state != .open { return false }
        let (mine, others) = (working[q].gap, working[other].gap)
        if others > mine || others == mine && other < q { return false }
      }
    }
    return true
  }

  /// Whether two edges meet in an inward corner: there a corner lies against both.
  private func isNotch(_ b: Int, _ e: Int, _ f: Int) -> Bool {
    let g = model.geometry
    let count = g.cornerCount(b)
    let first = (e + 1) % count == f ? e : (f + 1) % count == e ? f : -1
    guard first >= 0 else { return false }
    func corner(_ k: Int) -> Point { trial(b, (first + k) % count) }
    return (corner(1) - corner(0)).cross(corner(2) - corner(1)) < 0
  }
}
