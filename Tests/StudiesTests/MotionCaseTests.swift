import Foundation
import Studies
import Testing

/// A brick whose clamped side is shaken; `replacing` a part of it makes the mistakes.
private let movingCase = """
  kind: fem
  mesh: {generator: box, size: [1, 1, 1], divisions: [2, 1, 1]}
  materials:
    body: {family: neo-hooke, mu: 1 MPa, lambda: 2 MPa}
  boundary:
    - {set: xmin, ux: 0.01, uy: 0, uz: 0}
  dynamics:
    density: 1000
    velocity: [0, 0.3, 0]
    scheme: {method: newmark}
    history: {sines: [{amplitude: 1, frequency: 20}]}
    time: {end: 0.2, step: 0.002, output: 0.1}
  probes:
    - {name: support, quantity: velocity, component: x, at: [0, 0, 0]}
    - {name: push, quantity: acceleration, component: x, at: [0, 0, 0]}
    - {name: tip, quantity: displacement, component: y, at: [1, 1, 1]}
    - {name: force, quantity: reaction, component: x, set: xmin}
    - {name: balance, quantity: energy-balance}

  """

/// Two unit squares side by side, each a region of its own.
private let twoRegions = """
  $MeshFormat
  2.2 0 8
  $EndMeshFormat
  $PhysicalNames
  2
  2 1 "left"
  2 2 "right"
  $EndPhysicalNames
  $Nodes
  6
  1 0 0 0
  2 1 0 0
  3 2 0 0
  4 0 1 0
  5 1 1 0
  6 2 1 0
  $EndNodes
  $Elements
  2
  1 3 2 1 1 1 2 5 4
  2 3 2 2 2 2 3 6 5
  $EndElements

  """

private let twoRegionCase = """
  kind: fem
  mesh: {file: two.msh}
  formulation: plane-strain
  materials:
    left: {family: neo-hooke, mu: 1 MPa, lambda: 2 MPa}
    right: {family: neo-hooke, mu: 1 MPa, lambda: 2 MPa}
  dynamics:
    density: {left: 1000, right: 3000}
    velocity: [2, 1]
    time: {end: 0.1, step: 0.01}
  probes:
    - {name: px, quantity: momentum, component: x}
    - {name: motion, quantity: kinetic-energy}

  """

private let ringingCase = """
  kind: fem
  mesh: {generator: box, size: [1, 1, 1], divisions: [1, 1, 1]}
  strain: small
  materials:
    body: {family: linear-elastic, young: 1 MPa, poisson: 0}
  boundary:
    - {set: xmin, fixed: true}
  frequencies: {count: 2, density: 1000}

  """

private func mistake(
  _ name: String, in good: String, _ part: String, _ wrong: String, _ says: String...
) -> Mistake {
  precondition(good.contains(part), part)
  return Mistake(
    name: name,
    files: ["case.yaml": good.replacingOccurrences(of: part, with: wrong), "two.msh": twoRegions],
    command: ["run", "case.yaml", "-o", "OUT"], says: ["case.yaml:"] + says)
}

private let mistakes: [Mistake] = [
  mistake(
    "no density", in: movingCase, "  density: 1000\n", "", "'dynamics.density'", "is missing"),
  mistake(
    "negative density", in: movingCase, "density: 1000", "density: -1", ":8:", "positive", "'-1'"),
  mistake(
    "density of an unknown region", in: movingCase, "density: 1000", "density: {bodi: 1000}",
    ":8:", "did you mean 'body'?"),
  mistake(
    "a region without density", in: twoRegionCase, ", right: 3000", "", ":8:", "'right'",
    "no density"),
  mistake(
    "steps besides time", in: movingCase, "probes:", "steps: 4\nprobes:", "'steps'", "remove"),
  mistake("no end", in: movingCase, "end: 0.2, ", "", ":12:", "'dynamics.time.end'", "is missing"),
  mistake("no step", in: movingCase, "step: 0.002, ", "", "'dynamics.time.step'", "is missing"),
  mistake("a step of zero", in: movingCase, "step: 0.002", "step: 0", ":12:", "positive"),
  mistake("too many steps", in: movingCase, "step: 0.002", "step: 1e-12", ":12:", "1e8"),
  mistake(
    "misspelt scheme", in: movingCase, "method: newmark", "method: newmarc", ":10:",
    "did you mean 'newmark'?"),
  mistake(
    "a scheme that gains energy", in: movingCase, "method: newmark", "method: newmark, gamma: 0.4",
    ":10:", "0.5"),
  mistake(
    "a spectral radius above 1", in: movingCase, "method: newmark",
    "method: generalised-alpha, spectral-radius: 1.1", ":10:", "from 0.0 to 1.0"),
  mistake(
    "plane velocity of a brick", in: movingCase, "[0, 0.3, 0]", "[0, 0.3]", ":9:", "3 numbers"),
  mistake(
    "ground of a plane body moves across the plane", in: twoRegionCase, "  velocity: [2, 1]",
    "  base-acceleration: {z: {table: [{at: 0, value: 1}]}}", ":9:", "plane"),
  mistake(
    "a history that goes back in time", in: movingCase,
    "{sines: [{amplitude: 1, frequency: 20}]}",
    "{table: [{at: 1, value: 0}, {at: 0, value: 1}]}", ":11:", "forward in time"),
  mistake(
    "damping without a number", in: movingCase, "density: 1000", "density: 1000\n  damping: {}",
    ":9:", "ratio, mass, stiffness"),
  mistake(
    "negative damping", in: movingCase, "density: 1000",
    "density: 1000\n  damping: {mass: -1}", ":9:", "at least 0"),
  mistake(
    "a probe outside the body", in: movingCase, "component: x, at: [0, 0, 0]}\n  - {name: push",
    "component: x, at: [3, 0, 0]}\n  - {name: push", "outside the body"),
  mistake(
    "velocity of a body at rest", in: ringingCase, "frequencies: {count: 2, density: 1000}",
    "probes:\n  - {name: v, quantity: velocity, component: x, at: [0, 0, 0]}", "dynamics"),
  mistake(
    "frequencies of a body in motion", in: movingCase, "probes:",
    "frequencies: {density: 1}\nprobes:", "'frequencies'", "a case each"),
  mistake(
    "frequencies without density", in: ringingCase, ", density: 1000", "",
    "'frequencies.density'", "is missing"),
  mistake(
    "more modes than unknowns", in: ringingCase, "count: 2", "count: 13", ":8:", "12 unknowns"),
  mistake(
    "probes beside frequencies", in: ringingCase, "strain: small",
    "strain: small\nprobes: [{name: e, quantity: energy}]", "'probes'", "f1"),
]

@Suite("A finite-element case in motion") struct MotionCaseTests {
  private func run(
    _ text: String, _ more: [String] = [], files: [String: String] = [:]
  ) throws -> (outcome: CommandLineTool.Outcome, tool: CommandLineTool) {
    let tool = try CommandLineTool()
    try tool.write("case.yaml", text)
    for (name, content) in files { try tool.write(name, content) }
    return (try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + more), tool)
  }

  @Test("one clear line, exit code 2 and nothing left behind", arguments: mistakes)
  func bad(_ mistake: Mistake) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    for (name, text) in mistake.files { try tool.write(name, text) }
    let before = tool.contents()
    let outcome = try tool.run(mistake.command)
    #expect(outcome.code == 2, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1, "\(outcome.error)")
    for part in mistake.says { #expect(outcome.error.contains(part), "\(outcome.error)") }
    #expect(tool.contents() == before, "files were left behind")
  }

  @Test("a support that starts at speed moves as its history says, at once")
  func support() throws {
    let (outcome, tool) = try run(movingCase)
    defer { tool.remove() }
    #expect(outcome.code == 0, "\(outcome.error)")
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    // u = 0.01 sin 20 t at t = 0.2.
    #expect(abs(probes["support"]! - 0.2 * cos(4)) < 2e-4, "\(probes)")
    // The scheme conserves the energy of linear bodies; this one is nearly linear.
    #expect(abs(probes["balance"]!) < 1e-3 && probes["tip"]! != 0, "\(probes)")
    #expect(outcome.json?["steps"] as? Int == 100)
    // Newmark's accelerations at a moved support ring; generalised-alpha damps that.
    let damped = try tool.run([
      "run", "case.yaml", "-o", "s.vtkhdf", "--json", "--set",
      "dynamics.scheme={method: generalised-alpha}",
    ])
    let smooth = try #require(damped.json?["probes"] as? [String: Double])
    #expect(abs(smooth["support"]! - 0.2 * cos(4)) < 2e-4, "\(smooth)")
    #expect(abs(smooth["push"]! + 4 * sin(4)) < 2e-2, "\(smooth)")
  }

  @Test("states and probes at the start and at output times, energies beside them, all in seconds")
  func file() throws {
    let (outcome, tool) = try run(movingCase)
    defer { tool.remove() }
    #expect(outcome.out.contains("100 steps to 0.2 s"), "\(outcome.out)")
    let table = try tool.run(["inspect", "--probes", "r.vtkhdf"])
    let rows = table.out.split(separator: "\n")
    #expect(rows.count == 4 && rows[0].hasPrefix("time [s],support [m/s],push [m/s2]"))
    #expect(rows[1].hasPrefix("0.0,") && rows[2].hasPrefix("0.1,") && rows[3].hasPrefix("0.2,"))
    let listing = try tool.run(["inspect", "r.vtkhdf"]).out
    for part in [
      "velocity  [36 × 3]  m/s", "acceleration  [36 × 3]  m/s^2", "kinetic  [3]  J", "@end = 0.2",
      "stress  [36 × 6]  Pa", "to  [100]  s",
    ] {
      #expect(listing.contains(part), "\(part) in \(listing)")
    }
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    for part in [
      "body in motion", "time, s", "Where the energy went", "work of supports", "at 0.2 s",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("load factor"))
  }

  @Test("fields that the case does not ask for are not written")
  func output() throws {
    let (_, tool) = try run(movingCase + "output: [velocity]\n")
    defer { tool.remove() }
    let listing = try tool.run(["inspect", "r.vtkhdf"]).out
    #expect(listing.contains("velocity  [36 × 3]") && listing.contains("displacement  [36 × 3]"))
    #expect(!listing.contains("acceleration") && !listing.contains("von_mises"))
  }

  @Test("a result holds its records: it runs again without them, to the same bits")
  func embedded() throws {
    let text =
      movingCase
      .replacingOccurrences(
        of: "history: {sines: [{amplitude: 1, frequency: 20}]}",
        with: "history: {file: push.csv}\n  base-acceleration: {z: {file: ground.csv}}")
    let (outcome, tool) = try run(
      text,
      files: [
        "push.csv": "time [ms],value\n0,0\n100,1\n", "ground.csv": "time,value\n0,0\n0.1,2\n",
      ])
    defer { tool.remove() }
    #expect(outcome.code == 0, "\(outcome.error)")
    for name in ["push.csv", "ground.csv"] {
      try FileManager.default.removeItem(atPath: tool.folder + "/" + name)
    }
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(again.json?["probes"] as? [String: Double] == probes && probes["tip"]! != 0)
  }

  @Test("every region has its own density: momentum and energy of a flying pair of squares")
  func regions() throws {
    let (outcome, tool) = try run(twoRegionCase, files: ["two.msh": twoRegions])
    defer { tool.remove() }
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(abs(probes["px"]! - 8000) < 1e-6 && abs(probes["motion"]! - 10_000) < 1e-5)
  }

  @Test("a step that fails is halved; what does not converge ends with code 1, in seconds")
  func cutBack() throws {
    let hard = movingCase + "newton: {max-iterations: 1, smallest-step: 0.4}\n"
    let (outcome, tool) = try run(hard)
    defer { tool.remove() }
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome.error)")
    #expect(outcome.error.contains("stopped at 0 s of 0.2 s: the step to 0.001 s"))
    #expect(outcome.json?["status"] as? String == "not converged")
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let soft = movingCase.replacingOccurrences(of: "step: 0.002", with: "step: 0.1")
    let (rough, other) = try run(
      soft, ["--set", "dynamics.velocity=[-100, 0, 0]", "--set", "newton.max-iterations=4"])
    defer { other.remove() }
    #expect(rough.code == 0, "\(rough.error)")
    #expect((rough.json?["steps"] as? Int ?? 0) > 2, "\(rough.out)")
  }

  @Test("validate tells mass, steps and output times without running")
  func validate() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", movingCase)
    let json = try tool.run(["validate", "case.yaml", "--json"]).json
    #expect(json?["steps"] as? Int == 100 && json?["outputs"] as? Int == 2)
    #expect(abs((json?["mass"] as? Double ?? 0) - 1000) < 1e-9)
  }
}

@Suite("Natural frequencies from a case") struct FrequencyCaseTests {
  @Test("probes in Hz, shapes as states, a page that shows them")
  func file() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", ringingCase)
    let outcome = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(outcome.code == 0, "\(outcome.error)")
    let probes = try #require(outcome.json?["probes"] as? [String: Double])
    #expect(Set(probes.keys) == ["f1", "f2"] && probes["f1"]! > 0)
    let listing = try tool.run(["inspect", "r.vtkhdf"]).out
    #expect(listing.contains("@NSteps = 2") && listing.contains("frequency  [2]  Hz"))
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(page.contains("Natural frequencies") && page.contains("Mode 2:"))
    let json = try tool.run(["validate", "case.yaml", "--json"]).json
    #expect(json?["modes"] as? Int == 2 && json?["unknowns"] as? Int == 12)
  }

  @Test("a shift finds the modes near it")
  func shift() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", ringingCase)
    let run = ["run", "case.yaml", "-o", "r.vtkhdf", "--json"]
    let all = try tool.run(run + ["--set", "frequencies.count=12"]).json?["probes"]
    let near = try tool.run(run + ["--set", "frequencies.count=1", "--set", "frequencies.shift=8"])
    let f = try #require(all as? [String: Double]).values.sorted()
    let nearest = try #require(f.min { abs($0 * $0 - 64) < abs($1 * $1 - 64) })
    let found = try #require(near.json?["probes"] as? [String: Double])["f1"]!
    #expect(abs(found - nearest) < 1e-6 * nearest, "\(found) of \(f)")
  }
}
