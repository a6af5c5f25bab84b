import Contact
import Mechanics

// Contacts that are let go because another one at the same two corners is enough.
extension IslandStep {
  /// Lets go of contacts that keep a corner from where it may be: pressed, although the blocks lie in front of, or
  /// within the tolerance on, one another by another edge at the same two corners. So a block that slides over the joint
  /// between two blocks of one plane does not catch at the side of the second. Where both press, the weaker one goes;
  /// it comes back if the other one turns out not to be needed either.
  /// - Returns: whether any was let go.
  func release() -> Bool {
    let depth = isAugmented ? overlapTolerance : largestOverlap
    let enough = 1.01 * depth + 0x1p-48 * model.size
    var any = takeBack(enough)
    for q in 0..<liveCount where live[q].isPressed && !live[q].isBonded && live[q].N > 0 {
      let n = Int(live[q].candidate)
      guard !candidates[n].isReleased, let other = rival(of: n, enough) else { continue }
      let r = Int(candidates[other].live)
      if r >= 0, live[r].isPressed {
        // Both press: the weaker one first, and of two alike the later one.
        if live[r].isBonded || (live[r].N, r) < (live[q].N, q) { continue }
      } else if r >= 0, candidates[other].isReleased {
        resume(r)
      }
      letGo(q, for: other)
      any = true
    }
    return any
  }

  /// Takes contacts back that were let go for another one which the blocks have since come behind, too: of the two the
  /// one that is entered less acts.
  private func takeBack(_ enough: Double) -> Bool {
    var any = false
    for q in 0..<liveCount where candidates[Int(live[q].candidate)].rival >= 0 {
      let n = Int(live[q].candidate)
      let other = Int(candidates[n].rival)
      guard candidates[n].gap < -enough, candidates[other].gap < -enough else { continue }
      let r = Int(candidates[other].live)
      if r >= 0, live[r].isPressed { continue }
      candidates[n].rival = -1
      if candidates[n].gap >= candidates[other].gap || r >= 0 {
        resume(q)
      } else {
        enter(other)
        connectSides()
      }
      any = true
    }
    return any
  }

  private func letGo(_ q: Int, for other: Int) {
    candidates[Int(live[q].candidate)].isReleased = true
    candidates[Int(live[q].candidate)].rival = Int32(other)
    (live[q].normal, live[q].shear, live[q].pn, live[q].ps) = (0, 0, 0, 0)
    live[q].change = assembly
    isStale = true
  }

  /// Back to work, without the force it had.
  private func resume(_ q: Int) {
    let n = Int(live[q].candidate)
    (live[q].pn, live[q].ps) = stiffness(
      candidates[n], list[Int(candidates[n].index)].key, 4 * lanes * q)
    let t = overlapTolerance
    (live[q].normal, live[q].shear) = (0, 0)
    live[q].rest = isAugmented ? min(max(candidates[n].start, -t), 0) : 0
    live[q].change = assembly
    isStale = true
  }
}
