import Contact
import DDA
import Foundation
import Testing

/// Whether the long runs are asked for.
private let isLong = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil

/// A rectangle from the origin.
func box(_ width: Double, _ height: Double) -> [Point] {
  [Point(0, 0), Point(width, 0), Point(width, height), Point(0, height)]
}

/// A regular polygon, the shape of a tunnel.
private func ring(_ centre: Point, _ radius: Double, _ corners: Int) -> [Point] {
  (0..<corners).map {
    let angle = 2 * .pi * Double($0) / Double(corners)
    return centre + radius * Point(cos(angle), sin(angle))
  }
}

/// The area of blocks against the domain's, relative.
private func defect(_ cut: CutBlocks, _ cutting: BlockCutting) -> Double {
  abs(cut.blocks.reduce(0) { $0 + $1.area } / cutting.area - 1)
}

/// Numbers in [0, 1) that depend on nothing but the seed.
private struct Draws {
  var state: UInt64
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }
}

@Suite("Blocks cut by joints")
struct CuttingTests {
  /// Two or three random sets in a slope with two tunnels or in a box far from the origin.
  static func randomCase(_ seed: Int) throws -> BlockCutting {
    var draws = Draws(state: UInt64(seed) &* 7_919 &+ 17)
    for _ in 0..<3 { _ = draws.next() }
    let shift = seed % 5 == 4 ? Point(1e4, -3e3) : Point()
    let slope = [
      Point(0, 0), Point(40, 0), Point(40, 8), Point(25, 9), Point(14, 22), Point(0, 24),
    ]
    let holes = [ring(Point(8, 8), 2.5, 12), ring(Point(22, 5), 1.5, 7)]
    var cutting =
      seed % 2 == 0
      ? try BlockCutting(
        outline: slope.map { $0 + shift }, holes: holes.map { $0.map { $0 + shift } })
      : try BlockCutting(outline: box(30, 20).map { $0 + shift })
    for k in 0..<2 + seed % 2 {
      var set = JointSet(
        dip: .pi * draws.next(), spacing: 1.5 + 2 * draws.next(), seed: UInt64(1000 * k + seed))
      if draws.next() < 0.8 { (set.length, set.gap) = (2 + 8 * draws.next(), 3 * draws.next()) }
      set.dipScatter = 0.3 * draws.next()
      set.spacingScatter = 0.5 * draws.next()
      set.lengthScatter = 0.5 * draws.next()
      cutting.jointSets.append(set)
    }
    return cutting
  }

  @Test("of random joint sets are simple and fill the domain to 1e-10")
  func randomSets() throws {
    var blocks = 0, worst = 0.0, bridges = 0
    for seed in 0..<(isLong ? 1000 : 100) {
      let cutting = try CuttingTests.randomCase(seed)
      let cut = try cutting.cut()
      worst = max(worst, defect(cut, cutting))
      for block in cut.blocks { #expect(try Polygon(block.vertices) == block, "seed \(seed)") }
      blocks += cut.blocks.count
      bridges += cut.bridges
    }
    #expect(worst < 1e-10)
    #expect(blocks > 5000)
  }

  @Test("are whole: no joint cuts one again")
  func wholeBlocks() throws {
    for seed in [1, 3] {
      let cutting = try CuttingTests.randomCase(seed)
      let cut = try cutting.cut()
      let joints = try cutting.allTraces()
      for block in cut.blocks {
        var again = try BlockCutting(outline: block.vertices)
        again.traces = joints
        again.tolerance = cutting.tolerance
        #expect(try again.cut().blocks.count == 1, "seed \(seed): \(block)")
      }
    }
  }

  @Test("are simple and fill the domain where the tolerance is a tenth of the spacing")
  func coarse() throws {
    for seed in stride(from: 0, to: 40, by: 2) {
      var cutting = try CuttingTests.randomCase(seed)
      cutting.tolerance = 0.15
      let cut = try cutting.cut()
      for block in cut.blocks { #expect(try Polygon(block.vertices) == block, "seed \(seed)") }
      #expect(defect(cut, cutting) < 1e-10)
    }
  }

  @Test("by persistent joints number one more than joints and crossings")
  func persistent() throws {
    for seed in 0..<10 {
      var cutting = try BlockCutting(outline: box(30, 20))
      for k in 0..<3 {
        var set = JointSet(
          dip: 0.2 + Double(k) + 0.1 * Double(seed), spacing: 2.3, seed: UInt64(10 * seed + k))
        (set.dipScatter, set.spacingScatter) = (0.05, 0.4)
        cutting.jointSets.append(set)
      }
      var pieces = 1
      let lines = try cutting.allTraces()
      func isInside(_ p: Point) -> Bool { p.x > 0 && p.y > 0 && p.x < 30 && p.y < 20 }
      for (i, l) in lines.enumerated() {
        // A line cuts the box where two corners lie on its two sides.
        let sides = box(30, 20).map { (l[1] - l[0]).cross($0 - l[0]) > 0 }
        if sides.contains(true) && sides.contains(false) { pieces += 1 }
        for m in lines[..<i] {
          let d = l[1] - l[0], f = m[1] - m[0]
          if isInside(l[0] + (m[0] - l[0]).cross(f) / d.cross(f) * d) { pieces += 1 }
        }
      }
      let cut = try cutting.cut()
      #expect(cut.blocks.count == pieces && cut.bridges == 0 && cut.danglingLength < 1e-9)
    }
  }

  @Test("of a regular lattice are its rectangles, whatever comes first")
  func lattice() throws {
    var cutting = try BlockCutting(outline: box(6, 4).reversed())
    cutting.traces = (1...5).map { [Point(Double($0), -1), Point(Double($0), 5)] }
    // One on top of another counts as dropped.
    cutting.traces += (1...3).map { [Point(0, Double($0)), Point(6, Double($0))] }
    cutting.traces.append([Point(1, 2), Point(5, 2)])
    let cut = try cutting.cut()
    #expect(cut.blocks.count == 24 && cut.droppedTraces == 1 && cut.traces == 9)
    #expect(cut.blocks.allSatisfy { $0.vertices.count == 4 && abs($0.area - 1) < 1e-14 })
    #expect(try cutting.cut() == cut)
    cutting.traces.reverse()
    let again = try cutting.cut()
    #expect(again.blocks.count == 24 && again.blocks.allSatisfy { abs($0.area - 1) < 1e-14 })
  }

  @Test("do not arise from joints that end in rock")
  func dangling() throws {
    var cutting = try BlockCutting(outline: box(6, 4))
    cutting.traces = [
      [Point(-1, 1), Point(3, 1)], [Point(2, 0.5), Point(2, 3)], [Point(10, 10), Point(12, 10)],
    ]
    let cut = try cutting.cut()
    #expect(cut.blocks == [cutting.outline] && cut.droppedTraces == 3)
    #expect(abs(cut.danglingLength - 5.5) < 1e-12)
  }

  @Test("close where a joint misses a side or another joint by less than half the tolerance")
  func nearMiss() throws {
    var cutting = try BlockCutting(outline: box(6, 4))
    cutting.tolerance = 1e-3
    cutting.traces = [[Point(4e-4, 2), Point(2.9997, 2)], [Point(3, 4e-4), Point(3, 4 - 4e-4)]]
    let cut = try cutting.cut()
    #expect(cut.blocks.count == 3 && defect(cut, cutting) < 1e-14)
    cutting.tolerance = 1e-5
    #expect(try cutting.cut().blocks.count == 1)
  }

  @Test("around an island or a tunnel are divided by bridges, which are counted")
  func islands() throws {
    var cutting = try BlockCutting(outline: box(6, 4))
    cutting.traces = [[Point(2, 1), Point(4, 1), Point(4, 3), Point(2, 3), Point(2, 1)]]
    var cut = try cutting.cut()
    #expect(cut.blocks.map(\.area).sorted() == [4, 10, 10] && cut.bridges == 2)
    #expect(cut.bridgeLength == 4)
    // It hangs on a corner: one bridge will do.
    cutting.traces = [[Point(0, 0), Point(2, 1), Point(1, 2), Point(0, 0)]]
    cut = try cutting.cut()
    #expect(cut.blocks.count == 3 && cut.bridges == 1 && defect(cut, cutting) < 1e-14)

    var tunnel = try BlockCutting(outline: box(6, 4), holes: [ring(Point(3, 2), 1, 16)])
    cut = try tunnel.cut()
    #expect(cut.blocks.count == 2 && cut.bridges == 2 && defect(cut, tunnel) < 1e-14)
    tunnel.traces = [[Point(3, 2), Point(3, 5)]]
    cut = try tunnel.cut()
    #expect(cut.blocks.count == 2 && cut.bridges == 1)
    tunnel.traces = [[Point(3, -1), Point(3, 5)]]
    cut = try tunnel.cut()
    #expect(cut.blocks.count == 2 && cut.bridges == 0 && defect(cut, tunnel) < 1e-14)
  }

  @Test("are refused in one line where the input is none")
  func badInput() throws {
    func says(_ words: String, _ body: () throws -> Void) {
      do {
        try body()
        Issue.record("\(words): accepted")
      } catch {
        let line = "\(error)"
        #expect(error is DDAError && line.contains(words) && !line.contains("\n"), "\(line)")
      }
    }
    let square = box(4, 4)
    says("outline: edges") { _ = try BlockCutting(outline: [0, 2, 1, 3].map { square[$0] }) }
    says("outline: vertex 1") {
      _ = try BlockCutting(outline: [Point(), Point(.nan, 1), square[2]])
    }
    says("hole 0: is not inside") {
      _ = try BlockCutting(outline: square, holes: [ring(Point(4, 2), 1, 6)])
    }
    says("hole 1: meets hole 0") {
      _ = try BlockCutting(
        outline: square, holes: [ring(Point(2, 2), 1, 6), ring(Point(2, 2), 0.5, 6)])
    }
    func set(_ words: String, _ change: (inout JointSet) -> Void) {
      says("joint set 0: has \(words)") {
        var cutting = try BlockCutting(outline: square)
        var set = JointSet(dip: 0, spacing: 1)
        change(&set)
        cutting.jointSets = [set]
        _ = try cutting.cut()
      }
    }
    set("spacing 0") { $0.spacing = 0 }
    set("dip nan") { $0.dip = .nan }
    set("length -1") { $0.length = -1 }
    set("gap nan") { $0.gap = .nan }
    set("relative scatter 1") { $0.spacingScatter = 1 }
    set("more than") { $0.spacing = 1e-9 }
    for (words, trace, tolerance) in [
      ("trace 0: has 1 points", [Point()], 1e-6),
      ("trace 0: has a point", [Point(), Point(0, .nan)], 1e-6),
      ("tolerance: is 0", square, 0), ("tolerance: is nan", square, .nan),
    ] {
      says(words) {
        var cutting = try BlockCutting(outline: square)
        (cutting.traces, cutting.tolerance) = ([trace], tolerance)
        _ = try cutting.cut()
      }
    }
  }
}
