import Foundation
import Studies
import Testing

/// A block on a frictionless floor that a record shakes, seen from the floor.
private let shakenCase = """
  kind: block-system
  materials: {rock: {young: 5 GPa, poisson: 0.25, density: 2600}}
  joints: {friction: 0}
  blocks:
    - {name: floor, outline: [[-9, -1], [9, -1], [9, 0], [-9, 0]], fixed: true}
    - {name: block, outline: [[0, 0], [1, 0], [1, 1], [0, 1]]}
  base-acceleration: {x: {file: record.csv}}
  time: {end: 1, step: 0.01, output: 0.5}
  scheme: {method: trapezoidal}
  probes:
    - {name: way, quantity: displacement, block: block, along: [-1, 0]}
    - {name: speed, quantity: velocity, block: [0.5, 0.5], along: [-1, 0]}

  """

@Suite("A base acceleration from a file") struct BlockSystemRecordTests {
  private func run(
    _ record: String, _ more: [String] = []
  ) throws -> (outcome: CommandLineTool.Outcome, tool: CommandLineTool) {
    let tool = try CommandLineTool()
    try tool.write("case.yaml", shakenCase)
    try tool.write("record.csv", record)
    return (try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + more), tool)
  }

  @Test(
    "a floor whose acceleration grows as 2 t leaves a frictionless block behind by t³/3",
    arguments: [
      "time,value\n0,0\n1,2\n", "# a comment\ntime [ms];value [mm/s2]\n0;0\n1000;2000\n",
      "value [m/s2],other,time [s]\n0,7,0\n2,8,1\n",
    ])
  func shaken(record: String) throws {
    let (outcome, tool) = try run(record)
    defer { tool.remove() }
    #expect(outcome.code == 0, "\(outcome.error)")
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(abs(probes["way"]! - 1.0 / 3) < 1e-3 && abs(probes["speed"]! - 1) < 1e-3, "\(probes)")
  }

  @Test("a result holds the record: it runs again without the file, to the same bits")
  func embedded() throws {
    let (outcome, tool) = try run("time,value\n0,0\n1,2\n")
    defer { tool.remove() }
    try FileManager.default.removeItem(atPath: tool.folder + "/record.csv")
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(again.json?["probes"] as? [String: Double] == probes && probes["way"]! > 0.1)
  }

  @Test(
    "a record that is none is one line with file, line and column, exit 2, no result",
    arguments: [
      ("time,value\n0,0\n0.5,nan\n1,0\n", ["record.csv:3", "value", "nan; correct or remove"]),
      ("time,value\n0,0\nnan,1\n1,0\n", ["record.csv:3", "time"]),
      ("time,value\n0,0\n0.5,1\n0.5,2\n", ["record.csv:4", "time", "give rows forward in time"]),
      ("time,value\n0,0\n0.5,1\n0.4,2\n", ["record.csv:4", "0.4 s after 0.5 s"]),
      ("time,value\n0,0\n0.5\n", ["record.csv:3", "has 1 cells"]),
      ("t,value\n0,0\n", ["record.csv:1", "time", "it has t, value"]),
      ("time,value [kg]\n0,0\n", ["record.csv:1", "value", "kg"]),
      ("time,value\n", ["record.csv:1", "no rows"]),
      ("", ["record.csv", "empty"]),
    ])
  func mistakes(record: String, says: [String]) throws {
    let (outcome, tool) = try run(record)
    defer { tool.remove() }
    #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(outcome.error)")
    for word in says { #expect(outcome.error.contains(word), "\(outcome.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }

  @Test("a table in the case itself must go forward, a file must be there")
  func inCase() throws {
    let (table, first) = try run(
      "", ["--set", "base-acceleration.x={table: [{at: 1, value: 0}, {at: 1, value: 1}]}"])
    defer { first.remove() }
    #expect(table.code == 2 && table.error.contains("base-acceleration.x.table[1].at"))
    #expect(table.error.contains("forward in time"), "\(table.error)")
    let (missing, second) = try run("", ["--set", "base-acceleration.x.file=none.csv"])
    defer { second.remove() }
    #expect(missing.code == 2 && missing.error.contains("there is no file"), "\(missing.error)")
  }
}
