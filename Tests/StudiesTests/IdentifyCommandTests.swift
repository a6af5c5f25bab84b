import ConstitutiveManifold
import Foundation
import Identification
import Mechanics
import Storage
import Studies
import Testing

/// A small sheet with a hole, pulled in both directions; its law is hidden from the identification.
private func specimen(_ divisions: String) -> String {
  """
  kind: fem
  title: small sheet
  mesh: {generator: plate-with-hole, half-width: 40 mm, half-height: 40 mm, half-thickness: 1 mm,
    radius: 12 mm, divisions: \(divisions), grading: 3, cell: hex20}
  materials:
    body: {family: gent, mu: 0.4 MPa, jm: 8, bulk: 8 MPa}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 24 mm}
    - {set: ymax, uy: 12 mm}
  steps: 2
  probes:
    - {name: force x, quantity: reaction, component: x, set: xmax}
    - {name: force y, quantity: reaction, component: y, set: ymax}

  """
}

private let identification = """
  kind: identification
  title: law of a small sheet
  experiments:
    - name: sheet
      measurement: m.h5
      mesh: {generator: plate-with-hole, half-width: 40 mm, half-height: 40 mm,
        half-thickness: 1 mm, radius: 12 mm, divisions: [3, 4, 1], grading: 3, cell: hex20}
      symmetry: [xmin, ymin, zmin]
      boundary:
        - {set: xmax, ux: 24 mm}
        - {set: ymax, uy: 12 mm}
  law: {widths: [4], starts: 1, prior: [0.1]}

  """

private let brick = """
  kind: fem
  mesh: {generator: box, size: [1, 1, 1], divisions: [1, 1, 1]}
  materials:
    body: {law: law.h5}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 0.3}
  probes:
    - {name: stress, quantity: reaction, component: x, set: xmax}
    - {name: covered, quantity: coverage}

  """

@Suite struct IdentifyCommandTests {
  /// A folder with the measurement of a computed sheet and the case that identifies from it.
  private func measured(_ extra: [String] = []) throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write("specimen.yaml", specimen("[3, 4, 1]"))
    try tool.write("case.yaml", identification)
    let run = try tool.run(["run", "specimen.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 0, "\(run.error)")
    let measure = try tool.run(
      ["measure", "r.vtkhdf", "-o", "m.h5", "--view", "zmax", "--points", "100", "--json"] + extra)
    #expect(measure.code == 0, "\(measure.error)")
    #expect(measure.json?["points"] as? Int == 100 && measure.json?["levels"] as? Int == 2)
    #expect(measure.json?["forces"] as? [String] == ["xmax x", "ymax y"])
    return tool
  }

  @Test(
    "a computed sheet is measured with noise and gives its law back, and every command reads it")
  func roundTrip() throws {
    let tool = try measured()
    defer { tool.remove() }
    let valid = try tool.run(["validate", "case.yaml", "--json"])
    #expect(valid.code == 0 && valid.json?["forces"] as? Int == 2, "\(valid.error)")
    let run = try tool.run(["identify", "case.yaml", "-o", "law.h5", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let json = try #require(run.json)
    #expect(json["status"] as? String == "converged")
    #expect(abs(try #require(json["displacement misfit"] as? Double) - 1) < 0.15)

    let law = try LawFile.read(tool.folder + "/law.h5")
    let truth = try Gent(mu: 4e5, limit: 8, bulk: 8e6)
    for mode in [HomogeneousMode.uniaxial, .equibiaxial, .pureShear] {
      let comparison = law.law.compare(with: truth, along: mode) { law.coverage.covers($0) }
      #expect(try #require(comparison).r2 > 0.99, "\(mode)")
    }
    let fields = try #require(law.fields)
    #expect(fields.experiments[0].points == 100)
    for (a, b) in zip(
      fields.experiments[0].forces.joined(), fields.experiments[0].fittedForces.joined())
    {
      #expect(abs(a - b) < 5 * fields.experiments[0].forceDeviation)
    }
    #expect(law.training.stages.count == 4 && law.coverage.ranges.count == 4)

    let path = ["--path", "uniaxial", "--stretch", "1:1.4:5", "--json"]
    let values = try #require(try tool.run(["evaluate", "law.h5"] + path).json)
    // What noise of 1e-3 leaves open of the stress is a few per cent at most.
    let spread = try #require(values["ensembleDeviation"] as? [Double])
    let stress = try #require(values["nominalStress"] as? [Double])
    for (a, b) in zip(spread, stress).dropFirst() { #expect(a > 0 && a < 0.05 * b) }
    #expect(try tool.run(["report", "law.h5", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("Fields, forces and fit") && html.contains("small sheet"))
    #expect(!html.contains("nan") && !html.contains("<script"))
    let geometry = try tool.run(["geometry", "law.h5", "-o", "g.h5", "--points", "300"])
    #expect(geometry.code == 0, "\(geometry.error)")
    try tool.write("brick.yaml", brick)
    let body = try tool.run(["run", "brick.yaml", "-o", "b.vtkhdf", "--json"])
    #expect((body.json?["probes"] as? [String: Double])?["covered"] == 1, "\(body.error)")
  }

  @Test("a law file carries its case and measurement: identified again from it, the same bits")
  func again() throws {
    let tool = try measured(["--noise", "0.002", "--seed", "3"])
    defer { tool.remove() }
    let short = ["--set", "law.widths=[2]", "--set", "law.iterations=60"]
    let first = try tool.run(["identify", "case.yaml", "-o", "law.h5"] + short)
    #expect(first.code == 0, "\(first.error)")
    try FileManager.default.removeItem(atPath: tool.folder + "/m.h5")
    let second = try tool.run(["identify", "law.h5", "-o", "again.h5"])
    #expect(second.code == 0, "\(second.error)")
    let (a, b) = (
      try LawFile.read(tool.folder + "/law.h5"), try LawFile.read(tool.folder + "/again.h5")
    )
    #expect(a.fields?.parameters == b.fields?.parameters)
    #expect(a.law == b.law)
  }

  @Test("an iteration that is cut off writes what it has and ends with code 1")
  func cutOff() throws {
    let tool = try measured()
    defer { tool.remove() }
    // The strength of the prior has 20 Jacobians of its own before the last fit.
    let run = try tool.run([
      "identify", "case.yaml", "-o", "law.h5", "--set", "law.iterations=1", "--set",
      "law.prior=[1e-6]", "--set", "law.widths=[6]",
    ])
    #expect(run.code == 1 && run.errorLines.count == 1, "\(run.out) \(run.error)")
    #expect(tool.contents().contains("law.h5"))
  }
}

/// A mistake in a measurement or its case.
struct FieldMistake: Sendable, CustomTestStringConvertible {
  let testDescription: String
  var points = [0.02, 0.005, 0.001, 0.03, 0.02, 0.001]
  var pointUnit: String? = "m"
  var displacement = [1e-3, 2e-3, 3e-3, 4e-3]
  var components = "xy"
  var force = [1.0, 2]
  var forceSets = ["xmax", "ymax"]
  var deviation = 1e-5
  var part = "", with = ""
  var command = ["identify", "case.yaml", "-o", "out.h5"]
  let says: [String]
}

@Suite struct FieldMistakeTests {
  @Test(
    "a mistake in a measurement or its case is one line with its place, exit 2, no file",
    arguments: [
      FieldMistake(
        testDescription: "points without unit", pointUnit: nil, says: ["m.h5", "points", "units"]),
      FieldMistake(
        testDescription: "points in another unit", pointUnit: "mm",
        says: ["m.h5", "points", "2 of 2", "outside"]),
      FieldMistake(
        testDescription: "components that are none", components: "xq",
        says: ["m.h5", "displacement", "xq"]),
      FieldMistake(
        testDescription: "too few displacements", displacement: [1e-3, 2e-3],
        says: ["m.h5", "displacement", "levels, points, components"]),
      FieldMistake(
        testDescription: "nothing seen", displacement: [.nan, 1, .nan, 1],
        says: ["m.h5", "displacement", "no point"]),
      FieldMistake(
        testDescription: "deviation of zero", deviation: 0,
        says: ["m.h5", "displacement_sd", "positive"]),
      FieldMistake(
        testDescription: "unknown set of a force", forceSets: ["xmx", "ymax"],
        says: ["case.yaml:4", "did you mean 'xmax'?"]),
      FieldMistake(
        testDescription: "force on a free set", forceSets: ["hole", "ymax"],
        says: ["case.yaml", "hole", "free"]),
      FieldMistake(
        testDescription: "forces that do work the wrong way", force: [-1, -2],
        says: ["case.yaml", "against"]),
      FieldMistake(
        testDescription: "infinite force", force: [.infinity, 1], says: ["case.yaml", "inf"]),
      FieldMistake(
        testDescription: "missing measurement", part: "m.h5", with: "n.h5",
        says: ["case.yaml:5", "n.h5"]),
      FieldMistake(
        testDescription: "misspelt key", part: "symmetry", with: "symetry",
        says: ["case.yaml:8", "did you mean 'symmetry'?"]),
      FieldMistake(
        testDescription: "unknown kind", part: "kind: identification", with: "kind: identifcation",
        says: ["case.yaml:1", "did you mean 'identification'?"]),
      FieldMistake(
        testDescription: "body free to move", part: "[xmin, ymin, zmin]", with: "[xmin, ymin]",
        says: ["case.yaml", "z"]),
      FieldMistake(
        testDescription: "run of an identification", command: ["run", "case.yaml", "-o", "out.h5"],
        says: ["case.yaml", "deepmanifold identify"]),
      FieldMistake(
        testDescription: "measure of a measurement", command: ["measure", "m.h5", "-o", "out.h5"],
        says: ["m.h5", "result"]),
    ])
  func refused(mistake: FieldMistake) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    var text = identification
    if !mistake.part.isEmpty {
      text = text.replacingOccurrences(of: mistake.part, with: mistake.with)
    }
    try tool.write("case.yaml", text)
    let file = try H5File.create(at: tool.folder + "/m.h5")
    try file.root.write("points", mistake.points, shape: [2, 3], unit: mistake.pointUnit)
    let count = mistake.displacement.count
    try file.root.write(
      "displacement", mistake.displacement, shape: [1, count / 2, 2], unit: "m")
    try file.root.setAttribute("components", mistake.components, of: "displacement")
    try file.root.write("displacement_sd", [mistake.deviation], unit: "m")
    try file.root.write("load_factor", [0.2])
    try file.root.write("force", mistake.force, shape: [1, 2], unit: "N")
    try file.root.write("force_set", mistake.forceSets)
    try file.root.write("force_component", ["x", "y"])
    try file.root.write("force_sd", [0.1], unit: "N")
    try file.commit()
    let run = try tool.run(mistake.command)
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.out) \(run.error)")
    for part in mistake.says { #expect(run.error.contains(part), "\(run.error)") }
    #expect(!tool.contents().contains("out.h5"))
  }

  @Test("measure says what a result lacks: a view, a force")
  func measure() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let text = brick.replacingOccurrences(
      of: "{law: law.h5}", with: "{family: neo-hooke, mu: 1, lambda: 1}"
    ).replacingOccurrences(of: "  - {name: covered, quantity: coverage}\n", with: "")
    try tool.write("case.yaml", text)
    #expect(try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"]).code == 0)
    let blind = try tool.run(["measure", "r.vtkhdf", "-o", "m.h5"])
    #expect(blind.code == 2 && blind.error.contains("--view") && blind.error.contains("zmax"))
    try tool.write(
      "case.yaml",
      text.replacingOccurrences(of: "reaction", with: "displacement")
        .replacingOccurrences(of: "set: xmax}\n  -", with: "at: [1, 1, 1]}\n  -")
        .replacingOccurrences(of: "component: x, set: xmax}", with: "component: x, at: [1, 1, 1]}"))
    let moved = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(moved.code == 0, "\(moved.error)")
    let weak = try tool.run(["measure", "r.vtkhdf", "-o", "m.h5", "--view", "zmax"])
    #expect(weak.code == 2 && weak.error.contains("reaction"), "\(weak.error)")
    #expect(weak.errorLines.count == 1 && !tool.contents().contains("m.h5"))
  }
}
