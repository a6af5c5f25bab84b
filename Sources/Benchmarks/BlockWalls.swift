import Contact
import DDA
import Foundation

/// Running-bond walls of deformable bricks on a fixed base, from the moment their weight begins to act:
/// what a step costs per brick, and what it takes.
///
/// Overlap at most a thousandth of a brick's radius, residual 1e-7 of the forces. Bricks of 2 × 1 m, φ 35°, E 3 MPa, ν 0.2, ρ 2000 kg/m³, dynamic, steps of 5 ms: the walls at which the
/// one public code of the method was measured.
struct BlockWalls {
  /// Bricks of the walls that `make bench` measures.
  static let sizes = [106, 512, 1000, 5000, 10_000]

  let bricks: Int
  /// Asked steps, of `dt`; a step that is halved costs what it costs and counts once.
  var steps = 100
  /// Wall time after which a run that is too slow ends, s; what it did until then is counted.
  var patience = 120.0
  /// What solves the linear systems.
  var method = BlockLinearSolver.blockJacobi
  private let dt = 0.005

  /// Bricks of a full even course: so many that the wall is as many courses high as it is bricks long. Odd
  /// courses have one less, and the top one may be short.
  var length: Int { max(2, Int(Double(bricks).squareRoot().rounded())) }

  /// Bricks of every course.
  var courses: [Int] {
    var (out, left) = ([Int](), bricks)
    while left > 0 {
      let full = out.count % 2 == 0 ? length : length - 1
      out.append(min(full, left))
      left -= out[out.count - 1]
    }
    return out
  }

  private func definition(workers: Int) throws -> DDADefinition {
    func box(_ x: Double, _ y: Double, _ width: Double) throws -> Polygon {
      try Polygon([Point(x, y), Point(x + width, y), Point(x + width, y + 1), Point(x, y + 1)])
    }
    var blocks = [BlockDefinition(try box(-2, -1, 2 * Double(length) + 5), isFixed: true)]
    for (c, count) in courses.enumerated() {
      for i in 0..<count {
        blocks.append(BlockDefinition(try box(2 * Double(i) + Double(c % 2), Double(c), 2)))
      }
    }
    var d = DDADefinition(
      blocks: blocks, materials: [try BlockMaterial(young: 3e6, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 35 * .pi / 180))
    // Overlaps to a thousandth of a brick, balance to 1e-7 of the forces: bricks this soft are themselves strained by
    // a tenth.
    d.enforcement = .augmentedLagrangian(tolerance: 1e-3)
    d.accuracy = 1e-7
    d.workers = workers
    d.linearSolver = method
    return d
  }

  /// µs per step and brick: processor time of one worker, wall time of one and of two; what steps took.
  /// - Parameter workers: Numbers of workers to measure, 1 first.
  func measure(workers: [Int]) throws -> Measurement {
    var m = Measurement()
    m.add("bricks", Double(bricks))
    m.add("courses", Double(courses.count))
    m.add("length", Double(length))
    for count in workers {
      let memory = peakMegabytes()
      var solver = try DDASolver(try definition(workers: count))
      let (start, clock) = (processorSeconds(), ContinuousClock.now)
      func wall() -> Double { (ContinuousClock.now - clock) / .seconds(1) }
      let records = solver.run(to: Double(steps) * dt, dt: dt) { _, _ in wall() > patience }
      // Asked steps, also of a run that had to end early.
      let done = solver.time / dt
      let share = 1e6 / (done * Double(bricks))
      m.add("wall\(count)", share * wall())
      guard count == workers[0] else { continue }
      m.add("processor", share * (processorSeconds() - start))
      m.add("steps", done)
      m.add("passes", Double(records.reduce(0) { $0 + $1.passes }) / done)
      m.add("iterations", Double(records.reduce(0) { $0 + $1.iterations }) / done)
      m.add("taken", Double(records.count) / done)
      m.add("converged", Double(records.count { $0.converged }) / Double(records.count))
      m.add("bytes", 1_048_576 * (peakMegabytes() - memory) / Double(bricks))
    }
    return m
  }

  // MARK: - Table

  /// Medians of the rounds of every wall, in Markdown.
  static func table(_ results: [(size: Int, rounds: [Measurement])]) -> String {
    var out = """
      | bricks (courses × length) | µs per step and brick | wall time, two workers | passes and \
      CG iterations per step | settled | kB per brick |
      |---|---|---|---|---|---|

      """
    for (size, rounds) in results {
      func middle(_ name: String) -> Double { median(rounds.map { $0[name] }) }
      func text(_ value: Double, _ digits: Int = 1) -> String {
        String(format: "%.\(digits)f", value)
      }
      out += "| \(size) (\(text(middle("courses"), 0)) × \(text(middle("length"), 0))) "
      out += "| **\(text(middle("processor")))** | \(text(middle("wall2"))) µs, "
      out += "× \(text(middle("wall1") / middle("wall2"), 2)) "
      out += "| \(text(middle("passes"))), \(text(middle("iterations"), 0)) "
      out += "| \(text(100 * middle("converged"))) % of \(text(middle("taken"), 2)) a step "
      out += "| \(text(middle("bytes") / 1000)) |\n"
    }
    return out
  }
}
