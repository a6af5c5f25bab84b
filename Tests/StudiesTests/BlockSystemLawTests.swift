import Foundation
import Studies
import Testing

/// A block of 1 m on a slope of 20 degrees (tan 0.36397), with a joint law and, where wanted, more
/// keys.
private func slope(_ law: String, more: String = "") -> String {
  """
  kind: block-system
  materials: {rock: {young: 5 GPa, poisson: 0.25, density: 2600}}
  joints: {\(law)}
  blocks:
    - name: slope
      outline: [[-5.38250339058088, -0.169284524943473], [18.1098121290668, -8.71978810808519], [18.7938524157182, -6.84040286651337], [-4.69846310392954, 1.71010071662834]]
      fixed: true
    - name: block
      outline: [[0, 0], [0.939692620785908, -0.342020143325669], [1.28171276411158, 0.59767247746024], [0.342020143325669, 0.939692620785908]]
  time: {end: 1, step: 0.01, output: 0.5}
  probes:
    - {name: gained, quantity: velocity, block: block, along: [0.939692620785908, -0.342020143325669], since: 0.5}
  \(more)
  """
}

@Suite("Joint laws in cases of blocks") struct BlockSystemLawTests {
  /// Speed that the block gains from 0.5 s to 1 s, m/s.
  private func gained(_ law: String, more: String = "") throws -> Double {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", slope(law, more: more))
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    return try #require((run.json?["probes"] as? [String: Double])?["gained"])
  }

  @Test(
    "a law whose friction stays below or above tan A lets the block go or holds it",
    arguments: [
      ("law: coulomb, friction: 15", true), ("law: coulomb, friction: 25", false),
      ("law: slip-weakening, peak-friction: 15, residual-friction: 15, length: 1", true),
      ("law: slip-weakening, peak-friction: 25, residual-friction: 5, length: 1 m", false),
      ("law: velocity-weakening, static-friction: 15, dynamic-friction: 15, rate: 1", true),
      ("law: velocity-weakening, static-friction: 25, dynamic-friction: 5, rate: 1 m/s", false),
      // JRC log10(JCS / σ) is 0 where the wall is no stronger than the stress (12 kPa at the mean).
      (
        "law: barton-bandis, roughness: 10, wall-strength: 1 kPa, basic-friction: 15", true
      ),
      (
        "law: barton-bandis, roughness: 10, wall-strength: 50 MPa, basic-friction: 15", false
      ),
      (
        "law: rate-and-state, steady-friction: 0.2679491924, direct: 0, evolution: 0, length: 1 mm, "
          + "rate: 1 mm/s", true
      ),
      (
        "law: rate-and-state, steady-friction: 0.4663, direct: 0, evolution: 0, length: 1 mm, "
          + "rate: 1 mm/s", false
      ),
    ])
  func laws(law: String, slides: Bool) throws {
    // g (sin 20° − cos 20° tan 15°) for half a second.
    let speed = 0.5 * 9.81 * (0.342020143325669 - 0.939692620785908 * tan(15 * Double.pi / 180))
    let found = try gained(law)
    #expect(abs(found - (slides ? speed : 0)) < 1e-5, "\(found)")
  }

  @Test("an angle may carry its unit: 15 degrees, 15 deg and 0.2618 rad are one friction")
  func angles() throws {
    let plain = try gained("friction: 15")
    #expect(try abs(gained("friction: 15 deg") - plain) < 1e-12)
    #expect(try abs(gained("friction: 0.2617993877991494 rad") - plain) < 1e-9)
  }

  @Test("a pair of materials has its own law")
  func pairs() throws {
    let steep = try gained("friction: 25, pairs: [{between: [rock, rock], friction: 15}]")
    #expect(try abs(gained("friction: 15") - steep) < 1e-12)
  }

  @Test("a penalty leaves the overlap of its springs; multipliers leave none")
  func penalty() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let probe = "  - {name: overlap, quantity: overlap}"
    try tool.write("case.yaml", slope("friction: 25", more: probe))
    func overlap(_ contact: String) throws -> Double {
      let run = try tool.run([
        "run", "case.yaml", "-o", "r.vtkhdf", "--json", "--set", "contact={\(contact)}", "--set",
        "workers=2",
      ])
      #expect(run.code == 0, "\(run.error)")
      return try #require((run.json?["probes"] as? [String: Double])?["overlap"])
    }
    // The weight presses 24 kN on two corners, the lower one more.
    let k = 1e9
    let soft = try overlap("enforcement: penalty, normal-stiffness: 1e9, shear-stiffness: 4e8")
    #expect(soft > 0.5 * 23_967 / k && soft < 2.5 * 23_967 / k, "\(soft)")
    #expect(try overlap("tolerance: 1e-9") < 1e-8)
  }

  @Test(
    "what a law or a contact lacks or has too much is one line with its place, exit 2",
    arguments: [
      ("", "", ["case.yaml:3", "joints", "needs one of the keys law, friction"]),
      ("law: coulom, friction: 2", "", ["case.yaml:3", "joints.law", "did you mean 'coulomb'?"]),
      ("law: slip-weakening, peak-friction: 20", "", ["joints.residual-friction", "is missing"]),
      (
        "law: slip-weakening, peak-friction: 8, residual-friction: 10, length: 1", "",
        ["joints.residual-friction", "is 10 degrees, more than peak-friction of 8"]
      ),
      (
        "law: slip-weakening, peak-friction: 8, residual-friction: 1, length: 0", "",
        ["joints.length", "positive"]
      ),
      (
        "law: slip-weakening, friction: 8", "",
        ["joints.friction", "does not belong here; the keys of this form are law, peak-friction"]
      ),
      (
        "law: velocity-weakening, static-friction: 8, dynamic-friction: 9, rate: 1", "",
        ["joints.dynamic-friction", "more than static-friction"]
      ),
      (
        "law: barton-bandis, roughness: 30, wall-strength: 1 MPa, basic-friction: 20", "",
        ["joints.roughness", "from 0.0 to 20.0"]
      ),
      (
        "law: barton-bandis, roughness: 3, wall-strength: 1 m, basic-friction: 20", "",
        ["joints.wall-strength", "cannot be in \"m\""]
      ),
      (
        "law: rate-and-state, steady-friction: -1, direct: 0, evolution: 0, length: 1, rate: 1", "",
        ["joints.steady-friction", "at least 0"]
      ),
      (
        "friction: 30, pairs: [{between: [rock, rock], law: slip}]", "",
        ["joints.pairs[0].law", "unknown value 'slip'"]
      ),
      ("friction: 30", "contact: {enforcement: penalty}", ["contact", "needs 'normal-stiffness'"]),
      (
        "friction: 30", "contact: {normal-stiffness: 1e9}",
        ["contact.normal-stiffness", "enforcement: penalty"]
      ),
      (
        "friction: 30", "mode: static\ndynamic-factor: 0.5",
        ["case.yaml:14", "dynamic-factor", "static run"]
      ),
      ("friction: 30", "workers: 0", ["workers", "from 1 to 1024"]),
    ])
  func mistakes(law: String, more: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", slope(law, more: more))
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }

  @Test("the schema names every law and every way to enforce a contact")
  func schema() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let text = try tool.run(["schema"]).out
    for word in [
      "coulomb", "slip-weakening", "velocity-weakening", "barton-bandis", "rate-and-state",
      "penalty", "augmented-lagrangian", "joint-sets", "drawings", "assign",
    ] {
      #expect(text.contains("\"\(word)\""), "\(word)")
    }
  }
}
