import Foundation
import Storage
import Studies
import Testing

private let table = """
  # made up for a test: neo-Hooke with mu = 1 MPa and some noise
  mode,stretch [-],nominal_stress [kPa]
  uniaxial,1.1,280
  uniaxial,1.2,500
  uniaxial,1.35,810
  uniaxial,1.5,1060
  uniaxial,1.75,1410
  uniaxial,2.0,1760
  uniaxial,2.5,2330
  uniaxial,3.0,2890
  equibiaxial,1.1,530
  equibiaxial,1.2,800
  equibiaxial,1.35,1130
  equibiaxial,1.5,1360
  equibiaxial,1.75,1690
  equibiaxial,2.0,1970

  """

private let brick = """
  kind: fem
  title: One brick of a fitted law
  mesh: {generator: box, size: [1, 1, 1], divisions: [2, 1, 1]}
  materials:
    body: {law: rubber.h5}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 1.5}
  steps: 5

  """

@Suite struct TrustCommandTests {
  private func fitted(_ law: String, _ extra: [String] = []) throws -> (
    CommandLineTool, CommandLineTool.Outcome
  ) {
    let tool = try CommandLineTool()
    try tool.write("t.csv", table)
    return (tool, try tool.run(["fit", "t.csv", "--law", law, "-o", "rubber.h5"] + extra))
  }

  private func evaluate(_ tool: CommandLineTool, _ extra: [String] = []) throws -> [String: Any] {
    let path = ["evaluate", "rubber.h5", "--path", "uniaxial", "--stretch", "1.5:7.5:5", "--json"]
    let outcome = try tool.run(path + extra)
    #expect(outcome.code == 0, "\(outcome.error)")
    return try #require(outcome.json)
  }

  @Test(
    "a query returns a coverage score and a band; the score rises beyond the data",
    arguments: ["learned", "yeoh"])
  func query(law: String) throws {
    let (tool, outcome) = try fitted(law)
    defer { tool.remove() }
    #expect(
      outcome.code == 0 && outcome.out.contains("90 % bands (cross-conformal"), "\(outcome.error)")
    let json = try evaluate(tool)
    let scores = try #require(json["coverageScore"] as? [Double])
    let p = try #require(json["coverageP"] as? [Double])
    #expect(scores[0] < 1 && scores[4] > 2 && scores[4] > scores[3])
    #expect(p[0] > 0.05 && p[4] < 0.1)
    let stress = try #require(json["nominalStress"] as? [Double])
    let lower = try #require(json["bandLower"] as? [Double])
    let upper = try #require(json["bandUpper"] as? [Double])
    #expect(json["bandLevel"] as? Double == 0.9)
    for i in stress.indices { #expect(lower[i] <= stress[i] && stress[i] <= upper[i]) }
    // The noise is about 10 kPa.
    #expect(upper[0] - lower[0] < 0.3)
    let half = try #require(try evaluate(tool, ["--level", "0.5"])["bandUpper"] as? [Double])
    #expect(half[0] < upper[0])
    let csv = ["evaluate", "rubber.h5", "--path", "uniaxial", "--stretch", "1:3:3", "--csv"]
    let lines = try tool.run(csv).out.split(separator: "\n")
    #expect(
      lines[0].hasSuffix(
        "inside,coverage_score [-],coverage_p [-],band_lower [MPa],band_upper [MPa]"))
    #expect(lines.allSatisfy { $0.split(separator: ",").count == 9 })
  }

  @Test("an ensemble is kept in the file, and the same seed gives the same spread")
  func ensemble() throws {
    let (tool, _) = try fitted("learned", ["--ensemble", "3", "--seed", "4"])
    defer { tool.remove() }
    let spread = try #require(try evaluate(tool)["ensembleDeviation"] as? [Double])
    #expect(spread.allSatisfy { $0 > 0 } && spread[4] > spread[0])
    let again = ["fit", "t.csv", "--law", "learned", "-o", "rubber.h5", "--ensemble", "3"]
    #expect(try tool.run(again + ["--seed", "4"]).code == 0)
    #expect(try evaluate(tool)["ensembleDeviation"] as? [Double] == spread)
    #expect(try tool.run(again + ["--seed", "5"]).code == 0)
    #expect(try evaluate(tool)["ensembleDeviation"] as? [Double] != spread)
    let law = try LawFile.read(tool.folder + "/rubber.h5")
    #expect(law.trust?.ensemble?.members.count == 3 && law.trust?.bands?.members.count == 4)
  }

  @Test("points kept from the fit calibrate split bands and are judged like held-out tests")
  func split() throws {
    var rows = "mode,stretch [-],nominal_stress [kPa]\n"
    for i in 1...60 {
      let l = 1 + 0.03 * Double(i)
      let noise = Double((i * 7919) % 13 - 6)
      rows += "uniaxial,\(l),\(1000 * (l - 1 / (l * l)) * (1 + 0.002 * noise))\n"
    }
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("t.csv", rows)
    let fit = ["fit", "t.csv", "--law", "neo-hooke", "-o", "rubber.h5", "--json"]
    let outcome = try tool.run(fit + ["--calibrate", "0.4"])
    #expect(
      outcome.code == 0 && outcome.out.contains("split-conformal, 24 stresses"), "\(outcome.error)")
    let tests = try #require(outcome.json?["tests"] as? [[String: Any]])
    #expect(tests.map { $0["points"] as? Int } == [36, 24])
    #expect(tests.map { $0["heldOut"] as? Bool } == [false, true])
    let json = try evaluate(tool)
    #expect((json["bandUpper"] as? [Double])?.count == 5)
    for wrong in [["--calibrate", "1.5"], ["--calibrate", "0.05"], ["--ensemble", "1"]] {
      let bad = try tool.run(fit + wrong)
      #expect(bad.code == 2 && bad.errorLines.count == 1 && bad.error.contains(wrong[0]))
    }
    let level = [
      "evaluate", "rubber.h5", "--path", "uniaxial", "--stretch", "1:2:2", "--level", "2",
    ]
    #expect(try tool.run(level).code == 2)
  }

  @Test("a run writes where its law extrapolates, and warns when that is too much of the volume")
  func run() throws {
    let (tool, _) = try fitted("learned")
    defer { tool.remove() }
    try tool.write("case.yaml", brick)
    let inside = try tool.run(["run", "case.yaml", "-o", "a.vtkhdf", "--json"])
    #expect(inside.code == 0 && inside.error.isEmpty, "\(inside.error)")
    #expect(inside.json?["warnings"] == nil)
    let beyond = ["run", "case.yaml", "--set", "boundary.0.ux=4", "-o", "b.vtkhdf", "--json"]
    let outside = try tool.run(beyond)
    #expect(outside.code == 0 && outside.errorLines.count == 1)
    #expect(outside.error.contains("warning") && outside.error.contains("100 % of the volume"))
    #expect((outside.json?["warnings"] as? [String])?.count == 1)
    #expect(try tool.run(beyond + ["--set", "coverage.warn-share=1"]).error.isEmpty)
    let bad = try tool.run(beyond + ["--set", "coverage.warn-share=2"])
    #expect(bad.code == 2 && bad.error.contains("warn-share"))
    func cells(_ file: String, step: Int?) throws -> [[Double]] {
      let file = try H5File.open(at: tool.folder + "/" + file)
      let contents = try VTKHDFFile.read(file.root, step: step)
      return ["coverage_score", "covered_share"].map { name in
        contents.cellFields.first { $0.name == name }?.values ?? []
      }
    }
    let low = try cells("a.vtkhdf", step: 0)
    let high = try cells("b.vtkhdf", step: nil)
    #expect(low[0].count == 2 && low[1] == [1, 1] && low[0].allSatisfy { $0 < 1 })
    #expect(high[1] == [0, 0] && high[0].allSatisfy { $0 > 1.5 })
    // The page says it too.
    #expect(
      try tool.run(["run", "case.yaml", "--set", "boundary.0.ux=4", "-o", "b.vtkhdf"]).code == 0)
    #expect(try tool.run(["report", "b.vtkhdf", "-o", "b.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/b.html", encoding: .utf8)
    #expect(html.contains("Warning: 100 % of the volume") && html.contains("coverage score"))
  }
}
