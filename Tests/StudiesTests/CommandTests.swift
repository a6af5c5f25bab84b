import Foundation
import Testing

private let table = """
  # made up for a test: neo-Hooke with mu = 1 MPa
  test,mode,stretch [-],nominal_stress [kPa]
  pull,uniaxial,1.2,505.5555555555555
  pull,uniaxial,1.5,1055.5555555555554
  pull,uniaxial,2.0,1750
  pull,uniaxial,3.0,2888.888888888889
  blow,equibiaxial,1.2,798.122427983539
  blow,equibiaxial,1.5,1368.312757201646
  blow,equibiaxial,2.0,1968.75

  """

private let brick = """
  kind: fem
  title: One brick of a fitted law
  mesh: {generator: box, size: [1, 1, 1], divisions: [1, 1, 1]}
  materials:
    body: {law: rubber.h5}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 1}
  steps: 4
  newton: {tolerance: 1e-12}
  probes:
    - {name: stress, quantity: reaction, component: x, set: xmax}
    - {name: covered, quantity: coverage}

  """

@Suite struct CommandTests {
  /// A folder with a fitted law in it.
  private func fitted(_ law: String, _ extra: [String] = []) throws -> (
    CommandLineTool, CommandLineTool.Outcome
  ) {
    let tool = try CommandLineTool()
    try tool.write("t.csv", table)
    let outcome = try tool.run(["fit", "t.csv", "--law", law, "-o", "rubber.h5", "--json"] + extra)
    return (tool, outcome)
  }

  @Test("fit finds the law behind exact data and prints the contract's figures")
  func fit() throws {
    let (tool, outcome) = try fitted("mooney-rivlin", ["--hold-out", "blow"])
    defer { tool.remove() }
    #expect(outcome.code == 0, "\(outcome.error)")
    let json = try #require(outcome.json)
    #expect(Set(json.keys) == ["rmse", "unit", "seconds", "tests"])
    #expect(json["unit"] as? String == "MPa")
    #expect(try #require(json["rmse"] as? Double) < 1e-9)
    let tests = try #require(json["tests"] as? [[String: Any]])
    #expect(Set(tests[0].keys) == ["name", "points", "r2", "rmse", "heldOut"])
    #expect(tests.map { $0["heldOut"] as? Bool } == [false, true])
    #expect(tests.map { $0["points"] as? Int } == [4, 3])
  }

  @Test("the same seed gives the same parameters, and another file name changes nothing")
  func seeds() throws {
    let (tool, _) = try fitted("learned", ["--seed", "3"])
    defer { tool.remove() }
    let again = ["fit", "t.csv", "--law", "learned", "-o", "b.h5", "--seed", "3"]
    #expect(try tool.run(again).code == 0)
    let path = ["--path", "uniaxial", "--stretch", "0.5:4:40", "--csv"]
    let a = try tool.run(["evaluate", "rubber.h5"] + path).out
    #expect(a == (try tool.run(["evaluate", "b.h5"] + path).out))
    #expect(a.split(separator: "\n").count == 41)
  }

  @Test("one hexahedron follows evaluate to 1e-8, and a result runs again to the same bits")
  func brickFollowsLaw() throws {
    let (tool, _) = try fitted("learned")
    defer { tool.remove() }
    try tool.write("case.yaml", brick)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let json = try #require(run.json)
    #expect(Set(json.keys) == ["status", "steps", "iterations", "seconds", "probes"])
    let stress = try #require((json["probes"] as? [String: Double])?["stress"])
    let path = ["--path", "uniaxial", "--stretch", "2:2:1", "--compressible", "--json"]
    let law = try #require(try tool.run(["evaluate", "rubber.h5"] + path).json)
    let expected = try #require((law["nominalStress"] as? [Double])?.first) * 1e6
    #expect(abs(stress / expected - 1) < 1e-8)
    // The result carries case and law: the law's own file is not needed any more.
    try FileManager.default.removeItem(atPath: tool.folder + "/rubber.h5")
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.code == 0, "\(again.error)")
    #expect((again.json?["probes"] as? [String: Double])?["stress"] == stress)
  }

  @Test("evaluate marks what the data covered")
  func coverage() throws {
    let (tool, _) = try fitted("neo-hooke")
    defer { tool.remove() }
    let path = ["--path", "uniaxial", "--stretch", "1:6:6", "--json"]
    let json = try #require(try tool.run(["evaluate", "rubber.h5"] + path).json)
    #expect(json["inside"] as? [Bool] == [true, true, true, false, false, false])
  }

  @Test("pages stand alone: no scripts, no addresses of other files, pictures inside")
  func pages() throws {
    let (tool, _) = try fitted("neo-hooke")
    defer { tool.remove() }
    try tool.write("case.yaml", brick)
    #expect(try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"]).code == 0)
    for (file, words) in [
      ("rubber.h5", ["R²", "Where the law may be trusted", "made up for a test"]),
      ("r.vtkhdf", ["von Mises", "undeformed", "Convergence", "covered by the law"]),
    ] {
      #expect(try tool.run(["report", file, "-o", "p.html"]).code == 0)
      let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
      for word in words { #expect(html.contains(word), "\(file): \(word)") }
      #expect(html.contains("<svg") && !html.contains("<script"))
      #expect(!html.contains("://") && !html.contains("nan"))
    }
  }

  @Test("schema is JSON Schema, and names every generator")
  func schema() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let outcome = try tool.run(["schema"])
    let json = try JSONSerialization.jsonObject(with: Data(outcome.out.utf8))
    let object = try #require(json as? [String: Any])
    #expect((object["$schema"] as? String)?.contains("json-schema.org") == true)
    for name in ["box", "rectangle", "quadrilateral", "cylinder", "plate-with-hole"] {
      #expect(outcome.out.contains("\"\(name)\""))
    }
  }

  @Test("values take units, and --set replaces them by dotted path")
  func units() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let plain = brick.replacingOccurrences(
      of: "{law: rubber.h5}", with: "{family: neo-hooke, mu: {value: 2, unit: MPa}, lambda: 5e6}"
    ).replacingOccurrences(of: "  - {name: covered, quantity: coverage}\n", with: "")
    try tool.write("case.yaml", plain)
    func stress(_ set: String...) throws -> Double {
      let arguments = set.flatMap { ["--set", $0] }
      let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + arguments)
      return try #require((run.json?["probes"] as? [String: Double])?["stress"], "\(run.error)")
    }
    let a = try stress()
    #expect(try stress("materials.body.mu=2e6") == a)
    #expect(try stress("materials.body.mu=2000 kPa", "boundary.0.ux=100 cm") == a)
    #expect(try stress("materials.body.mu=1 MPa") != a)
  }
}
