import Contact
import Mechanics

/// What an edge of a block does and what it feels: displacement and traction at a boundary, for
/// coupling.
public struct BoundaryEdge: Sendable, Equatable {
  /// One end of the edge: place m, displacement since the start m, velocity m/s.
  public struct End: Sendable, Equatable {
    /// m, m and m/s.
    public let position: Point, displacement: Point, velocity: Point

    /// By its three vectors.
    public init(position: Point, displacement: Point, velocity: Point) {
      (self.position, self.displacement, self.velocity) = (position, displacement, velocity)
    }
  }

  /// Ends in counter-clockwise order of the block.
  public let start: End, end: End
  /// Outward unit normal.
  public let normal: Point
  /// Length m, times thickness: area, m².
  public let length: Double, area: Double
  /// Resultant of the contact forces that others exert on the edge, N; its moment about the middle
  /// of the edge, N m, counter-clockwise.
  public let force: Point, moment: Double

  /// Mean traction, Pa: force over area.
  public var traction: Point { force / area }
}

extension DDASolver {
  /// An edge of a block, from corner `edge` to the next: where it is, how it moves, and what
  /// contacts press on it.
  ///
  /// A contact acts on the edge that it runs along: that of the corner's block where faces meet,
  /// one of the two at the corner where a corner stands alone. So over all edges of a block its
  /// contact forces are complete, each counted once. Loads and water are not among them. Forces are
  /// those of the last step.
  public func boundary(_ face: BlockEdge) -> BoundaryEdge {
    precondition(
      (0..<blockCount).contains(face.block)
        && model.geometry.shapes[face.block].corners.indices.contains(face.edge),
      "edge \(face.edge) of block \(face.block) of \(blockCount) blocks")
    let count = model.geometry.shapes[face.block].corners.count
    let start = boundaryEnd(face.block, face.edge)
    let end = boundaryEnd(face.block, (face.edge + 1) % count)
    let (t, length) = CornerSearch.direction(start.position, end.position)
    let middle = 0.5 * (start.position + end.position)
    var (force, moment) = (Point(), 0.0)
    for n in contacts.contacts.indices {
      let contact = contacts.contacts[n]
      guard contact.memory.state != .open, let sign = side(face, contact) else { continue }
      let (f, p) = contactForce(n)
      force += sign * f
      moment += sign * (p - middle).cross(f)
    }
    return BoundaryEdge(
      start: start, end: end, normal: Point(t.y, -t.x), length: length,
      area: length * model.definition.thickness, force: force, moment: moment)
  }

  /// Where a corner of a block is and how it moves.
  private func boundaryEnd(_ b: Int, _ corner: Int) -> BoundaryEdge.End {
    let g = model.geometry
    let p = state.corners[g.firstCorner[b] + corner]
    let v = Array(state.velocity[b * g.lanes..<(b + 1) * g.lanes])
    let arm = p - state.centre[b]
    var rate = Point()
    for k in 0..<g.modeCount {
      let q: Double = v[(3 + k) / 8][(3 + k) % 8]
      rate += q * g.shapes[b].cornerModes[g.modeCount * corner + k]
    }
    let (u, w, spin) = (v[0][0], v[0][1], v[0][2])
    var velocity = Point(u - spin * arm.y, w + spin * arm.x)
    velocity += g.turned(rate, state.angle[b])
    return BoundaryEdge.End(
      position: p, displacement: p - model.definition.blocks[b].polygon.vertices[corner],
      velocity: velocity)
  }

  /// +1 where a contact acts on the edge through the corner's block, −1 through the edge's, nil
  /// where it does not.
  private func side(_ face: BlockEdge, _ contact: ContactSet.Contact) -> Double? {
    let key = contact.key
    if key.edgeBlock == face.block { return key.edge == face.edge ? -1 : nil }
    guard key.vertexBlock == face.block else { return nil }
    // The joint names both edges.
    let sides = [JointSide(contact.joint >> 32), JointSide(contact.joint & 0xFFFF_FFFF)]
    return sides.contains { $0.block == face.block && $0.edge == face.edge } ? 1 : nil
  }

  /// Force of a contact on the corner's block, N, and where it acts.
  private func contactForce(_ n: Int) -> (force: Point, point: Point) {
    let contact = contacts.contacts[n]
    let ends = JointSide(UInt64(contact.key.edgeBlock) << 12 | UInt64(contact.key.edge))
      .ends(model.geometry, state)
    let t = CornerSearch.direction(ends.0, ends.1).tangent
    let m = contact.memory
    let force = m.normal * Point(t.y, -t.x) + m.shear * t
    return (force, contacts.gap(n, model.geometry, state).point)
  }
}
