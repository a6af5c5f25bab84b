import Contact
import Mechanics

// The last question before a step is accepted: whether a corner came into another block unseen.
extension IslandStep {
  /// The corner that lies deepest in another block where no contact keeps, or finds, the two apart within the tolerance:
  /// how deep, m, and the candidate of the edge there. An accepted step has none.
  var deepestIntrusion: (depth: Double, candidate: Int)? {
    // Springs alone give way by what their forces ask.
    let enough =
      1.02 * (isAugmented ? overlapTolerance : max(largestOverlap, Self.shallow * model.size))
    let near = Self.nearby * model.size
    var deepest: (depth: Double, candidate: Int)?
    for n in 0..<candidates.count where candidates[n].gap < -enough && candidates[n].isOver {
      guard !isAtWork(n), !isHeldNearby(n, enough, near) else { continue }
      let depth = depth(n)
      if depth > max(enough, deepest?.depth ?? 0) { deepest = (depth, nearest(n)) }
    }
    return deepest
  }

  /// Whether another edge at the same corner is at work, or an edge of either block lies before the other at the two
  /// corners there: of convex corners one is enough.
  private func isHeldNearby(_ n: Int, _ enough: Double, _ near: Double) -> Bool {
    func keepsApart(_ k: Int) -> Bool {
      isAtWork(k) || candidates[k].gap >= -enough && isFacing(k)
    }
    if hasMirroredRival(of: n, near, keepsApart) { return true }
    let other = firstAtCorner(of: n) { isAtWork($0) || hasMirroredRival(of: $0, near, keepsApart) }
    return other != nil
  }

  /// Of the candidates at a corner that are over their edge the one entered least.
  private func nearest(_ n: Int) -> Int {
    var best = n
    _ = firstAtCorner(of: n) { k in
      if candidates[k].isOver, candidates[k].gap > candidates[best].gap { best = k }
      return false
    }
    return best
  }

  /// How deep the corner of a candidate lies behind the nearest edge of the other block, m; negative outside (of a block
  /// with inward corners also where it is in one).
  private func depth(_ n: Int) -> Double {
    let (b, corner) = (key(n).edgeBlock, place(candidates[n].corner))
    let count = model.geometry.cornerCount(b)
    return (0..<count).reduce(.infinity) { depth, e in
      let from = trial(b, e)
      let (t, _) = CornerSearch.direction(from, trial(b, (e + 1) % count))
      return min(depth, -(corner - from).cross(t))
    }
  }
}
