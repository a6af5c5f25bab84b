import Foundation
import Storage
import Studies
import Testing

@Suite("A coupled case, from its file to its files") struct CouplingCaseTests {
  private static let run = ["run", "case.yaml", "-o", "r.vtkhdf", "--json"]

  /// A run of the two halves, its figures and its probes.
  private func bar(_ more: [String] = []) throws -> (
    tool: CommandLineTool, json: [String: Any], probes: [String: Double]
  ) {
    let tool = try CoupledBar.tool()
    let outcome = try tool.run(CouplingCaseTests.run + more)
    #expect(outcome.code == 0, "\(outcome.error)")
    let json = try #require(outcome.json)
    return (tool, json, try #require(json["probes"] as? [String: Double]))
  }

  @Test("run --json tells windows, sweeps, the share of the coupling, interfaces and all probes")
  func figures() throws {
    let (tool, json, probes) = try bar()
    defer { tool.remove() }
    #expect(
      Set(json.keys) == [
        "status", "steps", "iterations", "mean-iterations", "rejections", "overhead", "seconds",
        "interfaces", "probes",
      ])
    #expect(json["status"] as? String == "converged" && json["steps"] as? Int == 80)
    #expect((json["iterations"] as? Int ?? 0) >= 40)
    let cut = try #require((json["interfaces"] as? [String: [String: Double]])?["cut"])
    #expect(Set(cut.keys) == ["work-first", "work-second", "created"])
    #expect(abs(cut["created"]! - cut["work-first"]! - cut["work-second"]!) < 1e-12)
    #expect(
      Set(probes.keys) == [
        "sweeps", "created", "work", "pull", "most", "left.momentum", "left.balance", "right.end",
      ])
    #expect(probes["created"] == cut["created"] && probes["work"] == cut["work-second"])
    // The pulse of 10 mm has come through, and nothing is made of nothing at the cut.
    #expect(probes["most"]! > 0.005 && abs(cut["created"]!) < 1e-7 * abs(cut["work-second"]!))
  }

  @Test("the participants' files hold all times and read as results of their own")
  func participantFiles() throws {
    let (tool, _, probes) = try bar()
    defer { tool.remove() }
    let summary = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"]).out
    #expect(
      summary.contains("fields in r-left.vtkhdf, r-right.vtkhdf\nwrote r.vtkhdf"), "\(summary)")
    let written: Set = tool.contents().filter { $0.hasSuffix(".vtkhdf") }
    #expect(written == ["r.vtkhdf", "r-left.vtkhdf", "r-right.vtkhdf"])
    for (name, nodes, probe) in [("left", 10, "momentum"), ("right", 21, "end")] {
      let path = tool.folder + "/r-\(name).vtkhdf"
      let file = try H5File.open(at: path)
      for step in [0, 5, 10] {
        let state = try VTKHDFFile.read(file.root, step: step)
        #expect(state.times.count == 11 && state.mesh.nodeCount == nodes)
        #expect(abs(state.times[step] - 0.04 * Double(step)) < 1e-12)
        let moves = state.pointField("displacement")!.values.contains { $0 != 0 }
        #expect(moves == (step > 0))
      }
      let own = try ResultFile(path).result
      #expect(own.converged && own.probes[0].name == probe)
      // JSON readers may round.
      #expect(abs(own.probes[0].values.last! - probes["\(name).\(probe)"]!) < 1e-15)
      #expect(try tool.run(["report", "r-\(name).vtkhdf", "-o", "p.html"]).code == 0)
    }
  }

  @Test("settings, windows, work and timings are in the file")
  func records() throws {
    let (tool, json, probes) = try bar()
    defer { tool.remove() }
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let (keys, values) = (
      try file.root.readStrings("settings/keys").values,
      try file.root.readStrings("settings/values").values
    )
    let settings = Dictionary(uniqueKeysWithValues: zip(keys, values))
    #expect(settings["scheme"] == "serial-implicit" && settings["window"] == "0.005 s")
    #expect(settings["relaxation"]?.hasPrefix("IQN-ILS, 8 windows reused") == true)
    #expect(settings["interface 'cut'"]?.contains("Robin") == true, "\(settings)")
    let counts = try file.root.read("windows/iterations", as: Int64.self).values
    #expect(counts.count == 80 && Int(counts.reduce(0, +)) == json["iterations"] as? Int)
    let starts = try file.root.readDoubles("windows/start")
    #expect(starts.unit == "s" && abs(starts.values[79] - 0.395) < 1e-12)
    let work = try file.root.readDoubles("interfaces/0/second")
    #expect(work.unit == "J" && work.values.count == 80)
    #expect(abs(work.values[79] / probes["work"]! - 1) < 1e-12)
    let timings = try file.root.group("timings")
    let (all, parts) = (
      try timings.doubleAttribute("total_seconds"),
      try timings.doublesAttribute("participant_seconds")
    )
    #expect(parts.count == 2 && parts.allSatisfy { $0 > 0 } && parts.reduce(0, +) < all)
    let listing = try tool.run(["inspect", "r.vtkhdf"]).out
    for part in [
      "@study = coupling", "names  [2]", "created  [80]  J", "residuals", "time  [11]  s",
    ] {
      #expect(listing.contains(part), "\(part) in \(listing)")
    }
    let rows = try tool.run(["inspect", "--probes", "r.vtkhdf"]).out.split(separator: "\n")
    #expect(rows.count == 12 && rows[0].hasPrefix("time [s],sweeps,created [J],work [J],pull [N]"))
  }

  @Test("the page shows all participants, sweeps and work, and asks for nothing from elsewhere")
  func page() throws {
    let (tool, _, _) = try bar()
    defer { tool.remove() }
    let outcome = try tool.run(["report", "r.vtkhdf", "-o", "p.html", "--json"])
    #expect(outcome.code == 0 && outcome.json?["kind"] as? String == "coupling")
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    for part in [
      "A bar in two halves", "4 cells of 'left', 12 cells of 'right'", "iterations of every window",
      "Work at the interfaces", "right.end", "fields of 'left'", "r-right.vtkhdf",
      "IQN-ILS, 8 windows reused", "The case", "</html>",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    for word in ["http://", "https://", " src=", "@import", "url(", "fetch(", "import(", "<link"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(
      page.components(separatedBy: "<script").count
        == page.components(separatedBy: "</script>").count)
    // It also stands without the files beside it.
    for name in ["left", "right"] {
      try FileManager.default.removeItem(atPath: tool.folder + "/r-\(name).vtkhdf")
    }
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "q.html"]).code == 0)
  }

  @Test("validate tells what takes part, without running")
  func validate() throws {
    let tool = try CoupledBar.tool()
    defer { tool.remove() }
    let before = tool.contents()
    let json = try tool.run(["validate", "case.yaml", "--json"]).json
    #expect(json?["participants"] as? Int == 2 && json?["interfaces"] as? Int == 1)
    #expect(json?["outputs"] as? Int == 10 && json?["probes"] as? Int == 5)
    #expect(tool.contents() == before)
    // Output times are whole windows, also where there are fewer than a hundred.
    let few = try tool.run(["validate", "case.yaml", "--json", "--set", "output=0.4"]).json
    #expect(few?["outputs"] as? Int == 1)
  }

  @Test("without 'output' windows are not cut short")
  func wholeWindows() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", tubeCase("{kind: iqn-ils, first: 0.01, scaled: false}"))
    let json = try tool.run(CouplingCaseTests.run).json
    #expect(json?["steps"] as? Int == 10)
    let rows = try tool.run(["inspect", "--probes", "r.vtkhdf"]).out.split(separator: "\n")
    #expect(rows.count == 12)
  }

  @Test("participants on two threads have the same bits as on one")
  func workers() throws {
    let (tool, _, one) = try bar(["--set", "scheme=parallel-implicit"])
    defer { tool.remove() }
    let two = try tool.run(
      CouplingCaseTests.run + ["--set", "scheme=parallel-implicit", "--set", "workers=2"])
    #expect(two.json?["probes"] as? [String: Double] == one && one["right.end"] != 0)
  }

  @Test(
    "bodies in motion whose steps differ are warned of: the energy of this bar grows without bound")
  func unequalSteps() throws {
    let (tool, json, probes) = try bar([
      "--set", "participants.1.set=[\"probes=[]\"]", "--set",
      "probes=[{name: created, quantity: created, interface: cut}]",
    ])
    defer { tool.remove() }
    let warning = try #require((json["warnings"] as? [String])?.first)
    #expect(warning.contains("'left' takes steps of 0.005 s and 'right' of 0.0025 s"), "\(warning)")
    #expect(probes["created"]! > 1e3)
  }

  @Test("blocks on a body: both in files of their own, and in one picture")
  func blocks() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("bearing.yaml", bearing)
    try tool.write("column.yaml", column)
    try tool.write("case.yaml", columnOnBearing)
    let outcome = try tool.run(CouplingCaseTests.run)
    #expect(outcome.code == 0, "\(outcome.error)")
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    // The weight of 0.15 m2 and 2500 kg/m3 is borne in the end.
    #expect(abs(probes["bearing.force"]! / (0.15 * 2500 * 9.81) - 1) < 0.2, "\(probes)")
    #expect(try tool.run(["report", "r-column.vtkhdf", "-o", "c.html"]).code == 0)
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(page.contains("1 blocks of 'column', 20 cells of 'bearing'"))
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.json?["probes"] as? [String: Double] == probes)
  }

  @Test("a window that fails ends the run with code 1, and what was reached is in a file")
  func failing() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", tubeCase("{kind: constant, factor: 1}", "halvings: 0"))
    let outcome = try tool.run(CouplingCaseTests.run)
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.error)")
    #expect(outcome.error.contains("case.yaml: stopped at 0 s: a window of 0.01 s failed"))
    #expect(outcome.json?["status"] as? String == "not converged")
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    #expect(try file.root.stringAttribute("status") == "not converged")
    #expect(try file.root.readStrings("windows/reason").values == ["notFinite"])
    #expect(
      try tool.run(["inspect", "--probes", "r.vtkhdf"]).out.split(separator: "\n").count == 2)
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(page.contains("Coupled run, not converged") && page.contains("stopped at 0 s"))
    // Halved windows are tried before that.
    let halved = try tool.run(CouplingCaseTests.run + ["--set", "halvings=2"])
    #expect(halved.code == 1 && halved.error.contains("after 2 halvings"), "\(halved.error)")
    #expect(halved.json?["rejections"] as? Int == 2)
  }

  @Test(
    "a body at rest has the time as its load factor, beside one in motion too; more than its loads is said"
  )
  func atRest() throws {
    let tool = try CoupledBar.tool()
    defer { tool.remove() }
    try tool.write(
      "a/half.yaml",
      """
      kind: fem
      mesh: {generator: rectangle, size: [1, 0.25], divisions: [4, 1]}
      formulation: plane-stress
      strain: small
      materials:
        body: {family: linear-elastic, young: 100 kPa, poisson: 0.3}
      boundary:
        - {set: xmin, fixed: true}
      loads:
        - {set: ymax, traction: [10, 0]}
      probes:
        - {name: support, quantity: reaction, component: x, set: xmin}

      """)
    let outcome = try tool.run(CouplingCaseTests.run + ["--set", "participants.1.set=[]"])
    #expect(outcome.code == 2, "an empty list of assignments")
    let run = try tool.run(CouplingCaseTests.run)
    #expect(run.code == 0, "\(run.error)")
    #expect(run.error.contains("0.4 times its loads"), "\(run.error)")
    let probes = try #require(run.json?["probes"] as? [String: Double])
    // At 0.4 s four tenths of 10 Pa over 1 m2, less what the right half pulls.
    #expect(abs(probes["left.support"]! + 4 - probes["pull"]!) < 1e-6, "\(probes)")
  }
}

private let bearing = """
  kind: fem
  mesh: {generator: rectangle, size: [1, 0.2], origin: [-0.5, -0.2], divisions: [10, 2]}
  formulation: plane-strain
  strain: small
  materials:
    body: {family: linear-elastic, young: 1 MPa, poisson: 0.3}
  boundary:
    - {set: ymin, fixed: true}
  dynamics:
    density: 1100
    scheme: {method: generalised-alpha, spectral-radius: 0.5}
    damping: {stiffness: 0.01}
    time: {end: 1, step: 5 ms}
  probes:
    - {name: force, quantity: reaction, component: y, set: ymin}

  """

private let column = """
  kind: block-system
  materials:
    stone: {young: 5 GPa, poisson: 0.2, density: 2500}
  joints: {friction: 35}
  blocks:
    - {name: plinth, outline: [[-0.5, 0], [0.5, 0], [0.5, 0.15], [-0.5, 0.15]]}
  borders:
    seat: {edge: {block: plinth, from: [-0.5, 0], to: [0.5, 0]}}
  time: {end: 1, step: 5 ms}

  """

private let columnOnBearing = """
  kind: coupling
  participants:
    - {name: column, case: column.yaml}
    - {name: bearing, case: bearing.yaml, borders: [ymax]}
  interfaces:
    - {between: [column.seat, bearing.ymax], exchange: dirichlet-neumann, guided: bearing}
  window: 5 ms
  end: 0.5
  output: 50 ms

  """
