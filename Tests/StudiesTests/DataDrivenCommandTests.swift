import Foundation
import Manifold
import Mechanics
import Storage
import Studies
import Testing

/// Two bars in a row, pulled; states of a line σ = 100 ε.
private let ropeCase = """
  kind: data-driven
  title: a rope of two bars
  truss:
    joints: [[0, 0], [1, 0], [2, 0]]
    bars: [[0, 1], [1, 2]]
    area: [2, 1]
  supports:
    - {joints: [0], fixed: true}
    - {joints: [1, 2], uy: 0}
  loads:
    - {joints: [2], force: [0.4, 0]}
  material: {method: tangent, data: states.csv, young: 80}
  probes:
    - {name: end, quantity: displacement, component: x, joint: 2}
    - {name: grip, quantity: reaction, component: x, joints: [0]}
    - {name: stress, quantity: stress, bar: 1}

  """

private let states =
  "strain [-],stress [Pa]\n"
  + (-20...20).map { "\(Double($0) * 5e-4),\(Double($0) * 0.05)" }.joined(separator: "\n") + "\n"

private let brick = """
  kind: data-driven
  title: a brick of states
  mesh: {generator: box, size: [2, 1, 1], divisions: [3, 2, 2]}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 1 mm}
  material: {method: tangent, data: states.h5, young: 200 MPa, poisson: 0.3, neighbours: 60}
  probes:
    - {name: force, quantity: reaction, component: x, set: xmax}
    - {name: side, quantity: displacement, component: y, at: [2, 1, 1]}

  """

@Suite struct DataDrivenCommandTests {
  @Test("a rope of linear bars: exact end and grip, a file that report and run read again")
  func rope() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", ropeCase)
    try tool.write("states.csv", states)
    for method in ["tangent", "manifold"] {
      let run = try tool.run([
        "run", "case.yaml", "-o", "r.vtkhdf", "--json", "--set", "material.method=\(method)",
      ])
      #expect(run.code == 0, "\(run.error)")
      let probes = try #require(run.json?["probes"] as? [String: Double])
      #expect(abs(probes["end"]! - 0.006) < 1e-7, "\(method)")
      #expect(abs(probes["grip"]! + 0.4) < 1e-12 && abs(probes["stress"]! - 0.4) < 1e-12)
    }
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.code == 0, "\(again.error)")
    #expect(try tool.run(["report", "s.vtkhdf", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("nearest in the material") && html.contains("<svg"))
    #expect(!html.contains("nan") && !html.contains("<script"))
    let valid = try tool.run(["validate", "case.yaml", "--json"])
    #expect(valid.json?["unknowns"] as? Int == 2 && valid.json?["states"] as? Int == 41)
  }

  @Test("a brick on states of Hooke's law follows Hooke, though its metric is another")
  func body() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", brick)
    let hooke = try LinearElastic(young: 1e8, poisson: 0.25)
    var random = SplitMix64(seed: 3)
    let strain = (0..<6 * 400).map { _ in random.normal(0, 4e-4) }
    let stress = (0..<400).flatMap {
      hooke.evaluate(strain: Array(strain[6 * $0..<6 * $0 + 6])).stress
    }
    let file = try H5File.create(at: tool.folder + "/states.h5")
    try file.root.write("strain", strain, shape: [400, 6], unit: "1")
    try file.root.write("stress", stress.map { $0 / 1e6 }, shape: [400, 6], unit: "MPa")
    try file.commit()
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let probes = try #require(run.json?["probes"] as? [String: Double])
    #expect(abs(probes["force"]! / 5e4 - 1) < 1e-6)
    #expect(abs(probes["side"]! / -1.25e-4 - 1) < 1e-6)
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("von Mises") && !html.contains("nan"))
  }

  @Test("too few turns: exit 1 with what was reached in the file")
  func cutOff() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", ropeCase)
    try tool.write("states.csv", states)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--set", "solver.max-turns=3"])
    #expect(run.code == 1 && run.error.contains("3 turns") && run.errorLines.count == 1)
    #expect(tool.contents().contains("r.vtkhdf"))
  }

  @Test(
    "a mistake is one line with its place, exit 2, no file",
    arguments: [
      ("joints: [2], force", "joints: [7], force", ["case.yaml:11", "joint 7"]),
      ("[[0, 1], [1, 2]]", "[[0, 1], [1, 1]]", ["case.yaml", "bar 1"]),
      ("area: [2, 1]", "area: [2, 1, 3]", ["case.yaml:6", "3 numbers for 2 bars"]),
      ("force: [0.4, 0]", "force: [0.4, 0, 0]", ["case.yaml:11", "2 numbers"]),
      ("joints: [1, 2], uy: 0", "joints: [1], uy: 0", ["case.yaml", "without straining"]),
      (", young: 80", "", ["case.yaml:12", "young"]),
      ("states.csv", "no.csv", ["case.yaml:12", "no.csv"]),
      ("bar: 1", "bar: 2", ["case.yaml:16", "bar 2"]),
      ("tangent", "tangents", ["case.yaml:12", "did you mean 'tangent'?"]),
      ("young: 80", "young: 80, neighbours: 99", ["case.yaml", "between 2 and 41"]),
      ("truss:", "trus:", ["case.yaml:3", "did you mean 'truss'?"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    #expect(ropeCase.contains(part))
    try tool.write(
      "case.yaml", ropeCase.replacingOccurrences(of: part, with: wrong))
    try tool.write("states.csv", states)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }
}
