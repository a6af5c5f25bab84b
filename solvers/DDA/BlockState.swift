import Contact
import Glibc
import Mechanics

/// Where all blocks are and how they move.
///
/// Vectors of unknowns (u, v, turn, modes) stand in `lanes` registers of eight per block, zero beyond.
struct BlockState: Sendable, Equatable, Codable {
  /// Centroids, and turns since the start.
  var centre: [Point], angle: [Double]
  /// Mode amplitudes (strains), `[block * modeCount + mode]`.
  var modes: [Double]
  /// Velocity, acceleration, total force of the last step, displacement of the last step.
  var velocity, acceleration, force, step: [Lanes]
  /// The part of accelerations that was there in the step before, too, and the length of the last step, s.
  var steady: [Lanes], lastStep = 0.0
  /// Corners in space, block after block.
  var corners: [Point]
  /// Force along every held point.
  var heldForce: [Double]
  /// What border points are told and what they did; the balance of momentum of the last step.
  var border: [BorderState], balance = MomentumBalance()

  init(_ definition: DDADefinition, lanes: Int) {
    let count = definition.blocks.count
    centre = definition.blocks.map(\.polygon.centroid)
    angle = Array(repeating: 0, count: count)
    modes = Array(repeating: 0, count: count * definition.order.modeCount)
    velocity = Array(repeating: Lanes(), count: count * lanes)
    (acceleration, force, step) = (velocity, velocity, velocity)
    steady = velocity
    corners = definition.blocks.flatMap(\.polygon.vertices)
    heldForce = Array(repeating: 0, count: definition.held.count)
    border = definition.border.map(BorderState.init)
    for (b, block) in definition.blocks.enumerated() where !block.isFixed {
      velocity[b * lanes][0] = block.velocity.x
      velocity[b * lanes][1] = block.velocity.y
      velocity[b * lanes][2] = block.spin
    }
  }
}

extension BlockState {
  /// Acceleration that a block brings into a step of length dt.
  ///
  /// What is not steady came as a blow: it stands for an impulse over the step that it was found in. In a step of
  /// another length it is the impulse that stays; taken as an acceleration, a blow found in a short step would give a
  /// long one energy that was never there.
  @inline(__always)
  func acceleration(_ b: Int, _ lanes: Int, into dt: Double) -> LanePair {
    let a = acceleration.pair(b, lanes)
    guard lastStep > 0, lastStep != dt else { return a }
    let steady = steady.pair(b, lanes)
    return steady + (lastStep / dt) * (a - steady)
  }

  /// What of an acceleration was there at the end of the step before: its share along itself, from nothing to all of
  /// it, of the centroid's, the turn's and the modes' alike. What grows or fades is steady in part only.
  static func steady(_ a: LanePair, before: LanePair) -> LanePair {
    func share(_ range: Range<Int>) -> Double {
      var (common, own, other) = (0.0, 0.0, 0.0)
      for i in range {
        common += a[i] * before[i]
        own += a[i] * a[i]
        other += before[i] * before[i]
      }
      return own > 0 ? min(max(common / max(own, other), 0), 1) : 0
    }
    var out = a
    for range in [0..<2, 2..<3, 3..<12] {
      let part = share(range)
      for i in range { out[i] *= part }
    }
    return out
  }
}

/// The unknowns of one block, up to twelve, in two registers; the second is zero for blocks of six.
struct LanePair: Sendable, Equatable {
  var first = Lanes(), second = Lanes()

  @inline(__always)
  subscript(i: Int) -> Double {
    get { i < 8 ? first[i] : second[i - 8] }
    set { if i < 8 { first[i] = newValue } else { second[i - 8] = newValue } }
  }

  @inline(__always)
  func dot(_ b: LanePair) -> Double { (first * b.first + second * b.second).sum() }

  @inline(__always)
  static func + (a: LanePair, b: LanePair) -> LanePair {
    LanePair(first: a.first + b.first, second: a.second + b.second)
  }
  @inline(__always)
  static func - (a: LanePair, b: LanePair) -> LanePair {
    LanePair(first: a.first - b.first, second: a.second - b.second)
  }
  @inline(__always)
  static func * (x: Double, a: LanePair) -> LanePair {
    LanePair(first: x * a.first, second: x * a.second)
  }
  @inline(__always)
  static func += (a: inout LanePair, b: LanePair) { a = a + b }
}

extension [Lanes] {
  /// The unknowns of block b.
  @inline(__always)
  func pair(_ b: Int, _ lanes: Int) -> LanePair {
    lanes == 1
      ? LanePair(first: self[b], second: Lanes())
      : LanePair(first: self[2 * b], second: self[2 * b + 1])
  }

  @inline(__always)
  mutating func set(_ b: Int, _ lanes: Int, _ v: LanePair) {
    if lanes == 1 {
      self[b] = v.first
    } else {
      (self[2 * b], self[2 * b + 1]) = (v.first, v.second)
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
  /// First corner of every block among all corners, and their number at the end.
  let firstCorner: [Int]
  /// Of all corners: place in the block's frame, and the modes there.
  let corners: [Point], cornerModes: [Point]
  let mass: [Double], radius: [Double]

  init(_ shapes: [BlockShape], modeCount: Int) {
    self.shapes = shapes
    self.modeCount = modeCount
    lanes = (3 + modeCount + 7) / 8
    var first = [0]
    for shape in shapes { first.append(first[first.count - 1] + shape.corners.count) }
    firstCorner = first
    corners = shapes.flatMap(\.corners)
    cornerModes = shapes.flatMap(\.cornerModes)
    mass = shapes.map(\.mass)
    radius = shapes.map(\.radius)
  }

  var unknownCount: Int { 3 + modeCount }

  /// Number of corners of a block.
  @inline(__always)
  func cornerCount(_ b: Int) -> Int { firstCorner[b + 1] - firstCorner[b] }

  /// The corner after another one.
  @inline(__always)
  func next(_ b: Int, _ corner: Int) -> Int { corner + 1 == cornerCount(b) ? 0 : corner + 1 }

  /// Places the corners of a block at a centroid, a turn and modes (those from `start` on, and `added`).
  @inline(__always)
  func place(
    _ b: Int, _ centre: Point, _ angle: Double, _ modes: [Double], added: LanePair,
    into out: Buffer<Point>, at first: Int
  ) {
    let (c, s) = (cos(angle), sin(angle))
    let (from, k) = (firstCorner[b], modeCount)
    for i in 0..<cornerCount(b) {
      var X = corners[from + i]
      for m in 0..<k {
        X += (modes[k * b + m] + added[3 + m]) * cornerModes[k * (from + i) + m]
      }
      out[first + i] = centre + Point(c * X.x - s * X.y, s * X.x + c * X.y)
    }
  }

  /// d·∂x/∂(unknowns) of a point between two corners (share w of the second), whose offset from the
  /// centroid is `arm`, in a block turned by (cos, sin) = `turn`.
  @inline(__always)
  func row(
    _ b: Int, _ from: Int, _ to: Int, _ w: Double, arm: Point, along d: Point, turn: Point
  ) -> LanePair {
    var row = LanePair()
    row.first[0] = d.x
    row.first[1] = d.y
    row.first[2] = arm.cross(d)
    let local = Point(turn.x * d.x + turn.y * d.y, -turn.y * d.x + turn.x * d.y)
    let (p, q) = (modeCount * (firstCorner[b] + from), modeCount * (firstCorner[b] + to))
    for k in 0..<modeCount {
      let m = (1 - w) * cornerModes[p + k] + w * cornerModes[q + k]
      row[3 + k] = m.dot(local)
    }
    return row
  }

  /// The same for a point of the block that is no corner, at X in the block's frame.
  func row(_ b: Int, at X: Point, _ state: BlockState, along d: Point) -> LanePair {
    let arm = position(b, X, state) - state.centre[b]
    var row = LanePair()
    row[0] = d.x
    row[1] = d.y
    row[2] = arm.cross(d)
    let (c, s) = (cos(state.angle[b]), sin(state.angle[b]))
    let local = Point(c * d.x + s * d.y, -s * d.x + c * d.y)
    for (k, m) in BlockShape.values(shapes[b].modes, at: X).enumerated() {
      row[3 + k] = m.dot(local)
    }
    return row
  }

  /// Where the point X of a block's frame is.
  func position(_ b: Int, _ X: Point, _ state: BlockState) -> Point {
    var Y = X
    for (k, m) in BlockShape.values(shapes[b].modes, at: X).enumerated() {
      Y += state.modes[b * modeCount + k] * m
    }
    let (c, s) = (cos(state.angle[b]), sin(state.angle[b]))
    return state.centre[b] + Point(c * Y.x - s * Y.y, s * Y.x + c * Y.y)
  }
}
