import Contact
import DDA
import Foundation
import Testing

@Suite("Edges of cut blocks know what made them")
struct EdgeOriginTests {
  /// Random sets and two single joints across them, cut.
  private func randomCut(
    _ seed: Int, _ change: (inout BlockCutting) -> Void = { _ in }
  ) throws -> (cutting: BlockCutting, cut: CutBlocks) {
    var cutting = try CuttingTests.randomCase(seed)
    let (lower, upper) = cutting.outline.bounds
    cutting.traces = [
      [lower, upper],
      [
        Point(lower.x, 0.4 * lower.y + 0.6 * upper.y), 0.5 * (lower + upper),
        Point(upper.x, lower.y + 2),
      ],
    ]
    change(&cutting)
    return (cutting, try cutting.cut())
  }

  /// Every edge of every block with its origin and its ends.
  private func edges(_ cut: CutBlocks) -> [(origin: EdgeOrigin, from: Point, to: Point)] {
    zip(cut.blocks, cut.origins).flatMap { block, origins in
      let v = block.vertices
      #expect(origins.count == v.count)
      return v.indices.map { (origins[$0], v[$0], v[($0 + 1) % v.count]) }
    }
  }

  /// Distance from a bent line.
  private func distance(_ p: Point, _ line: [Point]) -> Double {
    line.indices.dropLast().map { i in
      let d = line[i + 1] - line[i]
      let t = min(max((p - line[i]).dot(d) / d.dot(d), 0), 1)
      return (p - line[i] - t * d).length
    }.min()!
  }

  @Test("a named trace runs along its edge, of random joint sets and single joints")
  func geometry() throws {
    var count = 0, worst = 0.0
    for seed in 0..<40 {
      let (cutting, cut) = try randomCut(seed)
      let traces = try cutting.allTraces()
      let sets = try cutting.jointSets.map {
        try $0.traces(lower: cutting.outline.bounds.lower, upper: cutting.outline.bounds.upper)
      }
      let rings = ([cutting.outline] + cutting.holes).map { $0.vertices + [$0.vertices[0]] }
      for (origin, from, to) in edges(cut) {
        let middle = 0.5 * (from + to)
        for p in [from, middle, to] {
          switch origin {
          case .boundary: #expect(rings.contains { distance(p, $0) < 1e-9 })
          case .bridge: #expect(abs(p.y - from.y) <= cutting.tolerance)
          case .jointSet(let set, let trace):
            #expect(sets[set].contains(traces[trace]))
            worst = max(worst, distance(p, traces[trace]) / cutting.tolerance)
          case .trace(let i):
            worst = max(worst, distance(p, cutting.traces[i]) / cutting.tolerance)
          }
        }
        count += 1
      }
    }
    #expect(count > 10_000)
    // Traces bend by about the tolerance.
    #expect(worst < 2, "\(worst)")
  }

  @Test("both sides of a joint name one trace: walked to and fro, its edges add up to nothing")
  func bothSides() throws {
    for seed in 0..<20 {
      let (cutting, cut) = try randomCut(seed)
      var sums: [EdgeOrigin: Point] = [:]
      var perimeter = 0.0
      for (origin, from, to) in edges(cut) {
        sums[origin, default: Point()] += to - from
        if origin == .boundary { perimeter += (to - from).length }
      }
      for (origin, sum) in sums { #expect(sum.length < 1e-9, "seed \(seed): \(origin) \(sum)") }
      let rings = ([cutting.outline] + cutting.holes).map(\.vertices)
      let exact = rings.reduce(0) { total, v in
        v.indices.reduce(total) { $0 + (v[($1 + 1) % v.count] - v[$1]).length }
      }
      #expect(abs(perimeter / exact - 1) < 1e-9, "seed \(seed)")
    }
  }

  @Test("both sides of a joint have one law, also where the tolerance is a tenth of the spacing")
  func bothLaws() throws {
    for seed in 0..<40 {
      let (_, cut) = try randomCut(seed) {
        for k in $0.jointSets.indices { $0.jointSets[k].law = k }
        ($0.traceLaws, $0.tolerance) = ([7, 8], 0.15)
      }
      var sums: [Int: Point] = [:]
      for ((_, from, to), law) in zip(edges(cut), cut.edgeLaws.joined()) {
        if let law { sums[law, default: Point()] += to - from }
      }
      #expect(sums[7] != nil && sums[0] != nil)
      for (law, sum) in sums { #expect(sum.length < 1e-9, "seed \(seed): law \(law) \(sum)") }
      for block in cut.blocks { #expect(try Polygon(block.vertices) == block, "seed \(seed)") }
    }
  }

  @Test("of lines on one another wins the outline, a single joint, a set, the lower number")
  func precedence() throws {
    var cutting = try BlockCutting(outline: box(6, 4))
    let (lower, upper) = cutting.outline.bounds
    cutting.jointSets = [JointSet(dip: 0, spacing: 20), JointSet(dip: 0, spacing: 20)]
    // One line through the box, of both sets.
    let seed = try #require(
      (1...100 as ClosedRange<UInt64>).first { seed in
        let set = JointSet(dip: 0, spacing: 20, seed: seed)
        return try set.traces(lower: lower, upper: upper).contains { $0[0].y > 1 && $0[0].y < 3 }
      })
    for k in 0..<2 { cutting.jointSets[k].seed = seed }
    let y = try cutting.allTraces().first { $0[0].y > 1 && $0[0].y < 3 }![0].y
    func origins(_ cut: CutBlocks) -> Set<EdgeOrigin> {
      Set(edges(cut).filter { abs($0.from.y - y) + abs($0.to.y - y) < 1e-9 }.map(\.origin))
    }
    var cut = try cutting.cut()
    #expect(cut.blocks.count == 2 && origins(cut) == [.jointSet(0, trace: 0)])
    // Single joints on parts of it; without laws the edge stays one, and is that of the longest part.
    cutting.traces = [[Point(4.5, y), Point(2, y)], [Point(3, y), Point(7, y)]]
    cut = try cutting.cut()
    #expect(origins(cut) == [.trace(0)] && cut.blocks.allSatisfy { $0.vertices.count == 4 })
    // Laws part it: the set, the first joint as far as it goes, the second one.
    cutting.traceLaws = [0, 1]
    cutting.jointSets[0].law = 2
    cut = try cutting.cut()
    #expect(origins(cut) == [.jointSet(0, trace: 0), .trace(0), .trace(1)])
    for (block, laws) in zip(cut.blocks, cut.edgeLaws) {
      #expect(try block.vertices.count == 6 && Polygon(block.vertices) == block)
      let v = block.vertices
      for k in v.indices {
        let middle = 0.5 * (v[k] + v[(k + 1) % v.count])
        let exact: Int? = abs(middle.y - y) > 1e-9 ? nil : middle.x < 2 ? 2 : middle.x < 4.5 ? 0 : 1
        #expect(laws[k] == exact, "\(middle)")
      }
    }
    // Along a side of the domain a joint is none.
    cutting.traces = [[Point(-1, 0), Point(7, 0)]]
    cutting.traceLaws = [0]
    cut = try cutting.cut()
    #expect(cut.edgeLaws.joined().allSatisfy { $0 != 0 })
    cutting.traceLaws = [0, 1]
    #expect(throws: DDAError.self) { try cutting.cut() }
  }

  @Test("laws of joint sets change no block where none of their traces are in line")
  func sameBlocks() throws {
    for seed in 0..<10 {
      var cutting = try CuttingTests.randomCase(seed)
      let plain = try cutting.cut()
      #expect(plain.edgeLaws.joined().allSatisfy { $0 == nil })
      for k in cutting.jointSets.indices { cutting.jointSets[k].law = k }
      let cut = try cutting.cut()
      #expect(cut.blocks == plain.blocks && cut.origins == plain.origins)
      for (laws, origins) in zip(cut.edgeLaws, cut.origins) {
        for (law, origin) in zip(laws, origins) {
          let exact: Int? = if case .jointSet(let set, _) = origin { set } else { nil }
          #expect(law == exact)
        }
      }
    }
  }
}
