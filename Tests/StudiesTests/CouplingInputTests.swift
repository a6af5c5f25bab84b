import Foundation
import Testing

/// A mistake in the coupling: `part` of it replaced.
private func inCoupling(
  _ name: String, _ part: String, _ wrong: String, _ says: String...
) -> Mistake {
  mistake(name, "case.yaml", part, wrong, ["case.yaml:"] + says)
}

/// A mistake in a participant's case, whose file the message names.
private func inOwnCase(
  _ name: String, _ file: String, _ part: String, _ wrong: String, _ says: String...
) -> Mistake {
  mistake(name, file, part, wrong, says)
}

private func mistake(
  _ name: String, _ file: String, _ part: String, _ wrong: String, _ says: [String]
) -> Mistake {
  var files = CoupledBar.files
  precondition(files[file]!.contains(part), part)
  files[file] = files[file]!.replacingOccurrences(of: part, with: wrong)
  return Mistake(
    name: name, files: files, command: ["run", "case.yaml", "-o", "OUT.vtkhdf"], says: says)
}

private let second = "  - {name: again, between: [left.xmax, right.xmin], exchange: robin}\n"
private let brick = """
  kind: fem
  mesh: {generator: box, size: [1, 0.25, 1], origin: [1, 0, 0], divisions: [1, 1, 1]}
  materials:
    body: {family: neo-hooke, mu: 1 MPa, lambda: 2 MPa}

  """

private let mistakes: [Mistake] = [
  // Words
  inCoupling(
    "misspelt scheme", "window: 0.005", "scheme: serial-implict\nwindow: 0.005", ":8:", "'scheme'",
    "did you mean 'serial-implicit'?"),
  inCoupling(
    "misspelt exchange", "exchange: robin", "exchange: robbin", ":7:", "did you mean 'robin'?"),
  inCoupling(
    "misspelt key", "window: 0.005", "windows: 0.005", ":8:", "did you mean 'window'?"),
  inCoupling(
    "misspelt relaxation", "probes:", "relaxation: {kind: iqn-isl}\nprobes:", ":12:",
    "did you mean 'iqn-ils'?"),
  inCoupling(
    "more iterations demanded than permitted", "probes:",
    "iterations: {most: 2, least: 5}\nprobes:", ":12:", "'iterations'", "demands 5 and permits 2"),
  inCoupling("no end", "end: 0.4\n", "", "'end'", "is missing"),
  inCoupling("a window of zero", "window: 0.005", "window: 0", ":8:", "positive"),
  // Participants
  inCoupling(
    "two of one name", "{name: right,", "{name: left,", ":5:", "two participants 'left'", "rename"),
  inCoupling(
    "two names of one file", "{name: right, case: b/half.yaml, borders: [xmin]",
    "{name: le ft, case: b/half.yaml}\n  - {name: le_ft, case: b/half.yaml, borders: [xmin]", ":6:",
    "same file", "rename"),
  inCoupling("a dot in a name", "{name: left,", "{name: le.ft,", ":4:", "'le.ft' has a dot"),
  inCoupling(
    "a case that is not there", "a/half.yaml", "a/hlaf.yaml", ":4:", "there is no file",
    "a/hlaf.yaml"),
  mistake(
    "a case that is none", "case.yaml", "a/half.yaml", "records/push.csv", ["records/push.csv:1:"]),
  inCoupling(
    "the coupling itself", "a/half.yaml", "case.yaml", ":4:", "'coupling'", "fem or block-system"),
  inCoupling("no borders", ", borders: [xmax]", "", ":4:", "names no borders", "borders: [xmax]"),
  inCoupling(
    "an unknown border", "borders: [xmax]", "borders: [xmx]", ":4:", "'participants[0].borders[0]'",
    "'xmx' is no set of the mesh", "xmax"),
  inCoupling(
    "an unknown model", "case: a/half.yaml, borders: [xmax]", "model: point-mas", ":4:",
    "did you mean 'point-mass'?"),
  inCoupling(
    "an assignment to an unknown key", "dynamics.time.step=0.005", "dynamics.time.stop=0.005",
    ":5:", "'participants[1].set[0]'", "of 'b/half.yaml'", "did you mean 'step'?"),
  inCoupling(
    "an assignment that is none", "dynamics.time.step=0.005", "dynamics.time.step", ":5:",
    "'participants[1].set[0]'", "key=value"),
  inCoupling(
    "a step that cannot be", "dynamics.time.step=0.005", "dynamics.time.step=-1", ":5:",
    "'dynamics.time.step' of 'b/half.yaml'", "positive"),
  inCoupling(
    "a window shorter than a step", "window: 0.005", "window: 0.003", ":4:", "'participants[0]'",
    "a step of 0.005 s, longer than the window of 0.003 s"),
  inCoupling(
    "a window given by nobody", "window: 0.005", "window: {given-by: middle}", ":8:", "'window'",
    "'middle', which does not take part"),
  inCoupling(
    "regions of a body in motion", "borders: [xmax]", "borders: [xmax], complement: [body]", ":4:",
    "complement", "at rest"),
  // Participants' own cases
  inOwnCase(
    "a mistake in a participant's case", "b/half.yaml", "strain: small", "strain: smal",
    "b/half.yaml:5: key 'strain'", "did you mean 'small'?"),
  inOwnCase(
    "a mistake that shows when it is built", "b/half.yaml", "body: {", "bodi: {",
    "b/half.yaml:7:", "did you mean 'body'?"),
  inOwnCase(
    "a participant's missing record", "a/half.yaml", "push.csv", "pull.csv", "a/half.yaml:12:",
    "pull.csv"),
  inOwnCase(
    "a participant's record that is none", "records/push.csv", "0.05,1", "0.05,one",
    "records/push.csv:3:", "'one'"),
  inOwnCase(
    "a probe outside a participant", "b/half.yaml", "at: [2, 0.125]", "at: [3, 0.125]",
    "b/half.yaml:12:", "outside the body"),
  inOwnCase(
    "modes take no part", "a/half.yaml",
    String(CoupledBar.left[CoupledBar.left.range(of: "dynamics:")!.lowerBound...]),
    "frequencies: {density: 1000}", "a/half.yaml:", "'frequencies'"),
  // Interfaces
  inCoupling(
    "an unknown participant", "right.xmin]", "rihgt.xmin]", ":7:", "'interfaces[0].between[1]'",
    "did you mean 'right'?"),
  inCoupling(
    "an unknown border of an interface", "between: [left.xmax", "between: [left.top", ":7:",
    "'interfaces[0].between[0]'", "no border 'top'", "xmax"),
  inCoupling("an end without a border", "right.xmin]", "right]", ":7:", "write participant.border"),
  inCoupling(
    "one participant at both ends", "between: [left.xmax, right.xmin]",
    "between: [left.xmax, left.xmax]", ":7:", "to itself"),
  inCoupling(
    "borders told the same twice", "window: 0.005", second + "window: 0.005", ":8:",
    "'left.xmax'", "'elastic' twice", "leave one"),
  inCoupling(
    "two interfaces of one name", "window: 0.005",
    second.replacingOccurrences(of: "again", with: "cut") + "window: 0.005", ":8:", "'cut' already"),
  inCoupling(
    "guided by a stranger", "exchange: robin", "exchange: dirichlet-neumann, guided: middle", ":7:",
    "'middle' is at neither end"),
  inCoupling(
    "an unknown field", "exchange: robin",
    "exchange: fields, fields: [{field: displacment, from: left}]", ":7:", "'displacment'",
    "displacement"),
  inCoupling(
    "a criterion of an unknown field", "{relative: 1e-9}", "{relative: 1e-9, field: pressure}",
    ":11:", "'pressure'", "goes over no interface", "elastic"),
  inOwnCase(
    "borders that do not meet", "b/half.yaml", "origin: [1, 0]", "origin: [1.6, 0]",
    "case.yaml:7: key 'interfaces[0]'", "apart"),
  Mistake(
    name: "a plane border at one in space",
    files: CoupledBar.files.merging([
      "b/half.yaml": brick,
      "case.yaml": CoupledBar.coupling.replacingOccurrences(
        of: ", set: [\"dynamics.time.step=0.005\"]", with: ""),
    ]) { $1 }, command: ["run", "case.yaml", "-o", "OUT.vtkhdf"],
    says: ["case.yaml:7: key 'interfaces[0]'", "2 values a point at one end and 3 at the other"]),
  // Probes
  inCoupling(
    "a probe of an unknown interface", "quantity: created, interface: cut",
    "quantity: created, interface: cot", ":14:", "did you mean 'cut'?"),
  inCoupling(
    "a probe at an unknown participant", "at: right.xmin", "at: rigth.xmin", ":16:",
    "did you mean 'right'?"),
  inCoupling(
    "a probe at an unknown border", "at: right.xmin", "at: right.xmn", ":16:",
    "has no border 'xmn'",
    "did you mean 'xmin'?"),
  inCoupling(
    "a probe of an unknown field", "field: force,", "field: pressure,", ":16:", "'pressure'",
    "force"),
  inCoupling(
    "a probe of an unknown probe", "of: right.end", "of: right.ent", ":17:", "did you mean 'end'?"),
  inCoupling(
    "two probes of one name", "{name: work,", "{name: pull,", ":16:", "'pull' already", "rename"),
  inCoupling(
    "a point that is not there", "field: force, sum: true", "field: force, point: 9", ":16:",
    "points 0 to 2"),
  // Times
  inCoupling(
    "outputs within windows", "output: 0.04", "output: 0.001", ":10:", "shorter than the windows"),
  inCoupling(
    "too many outputs", "end: 0.4\noutput: 0.04", "end: 2000\noutput: 0.01", ":10:", "100 000"),
]

@Suite("Mistakes in coupled cases") struct CouplingInputTests {
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
    // Nothing is said twice.
    #expect(outcome.error.components(separatedBy: "case.yaml").count <= 3, "\(outcome.error)")
  }

  @Test("validate finds the same mistakes as run", arguments: mistakes.prefix(30))
  func validated(_ mistake: Mistake) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    for (name, text) in mistake.files { try tool.write(name, text) }
    let outcome = try tool.run(["validate", "case.yaml"])
    #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(outcome.error)")
  }

  @Test("the JSON Schema has the kind, every field of it described")
  func schema() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let all = try #require(tool.run(["schema", "--json"]).json?["oneOf"] as? [[String: Any]])
    let kinds = all.compactMap { $0["properties"] as? [String: [String: Any]] }
    let coupling = try #require(kinds.first { $0["kind"]?["enum"] as? [String] == ["coupling"] })
    for key in [
      "participants", "interfaces", "scheme", "window", "relaxation", "waveform", "checkpoint",
    ] {
      #expect((coupling[key]?["description"] as? String)?.isEmpty == false, "\(key)")
    }
    let text = String(
      decoding: try JSONSerialization.data(withJSONObject: coupling), as: UTF8.self)
    #expect(text.contains("elastic-tube-flow") && text.contains("\"spring\""))
  }
}
