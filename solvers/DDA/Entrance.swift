import Contact
import Mechanics

// Over which edge a corner comes in. At an outward corner of a block it must lie in front of one of the two edges, not of
// both: only one of them may act.
extension IslandStep {
  /// Whether a corner enters over this edge: of the edges at an outward corner that it lies behind, the one it has
  /// crossed last (first entrance: until then it was outside).
  func isEntrance(_ n: Int) -> Bool {
    let key = key(n)
    let mine = crossing(n)
    for step in [-1, 1] {
      var k = n + step
      while k >= 0, k < candidates.count, self.key(k).packed >> 12 == key.packed >> 12 {
        let other = k
        k += step
        guard candidates[other].isOver, candidates[other].gap <= 0, !candidates[other].isReleased,
          !isNotch(key.edgeBlock, key.edge, self.key(other).edge)
        else { continue }
        let q = Int(candidates[other].live)
        if q >= 0, live[q].state != .open { return false }
        let others = crossing(other)
        if others > mine || others == mine && other < n { return false }
      }
    }
    return true
  }

  /// When a corner comes behind the line of an edge, as a share of the step; where it was there from the start,
  /// below 0, by how far it lies behind.
  private func crossing(_ n: Int) -> Double {
    let (start, gap) = (candidates[n].start, candidates[n].gap)
    if start >= -overlapTolerance { return max(start, 0) / (max(start, 0) - gap) }
    return gap / model.size
  }

  private func key(_ n: Int) -> ContactKey { list[Int(candidates[n].index)].key }

  /// Whether two edges meet in an inward corner: there a corner lies against both.
  private func isNotch(_ b: Int, _ e: Int, _ f: Int) -> Bool { (sine(b, e, f) ?? 0) < 0 }

  /// Sine of the turn from one edge of a block to the next, positive at an outward corner; nil where the two do not meet.
  private func sine(_ b: Int, _ e: Int, _ f: Int) -> Double? {
    let g = model.geometry
    let count = g.cornerCount(b)
    let first = (e + 1) % count == f ? e : (f + 1) % count == e ? f : -1
    guard first >= 0 else { return nil }
    func corner(_ k: Int) -> Point { trial(b, (first + k) % count) }
    let (u, v) = (corner(1) - corner(0), corner(2) - corner(1))
    return u.cross(v) / (u.length * v.length)
  }

  /// Lets go of contacts that keep a corner from where it may be: pressed, although the corner lies in front of, or
  /// within the tolerance on, the other edge of an outward corner. So a block that slides over the joint between two
  /// blocks of one plane does not catch at the side of the second. Where both edges press, the weaker one goes;
  /// it comes back if the other one turns out not to be needed either.
  /// - Returns: whether any was let go.
  func release() -> Bool {
    let depth = isAugmented ? overlapTolerance : largestOverlap
    let enough = 1.01 * depth + 0x1p-48 * model.size
    var any = false
    for q in 0..<liveCount where live[q].isPressed && !live[q].isBonded && live[q].N > 0 {
      let n = Int(live[q].candidate)
      guard !candidates[n].isReleased, let other = rival(of: n), candidates[other].gap >= -enough
      else { continue }
      let r = Int(candidates[other].live)
      if r >= 0, live[r].isPressed {
        // Both press: the weaker one first, and of two alike the later one.
        if live[r].isBonded || (live[r].N, r) < (live[q].N, q) { continue }
      } else if r >= 0, candidates[other].isReleased {
        resume(r)
      }
      letGo(q)
      any = true
    }
    return any
  }

  /// The other edge that the corner of a candidate could come in over where it is near the end of its own.
  private func rival(of n: Int) -> Int? {
    let key = key(n)
    for step in [-1, 1] {
      var k = n + step
      while k >= 0, k < candidates.count, self.key(k).packed >> 12 == key.packed >> 12 {
        // Near the lines of both edges is near the corner where they meet; under pressure a gap may be open by the
        // tolerance, and the corner before either edge.
        if abs(candidates[k].gap) < Self.shallow * model.size,
          (sine(key.edgeBlock, key.edge, self.key(k).edge) ?? 0) > 0.01
        {
          return k
        }
        k += step
      }
    }
    return nil
  }

  private func letGo(_ q: Int) {
    candidates[Int(live[q].candidate)].isReleased = true
    (live[q].normal, live[q].shear, live[q].pn, live[q].ps) = (0, 0, 0, 0)
    live[q].change = assembly
    isStale = true
  }

  /// Back to work, without the force it had.
  private func resume(_ q: Int) {
    let n = Int(live[q].candidate)
    (live[q].pn, live[q].ps) = stiffness(
      candidates[n], list[Int(candidates[n].index)].key, 4 * lanes * q)
    (live[q].normal, live[q].shear, live[q].rest) = (0, 0, live[q].gap)
    live[q].change = assembly
    isStale = true
  }
}
