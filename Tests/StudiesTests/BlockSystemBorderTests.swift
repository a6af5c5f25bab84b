import Foundation
import Studies
import Testing

/// A block on a skin that nothing moves, beside a column that stands on rock; borders for a coupled run.
private let borderCase = """
  kind: block-system
  title: a block on a skin
  materials:
    stone: {young: 5 GPa, poisson: 0.2, density: 2600}
    skin: {young: 1 MPa, poisson: 0, density: 24}
  joints: {friction: 30}
  blocks:
    - {name: rock, outline: [[5, -1], [8, -1], [8, 0], [5, 0]], fixed: true}
    - {name: plinth, outline: [[5.5, 0], [7, 0], [7, 0.5], [5.5, 0.5]]}
    - {name: stone, outline: [[0.6, 0], [1.6, 0], [1.6, 1], [0.6, 1]]}
  skins:
    - {name: surface, points: [[0, 0], [1, 0], [2, 0], [3, 0]], outside: left, thickness: 2 cm, material: skin}
  borders:
    top: {edge: {block: plinth, from: [5.5, 0.5], to: [7, 0.5]}}
    surface: {skin: surface}
    points: {points: [{block: stone, at: [0.6, 1]}, {block: stone, at: [1.6, 1]}]}
  contact: {tolerance: 1e-7}
  time: {end: 0.5, step: 0.01, output: 0.1}
  probes:
    - {name: sunk, quantity: displacement, block: stone, along: [0, 1]}

  """

@Suite("Skins and borders of a case of blocks") struct BlockSystemBorderTests {
  @Test("in a run of its own the skin carries its block, and borders do nothing")
  func alone() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", borderCase)
    #expect(try tool.run(["validate", "case.yaml"]).code == 0)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let sunk = try #require((run.json?["probes"] as? [String: Double])?["sunk"])
    #expect(abs(sunk) < 1e-5)
    #expect(try tool.run(["schema"]).out.contains("\"skins\""))
  }

  @Test(
    "a mistake is one line with its place, exit 2, no file",
    arguments: [
      ("material: skin}", "material: skim}", ["case.yaml:12", "did you mean 'skin'?"]),
      ("[1, 0], [2, 0]", "[1, 0], [1, 0]", ["skins[0].points", "no length"]),
      ("thickness: 2 cm", "thickness: 0", ["thickness", "positive"]),
      ("outside: left", "outside: up", ["outside", "left, right"]),
      ("{skin: surface}", "{skin: surfaces}", ["borders.surface.skin", "did you mean 'surface'?"]),
      ("{skin: surface}", "{}", ["borders.surface", "edge, skin, points"]),
      ("to: [7, 0.5]}}", "to: [6, 0.5]}}", ["borders.top.edge", "corners"]),
      ("at: [1.6, 1]", "at: [2.6, 1]", ["points[1].at", "not in block 2"]),
      ("at: [1.6, 1]", "at: [0.6, 1]", ["points[1]", "listed already"]),
      ("block: stone, at", "block: stones, at", ["did you mean 'stone'?"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    #expect(borderCase.contains(part))
    try tool.write("case.yaml", borderCase.replacingOccurrences(of: part, with: wrong))
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }

  @Test("alone a border may be of a fixed block, in a coupled run it may not")
  func fixed() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write(
      "case.yaml",
      borderCase.replacingOccurrences(
        of: "{block: plinth, from: [5.5, 0.5], to: [7, 0.5]}",
        with: "{block: rock, from: [5, 0], to: [8, 0]}"))
    try tool.write(
      "both.yaml",
      """
      kind: coupling
      participants:
        - {name: one, case: case.yaml}
        - {name: two, case: case.yaml}
      interfaces: [{between: [one.top, two.top], exchange: dirichlet-neumann, guided: one}]
      window: 0.01
      end: 0.01
      """)
    #expect(try tool.run(["validate", "case.yaml"]).code == 0)
    let run = try tool.run(["validate", "both.yaml"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    #expect(run.error.contains("borders.top") && run.error.contains("is fixed"), "\(run.error)")
  }
}
