import Foundation
import Studies
import Testing

/// Two soft blocks on a floor that would swing under their weight; a push that begins with the run.
private let softCase = """
  kind: block-system
  materials: {soil: {young: 1 MPa, poisson: 0.2, density: 2000}}
  joints: {friction: 0}
  blocks:
    - {name: floor, outline: [[-9, -1], [9, -1], [9, 0], [-9, 0]], fixed: true}
    - {name: low, outline: [[0, 0], [2, 0], [2, 1], [0, 1]]}
    - {name: high, outline: [[0, 1], [2, 1], [2, 2], [0, 2]]}
  seating: {steps: 30, step: 0.5}
  time: {end: 1, step: 0.01, output: 0.5}
  scheme: {method: trapezoidal}
  probes:
    - {name: drift, quantity: largest-displacement}
    - {name: settled, quantity: displacement, block: high, along: [0, -1]}
    - {name: way, quantity: displacement, block: low, along: [-1, 0]}

  """

@Suite("Blocks seated before a run") struct BlockSystemSeatingTests {
  private func run(
    _ more: [String]
  ) throws -> (probes: [String: Double], outcome: CommandLineTool.Outcome) {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", softCase)
    let sets = more.flatMap { ["--set", $0] }
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + sets)
    return (run.json?["probes"] as? [String: Double] ?? [:], run)
  }

  @Test("seated blocks rest under their weight; where they were given, they would swing")
  func rests() throws {
    let (probes, outcome) = try run([])
    #expect(outcome.code == 0, "\(outcome.error)")
    // Their centroid has sunk by (weight above + half of its own) of every block: about 0.05 m.
    #expect(probes["drift"]! < 1e-7 && probes["settled"]! > 0.03, "\(probes)")
    let short = try run(["seating.steps=1", "seating.step=0.01"])
    #expect(short.probes["drift"]! > 1e-3, "\(short.probes)")
  }

  @Test(
    "time counts from where the run begins: a floor that leaves as 2 t, or sways, leaves them behind",
    arguments: [
      ("{table: [{at: 0, value: 0}, {at: 1, value: 2}]}", 1.0 / 3),
      // ∫∫ 2 sin t = 2 (t − sin t).
      ("{sines: [{amplitude: 2, frequency: 1}]}", 2 * (1 - sin(1.0))),
    ])
  func histories(record: String, way: Double) throws {
    let (probes, outcome) = try run(["base-acceleration.x=\(record)"])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(abs(probes["way"]! - way) < 1e-3, "\(probes)")
  }

  @Test(
    "a seating that contradicts the case is one line with its place, exit 2",
    arguments: [
      ("blocks.1.spin=1", ["case.yaml:8", "seating", "block 1", "velocity"]),
      ("seating.steps=0", ["seating.steps", "1000000"]),
      ("seating.step=-1", ["seating.step", "positive"]),
      ("strength-reduction={displacement: 1}", ["seating", "seating-steps"]),
    ])
  func mistakes(set: String, says: [String]) throws {
    let outcome = try run([set]).outcome
    #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(outcome.error)")
    for word in says { #expect(outcome.error.contains(word), "\(outcome.error)") }
  }
}
