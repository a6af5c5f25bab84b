import Contact
import Coupling
import DDA
import Foundation
import Geometry

/// Blocks in contact in a coupling.
public struct DDAParticipant: Participant {
  /// The solver's, with the number of steps and of those that did not settle.
  public struct Checkpoint: Codable, Sendable {
    var solver: DDASolver.Checkpoint, unsettled: Int, steps: Int
  }

  /// Name; longest step, s.
  public let name: String, longestStep: Double
  /// The blocks; nil until the coupling begins.
  public private(set) var solver: DDASolver?
  /// Steps so far whose open–close iteration did not settle in the shortest try.
  public private(set) var unsettled = 0
  /// Every step so far, but for those of another process that this one went on from.
  public private(set) var records: [StepRecord] = []
  /// Number of those.
  private var earlier = 0
  private var definition: DDADefinition
  private let parts: [DDABorder], halvings: Int
  private var roles: [BorderRole?]
  /// Of every border, point and point of a block: its number among the solver's border points.
  private var numbers: [[[Int]]]
  /// Intervals in which steps had to be shorter, and into how many parts the shortest would divide them. No part of the
  /// state: it is asked of an interval alone, and none comes again once the coupling has gone on.
  private var shortSteps: [(interval: SIMD2<Double>, parts: Int)] = []
  /// More than there are steps in a window.
  private static let remembered = 256

  /// - Parameters:
  ///   - halvings: times that a step is halved where it does not settle.
  public init(
    _ name: String, _ definition: DDADefinition, borders: [DDABorder],
    longestStep: Double = .infinity, halvings: Int = 6
  ) {
    (self.name, self.definition, parts) = (name, definition, borders)
    (self.longestStep, self.halvings) = (longestStep, halvings)
    roles = borders.map { _ in nil }
    numbers = borders.map { border in
      border.skin.map { skin in skin.points.indices.map { skin.borderPoints(at: $0) } } ?? []
    }
  }

  /// Those given.
  public var borders: [Border] { parts.map(\.border) }

  private func index(_ border: String) -> Int { parts.firstIndex { $0.name == border }! }

  /// Guides, loads or springs at all points of a border.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    let b = index(border)
    roles[b] = role
    // The points of a skin are guided as it was made.
    if parts[b].skin != nil, role == .guided { return }
    var springs = [Point](repeating: Point(), count: parts[b].points.count)
    if case .elastic(let matrix) = role {
      guard matrix.isDiagonal else {
        throw CouplingError(
          "participant '\(name)'", "takes springs on '\(border)' only point by point",
          "give an impedance in N/m³")
      }
      for e in matrix.entries {
        if e.row % 2 == 0 { springs[e.row / 2].x = e.value } else { springs[e.row / 2].y = e.value }
      }
    }
    if parts[b].skin != nil {
      // One of the two corners at a point has the springs of both, and takes the other along.
      for (n, corners) in numbers[b].enumerated() {
        definition.border[corners[0]].mode = .elastic(stiffness: springs[n])
        for other in corners.dropFirst() { definition.border[other].mode = .tied(to: corners[0]) }
        numbers[b][n] = [corners[0]]
      }
      return
    }
    for (n, point) in parts[b].points.enumerated() {
      var mine: [Int] = []
      for place in point {
        let mode: BorderPoint.Mode =
          switch role {
          case .guided: .guided
          case .loaded: .loaded
          case .elastic: .elastic(stiffness: (1 / Double(point.count)) * springs[n])
          }
        mine.append(definition.border.count)
        definition.border.append(BorderPoint(block: place.block, point: place.point, mode: mode))
      }
      numbers[b].append(mine)
    }
  }

  /// Builds the block system.
  public mutating func begin() throws(CouplingError) {
    do { solver = try DDASolver(definition) } catch {
      throw CouplingError("participant '\(name)', \(error.place)", error.problem, error.remedy)
    }
  }

  /// Steps of the solver to the end.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    do { try hand(data) } catch { return "\(error)" }
    return go(to: data.end, from: data.start, by: dt)
  }

  /// Tells every border point what it is given over the step.
  private mutating func hand(_ data: BorderData) throws(DDAError) {
    for (b, role) in roles.enumerated() {
      guard let role else { continue }
      let field: Field =
        switch role {
        case .guided: .displacement
        case .loaded: .force
        case .elastic: .elastic
        }
      let (old, new) = (
        data(field, on: parts[b].name, at: data.start), data(field, on: parts[b].name)
      )
      guard !new.isEmpty else { continue }
      for (n, mine) in numbers[b].enumerated() {
        let (from, to) = (Point(old[2 * n], old[2 * n + 1]), Point(new[2 * n], new[2 * n + 1]))
        let share = 1 / Double(mine.count)
        for i in mine {
          if field == .displacement {
            try solver!.guide(i, from: from, to: to, over: data.start...data.end)
          } else {
            try solver!.load(i, from: share * from, to: share * to, over: data.start...data.end)
          }
        }
      }
    }
  }

  /// Steps of the solver; nil where they went well.
  ///
  /// Of an interval that is gone through again no iteration takes longer steps than one before: that a step settles whole
  /// for some data and in parts for others would be a jump, by all that the length of steps matters, and no fixed point.
  /// Not where blocks hit the other body by a skin: both must take the same steps, or energy is lost between them. There
  /// the window that does not converge is halved.
  private mutating func go(to end: Double, from start: Double, by dt: Double) -> String? {
    let interval = SIMD2(start, end)
    let mayDivide = roles.allSatisfy { $0 == nil || $0 == .loaded }
    let parts = shortSteps.last { $0.interval == interval }?.parts ?? 1
    let dt = dt / Double(parts)
    // Where steps that are halved all the way do not settle, the next ones would be halved from there, and so on.
    let shortest = dt * pow(0.5, Double(halvings) + 1)
    let records = solver!.run(to: end, dt: dt, halvings: halvings) { _, step in
      !step.converged && step.dt < shortest
    }
    unsettled += records.count { !$0.converged }
    self.records += records
    let needed = (end - start) / (records.map(\.dt).min() ?? dt)
    if mayDivide, needed > Double(parts) + 0.5 {
      shortSteps.append((interval, Int((needed - 1e-9).rounded(.up))))
      if shortSteps.count > Self.remembered { shortSteps.removeFirst() }
    }
    if let last = records.last, !last.converged, last.dt < shortest {
      return "blocks do not settle at \(last.time) s in steps of \(last.dt) s"
    }
    return solver!.energy.total.isFinite ? nil : "blocks fly beyond all numbers"
  }

  /// Displacement, velocity or force of a border's points.
  public func write(_ field: Field, on border: String) -> [Double] {
    let b = index(border)
    guard let solver else { return Array(repeating: 0, count: 2 * parts[b].points.count) }
    return numbers[b].flatMap { mine -> [Double] in
      let value: Point
      switch field {
      case .displacement: value = solver.borderDisplacement(mine[0])
      case .velocity: value = solver.borderVelocity(mine[0])
      default: value = mine.reduce(Point()) { $0 + solver.borderForce($1) }
      }
      return [value.x, value.y]
    }
  }

  /// The solver's state.
  public func checkpoint() -> Checkpoint? {
    solver.map {
      Checkpoint(solver: $0.checkpoint, unsettled: unsettled, steps: earlier + records.count)
    }
  }

  /// Whether the state is of a system with these blocks and borders.
  public func canRestore(_ checkpoint: Checkpoint) -> Bool {
    guard var copy = solver else { return false }
    return (try? copy.resume(from: checkpoint.solver)) != nil
  }

  /// Back to a state.
  public mutating func restore(_ checkpoint: Checkpoint) {
    solver!.restore(checkpoint.solver)
    unsettled = checkpoint.unsettled
    if (earlier...earlier + records.count).contains(checkpoint.steps) {
      records.removeLast(earlier + records.count - checkpoint.steps)
    } else {
      (earlier, records) = (checkpoint.steps, [])
    }
  }
}
