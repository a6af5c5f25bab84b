import Contact
import Glibc
import Mechanics

extension DDASolver {
  /// Number of blocks.
  public var blockCount: Int { state.centre.count }

  /// Corners of a block where they are, m.
  public func outline(_ block: Int) -> [Point] {
    let first = model.geometry.firstCorner[block]
    return Array(state.corners[first..<first + model.geometry.shapes[block].corners.count])
  }

  /// Centroid, m, and turn since the start, rad.
  public func pose(_ block: Int) -> (centre: Point, angle: Double) {
    (state.centre[block], state.angle[block])
  }

  /// Velocity of the centroid, m/s, and spin, rad/s.
  public func velocity(_ block: Int) -> (centre: Point, spin: Double) {
    let v = state.velocity[block * model.geometry.lanes]
    return (Point(v[0], v[1]), v[2])
  }

  /// Area now, m².
  public func area(_ block: Int) -> Double { Polygon(unchecked: outline(block)).area }

  /// Mass, kg.
  public func mass(_ block: Int) -> Double { model.geometry.shapes[block].mass }

  /// σxx, σyy, τxy at the centroid in the axes of space, Pa, tension positive.
  public func stress(_ block: Int) -> [Double] {
    let shape = model.geometry.shapes[block]
    let d = model.definition
    var e = [0.0, 0, 0]
    for (k, mode) in shape.modes.enumerated() {
      let q = state.modes[shape.modeCount * block + k]
      let strain = mode.strain
      for i in 0..<3 { e[i] += q * strain[i][0] }
    }
    let (c11, c12, c33) = d.materials[d.blocks[block].material].stiffness(d.plane)
    let initial = d.blocks[block].initialStress
    let s = [
      c11 * e[0] + c12 * e[1] + initial[0], c12 * e[0] + c11 * e[1] + initial[1],
      c33 * e[2] + initial[2],
    ]
    let (c, n) = (cos(state.angle[block]), sin(state.angle[block]))
    return [
      c * c * s[0] + n * n * s[1] - 2 * c * n * s[2],
      n * n * s[0] + c * c * s[1] + 2 * c * n * s[2],
      c * n * (s[0] - s[1]) + (c * c - n * n) * s[2],
    ]
  }

  /// Where a point of a block, given where it was at the start, is now.
  public func position(_ block: Int, of point: Point) -> Point {
    model.geometry.position(
      block, point - model.definition.blocks[block].polygon.centroid, state)
  }

  /// Linear momentum of all free blocks, kg m/s.
  public var momentum: Point {
    var sum = Point()
    for b in 0..<blockCount where !model.isFixed[b] { sum += mass(b) * velocity(b).centre }
    return sum
  }

  /// Contacts that are not open.
  public var contactReports: [ContactReport] {
    contacts.contacts.indices.compactMap { n in
      let c = contacts.contacts[n]
      guard c.memory.state != .open else { return nil }
      return ContactReport(
        key: c.key, point: contacts.gap(n, model.geometry, state).point, state: c.memory.state,
        normal: c.memory.normal, shear: c.memory.shear, slip: c.memory.slip)
    }
  }

  /// Force that holds a held point along its direction, N.
  public func heldForce(_ index: Int) -> Double { state.heldForce[index] }
}
