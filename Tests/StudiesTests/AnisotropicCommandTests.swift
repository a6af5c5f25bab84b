import Foundation
import Testing

/// Biaxial true stresses of W = μ/2 (I1 − 3) + k/2 (λ_x² − 1)², incompressible: fibres along x.
private func table() -> String {
  let (mu, k) = (0.1, 0.4)
  var lines = ["test,mode,stretch,stretch_2,true_stress [MPa],true_stress_2 [MPa]"]
  for (name, a, b) in [("along", 1.0, 0.0), ("both", 1, 1), ("across", 0, 1)] {
    for i in 0...8 {
      let t = 0.025 * Double(i)
      let (x, y) = (exp(a * t), exp(b * t))
      let z2 = 1 / (x * x * y * y)
      let s = mu * (x * x - z2) + 2 * k * x * x * (x * x - 1)
      lines.append("\(name),biaxial,\(x),\(y),\(s),\(mu * (y * y - z2))")
    }
  }
  return lines.joined(separator: "\n") + "\n"
}

private func brick(_ fibres: String) -> String {
  """
  kind: fem
  mesh: {generator: box, size: [1, 1, 1], divisions: [1, 1, 1]}
  materials:
    body: {law: tissue.h5\(fibres)}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 0.15}
  steps: 3
  newton: {tolerance: 1e-10}
  probes:
    - {name: force, quantity: reaction, component: x, set: xmax}
    - {name: u_y, quantity: displacement, component: y, at: [1, 1, 1]}
    - {name: u_z, quantity: displacement, component: z, at: [1, 1, 1]}

  """
}

@Suite("Laws with preferred directions on the command line")
struct AnisotropicCommandTests {
  @Test("fit, file, evaluate and a body whose fibres run elsewhere")
  func wholeWay() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("t.csv", table())
    let fit = try tool.run([
      "fit", "t.csv", "--law", "learned-transverse", "--fibre", "0", "--width", "4", "--layers",
      "1",
      "-o", "tissue.h5", "--json",
    ])
    #expect(fit.code == 0, "\(fit.error)")
    let tests = try #require(fit.json?["tests"] as? [[String: Any]])
    for test in tests { #expect(try #require(test["r2"] as? Double) > 0.98, "\(test)") }

    let stretch = ["--path", "biaxial", "--stretch", "1:1.1:3", "--second", "1:1.1:3", "--json"]
    let path = try tool.run(["evaluate", "tissue.h5"] + stretch)
    #expect(path.code == 0, "\(path.error)")
    #expect(path.json?["inside"] as? [Bool] == [true, true, true])
    let uniaxial = try tool.run([
      "evaluate", "tissue.h5", "--path", "uniaxial", "--stretch", "1:1.1:3",
    ])
    #expect(uniaxial.code == 2 && uniaxial.error.contains("preferred directions"))

    func probes(_ fibres: String) throws -> [String: Double] {
      try tool.write("brick.yaml", brick(fibres))
      let run = try tool.run(["run", "brick.yaml", "-o", "brick.vtkhdf", "--json"])
      #expect(run.code == 0, "\(run.error)")
      return try #require(run.json?["probes"] as? [String: Double])
    }
    let own = try probes("")
    let same = try probes(", fibres: [[2, 0, 0]]")
    #expect(own == same)
    let across = try probes(", fibres: [[0, 1, 0]]")
    // Along the fibre: stiff, and both sides alike. Across it: soft, and the fibre resists shortening
    // or not, but the sides differ.
    #expect(own["force"]! > 2 * across["force"]!)
    #expect((own["u_y"]! - own["u_z"]!).magnitude < 1e-8)
    let out = try probes(", fibres: [[0, 0, 1]]")
    #expect((across["u_y"]! - out["u_z"]!).magnitude < 1e-7)
    #expect((across["force"]! - out["force"]!).magnitude < 1e-7 * across["force"]!)
  }

  @Test("what does not go together is refused in one line")
  func refusals() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("t.csv", table())
    for (arguments, word) in [
      (["--law", "learned", "--fibre", "30"], "--fibre"),
      (["--law", "learned-transverse", "--fibre", "30:0.5"], "--fibre"),
      (["--law", "learned-transverse", "--fibre", "0", "--fibre", "90"], "direction"),
    ] {
      let outcome = try tool.run(["fit", "t.csv", "-o", "x.h5"] + arguments)
      #expect(outcome.code == 2, "\(outcome.error)")
      #expect(outcome.error.contains(word), "\(outcome.error)")
    }
    try tool.write("brick.yaml", brick("").replacing("law: tissue.h5", with: "law: none.h5"))
    #expect(try tool.run(["run", "brick.yaml", "-o", "b.vtkhdf"]).code == 2)
  }
}
