import Contact
import Mechanics

// Over which edge a corner comes in. At an outward corner of a block it must lie in front of one of the two edges, not of
// both: only one of them may act.
extension IslandStep {
  /// Whether a corner enters over this edge: of the edges at an outward corner that it lies behind, and of those by which
  /// the other block's corner there may come in, the one crossed last (first entrance: until then the blocks were apart).
  func isEntrance(_ n: Int) -> Bool {
    let key = key(n)
    let mine = crossing(n)
    let isLater = firstAtCorner(of: n) {
      !isNotch(key.edgeBlock, key.edge, self.key($0).edge) && goesBefore($0, n, mine)
    }
    if isLater != nil { return false }
    let c = candidates[n]
    let near = Self.shallow * model.size + 2 * max(abs(c.gap), abs(c.start - c.gap))
    return !hasMirroredRival(of: n, near) { goesBefore($0, n, mine) }
  }

  /// Whether both edges at a corner stay on the outer side of the edge it may come in over.
  func isFacing(_ n: Int) -> Bool {
    let (key, c) = (key(n), candidates[n])
    let count = model.geometry.cornerCount(key.vertexBlock)
    let (t, _) = CornerSearch.direction(place(c.from), place(c.to))
    let corner = place(c.corner)
    if let previous = model.covered.previous(key.vertexBlock, key.vertex) {
      // The other block of the body may be of another island: at the joint it moves along.
      let first = model.geometry.firstCorner
      let way =
        state.corners[first[previous.block] + previous.corner]
        - state.corners[first[key.vertexBlock] + key.vertex]
      guard way.cross(t) > -CornerSearch.angleTolerance * way.length else { return false }
      let next = trial(key.vertexBlock, (key.vertex + 1) % count) - corner
      return next.cross(t) > -CornerSearch.angleTolerance * next.length
    }
    return [1, count - 1].allSatisfy { step in
      let way = trial(key.vertexBlock, (key.vertex + step) % count) - corner
      return way.cross(t) > -CornerSearch.angleTolerance * way.length
    }
  }

  /// Whether another contact at the same corners is at work already, or was crossed later.
  private func goesBefore(_ other: Int, _ n: Int, _ mine: Double) -> Bool {
    let c = candidates[other]
    guard c.isOver, c.gap <= 0, !c.isReleased else { return false }
    if isAtWork(other) { return true }
    guard isFacing(other) else { return false }
    let others = crossing(other)
    return others > mine || others == mine && other < n
  }

  /// When a corner comes behind the line of an edge, as a share of the step; where it was there from the start,
  /// below 0, by how far it lies behind.
  private func crossing(_ n: Int) -> Double {
    let (start, gap) = (candidates[n].start, candidates[n].gap)
    if start >= -overlapTolerance { return max(start, 0) / (max(start, 0) - gap) }
    return gap / model.size
  }

  @inline(__always)
  func key(_ n: Int) -> ContactKey { candidates[n].key }

  /// Whether two edges meet in an inward corner: there a corner lies against both.
  func isNotch(_ b: Int, _ e: Int, _ f: Int) -> Bool { (sine(b, e, f) ?? 0) < 0 }

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

  /// Another contact at the corners where a candidate is, such that it is enough to lie in front of either, and that the
  /// blocks do lie in front of, or behind by no more than `enough`.
  ///
  /// Two outward corners meet by the edges of either at the corner of the other: sides of the entrance block (Shi 2015)
  /// that meet in an outward corner of it.
  func rival(of n: Int, _ enough: Double) -> Int? {
    guard candidates[n].isNearEnd else { return nil }
    let key = key(n)
    // Under pressure a gap may be open by the tolerance, and the corner before the end of its edge.
    let near = Self.shallow * model.size
    var found = firstAtCorner(of: n) {
      isRival($0, enough, near)
        && (sine(key.edgeBlock, key.edge, self.key($0).edge) ?? 0) > Self.outward
    }
    if found != nil { return found }
    _ = hasMirroredRival(of: n, near) { k in
      if isRival(k, enough, near) { found = k }
      return found != nil
    }
    return found
  }

  /// The first other candidate of the same corner with the same block of which something holds.
  @inline(__always)
  func firstAtCorner(of n: Int, _ holds: (Int) -> Bool) -> Int? {
    let pair = key(n).cornerAndBlock
    for step in [-1, 1] {
      var k = n + step
      while k >= 0, k < candidates.count, key(k).cornerAndBlock == pair {
        if holds(k) { return k }
        k += step
      }
    }
    return nil
  }

  /// Whether a candidate is a contact at work and closed.
  @inline(__always)
  func isAtWork(_ n: Int) -> Bool {
    let q = Int(candidates[n].live)
    return q >= 0 && live[q].state != .open
  }

  /// Whether something holds of a contact of the other block's corner at the end of the edge, within a distance, with an
  /// edge at the candidate's own corner that runs another way.
  func hasMirroredRival(of n: Int, _ near: Double, _ holds: (Int) -> Bool) -> Bool {
    let (c, key, g) = (candidates[n], key(n), model.geometry)
    let (corner, from, to) = (place(c.corner), place(c.from), place(c.to))
    for (end, number) in [(from, key.edge), (to, g.next(key.edgeBlock, key.edge))]
    where (corner - end).length < near {
      let count = g.cornerCount(key.vertexBlock)
      for edge in [key.vertex, (key.vertex + count - 1) % count] {
        let mirrored = ContactKey(
          vertexBlock: key.edgeBlock, vertex: number, edgeBlock: key.vertexBlock, edge: edge)
        guard let k = find(mirrored) else { continue }
        if !runsAlong(key, mirrored), holds(k) { return true }
      }
    }
    return false
  }

  /// Whether the edges of two contacts were parallel when the step began.
  private func runsAlong(_ a: ContactKey, _ b: ContactKey) -> Bool {
    func way(_ key: ContactKey) -> Point {
      let first = model.geometry.firstCorner[key.edgeBlock]
      let next = model.geometry.next(key.edgeBlock, key.edge)
      return state.corners[first + next] - state.corners[first + key.edge]
    }
    let (u, v) = (way(a), way(b))
    return abs(u.cross(v)) <= Self.outward * u.length * v.length
  }

  private func isRival(_ k: Int, _ enough: Double, _ near: Double) -> Bool {
    candidates[k].gap >= -enough && candidates[k].gap < near && isFacing(k)
  }

  /// Distance, beside block size, of two corners within which a contact at one keeps the other out, too.
  static let nearby = 0.05

  /// Sine from which on two edges make a corner: of three degrees, as Shi takes angles to be the same.
  private static let outward = 0.05

  /// Where a corner of a candidate stands.
  @inline(__always)
  func place(_ c: Int32) -> Point {
    c >= 0 ? trialCorners[Int(c)] : state.corners[Int(-1 - c)]
  }

  /// The candidate of a key; nil where it is none.
  private func find(_ key: ContactKey) -> Int? {
    var (low, high) = (0, candidates.count)
    while low < high {
      let middle = (low + high) / 2
      if self.key(middle) < key { low = middle + 1 } else { high = middle }
    }
    return low < candidates.count && self.key(low) == key ? low : nil
  }
}
