import Contact
import Glibc
import Mechanics

/// Where all blocks are and how they move.
///
/// Vectors of unknowns (u, v, turn, modes) stand in `lanes` registers of eight per block, zero beyond.
struct BlockState: Sendable, Equatable {
  /// Centroids, and turns since the start.
  var centre: [Point], angle: [Double]
  /// Mode amplitudes (strains), `[block * modeCount + mode]`.
  var modes: [Double]
  /// Velocity, acceleration, total force of the last step, displacement of the last step.
  var velocity, acceleration, force, step: [Lanes]
  /// Corners in space, block after block.
  var corners: [Point]
  /// Force along every held point.
  var heldForce: [Double]

  init(_ definition: DDADefinition, lanes: Int) {
    let count = definition.blocks.count
    centre = definition.blocks.map(\.polygon.centroid)
    angle = Array(repeating: 0, count: count)
    modes = Array(repeating: 0, count: count * definition.order.modeCount)
    velocity = Array(repeating: Lanes(), count: count * lanes)
    (acceleration, force, step) = (velocity, velocity, velocity)
    corners = definition.blocks.flatMap(\.polygon.vertices)
    heldForce = Array(repeating: 0, count: definition.held.count)
    for (b, block) in definition.blocks.enumerated() where !block.isFixed {
      velocity[b * lanes][0] = block.velocity.x
      velocity[b * lanes][1] = block.velocity.y
      velocity[b * lanes][2] = block.spin
    }
  }
}

/// What a point of a block does when the block's unknowns move: its position, and the rows that turn unknowns
/// into displacement along a direction.
struct BlockGeometry: Sendable {
  let shapes: [BlockShape]
  let modeCount: Int
  /// Registers per vector: 1 for six unknowns, 2 for twelve.
  let lanes: Int
  /// First corner of every block among all corners.
  let firstCorner: [Int]

  init(_ shapes: [BlockShape], modeCount: Int) {
    self.shapes = shapes
    self.modeCount = modeCount
    lanes = (3 + modeCount + 7) / 8
    var next = 0
    firstCorner = shapes.map { shape in
      defer { next += shape.corners.count }
      return next
    }
  }

  var unknownCount: Int { 3 + modeCount }

  /// Corners of a block at a centroid, turn and modes.
  func place(
    _ b: Int, _ centre: Point, _ angle: Double, _ modes: [Double], into corners: inout [Point],
    at first: Int
  ) {
    let shape = shapes[b]
    let (c, s) = (cos(angle), sin(angle))
    for i in shape.corners.indices {
      var X = shape.corners[i]
      for k in 0..<modeCount { X += modes[k] * shape.cornerModes[modeCount * i + k] }
      corners[first + i] = centre + Point(c * X.x - s * X.y, s * X.x + c * X.y)
    }
  }

  /// d·∂x/∂(unknowns) of a point between two corners (share w of the second), whose offset from the
  /// centroid is `arm`; added to `row` with a sign.
  @inline(__always)
  func addRow(
    _ b: Int, _ from: Int, _ to: Int, _ w: Double, arm: Point, along d: Point, angle: Double,
    sign: Double, into row: inout [Lanes], at start: Int
  ) {
    row[start][0] += sign * d.x
    row[start][1] += sign * d.y
    row[start][2] += sign * arm.cross(d)
    let (c, s) = (cos(angle), sin(angle))
    let local = sign * Point(c * d.x + s * d.y, -s * d.x + c * d.y)
    let shape = shapes[b]
    for k in 0..<modeCount {
      let m =
        (1 - w) * shape.cornerModes[modeCount * from + k]
        + w * shape.cornerModes[modeCount * to + k]
      row[start + (3 + k) / 8][(3 + k) % 8] += m.dot(local)
    }
  }

  /// The same for a point of the block that is no corner, at X in the block's frame.
  func addRow(
    _ b: Int, at X: Point, _ state: BlockState, along d: Point, sign: Double,
    into row: inout [Lanes], at start: Int
  ) {
    let arm = position(b, X, state) - state.centre[b]
    row[start][0] += sign * d.x
    row[start][1] += sign * d.y
    row[start][2] += sign * arm.cross(d)
    let (c, s) = (cos(state.angle[b]), sin(state.angle[b]))
    let local = sign * Point(c * d.x + s * d.y, -s * d.x + c * d.y)
    for (k, m) in BlockShape.values(shapes[b].modes, at: X).enumerated() {
      row[start + (3 + k) / 8][(3 + k) % 8] += m.dot(local)
    }
  }

  /// Where the point X of a block's frame is.
  func position(_ b: Int, _ X: Point, _ state: BlockState) -> Point {
    position(
      b, X, centre: state.centre[b], angle: state.angle[b],
      modes: Array(state.modes[b * modeCount..<(b + 1) * modeCount]))
  }

  func position(_ b: Int, _ X: Point, centre: Point, angle: Double, modes: [Double]) -> Point {
    var Y = X
    for (k, m) in BlockShape.values(shapes[b].modes, at: X).enumerated() { Y += modes[k] * m }
    let (c, s) = (cos(angle), sin(angle))
    return centre + Point(c * Y.x - s * Y.y, s * Y.x + c * Y.y)
  }
}
