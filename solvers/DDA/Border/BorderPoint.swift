import Contact

/// A point of a block at which another solver acts, in both directions x and y: a finite-element body beside it, or
/// another participant of a coupling.
///
/// What acts there is set before a step and may change in it (`DDASolver.guide`, `DDASolver.load`), what it did is read
/// after it (`borderDisplacement`, `borderVelocity`, `borderForce`, `borderWork`). Forces are those of the border on the
/// block, N, in the axes of space, for the whole thickness.
public struct BorderPoint: Sendable, Equatable, Codable {
  /// What the other side prescribes.
  public enum Mode: Sendable, Equatable, Codable {
    /// The displacement since the start, m: held exactly, by multipliers.
    case guided
    /// A force, N, which moves with the point.
    case loaded
    /// Robin data: the force on the block is g − r u with u the displacement of the point since the start, g in N, and r
    /// in N/m for each direction of space, 0 or more.
    case elastic(stiffness: Point)
    /// The displacement of another border point, loaded or elastic, of another block at the same place: by multipliers.
    case tied(to: Int)
  }

  /// Block, and the point of it at the start.
  public var block: Int, point: Point
  /// What is prescribed.
  public var mode: Mode
  /// Force (or g) until another one is set, N. A guided point stays where it is until it is told to move.
  public var force: Point

  /// Without force at the start unless given.
  public init(block: Int, point: Point, mode: Mode, force: Point = Point()) {
    (self.block, self.point, self.mode, self.force) = (block, point, mode, force)
  }

  /// Robin data of one stiffness in both directions, N/m.
  public static func elastic(
    block: Int, point: Point, stiffness r: Double, force g: Point = Point()
  ) -> BorderPoint {
    BorderPoint(block: block, point: point, mode: .elastic(stiffness: Point(r, r)), force: g)
  }

  /// Number of the point that it moves with, where it does.
  var lead: Int? {
    if case .tied(let lead) = mode { return lead }
    return nil
  }

  /// Whether other blocks, or another solver, say where it is.
  var isHeldByOthers: Bool { mode == .guided || lead != nil }

  /// Stiffness of the border itself, N/m.
  var stiffness: Point {
    if case .elastic(let r) = mode { return r }
    return Point()
  }
}

/// A value that goes linearly from one time to another and stays what it was before and after: so a step that has to be
/// shorter than the interval it was meant for finds the value in between.
struct BorderRamp: Sendable, Equatable, Codable {
  var start: Point, end: Point
  var from: Double, to: Double

  /// The same at all times.
  init(_ value: Point) { (start, end, from, to) = (value, value, 0, 0) }

  init(start: Point, end: Point, from: Double, to: Double) {
    (self.start, self.end, self.from, self.to) = (start, end, from, to)
  }

  /// At time t, s.
  func callAsFunction(_ t: Double) -> Point {
    if t >= to { return end }
    if t <= from { return start }
    return start + ((t - from) / (to - from)) * (end - start)
  }
}

/// A border point in a run.
struct BorderState: Sendable, Equatable, Codable {
  /// Displacement (guided), force (loaded) or g (elastic) over time.
  var ramp: BorderRamp
  /// Force on the block at the end of the last step, N; work done on it so far, J.
  var force: Point, work = 0.0

  init(_ point: BorderPoint) {
    ramp = BorderRamp(point.mode == .guided ? Point() : point.force)
    force = point.mode == .guided ? Point() : point.force
  }
}

extension DDAModel {
  /// Border points lie on free blocks, are numbers, and no two prescribe the same thing.
  static func checkBorder(_ d: DDADefinition) throws(DDAError) {
    for (i, border) in d.border.enumerated() {
      let place = "border point \(i)"
      guard d.blocks.indices.contains(border.block) else {
        throw DDAError(
          place, "is on block \(border.block)", "there are blocks 0 to \(d.blocks.count - 1)")
      }
      guard border.point.x.isFinite, border.point.y.isFinite else {
        throw DDAError(place, "is at no number", "give its coordinates at the start, in m")
      }
      let block = d.blocks[border.block]
      guard !block.isFixed else {
        throw DDAError(
          place, "is on block \(border.block), which is fixed", "free the block or drop the point")
      }
      let (lower, upper) = block.polygon.bounds
      let size = max(upper.x - lower.x, upper.y - lower.y)
      guard
        block.polygon.contains(border.point)
          || block.polygon.distanceToOutline(border.point) <= 1e-6 * size
      else {
        throw DDAError(
          place,
          "at (\(border.point.x), \(border.point.y)) lies outside its block \(border.block)",
          "give a point of the block at the start")
      }
      guard border.force.x.isFinite, border.force.y.isFinite else {
        throw DDAError(place, "has a force that is no number", "give two, in N")
      }
      let r = border.stiffness
      guard r.x >= 0, r.y >= 0, r.x.isFinite, r.y.isFinite else {
        throw DDAError(
          place, "has stiffness (\(r.x), \(r.y))", "give 0 or a positive one in N/m")
      }
      guard let lead = border.lead else { continue }
      guard d.border.indices.contains(lead), d.border[lead].mode != .guided,
        d.border[lead].lead == nil, d.border[lead].block != border.block,
        (d.border[lead].point - border.point).length <= 1e-6 * size
      else {
        throw DDAError(
          place, "is tied to border point \(lead)",
          "tie it to a loaded or elastic one of another block at the same place")
      }
    }
  }

  /// No guided point, or held one, may follow from the others on its block: two prescriptions of the same thing either
  /// say it twice or contradict one another. Asked of the rows of the undeformed block, scaled to lengths.
  static func checkGuides(_ d: DDADefinition, _ geometry: BlockGeometry) throws(DDAError) {
    guard d.border.contains(where: { $0.mode == .guided }) else { return }
    var known: [Int: [[Double]]] = [:]
    func add(_ name: String, _ b: Int, _ p: Point, _ direction: Point) throws(DDAError) {
      let shape = geometry.shapes[b]
      let X = p - d.blocks[b].polygon.centroid
      let size = shape.radius
      var row =
        [direction.x, direction.y, X.cross(direction) / size]
        + shape.modes.map { $0.value(X).dot(direction) / size }
      let length = norm(row)
      for other in known[b, default: []] {
        let share = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
        for k in row.indices { row[k] -= share * other[k] }
      }
      let left = norm(row)
      guard left > 1e-6 * length else {
        throw DDAError(
          name,
          "prescribes what points held or guided before it on block \(b) prescribe already",
          "drop one of them, or make it loaded or elastic")
      }
      known[b, default: []].append(row.map { $0 / left })
    }
    let guided = Set(d.border.filter { $0.mode == .guided }.map(\.block))
    for (i, held) in d.held.enumerated() where guided.contains(held.block) {
      try add("held point \(i)", held.block, held.point, held.direction)
    }
    for (i, border) in d.border.enumerated() where border.mode == .guided {
      try add("border point \(i)", border.block, border.point, Point(1, 0))
      try add("border point \(i)", border.block, border.point, Point(0, 1))
    }
  }

  private static func norm(_ v: [Double]) -> Double {
    v.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
