import Foundation
import Testing

/// A mistake that a user can make, and what the one line about it must say.
struct Mistake: Sendable, CustomTestStringConvertible {
  let name: String
  /// Files to write first, by name.
  var files: [String: String] = [:]
  /// The command; `OUT` stands for the output.
  let command: [String]
  /// Parts of the message: the place and the remedy.
  let says: [String]
  /// Put before the command in a shell.
  var shell: String? = nil

  var testDescription: String { name }
}

/// A brick pulled in x that works as it is; `replacing` a part of it makes the mistakes.
private let goodCase = """
  kind: fem
  mesh:
    generator: box
    size: [1, 1, 1]
    divisions: [1, 1, 1]
  materials:
    body: {family: neo-hooke, mu: 1 MPa, lambda: 10 MPa}
  symmetry: [xmin, ymin, zmin]
  boundary:
    - {set: xmax, ux: 0.1}
  steps: 2
  probes:
    - {name: force, quantity: reaction, component: x, set: xmax}

  """

private let goodTable = """
  # made up for a test
  test,mode,stretch [-],nominal_stress [MPa]
  a,uniaxial,1.1,0.1
  a,uniaxial,1.5,0.3
  a,uniaxial,2.0,0.5

  """

/// A mistake in a case: `part` of the good one replaced.
private func inCase(
  _ name: String, _ part: String, _ wrong: String, _ says: String...
) -> Mistake {
  precondition(goodCase.contains(part), part)
  return Mistake(
    name: name, files: ["case.yaml": goodCase.replacingOccurrences(of: part, with: wrong)],
    command: ["run", "case.yaml", "-o", "OUT"], says: ["case.yaml:"] + says)
}

/// A mistake in a table of tests.
private func inTable(
  _ name: String, _ part: String, _ wrong: String, _ says: String...
) -> Mistake {
  precondition(goodTable.contains(part), part)
  return Mistake(
    name: name, files: ["t.csv": goodTable.replacingOccurrences(of: part, with: wrong)],
    command: ["fit", "t.csv", "--law", "neo-hooke", "-o", "OUT"], says: ["t.csv:"] + says)
}

private let mistakes: [Mistake] = [
  // Cases
  inCase(
    "misspelt key", "materials:", "materals:", ":6:", "'materals'", "did you mean 'materials'?"),
  inCase("misspelt inner key", "divisions", "division", ":5:", "did you mean 'divisions'?"),
  inCase("misspelt choice", "generator: box", "generator: bx", ":3:", "did you mean 'box'?"),
  inCase("unknown law in a case", "neo-hooke", "neo-hook", ":7:", "did you mean 'neo-hooke'?"),
  inCase("missing key", "steps: 2\n", "step: 2\n", ":11:", "did you mean 'steps'?"),
  inCase("no kind", "kind: fem\n", "", "'kind'", "is missing"),
  inCase("text for a number", "ux: 0.1", "ux: abc", ":10:", "must be a number", "'abc'"),
  inCase("NaN in a case", "ux: 0.1", "ux: nan", ":10:", "finite"),
  inCase("infinite number", "ux: 0.1", "ux: inf", ":10:", "finite"),
  inCase("unknown unit in a case", "1 MPa", "1 Mpa", ":7:", "did you mean \"MPa\"?"),
  inCase("unit of another dimension", "mu: 1 MPa", "mu: 1 mm", ":7:", "mm"),
  inCase("negative modulus", "mu: 1 MPa", "mu: -1 MPa", ":7:", "positive"),
  inCase("unstable law", "lambda: 10 MPa", "lambda: -3 MPa", ":7:", "lambda"),
  inCase("list too short", "[1, 1, 1]\n  divisions", "[1, 1]\n  divisions", ":4:", "3"),
  inCase("fractional division", "divisions: [1, 1, 1]", "divisions: [1.5, 1, 1]", ":5:", "whole"),
  inCase("missing set name", "set: xmax, ux", "set: xmx, ux", ":10:", "did you mean 'xmax'?"),
  inCase(
    "missing set of a probe", "component: x, set: xmax", "component: x, set: top", ":13:", "top"),
  inCase("missing region", "  body: {", "  bodi: {", ":7:", "did you mean 'body'?"),
  inCase(
    "two probes of one name", "probes:",
    """
    probes:
      - {name: force, quantity: energy}
    """, "rename"),
  inCase(
    "probe outside the body", "quantity: reaction, component: x, set: xmax",
    "quantity: displacement, component: x, at: [3, 0, 0]", "outside the body"),
  inCase(
    "body free to move rigidly", "symmetry: [xmin, ymin, zmin]", "symmetry: [xmin, ymin]", "z"),
  inCase("levels that do not rise", "steps: 2", "steps: [0.5, 0.4, 1]", ":11:", "rise"),
  inCase(
    "plane stress of a brick", "steps: 2", "formulation: plane-stress\nsteps: 2", "plane-stress"),
  inCase("law of the wrong kind", "steps: 2", "strain: small\nsteps: 2", "strain"),
  inCase(
    "missing law file", "{family: neo-hooke, mu: 1 MPa, lambda: 10 MPa}", "{law: no.h5}", ":7:",
    "no.h5"),
  inCase(
    "missing mesh file", "generator: box\n  size: [1, 1, 1]\n  divisions: [1, 1, 1]",
    "file: no.msh", ":3:", "no.msh"),
  inCase("broken YAML", "size: [1, 1, 1]", "size: [1, 1, 1", "not YAML"),
  inCase("a key twice", "steps: 2", "steps: 2\nsteps: 3", "steps"),
  Mistake(
    name: "empty case", files: ["case.yaml": ""], command: ["run", "case.yaml", "-o", "OUT"],
    says: ["case.yaml", "empty"]),
  Mistake(
    name: "missing case", command: ["run", "no.yaml", "-o", "OUT"],
    says: ["no.yaml", "no such file"]),
  Mistake(
    name: "override of an unknown key", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml", "-o", "OUT", "--set", "mesh.division=[2,2,2]"],
    says: ["--set", "did you mean 'divisions'?"]),
  Mistake(
    name: "override without a value", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml", "-o", "OUT", "--set", "steps"], says: ["--set", "key=value"]),
  Mistake(
    name: "inverted element",
    files: [
      "case.yaml": goodCase.replacingOccurrences(
        of: "generator: box\n  size: [1, 1, 1]\n  divisions: [1, 1, 1]", with: "file: bad.msh"),
      "bad.msh": invertedMesh,
    ], command: ["run", "case.yaml", "-o", "OUT"], says: ["inverted"]),
  Mistake(
    name: "a folder for a case", command: ["run", ".", "-o", "OUT"], says: [".:", "is a folder"]),
  Mistake(
    name: "aliases without end", files: ["case.yaml": endlessAliases],
    command: ["run", "case.yaml", "-o", "OUT"], says: ["case.yaml:", "a million"]),
  inCase(
    "too many cells", "divisions: [1, 1, 1]", "divisions: [2000, 2000, 2000]", ":5:", "8000000000"),
  // Tables of tests
  inTable("NaN in a table", "1.5,0.3", "1.5,nan", ":4:", "nominal_stress", "nan"),
  inTable("text in a table", "1.5,0.3", "1.5,three", ":4:", "nominal_stress", "'three'"),
  inTable("empty cell", "1.5,0.3", "1.5,", ":4:", "empty"),
  inTable("negative stretch", "1.5,0.3", "-1.5,0.3", ":4:", "stretch", "positive"),
  inTable("unknown unit of a column", "[MPa]", "[Mpa]", ":2:", "did you mean \"MPa\"?"),
  inTable("column without unit", "nominal_stress [MPa]", "nominal_stress", ":2:", "unit"),
  inTable(
    "misspelt column", "nominal_stress", "nominal_stres", ":2:", "did you mean 'nominal_stress'?"),
  inTable("missing column", goodTable, "stretch,nominal_stress [MPa]\n1.1,0.1\n", ":1:", "mode"),
  inTable("contradictory columns", "stretch [-]", "true_stress [MPa]", ":2:", "stretch"),
  inTable("row too long", "1.5,0.3", "1.5,0.3,7", ":4:", "columns"),
  inTable("unknown mode", "a,uniaxial,1.5", "a,uniaxal,1.5", ":4:", "did you mean 'uniaxial'?"),
  inTable("two modes in one test", "a,uniaxial,1.5", "a,equibiaxial,1.5", ":4:", "equibiaxial"),
  inTable("one point", "a,uniaxial,1.1,0.1\na,uniaxial,1.5,0.3\n", "", "2"),
  Mistake(
    name: "nominal and true stress at once",
    files: [
      "t.csv": "mode,stretch,nominal_stress [MPa],true_stress [MPa]\nuniaxial,1.1,1,1\n"
    ], command: ["fit", "t.csv", "--law", "neo-hooke", "-o", "OUT"],
    says: ["t.csv:1:", "contradicts"]),
  Mistake(
    name: "empty table", files: ["t.csv": ""],
    command: ["fit", "t.csv", "--law", "neo-hooke", "-o", "OUT"], says: ["t.csv", "empty"]),
  Mistake(
    name: "missing table", command: ["fit", "no.csv", "--law", "neo-hooke", "-o", "OUT"],
    says: ["no.csv", "no such file"]),
  Mistake(
    name: "folder without tables", files: ["d/readme": "x"],
    command: ["fit", "d", "--law", "neo-hooke", "-o", "OUT"], says: ["d:", ".csv"]),
  Mistake(
    name: "unknown law", files: ["t.csv": goodTable],
    command: ["fit", "t.csv", "--law", "yeho", "-o", "OUT"], says: ["did you mean 'yeoh'?"]),
  Mistake(
    name: "unknown test held out", files: ["t.csv": goodTable],
    command: ["fit", "t.csv", "--law", "yeoh", "-o", "OUT", "--hold-out", "b"], says: ["'b'"]),
  // Files and options
  Mistake(
    name: "input as output", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml", "-o", "case.yaml"], says: ["case.yaml", "input"]),
  Mistake(
    name: "output in a missing folder", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml", "-o", "no/OUT"], says: ["no", "does not exist"]),
  Mistake(
    name: "output is a folder", files: ["case.yaml": goodCase, "d/x": "x"],
    command: ["run", "case.yaml", "-o", "d"], says: ["d:", "folder"]),
  Mistake(
    name: "read-only output", files: ["case.yaml": goodCase, "old.vtkhdf": "x"],
    command: ["run", "case.yaml", "-o", "old.vtkhdf"], says: ["old.vtkhdf", "read-only"],
    shell: "chmod a-w old.vtkhdf;"),
  Mistake(
    name: "disk full", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml", "-o", "OUT", "--set", "mesh.divisions=[12,12,12]"],
    says: ["OUT"], shell: "ulimit -f 40;"),
  Mistake(
    name: "missing law to evaluate",
    command: ["evaluate", "no.h5", "--path", "uniaxial", "--stretch", "1:2:3"], says: ["no.h5"]),
  Mistake(
    name: "foreign file as law", files: ["law.h5": "not HDF5"],
    command: ["evaluate", "law.h5", "--path", "uniaxial", "--stretch", "1:2:3"],
    says: ["law.h5", "not an HDF5 file"]),
  Mistake(
    name: "report of a foreign file", files: ["a.h5": "not HDF5"],
    command: ["report", "a.h5", "-o", "OUT"], says: ["a.h5", "not an HDF5 file"]),
  Mistake(name: "inspect of a missing file", command: ["inspect", "no.h5"], says: ["no.h5"]),
  Mistake(name: "unknown option", command: ["inspect", "a.h5", "--nonsense"], says: ["nonsense"]),
  Mistake(name: "unknown command", command: ["frobnicate"], says: ["frobnicate"]),
  Mistake(
    name: "option without output", files: ["case.yaml": goodCase],
    command: ["run", "case.yaml"], says: ["output"]),
]

/// Ten values, ten times ten, …: some hundred bytes that name 10¹⁰ values.
private let endlessAliases = (1...9).reduce("l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n") { text, i in
  let ten = Array(repeating: "*l\(i - 1)", count: 10).joined(separator: ", ")
  return text + "l\(i): &l\(i) [\(ten)]\n"
}

/// One hexahedron whose top and bottom are swapped.
private let invertedMesh = """
  $MeshFormat
  2.2 0 8
  $EndMeshFormat
  $Nodes
  8
  1 0 0 1
  2 1 0 1
  3 1 1 1
  4 0 1 1
  5 0 0 0
  6 1 0 0
  7 1 1 0
  8 0 1 0
  $EndNodes
  $Elements
  1
  1 5 2 1 1 1 2 3 4 5 6 7 8
  $EndElements

  """

@Suite struct BadInputTests {
  @Test("one clear line, exit code 2 and nothing left behind", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    for (name, text) in mistake.files { try tool.write(name, text) }
    let before = tool.contents()
    let outcome = try tool.run(mistake.command, shell: mistake.shell)
    #expect(outcome.code == 2, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1, "\(outcome.error)")
    for part in mistake.says { #expect(outcome.error.contains(part), "\(outcome.error)") }
    #expect(tool.contents() == before, "files were left behind")
    for (name, text) in mistake.files {
      let now = try String(contentsOfFile: tool.folder + "/" + name, encoding: .utf8)
      #expect(now == text, "\(name) was changed")
    }
  }

  @Test("a truncated or corrupted file gives one line and exit code 2", arguments: [0, 3, 40])
  func damaged(percent: Int) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", goodCase)
    #expect(try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"]).code == 0)
    let path = tool.folder + "/r.vtkhdf"
    let whole = try #require(FileManager.default.contents(atPath: path))
    let part = whole.prefix(whole.count * percent / 100)
    try Data(part).write(to: URL(fileURLWithPath: path))
    let commands = [
      ["inspect", "r.vtkhdf"], ["report", "r.vtkhdf", "-o", "p.html"],
      ["run", "r.vtkhdf", "-o", "s.vtkhdf"],
    ]
    for command in commands {
      let outcome = try tool.run(command)
      #expect(outcome.code == 2, "\(command): \(outcome.error)")
      #expect(outcome.errorLines.count == 1, "\(outcome.error)")
    }
    #expect(tool.contents() == ["case.yaml", "r.vtkhdf"])
  }

  @Test("a run that does not converge ends with code 1 and keeps what it reached")
  func notConverged() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    // One correction is never enough for a nonlinear law.
    let hopeless = goodCase + "newton: {max-iterations: 1, smallest-step: 0.4}\n"
    try tool.write("case.yaml", hopeless)
    let outcome = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(outcome.code == 1, "\(outcome.error)")
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.json?["status"] as? String == "not converged")
    #expect(tool.contents().contains("r.vtkhdf"))
  }
}
