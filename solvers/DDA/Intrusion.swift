import Contact
import Mechanics

// The last question before a step is accepted: whether a corner came into another block unseen.
extension IslandStep {
  /// How deep a corner lies in another block where no contact keeps, or finds, the two apart within the tolerance, m; 0
  /// where there is none. An accepted step has no such corner.
  var deepestIntrusion: Double {
    let enough = 1.02 * (isAugmented ? overlapTolerance : .infinity)
    let near = Self.nearby * model.size
    var (deepest, n) = (0.0, 0)
    while n < candidates.count {
      let group = key(n).packed >> 12
      var (end, isBehind, isHeld) = (n, false, false)
      while end < candidates.count, key(end).packed >> 12 == group {
        isBehind = isBehind || candidates[end].isOver && candidates[end].gap < -enough
        isHeld = isHeld || isAtWork(end)
        end += 1
      }
      if isBehind, !isHeld {
        let depth = depth(n)
        // Of two convex corners it is enough that one edge of either lies before the other.
        let isApart = (n..<end).contains { m in
          hasMirroredRival(of: m, near) {
            isAtWork($0) || candidates[$0].gap >= -enough && isFacing($0)
          }
        }
        if depth > max(deepest, enough), !isApart { deepest = depth }
      }
      n = end
    }
    return deepest
  }

  private func isAtWork(_ n: Int) -> Bool {
    let q = Int(candidates[n].live)
    return q >= 0 && live[q].state != .open
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
