import Contact
import Glibc
import Mechanics

// What is asked once forces balance: bonds that cannot hold, overlaps that may not stay.
extension IslandStep {
  /// By how much springs grow whose overlap does not get on.
  private static let growth = 3.0

  /// Share of the tolerance that multipliers stay away from it, so that none is changed for a trifle and nothing is
  /// left beyond it.
  private static let slack = 0.02

  /// Forces below this are none, N.
  private var trace: Double { 1e-10 * forceScale }

  /// Breaks the bonds that the forces found are too large for. A joint shears as a whole, when all its contacts
  /// together can hold no more: one by one they would tear at the corner that happens to carry most.
  /// - Returns: whether any broke.
  func tear() -> Bool {
    joints.removeAll(keepingCapacity: true)
    for q in 0..<liveCount where live[q].isBonded {
      // Along the edge on the corner's block is the same sense from either side of a joint.
      joints[joint(q), default: SIMD2()] += SIMD2(live[q].T, live[q].bound)
    }
    guard !joints.isEmpty else { return false }
    var torn = false
    for q in 0..<liveCount where live[q].isBonded {
      let sum = joints[joint(q)]!
      guard abs(sum.x) > sum.y + trace || live[q].pressure < live[q].floor - trace else {
        continue
      }
      live[q].isBonded = false
      live[q].floor = 0
      torn = true
    }
    return torn
  }

  private func joint(_ q: Int) -> UInt64 {
    list[Int(candidates[Int(live[q].candidate)].index)].joint
  }

  /// Turns overlaps, gaps under pressure and stuck slips beyond the tolerance into multipliers; where that does not
  /// get on, springs become stiffer.
  /// - Returns: whether there were any.
  func multiply() -> Bool {
    var any = isHeldOff
    for q in held.indices {
      // What rounding leaves of a guide's gap its firm spring would feel as a force, and never come to rest.
      let isOff = held[q].kind == .guided && isOff(held[q])
      if held[q].kind == .held || isOff { held[q].force = held[q].T }
    }
    for q in bolts.indices where isOff(bolts[q]) { bolts[q].tension = bolts[q].T }
    guard isAugmented else { return any }
    for q in 0..<liveCount where live[q].state != .open {
      let (over, slipped) = excess(q)
      let t = Self.slack * overlapTolerance
      guard abs(over) > t || abs(slipped) > t else { continue }
      live[q].normal -= live[q].pn * over
      live[q].shear -= live[q].ps * slipped
      any = true
      live[q].rounds += 1
      // First in every round; later now and then, where two contacts share a force that only one can keep.
      let isSlow = live[q].rounds % 10 == 0 && live[q].rounds <= 60
      if live[q].rounds > 1 && live[q].rounds < 5 || isSlow {
        // At the gap and slip as they are the forces stay what they are.
        live[q].normal += (Self.growth - 1) * live[q].pn * (live[q].gap - live[q].rest)
        live[q].shear += (Self.growth - 1) * live[q].ps * live[q].slip
        live[q].pn *= Self.growth
        live[q].ps *= Self.growth
        live[q].change = assembly
        isStale = true
      }
    }
    return any
  }

  /// Gap and stuck slip of a closed contact beyond the tolerance less its slack, m.
  private func excess(_ q: Int) -> (over: Double, slip: Double) {
    let t = (1 - Self.slack) * overlapTolerance
    let (gap, slip) = (live[q].gap, live[q].slip)
    return (
      gap - min(max(gap, -t), t), live[q].state == .locked ? slip - min(max(slip, -t), t) : 0
    )
  }

  /// What overlaps and stuck slips beyond the tolerance would change in forces, N.
  var overlapForce: Double {
    guard isAugmented else { return 0 }
    var square = 0.0
    for q in 0..<liveCount where live[q].state != .open {
      let (over, slip) = excess(q)
      let (n, t) = (live[q].pn * over, live[q].ps * slip)
      square += n * n + t * t
    }
    return square.squareRoot()
  }

  /// Whether a held or tied point is not where it should be.
  private var isHeldOff: Bool {
    held.contains { $0.kind != .elastic && isOff($0) } || bolts.contains(where: isOff)
  }

  private func isOff(_ tie: BoltWork) -> Bool {
    tie.isTie && abs(tie.gap + tie.stretched) > 1e-13 * model.size
  }

  private func isOff(_ h: HeldWork) -> Bool {
    abs(h.gap + h.moved) > 1e-13 * model.size + 0x1p-48 * abs(h.gap)
  }

  /// Largest overlap of closed contacts, and distance of held points from where they should be, m.
  var largestOverlap: Double {
    var most = 0.0
    for q in 0..<liveCount where live[q].state != .open {
      most = max(most, -live[q].gap)
    }
    most = bolts.reduce(most) { $1.isTie ? max($0, abs($1.gap + $1.stretched)) : $0 }
    return held.reduce(most) { $1.kind == .elastic ? $0 : max($0, abs($1.gap + $1.moved)) }
  }
}
