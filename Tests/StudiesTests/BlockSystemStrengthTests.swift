import Foundation
import Storage
import Studies
import Testing

/// A block of 1 m on a floor, pushed by 0.3 of its weight; friction 30 degrees.
private let pushedCase = """
  kind: block-system
  title: a pushed block
  materials: {rock: {young: 5 GPa, poisson: 0.25, density: 2000}}
  joints: {friction: 30}
  blocks:
    - {name: floor, outline: [[-9, -1], [9, -1], [9, 0], [-9, 0]], fixed: true}
    - {name: block, outline: [[0, 0], [1, 0], [1, 1], [0, 1]]}
  loads: [{block: block, point: [0, 0.2], force: [5886, 0]}]
  time: {end: 2, step: 0.05, output: 0.2}
  strength-reduction: {displacement: 1 mm, range: [1, 3], tolerance: 0.01}
  probes:
    - {name: factor, quantity: factor-of-safety}
    - {name: way, quantity: displacement, block: block, along: [1, 0], since: 0}

  """

@Suite("Factor of safety from a case") struct BlockSystemStrengthTests {
  private func run(
    _ more: [String] = []
  ) throws -> (outcome: CommandLineTool.Outcome, tool: CommandLineTool) {
    let tool = try CommandLineTool()
    try tool.write("case.yaml", pushedCase)
    return (try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + more), tool)
  }

  @Test("tan φ W/H within the bracket: a line per trial, the file, the page, and run again")
  func found() throws {
    let (outcome, tool) = try run()
    defer { tool.remove() }
    #expect(outcome.code == 0, "\(outcome.error)")
    let exact = tan(Double.pi / 6) / 0.3
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(abs(probes["factor"]! - exact) < 0.01, "\(probes)")
    // The run in the file failed, and ended when it did.
    #expect(probes["way"]! > 1e-3 && probes["way"]! < 1e-2)
    let search = try #require(outcome.json?["strength-reduction"] as? [String: Any])
    let trials = try #require(search["trials"] as? [[String: Any]])
    #expect(trials.count == 10 && search["factor-of-safety"] as? Double == probes["factor"])
    #expect(outcome.out.contains("trial 10  F = ") && outcome.out.contains("factor of safety 1.9"))
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let group = try file.root.group("strength_reduction")
    #expect(try group.doubleAttribute("factor_of_safety") == probes["factor"])
    #expect(try group.doubleAttribute("shown") == search["failing"] as? Double)
    #expect(try group.readDoubles("factor").values == trials.map { $0["factor"] as? Double })
    let times = try file.root.readDoubles("probes/time").values
    #expect(times[0] == 0 && times.last! < 2)
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.json?["probes"] as? [String: Double] == probes, "the same case, the same bits")
    #expect(try tool.run(["report", "s.vtkhdf", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("Factor of safety") && !html.contains("nan"))
    #expect(try tool.run(["inspect", "s.vtkhdf", "--probes"]).out.contains("factor"))
  }

  @Test(
    "a range that does not hold it is an ordinary outcome: one line, exit 1, the file is there",
    arguments: [
      ("[0.2, 1.5]", "still stand at a factor of 1.5", "stands"),
      ("[2.5, 4]", "fail at a factor of 2.5 already", "fails"),
    ])
  func notFound(range: String, says: String, word: String) throws {
    let (outcome, tool) = try run(["--set", "strength-reduction.range=\(range)"])
    defer { tool.remove() }
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.error)")
    #expect(outcome.error.contains(says) && outcome.error.contains("strength-reduction.range"))
    #expect(outcome.out.contains(word))
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    #expect(try file.root.stringAttribute("status") == "not converged")
    #expect(try !file.root.group("strength_reduction").hasAttribute("factor_of_safety"))
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
  }

  @Test(
    "a search that is none is one line with its place, exit 2, no file",
    arguments: [
      ("range: [1, 3]", "range: [3, 1]", ["case.yaml:10", "range", "smaller factor first"]),
      ("range: [1, 3]", "range: [0, 3]", ["case.yaml:10", "range[0]", "positive"]),
      ("displacement: 1 mm", "displacement: -1", ["case.yaml:10", "displacement", "positive"]),
      ("displacement: 1 mm", "kinetic-energy: 1", ["case.yaml:10", "0.999"]),
      ("displacement: 1 mm, ", "", ["case.yaml:10", "displacement, kinetic-energy"]),
      ("since: 0}", "since: 0.2}", ["case.yaml:13", "trial that fails"]),
      (
        "  strength-reduction: {displacement: 1 mm, range: [1, 3], tolerance: 0.01}", "",
        ["case.yaml", "probes[0]", "strength-reduction"]
      ),
      (
        "displacement: 1 mm, range: [1, 3]}", "kinetic-energy: 0.5}\n  mode: static",
        ["kinetic-energy", "give 'displacement'"]
      ),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let trimmed = { (s: String) in s.trimmingCharacters(in: .whitespaces) }
    let part = part.replacingOccurrences(of: "3]}", with: "3], tolerance: 0.01}")
    #expect(pushedCase.contains(trimmed(part)))
    try tool.write(
      "case.yaml",
      pushedCase.replacingOccurrences(
        of: trimmed(part), with: trimmed(wrong).replacingOccurrences(of: "\n  ", with: "\n")))
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }
}
