import Foundation
import Storage
import Testing

private let tests = """
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

/// Uniaxial states of a neo-Hooke material with noise; one cell empty.
private let table = """
  # made up: lambda = 1.5 and 2
  name,strain_xx [-],stress_xx [MPa],stress_yy [MPa]
  a,0.41,1.60,0.01
  b,0.69,,0

  """

@Suite struct ProjectCommandTests {
  private func fitted() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    try tool.write("t.csv", tests)
    let fit = try tool.run(["fit", "t.csv", "--law", "neo-hooke", "-o", "law.h5"])
    #expect(fit.code == 0, "\(fit.error)")
    return tool
  }

  @Test("tests onto the law that made them: nothing moves, every figure is there")
  func exact() throws {
    let tool = try fitted()
    defer { tool.remove() }
    let run = try tool.run(["project", "t.csv", "--law", "law.h5", "-o", "s.h5", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let json = try #require(run.json)
    #expect(json["status"] as? String == "converged")
    #expect(json["observations"] as? Int == 7 && json["open"] as? Int == 0)
    #expect(try #require(json["residual"] as? Double) < 1e-10)
    let file = try H5File.open(at: tool.folder + "/s.h5")
    for name in [
      "strain", "stress", "square_distance", "distance_from_data", "covariance", "expansion",
      "singular_values", "undetermined", "converged", "iterations", "residual", "convergence",
      "observed", "tests",
    ] {
      let isThere = file.root.contains(name)
      #expect(isThere, "\(name)")
    }
    let a = try file.root.readDoubles("tests/stretch").values
    let b = try file.root.readDoubles("tests/projected_stretch").values
    let P = try file.root.readDoubles("tests/nominal_stress").values
    let Q = try file.root.readDoubles("tests/projected_nominal_stress").values
    for i in 0..<7 {
      #expect(abs(a[i] - b[i]) < 1e-6 && abs(P[i] / Q[i] - 1) < 1e-6)
    }
    let shape = try file.root.readDoubles("covariance").shape
    let seed = try file.root.intAttribute("seed")
    #expect(shape == [7, 12, 12] && seed == 1)
  }

  @Test("a table with gaps: constraints by --hold, deviations by option, open components named")
  func components() throws {
    let tool = try fitted()
    defer { tool.remove() }
    try tool.write("o.csv", table)
    let holds = [
      "stress_zz = 0", "stress_yy = 0", "strain_yz = 0", "strain_zx = 0", "2*strain_xy = 0",
    ]
    let bare = ["project", "o.csv", "--law", "law.h5", "-o", "s.h5", "--json"]
    let open = try tool.run(bare)
    #expect(open.code == 0, "\(open.error)")
    let gaps = try #require(open.json?["not determined"] as? [String: Any])
    #expect(gaps["strain_xy"] as? Int == 2 && gaps["stress_xx"] != nil)
    let closed = try tool.run(
      bare + holds.flatMap { ["--hold", $0] } + ["--strain-sd", "3 % + 0.001"]
        + ["--stress-sd", "3 % + 5 kPa"])
    #expect(closed.code == 0, "\(closed.error)")
    #expect(closed.json?["open"] as? Int == 0)
    let file = try H5File.open(at: tool.folder + "/s.h5")
    let stress = try file.root.readDoubles("stress").values
    for i in 1..<6 { #expect(abs(stress[i]) < 1e-6 && abs(stress[6 + i]) < 1e-6) }
    // The second was seen by its strain alone: the law gives the stress, T = μ (λ² − 1/λ).
    let strain = try file.root.readDoubles("strain").values
    let l = exp(strain[6])
    #expect(abs(strain[6] - 0.69) < 1e-6)
    #expect(abs(stress[6] / (1e6 * (l * l - 1 / l)) - 1) < 0.01)
    let report = try tool.run(["report", "s.h5", "-o", "p.html"])
    #expect(report.code == 0, "\(report.error)")
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("<svg") && html.contains("nearest of the law") && !html.contains("nan"))
    #expect(try tool.run(["inspect", "s.h5"]).out.contains("singular_values"))
  }

  @Test("HDF5 in other units and tensor components gives the states of the table")
  func storage() throws {
    let tool = try fitted()
    defer { tool.remove() }
    try tool.write("o.csv", "strain_xx [-],strain_xy [-],stress_xy [MPa]\n0.2,0.1,0.3\n-0.1,,0.1\n")
    let nan = Double.nan
    let path = tool.folder + "/o.h5"
    let file = try H5File.create(at: path)
    try file.root.setAttribute("components", "tensor")
    try file.root.write(
      "strain", [0.2, nan, nan, nan, nan, 0.1, -0.1, nan, nan, nan, nan, nan], shape: [2, 6])
    try file.root.write(
      "stress", [nan, nan, nan, nan, nan, 300, nan, nan, nan, nan, nan, 100], shape: [2, 6],
      unit: "kPa")
    try file.root.write(
      "constraints/matrix", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], shape: [1, 12])
    try file.root.write("constraints/values", [20.0])
    try file.commit()
    let csv = try tool.run(
      ["project", "o.csv", "--law", "law.h5", "-o", "a.h5", "--hold", "stress_zz = 20 kPa"])
    let h5 = try tool.run(["project", "o.h5", "--law", "law.h5", "-o", "b.h5"])
    #expect(csv.code == 0 && h5.code == 0, "\(csv.error) \(h5.error)")
    let a = try H5File.open(at: tool.folder + "/a.h5").root.readDoubles("stress").values
    let b = try H5File.open(at: tool.folder + "/b.h5").root.readDoubles("stress").values
    let size = a.map { abs($0) }.max()!
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-7 * size) }
    #expect(abs(a[2] - 20e3) < 1e-6)
  }

  @Test("contradicting constraints: exit 1, and the file is there with the state marked")
  func contradiction() throws {
    let tool = try fitted()
    defer { tool.remove() }
    try tool.write("o.csv", table)
    let run = try tool.run([
      "project", "o.csv", "--law", "law.h5", "-o", "s.h5", "--hold", "strain_xx = 0.1", "--hold",
      "2*strain_xx = 0.5",
    ])
    #expect(run.code == 1)
    #expect(run.errorLines.count == 1 && run.error.contains("2 of 2 states did not converge"))
    let file = try H5File.open(at: tool.folder + "/s.h5")
    let converged = try file.root.read("converged", as: UInt8.self).values
    #expect(converged == [0, 0])
  }

  @Test(
    "bad input: one line that says where and what to do, exit 2, no file",
    arguments: [
      ("strain_xq [-]\n1\n", [String](), ["o.csv:1", "strain_xx"]),
      ("strain_xx [-],stress_xx [mm]\n1,2\n", [], ["o.csv:1", "stress_xx"]),
      ("strain_xx [-],stress_xx\n1,2\n", [], ["o.csv:1", "unit"]),
      ("strain_xx [-]\nabc\n", [], ["o.csv:2", "abc"]),
      ("strain_xx [-],strain_xx_sd [-]\n0.1,0\n", [], ["o.csv:2", "positive"]),
      ("strain_xx [-]\n0.1\n", ["--hold", "stress_xx = 3"], ["--hold", "unit"]),
      ("strain_xx [-]\n0.1\n", ["--hold", "strain_xx + stress_xx = 0"], ["--hold", "mixes"]),
      ("strain_xx [-]\n0.1\n", ["--strain-sd", "1 %"], ["--stress-sd", "both"]),
      (
        "strain_xx [-]\n0.1\n", ["--strain-sd", "1 %", "--stress-sd", "4"], ["--stress-sd", "unit"]
      ),
    ])
  func badInput(text: String, extra: [String], says: [String]) throws {
    let tool = try fitted()
    defer { tool.remove() }
    try tool.write("o.csv", text)
    let run = try tool.run(["project", "o.csv", "--law", "law.h5", "-o", "s.h5"] + extra)
    #expect(run.code == 2)
    #expect(run.errorLines.count == 1)
    for part in says { #expect(run.error.contains(part), "\(run.error)") }
    #expect(!tool.contents().contains("s.h5"))
  }
}
