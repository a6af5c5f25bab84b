import Contact
import Mechanics

/// Which edges of which blocks are wet over their whole length.
struct WetFaces: Sendable {
  private let waters: [WaterPressure], thickness: Double
  /// For every water with listed faces, its edges block by block.
  private var listed: [[Int: [Int]]] = []

  init(_ d: DDADefinition) {
    (waters, thickness) = (d.water, d.thickness)
    for water in d.water {
      var edges: [Int: [Int]] = [:]
      if case .listed(let list) = water.faces {
        for face in list { edges[face.block, default: []].append(face.edge) }
      }
      listed.append(edges)
    }
  }

  /// Whether water presses on joints.
  var areJointsWet: Bool { waters.contains { $0.faces == .joints } }

  /// Whether it presses on nothing else.
  var areFacesDry: Bool { waters.allSatisfy { $0.faces == .joints } }

  /// Adds the pressure on the faces of a block, where they are now.
  func add(
    _ b: Int, _ g: BlockGeometry, _ state: BlockState, time: Double, into out: inout [Lanes]
  ) {
    for (n, water) in waters.enumerated() {
      let factor = water.history(time)
      switch water.faces {
      case .joints: continue
      case .all:
        for e in g.shapes[b].corners.indices { press(water, factor, b, e, g, state, &out) }
      case .listed:
        for e in listed[n][b] ?? [] { press(water, factor, b, e, g, state, &out) }
      }
    }
  }

  private func press(
    _ water: WaterPressure, _ factor: Double, _ b: Int, _ e: Int, _ g: BlockGeometry,
    _ state: BlockState, _ out: inout [Lanes]
  ) {
    let corners = g.shapes[b].corners
    let next = e + 1 == corners.count ? 0 : e + 1
    let from = state.corners[g.firstCorner[b] + e]
    let to = state.corners[g.firstCorner[b] + next]
    let (t, _) = CornerSearch.direction(from, to)
    let inward = Point(-t.y, t.x)
    water.integrate(from, to) { s, p, force in
      g.addForce(
        b, factor * force * thickness * inward, at: corners[e] + s * (corners[next] - corners[e]),
        arm: p - state.centre[b], state, into: &out, at: 0)
    }
  }

  /// Adds the pressure in a joint between two edges to both of its blocks.
  ///
  /// - Parameters:
  ///   - joint: as contacts name it: block and edge of either side, packed.
  ///   - opening: wider joints drain, m.
  func add(
    joint: UInt64, _ g: BlockGeometry, _ state: BlockState, time: Double, opening: Double,
    local: [Int32], into out: inout [Lanes]
  ) {
    let first = JointSide(joint >> 32), second = JointSide(joint & 0xFFFF_FFFF)
    let (a0, a1) = first.ends(g, state)
    let (b0, b1) = second.ends(g, state)
    // The faces look at each other: their edges run opposite ways.
    let ta = CornerSearch.direction(a0, a1).tangent, tb = CornerSearch.direction(b1, b0).tangent
    guard ta.dot(tb) > 0, abs(ta.cross(tb)) < CornerSearch.angleTolerance else { return }
    let d = CornerSearch.direction(Point(), ta + tb).tangent
    let s0 = max(a0.dot(d), b1.dot(d)), s1 = min(a1.dot(d), b0.dot(d))
    guard s1 > s0 else { return }
    func middle(_ s: Double) -> (p: Point, gap: Double) {
      let a = a0 + (s - a0.dot(d)) / (a1 - a0).dot(d) * (a1 - a0)
      let b = b0 + (s - b0.dot(d)) / (b1 - b0).dot(d) * (b1 - b0)
      return (0.5 * (a + b), (b - a).length)
    }
    let (from, to) = (middle(s0), middle(s1))
    guard 0.5 * (from.gap + to.gap) < opening else { return }
    let t = CornerSearch.direction(from.p, to.p).tangent
    let inward = Point(-t.y, t.x)
    let lanes = g.lanes
    for water in waters where water.faces == .joints {
      let factor = water.history(time)
      water.integrate(from.p, to.p) { _, p, force in
        let f = factor * force * thickness * inward
        for (side, sign) in [(first, 1.0), (second, -1.0)] where local[side.block] >= 0 {
          g.addForce(
            side.block, sign * f, in: p, state, into: &out, at: Int(local[side.block]) * lanes)
        }
      }
    }
  }
}

/// One side of a joint: a block and its edge, unpacked.
struct JointSide {
  let block: Int, edge: Int

  init(_ packed: UInt64) { (block, edge) = (Int(packed >> 12), Int(packed & 0xFFF)) }

  /// Ends of the edge now, counter-clockwise.
  func ends(_ g: BlockGeometry, _ state: BlockState) -> (Point, Point) {
    let (first, count) = (g.firstCorner[block], g.shapes[block].corners.count)
    return (state.corners[first + edge], state.corners[first + (edge + 1) % count])
  }
}
