import Contact
import Coupling
import DDA
import Foundation
import Geometry

/// A border of a block system: points of blocks, and the lines between them.
public struct DDABorder: Sendable {
  /// A point of a block, m, at the start.
  public struct BlockPoint: Sendable, Equatable {
    /// Number of the block; the place.
    public var block: Int, point: Point
    /// By its parts.
    public init(_ block: Int, _ point: Point) { (self.block, self.point) = (block, point) }
  }

  /// Name, and for every point of the border the points of blocks that go with it: one, or two where blocks meet.
  public var name: String, points: [[BlockPoint]]
  /// Lines between points, by number.
  public var lines: [[Int32]]
  /// The skin that the border is; nil where it has points of other blocks.
  private(set) var skin: SurfaceSkin?

  /// Points one after another along a line, each belonging to one block unless more are given.
  public init(_ name: String, points: [[BlockPoint]]) {
    (self.name, self.points) = (name, points)
    lines = points.count < 2 ? [] : (0..<points.count - 1).map { [Int32($0), Int32($0 + 1)] }
  }

  /// An edge of a block: its two corners, from a corner to the next.
  public init(_ name: String, block: Int, edge: Int, of definition: DDADefinition) {
    let corners = definition.blocks[block].polygon.vertices
    let ends = [corners[edge], corners[(edge + 1) % corners.count]]
    self.init(name, points: ends.map { [BlockPoint(block, $0)] })
  }

  /// The surface of a skin, by which blocks touch the body of another participant: guided, or on springs.
  public init(_ name: String, skin: SurfaceSkin, of definition: DDADefinition) {
    self.init(
      name,
      points: skin.points.indices.map { k in
        skin.borderPoints(at: k).map { BlockPoint(definition.border[$0].block, skin.points[k]) }
      })
    if skin.isClosed { lines.append([Int32(points.count - 1), 0]) }
    self.skin = skin
  }

  /// What the coupling sees of it.
  var border: Border {
    let places = points.map { SIMD3($0[0].point.x, $0[0].point.y, 0) }
    return Border(
      InterfaceMesh(name: name, dimension: 2, points: places, cells: lines),
      reads: skin == nil ? [.displacement, .force, .elastic] : [.displacement, .elastic],
      writes: [.displacement, .velocity, .force],
      takesFullSprings: false)
  }
}

/// Blocks in contact in a coupling.
public struct DDAParticipant: Participant {
  /// The solver's, with the steps that did not settle.
  public struct Checkpoint: Codable, Sendable {
    var solver: DDASolver.Checkpoint, unsettled: Int
  }

  /// Name; longest step, s.
  public let name: String, longestStep: Double
  /// The blocks; nil until the coupling begins.
  public private(set) var solver: DDASolver?
  /// Steps so far whose open–close iteration did not settle in the shortest try.
  public private(set) var unsettled = 0
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
    do throws(DDAError) {
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
          for i in mine {
            if field == .displacement {
              try solver!.guide(i, from: from, to: to, over: data.start...data.end)
            } else {
              let share = 1 / Double(mine.count)
              try solver!.load(i, from: share * from, to: share * to, over: data.start...data.end)
            }
          }
        }
      }
    } catch { return "\(error)" }
    // Of an interval that is gone through again no iteration takes longer steps than one before: that a step settles whole
    // for some data and in parts for others would be a jump, by all that the length of steps matters, and no fixed point.
    // Not where blocks hit the other body by a skin: both must take the same steps, or energy is lost between them. There
    // the window that does not converge is halved.
    let interval = SIMD2(data.start, data.end)
    let mayDivide = roles.allSatisfy { $0 == nil || $0 == .loaded }
    let parts = shortSteps.last { $0.interval == interval }?.parts ?? 1
    let dt = dt / Double(parts)
    // Where steps that are halved all the way do not settle, the next ones would be halved from there, and so on.
    let shortest = dt * pow(0.5, Double(halvings) + 1)
    let records = solver!.run(to: data.end, dt: dt, halvings: halvings) { _, step in
      !step.converged && step.dt < shortest
    }
    unsettled += records.count { !$0.converged }
    let needed = (data.end - data.start) / (records.map(\.dt).min() ?? dt)
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
    solver.map { Checkpoint(solver: $0.checkpoint, unsettled: unsettled) }
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
  }
}
