import Foundation
import Storage
import Studies
import Testing

/// A slope of 20 m × 10 m with a tunnel, cut by two joint sets and a bent trace; its base is fixed.
private let domainCase = """
  kind: block-system
  materials:
    rock: {young: 1 GPa, poisson: 0.2, density: 2500}
    clay: {young: 1 GPa, poisson: 0.2, density: 2000}
  joints: {friction: 30}
  domain:
    outline: [[0, 0], [20, 0], [20, 10], [8, 10], [0, 4]]
    holes: [[[9, 4], [11, 4], [11, 6], [9, 6]]]
  joint-sets:
    - {dip: 30, spacing: 2, length: 6, persistence: 0.8, dip-scatter: 3, spacing-scatter: 0.2, length-scatter: 0.3, seed: 4}
    - {dip: 120, spacing: 3, seed: 2}
  traces:
    - [[-1, 2], [5, 2.5], [21, 2]]
  assign:
    - {along: [[0, 0], [20, 0]], fixed: true}
    - {inside: [[10, 0], [21, 0], [21, 11], [10, 11]], material: clay}
    - {at: [[19.5, 9.5]], name: corner, velocity: [1, 0]}
  # What matters here is the cutting: a step need not settle.
  contact: {passes: 20, halvings: 0}
  time: {end: 1 ms, step: 0.5 ms, output: 0.5 ms}
  probes:
    - {name: corner, quantity: displacement, block: corner, along: [1, 0]}
    - {name: same, quantity: displacement, block: [19.5, 9.5], along: [1, 0]}

  """

@Suite("Blocks cut from a domain in a case") struct BlockSystemDomainTests {
  @Test("blocks add up to the domain without its tunnel; the base is fixed, a point names a block")
  func cut() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", domainCase)
    let valid = try tool.run(["validate", "case.yaml", "--json"])
    #expect(valid.code == 0, "\(valid.error)")
    let blocks = try #require(valid.json?["blocks"] as? Int)
    #expect(blocks > 20 && valid.json?["bridges"] as? Int == 0)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code <= 1, "\(run.error)")
    let probes = try #require(run.json?["probes"] as? [String: Double])
    #expect(probes["corner"]! > 0 && probes["corner"] == probes["same"])
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let corners = try file.root.read("blocks/corners", as: Int64.self).values.map { Int($0) }
    let fixed = try file.root.read("blocks/is_fixed", as: Int64.self).values
    let points = try file.root.readDoubles("VTKHDF/Points").values
    var (area, first) = (0.0, 0)
    for (block, n) in corners.enumerated() {
      let ring = (0..<n).map { (points[3 * (first + $0)], points[3 * (first + $0) + 1]) }
      for i in 0..<n {
        let (a, b) = (ring[i], ring[(i + 1) % n])
        area += 0.5 * (a.0 * b.1 - b.0 * a.1)
      }
      #expect((fixed[block] == 1) == ring.contains { $0.1 < 1e-9 })
      first += n
    }
    #expect(corners.count == blocks && abs(area / (200 - 24 - 4) - 1) < 1e-10)
  }

  @Test("the same seed cuts the same blocks, another one others")
  func seeded() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", domainCase)
    func traces(_ seed: Int) throws -> Double? {
      let run = try tool.run([
        "validate", "case.yaml", "--json", "--set", "joint-sets.0.seed=\(seed)",
      ])
      #expect(run.code == 0 || seed != 4, "\(run.error)")
      return run.json?["dangling-length"] as? Double
    }
    #expect(try traces(4) == traces(4) && traces(4) != traces(5))
  }

  @Test("material by region: clay on one side alone changes the weight on the base")
  func materials() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let halves = """
      kind: block-system
      materials:
        rock: {young: 1 GPa, poisson: 0.2, density: 3000}
        clay: {young: 1 GPa, poisson: 0.2, density: 1000}
      joints: {friction: 30}
      gravity: [0, 0]
      domain: {outline: [[0, 0], [4, 0], [4, 1], [0, 1]]}
      traces: [[[2, -1], [2, 2]]]
      assign:
        - {inside: [[2, 0], [4, 0], [4, 1], [2, 1]], material: clay}
        - {at: [[1, 0.5], [3, 0.5]], velocity: [1, 0]}
      time: {end: 0.01, step: 0.01}
      probes: [{name: momentum, quantity: momentum, along: [1, 0]}]
      """
    try tool.write("case.yaml", halves)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    let momentum = try #require((run.json?["probes"] as? [String: Double])?["momentum"])
    #expect(abs(momentum - (2 * 3000 + 2 * 1000)) < 1e-6)
  }

  @Test(
    "a domain that cannot be cut is one line with its place, exit 2",
    arguments: [
      (
        "[8, 10], [0, 4]]", "[0, 4], [8, 10], [9, -1]]", ["case.yaml:7", "domain.outline", "cross"]
      ),
      ("[11, 6], [9, 6]", "[11, 16], [9, 16]", ["case.yaml:8", "domain.holes[0]", "not inside"]),
      ("spacing: 3", "spacing: 0", ["case.yaml:11", "joint-sets[1].spacing", "positive"]),
      ("spacing: 3", "spacing: .nan", ["case.yaml:11", "joint-sets[1].spacing", "positive"]),
      ("spacing: 3", "spacing: 1e-6", ["joint-sets[1]", "1000000 traces", "raise spacing"]),
      ("length: 6, ", "", ["case.yaml:10", "joint-sets[0].persistence", "give 'length'"]),
      ("persistence: 0.8", "persistence: 0.8, gap: 1", ["joint-sets[0].gap", "remove one"]),
      ("[5, 2.5]", "[5, .nan]", ["case.yaml:13", "traces[0][1][1]"]),
      ("[[0, 0], [20, 0]], fixed", "[[0, -5], [20, -5]], fixed", ["assign[0]", "no block"]),
      ("[[19.5, 9.5]], name", "[[0.2, 0.2], [19.5, 9.5]], name", ["assign[2].name", "2 blocks"]),
      (", material: clay}", "}", ["case.yaml:16", "assign[1]", "says nothing"]),
      ("material: clay}", "material: cley}", ["assign[1].material", "did you mean 'clay'?"]),
      ("block: [19.5, 9.5]", "block: [19.5, 19.5]", ["case.yaml:23", "no block holds the point"]),
      ("  domain:", "  domaine:", ["case.yaml:6", "did you mean 'domain'?"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let part = part.hasPrefix("  ") ? String(part.dropFirst(2)) : part
    let wrong = wrong.hasPrefix("  ") ? String(wrong.dropFirst(2)) : wrong
    #expect(domainCase.contains(part))
    try tool.write("case.yaml", domainCase.replacingOccurrences(of: part, with: wrong))
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }

  @Test("a hole that no joint ties is bridged, or refused where that is asked")
  func untied() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write(
      "case.yaml",
      """
      kind: block-system
      materials: {rock: {young: 1 GPa, poisson: 0.2, density: 2500}}
      joints: {friction: 30}
      domain:
        outline: [[0, 0], [4, 0], [4, 4], [0, 4]]
        holes: [[[1, 1], [2, 1], [2, 2], [1, 2]]]
      time: {end: 0.01, step: 0.01}
      """)
    let bridged = try tool.run(["validate", "case.yaml", "--json"])
    #expect((bridged.json?["bridges"] as? Int ?? 0) > 0, "\(bridged.error)")
    let refused = try tool.run(["validate", "case.yaml", "--set", "domain.untied-holes=refuse"])
    #expect(refused.code == 2 && refused.error.contains("draw joints there"), "\(refused.error)")
  }

  @Test("neither blocks nor a domain, joints without an outline: each says what to give")
  func nothing() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let bare = """
      kind: block-system
      materials: {rock: {young: 1 GPa, poisson: 0.2, density: 2500}}
      joints: {friction: 30}
      time: {end: 0.01, step: 0.01}

      """
    try tool.write("case.yaml", bare)
    let none = try tool.run(["validate", "case.yaml"])
    #expect(none.code == 2 && none.error.contains("or a 'domain' to be cut"), "\(none.error)")
    try tool.write("case.yaml", bare + "joint-sets: [{dip: 1, spacing: 1}]\n")
    let loose = try tool.run(["validate", "case.yaml"])
    #expect(loose.code == 2 && loose.error.contains("give 'domain.outline'"), "\(loose.error)")
  }

  @Test("ten thousand drawn joints are read, cut and checked, in less than 10 s")
  func many() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    // Numbers in [0, 1) that depend on nothing but where they begin.
    var state: UInt64 = 3
    func draw() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    let traces = (0..<10_000).map { k in
      let angle = ((k % 2 == 0 ? 28 : 108) + 4 * draw()) * .pi / 180
      let (x, y, arm) = (200 * draw(), 100 * draw(), 1.5 + 1.25 * draw())
      let (dx, dy) = (arm * cos(angle), arm * sin(angle))
      return "  - [[\(x - dx), \(y - dy)], [\(x + dx), \(y + dy)]]"
    }
    try tool.write(
      "case.yaml",
      """
      kind: block-system
      materials: {rock: {young: 1 GPa, poisson: 0.2, density: 2500}}
      joints: {friction: 30}
      domain: {outline: [[0, 0], [200, 0], [200, 100], [0, 100]]}
      traces:
      \(traces.joined(separator: "\n"))
      time: {end: 1, step: 0.01}

      """)
    let clock = ContinuousClock.now
    let valid = try tool.run(["validate", "case.yaml", "--json"])
    #expect(valid.code == 0, "\(valid.error)")
    #expect(valid.json?["traces"] as? Int == 10_000)
    #expect(try #require(valid.json?["blocks"] as? Int) > 10_000)
    // Other tests run beside it: it takes a second or two of a processor.
    #expect(ContinuousClock.now - clock < .seconds(10))
  }
}
