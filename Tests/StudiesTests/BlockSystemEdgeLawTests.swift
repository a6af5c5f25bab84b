import Foundation
import Studies
import Testing

/// A block of 2 m × 1.5 m on a slope of 30°, in axes along the slope and up from it: what parts it from the ground is
/// the fault alone. Joints without a law hold it.
private func slope(_ cracks: String) -> String {
  """
  kind: block-system
  materials: {rock: {young: 5 GPa, poisson: 0.25, density: 2600}}
  joints: {friction: 60}
  gravity: [4.905, -8.49570921511125]
  domain: {outline: [[0, -1.5], [9, -1.5], [9, 0], [2, 0], [2, 1.5], [0, 1.5]]}
  \(cracks)
  assign:
    - {at: [[8, -1]], fixed: true}
    - {at: [[1, 1]], name: block}
  time: {end: 1, step: 0.01, output: 0.5}
  probes: [{name: gained, quantity: velocity, block: block, along: [1, 0], since: 0.5}]

  """
}

private func fault(_ law: String) -> String {
  "traces: [{points: [[-1, 0], [10, 0]], joint: {\(law)}}]"
}

/// A layer with the fault, in m.
private let drawing = """
  0
  SECTION
  2
  ENTITIES
  0
  LINE
  8
  FAULTS
  10
  -1
  20
  0
  11
  10
  21
  0
  0
  ENDSEC
  0
  EOF

  """

@Suite("Laws of joint sets, traces and layers in cases of blocks") struct BlockSystemEdgeLawTests {
  /// Speed that the block gains from 0.5 s to 1 s, m/s.
  private func gained(_ cracks: String) throws -> Double {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", slope(cracks))
    try tool.write("faults.dxf", drawing)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    return try #require((run.json?["probes"] as? [String: Double])?["gained"])
  }

  @Test(
    "a trace takes every law that a pair of materials takes",
    arguments: [
      "friction: 10", "law: coulomb, friction: 10 deg",
      "law: slip-weakening, peak-friction: 10, residual-friction: 10, length: 1",
      "law: velocity-weakening, static-friction: 10, dynamic-friction: 10, rate: 1",
      "law: barton-bandis, roughness: 10, wall-strength: 1 kPa, basic-friction: 10",
      "law: rate-and-state, steady-friction: 0.17632698070846498, direct: 0, evolution: 0, "
        + "length: 1 mm, rate: 1 mm/s",
    ])
  func traces(law: String) throws {
    // g (sin 30° − cos 30° tan 10°) for half a second.
    let speed = 0.5 * (4.905 - 8.49570921511125 * tan(10 * Double.pi / 180))
    #expect(try abs(gained(fault(law)) - speed) < 1e-5)
  }

  @Test("points alone, or without a joint, go by materials: it stands")
  func plain() throws {
    #expect(try abs(gained("traces: [[[-1, 0], [10, 0]]]")) < 1e-9)
    #expect(try abs(gained("traces: [{points: [[-1, 0], [10, 0]]}]")) < 1e-9)
  }

  @Test("a layer of a drawing has its law; a trace upon a joint comes before the layer's")
  func layers() throws {
    let drawn = "drawings: [{file: faults.dxf, layers: {FAULTS: {joint: {friction: 10}}}}]"
    let weak = try gained(fault("friction: 10"))
    #expect(try gained(drawn) == weak)
    #expect(
      try abs(gained("drawings: [{file: faults.dxf, layers: {FAULTS: joint}}]")) < 1e-9)
    #expect(try abs(gained(fault("friction: 40") + "\n" + drawn)) < 1e-9)
    let strong = drawn.replacingOccurrences(of: "friction: 10", with: "friction: 40")
    #expect(try gained(fault("friction: 10") + "\n" + strong) == weak)
  }

  @Test("one law said of many joints is one: the same bits as when said once")
  func once() throws {
    let two = """
      traces:
        - {points: [[-1, 0], [1, 0]], joint: {friction: 10, cohesion: 0}}
        - {points: [[1, 0], [10, 0]], joint: {cohesion: 0, friction: 10}}
      """
    #expect(try gained(two) == gained(fault("friction: 10")))
  }

  @Test(
    "a law that is none is one line with its place, exit 2",
    arguments: [
      (fault("friction: 95"), ["case.yaml:6", "traces[0].joint.friction", "from 0.0 to 90.0"]),
      (fault("frction: 5"), ["traces[0].joint.frction", "did you mean 'friction'?"]),
      (fault(""), ["traces[0].joint", "needs one of the keys law, friction"]),
      (fault("friction: 9, bonded: true"), ["traces[0].joint.bonded", "unknown key"]),
      (
        fault("law: slip-weakening, peak-friction: 8, residual-friction: 10, length: 1"),
        ["traces[0].joint.residual-friction", "is 10 degrees, more than peak-friction of 8"]
      ),
      ("traces: [{joint: {friction: 10}}]", ["case.yaml:6", "traces[0].points", "is missing"]),
      ("traces: [3]", ["traces[0]", "must be a list of 2 to 100000 entries, or a block of keys"]),
      (
        "joint-sets: [{dip: 0, spacing: 1, joint: {law: weak}}]",
        ["joint-sets[0].joint.law", "unknown value 'weak'"]
      ),
      ("joint-sets: [{dip: 0, spacing: 1, joint: 10}]", ["joint-sets[0].joint", "block of keys"]),
      (
        "joint-sets: [{dip: 0, spacing: 1, friction: 10}]",
        ["case.yaml:6", "joint-sets[0].friction", "unknown key"]
      ),
      (
        "drawings: [{file: faults.dxf, layers: {FAULTS: {joint: {friction: -1}}}}]",
        ["drawings[0].layers.FAULTS.joint.friction", "from 0.0 to 90.0"]
      ),
      (
        "drawings: [{file: faults.dxf, layers: {FAULTS: {joints: {friction: 1}}}}]",
        ["drawings[0].layers.FAULTS.joints", "did you mean 'joint'?"]
      ),
    ])
  func mistakes(cracks: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", slope(cracks))
    try tool.write("faults.dxf", drawing)
    let run = try tool.run(["validate", "case.yaml"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
  }
}
