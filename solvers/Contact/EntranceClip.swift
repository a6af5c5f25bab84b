/// Keeps of each cover what bounds the entrance block of concave polygons.
///
/// A cover is cut where others meet it; between two cuts it bounds as a whole or not at all, so one point
/// in the middle decides. There the loops are counted along the outward normal: `outside` parts of A ∩ B are
/// left just outside; those that vanish at the cover itself, because a second cover looks at it from the
/// other side (a peg in a slot of its own width), do not count. Cost: cuts times pieces.
struct EntranceClip {
  let candidates: [CoverCandidate]
  /// Distance in m below which covers coincide: some roundings of a difference of coordinates.
  let tolerance: Double

  /// The covers on the boundary, in the order of the candidates.
  func boundary() -> [ContactCover] {
    var kept: [ContactCover] = []
    for candidate in candidates where !candidate.isReflex { clip(candidate.cover, into: &kept) }
    return kept
  }

  private func clip(_ cover: ContactCover, into kept: inout [ContactCover]) {
    let (tangent, length) = CornerSearch.direction(cover.start, cover.end)
    let normal = Point(tangent.y, -tangent.x)
    let cuts = self.cuts(of: cover, tangent, normal, length)
    func close(_ from: Double, _ to: Double) {
      kept.append(
        ContactCover(
          corner: cover.corner, vertex: cover.vertex, edge: cover.edge,
          start: from == 0 ? cover.start : cover.start + from * tangent,
          end: to == length ? cover.end : cover.start + to * tangent))
    }
    var open: Double?
    for (from, to) in zip(cuts, cuts.dropFirst()) {
      if isBoundary(cover.start + 0.5 * (from + to) * tangent, tangent, normal) {
        if open == nil { open = from }
      } else if let begin = open {
        close(begin, from)
        open = nil
      }
    }
    if let begin = open { close(begin, length) }
  }

  /// Distances along a cover at which others touch or cross it, with both ends; none closer than 16 tolerances.
  private func cuts(
    of cover: ContactCover, _ tangent: Point, _ normal: Point, _ length: Double
  ) -> [Double] {
    var cuts: [Double] = []
    for other in candidates where !other.isReflex {
      let (p, q) = (other.cover.start - cover.start, other.cover.end - cover.start)
      let (above, below) = (p.dot(normal), q.dot(normal))
      guard max(above, below) >= -tolerance, min(above, below) <= tolerance else { continue }
      let (s, t) = (p.dot(tangent), q.dot(tangent))
      if abs(above) <= tolerance { cuts.append(s) }
      if abs(below) <= tolerance { cuts.append(t) }
      if above * below < 0 { cuts.append(s + (t - s) * (above / (above - below))) }
    }
    cuts.sort()
    let least = 16 * tolerance
    var result = [0.0]
    for c in cuts where c > result[result.count - 1] + least && c < length - least {
      result.append(c)
    }
    result.append(length)
    return result
  }

  /// Whether a point of a cover, away from its cuts, has no overlap of A and B.
  private func isBoundary(_ x: Point, _ tangent: Point, _ normal: Point) -> Bool {
    var (outside, facing) = (0, 0)
    for candidate in candidates {
      let (p, q) = (candidate.cover.start - x, candidate.cover.end - x)
      let (s, t) = (p.dot(tangent), q.dot(tangent))
      guard (s > 0) != (t > 0) else { continue }
      let (above, below) = (p.dot(normal), q.dot(normal))
      let distance = above + (below - above) * (s / (s - t))
      let isAlong = t > s
      if distance > tolerance {
        outside += isAlong ? 1 : -1
      } else if distance >= -tolerance {
        if candidate.isReflex {
          guard candidate.isStraight else { return false }
          // It takes back one of two covers that run over it.
          if isAlong { facing -= 1 }
        } else if !isAlong {
          facing += 1
        }
      }
    }
    return outside <= facing
  }
}
