import Contact
import Mechanics

// What another solver says before a step, and reads after it.
extension DDASolver {
  /// Number of border points.
  public var borderCount: Int { state.border.count }

  // MARK: - Before a step

  /// Tells a guided point its displacement since the start, m: linear from `start` to `end` over an interval of time,
  /// constant before and after.
  ///
  /// A step ends at the value for its end, exactly, also where it had to be shorter than the interval. Where `start` is not
  /// where the point was told to be before, it jumps within the next step. The default time scheme (spectral radius 0)
  /// forgets a jump of the velocity in two steps; others ring on after one.
  /// - Throws: `DDAError` where there is no such point, it is not guided, or something is no number.
  public mutating func guide(
    _ index: Int, from start: Point, to end: Point, over interval: ClosedRange<Double>
  ) throws(DDAError) {
    try prescribe(index, "guided", start, end, interval)
  }

  /// Tells a guided point its displacement at a later time, m, linear from what it is told at the present one.
  /// - Throws: `DDAError` as above, and for a time that is not later.
  public mutating func guide(_ index: Int, to end: Point, at time: Double) throws(DDAError) {
    try prescribe(index, "guided", nil, end, try upTo(time, "border point \(index)"))
  }

  /// Tells a loaded point its force, an elastic one its g, N, in the axes of space: linear from `start` to `end` over an
  /// interval of time, constant before and after. The value for the end of a step enters its equations.
  /// - Throws: `DDAError` where there is no such point, it is guided, or something is no number.
  public mutating func load(
    _ index: Int, from start: Point, to end: Point, over interval: ClosedRange<Double>
  ) throws(DDAError) {
    try prescribe(index, "loaded", start, end, interval)
  }

  /// Tells a loaded point its force, an elastic one its g, N, at a later time, linear from what it is told at the present one.
  /// - Throws: `DDAError` as above, and for a time that is not later.
  public mutating func load(_ index: Int, to end: Point, at time: Double) throws(DDAError) {
    try prescribe(index, "loaded", nil, end, try upTo(time, "border point \(index)"))
  }

  private func upTo(_ end: Double, _ place: String) throws(DDAError) -> ClosedRange<Double> {
    guard end > time, end.isFinite else {
      throw DDAError(
        place, "is told what to do at \(end) s, and it is \(time) s", "name a later time")
    }
    return time...end
  }

  private mutating func prescribe(
    _ index: Int, _ kind: String, _ start: Point?, _ end: Point, _ interval: ClosedRange<Double>
  ) throws(DDAError) {
    let place = "border point \(index)"
    guard state.border.indices.contains(index) else {
      throw DDAError(place, "is not there", "there are \(borderCount), numbered from 0")
    }
    if let lead = model.definition.border[index].lead {
      throw DDAError(place, "moves with border point \(lead)", "tell that one what to do")
    }
    let isGuided = model.definition.border[index].mode == .guided
    guard isGuided == (kind == "guided") else {
      throw DDAError(
        place, "is \(isGuided ? "guided" : "not guided")",
        isGuided ? "tell it a displacement by guide" : "tell it a force by load")
    }
    let start = start ?? state.border[index].ramp(time)
    let (from, to) = (interval.lowerBound, interval.upperBound)
    let numbers = [start.x, start.y, end.x, end.y, from, to]
    guard numbers.allSatisfy(\.isFinite) else {
      throw DDAError(
        place, "is told (\(end.x), \(end.y)) from (\(start.x), \(start.y)) over \(from) to \(to) s",
        "give finite numbers, in \(isGuided ? "m" : "N") and s")
    }
    state.border[index].ramp = BorderRamp(start: start, end: end, from: from, to: to)
  }

  // MARK: - After a step

  /// Displacement of a border point since the start, m.
  public func borderDisplacement(_ index: Int) -> Point {
    let border = model.definition.border[index]
    return model.geometry.position(border.block, model.borderPoints[index], state) - border.point
  }

  /// Velocity of a border point, m/s, as the time scheme has it.
  public func borderVelocity(_ index: Int) -> Point {
    let (b, X, g) = (
      model.definition.border[index].block, model.borderPoints[index], model.geometry
    )
    let v = state.velocity.pair(b, g.lanes)
    let arm = g.position(b, X, state) - state.centre[b]
    var rate = Point()
    for (k, m) in g.shapes[b].modes.enumerated() { rate += v[3 + k] * m.value(X) }
    return Point(v[0] - v[2] * arm.y, v[1] + v[2] * arm.x) + g.turned(rate, state.angle[b])
  }

  /// Force of the border on the block at a point, N, at the end of the last step: the multiplier of a guided point, the
  /// load of a loaded one, g − r u of an elastic one, what a tied one is pulled with. Before the first step that of a guided
  /// point is not known, and 0.
  ///
  /// It is F₁ of `MomentumBalance`: schemes with α_f weigh it in this step by 1 − α_f and in the next by α_f; with the
  /// default scheme it is all that the equations of the step have of it.
  public func borderForce(_ index: Int) -> Point { state.border[index].force }

  /// Work of the border on the block at a point so far, J: the mean of the forces at both ends of every step times the way
  /// in it. All of it is in `EnergyAccount.external`.
  public func borderWork(_ index: Int) -> Double { state.border[index].work }

  /// The balance of momentum in the last step.
  public var momentumBalance: MomentumBalance { state.balance }

  // MARK: - Within

  /// How far corners of guided blocks may go in a step because they are told to.
  func guidedMotion(_ b: Int, _ dt: Double) -> Double {
    var (farthest, turn) = (0.0, 0.0)
    var first: (place: Point, way: Point)?
    for index in model.borderOfBlock[b] ?? []
    where model.definition.border[index].mode == .guided {
      let way = state.border[index].ramp(time + dt) - borderDisplacement(index)
      farthest = max(farthest, way.length)
      let place = model.borderPoints[index]
      guard let first else {
        first = (place, way)
        continue
      }
      turn = max(turn, (way - first.way).length / (place - first.place).length)
    }
    return 1.5 * (farthest + 2 * turn * model.geometry.radius[b])
  }
}

extension DDADefinition {
  /// Whether two blocks are of one group, and so never touch.
  @inline(__always)
  func areGrouped(_ a: Int, _ b: Int) -> Bool {
    guard let group = blocks[a].group else { return false }
    return group == blocks[b].group
  }
}
