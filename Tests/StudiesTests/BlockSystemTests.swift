import Foundation
import Storage
import Studies
import Testing

/// A block of 2 m × 1 m falls 0.1 m on the ground, beside it a bolted and a loaded one.
private let dropCase = """
  kind: block-system
  title: three blocks
  materials:
    rock: {young: 1 GPa, poisson: 0.2, density: 2000}
    clay: {young: 100 MPa, poisson: 0.3, density: 1800}
  joints: {friction: 30, pairs: [{between: [rock, clay], friction: 20, cohesion: 1 kPa}]}
  blocks:
    - {name: ground, outline: [[-9, -1], [9, -1], [9, 0], [-9, 0]], fixed: true}
    - {name: top, outline: [[0, 0.1], [2, 0.1], [2, 1.1], [0, 1.1]]}
    - {outline: [[3, 0], [4, 0], [4, 1], [3, 1]], material: clay}
  loads:
    - {block: 2, point: [3.5, 0.5], force: [1 kN, 0], history: {table: [{at: 0, value: 0}, {at: 0.5, value: 1}]}}
  bolts:
    - {block: 2, point: [4, 0.5], other-point: [6, 0.5], stiffness: 1000000 N/m}
  time: {end: 0.5, step: 0.01, output: 0.1}
  probes:
    - {name: fall, quantity: displacement, block: top, along: [0, -1]}
    - {name: late, quantity: displacement, block: top, along: [0, -1], since: 0.3}
    - {name: stuck, quantity: locked-contacts}
    - {name: balance, quantity: energy, term: total, since: 0}
    - {name: overlap, quantity: overlap}

  """

@Suite struct BlockSystemTests {
  @Test(
    "a block falls and lies: probes, polygons that move, contacts, energies, page, and run again")
  func drop() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", dropCase)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    let probes = try #require(run.json?["probes"] as? [String: Double])
    #expect(abs(probes["fall"]! - 0.1) < 1e-4 && abs(probes["late"]!) < 1e-4)
    #expect(probes["stuck"]! >= 3 && probes["overlap"]! < 1e-8)
    #expect(abs(probes["balance"]!) < 1)
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.json?["probes"] as? [String: Double] == probes, "the same case, the same bits")
    #expect(try tool.run(["report", "s.vtkhdf", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(html.contains("Where the energy went") && html.contains("class=\"dot s1\""))
    #expect(!html.contains("nan") && !html.contains("<script src"))
  }

  @Test("the file's polygons: one set of points for every output time, the first as given")
  func file() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", dropCase)
    #expect(try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"]).code == 0)
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let group = try file.root.group("VTKHDF")
    #expect(try group.intAttribute("NSteps", of: "Steps") == 6)
    #expect(try group.read("NumberOfPoints", as: Int64.self).values == [12])
    #expect(
      try group.read("Steps/PointOffsets", as: Int64.self).values == [0, 12, 24, 36, 48, 60])
    #expect(try group.read("Types", as: UInt8.self).values == [7, 7, 7])
    #expect(try group.read("Offsets", as: Int64.self).values == [0, 4, 8, 12])
    let points = try group.readDoubles("Points")
    let moved = try group.readDoubles("PointData/displacement").values
    #expect(points.shape == [72, 3])
    #expect(Array(points.values[12..<15]) == [0, 0.1, 0])
    // Where a corner is, less where it was, is its displacement.
    for i in 0..<36 {
      #expect(abs(points.values[180 + i] - points.values[i] - moved[180 + i]) < 1e-15)
    }
    let contacts = try file.root.group("blocks/contacts")
    let offsets = try contacts.read("offsets", as: Int64.self).values
    #expect(offsets.count == 7 && offsets.last! > 0)
    // The ground carries the weight of both blocks that lie on it.
    let normal: [Double] = try contacts.readDoubles("normal").values
    let pressed: Double = normal[Int(offsets[5])...].reduce(0, +)
    let weight = 5800 * 9.81
    #expect(abs(pressed / weight - 1) < 1e-3)
  }

  @Test("steps that do not settle are counted, the rest is there, exit 1")
  func unsettled() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", dropCase)
    let run = try tool.run([
      "run", "case.yaml", "-o", "r.vtkhdf", "--set", "contact.passes=8", "--set",
      "contact.halvings=0",
    ])
    #expect(run.code == 1 && run.errorLines.count == 1, "\(run.error)")
    #expect(run.error.contains("did not settle, the first at"))
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    #expect(try file.root.stringAttribute("status") == "not converged")
    let settled = try file.root.read("blocks/steps/converged", as: Int64.self).values
    #expect(settled.contains(0) && settled.contains(1))
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
  }

  @Test("without weight and loads nothing moves in a static run")
  func rests() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", dropCase)
    let run = try tool.run([
      "run", "case.yaml", "-o", "r.vtkhdf", "--json", "--set", "mode=static", "--set",
      "gravity=[0, 0]", "--set", "loads=[]",
    ])
    #expect(run.code == 0, "\(run.error)")
    let probes = try #require(run.json?["probes"] as? [String: Double])
    #expect(probes["fall"] == 0 && probes["stuck"] == 2)
  }

  @Test("validate counts, schema knows the kind")
  func checks() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", dropCase)
    let valid = try tool.run(["validate", "case.yaml", "--json"])
    #expect(valid.json?["blocks"] as? Int == 3 && valid.json?["unknowns"] as? Int == 12)
    #expect(valid.json?["outputs"] as? Int == 5 && valid.json?["probes"] as? Int == 5)
    #expect(try tool.run(["schema"]).out.contains("\"block-system\""))
  }

  @Test(
    "a mistake is one line with its place, exit 2, no file",
    arguments: [
      ("[4, 1], [3, 1]", "[3, 1], [4, 1]", ["case.yaml:10", "blocks[2].outline", "cross"]),
      (
        "[[3, 0], [4, 0], [4, 1]", "[[1, 0.5], [4, 0], [4, 1]",
        ["case.yaml:10", "overlaps block 1"]
      ),
      ("density: 2000", "density: 0", ["case.yaml:4", "materials.rock.density", "positive"]),
      ("poisson: 0.2,", "poisson: 0.5,", ["case.yaml:4", "materials.rock"]),
      ("{friction: 30", "{friction: 90", ["case.yaml:6", "below 90"]),
      ("[rock, clay]", "[rock, cley]", ["case.yaml:6", "did you mean 'clay'?"]),
      ("material: clay", "material: mud", ["case.yaml:10", "no material 'mud'"]),
      ("block: top", "block: tip", ["case.yaml:17", "did you mean 'top'?"]),
      ("{block: 2, point: [3.5", "{block: 3, point: [3.5", ["case.yaml:12", "no block 3"]),
      ("{at: 0.5, value: 1}", "{at: 0, value: 1}", ["case.yaml:12", "forward in time"]),
      ("value: 1}", "value: .nan}", ["case.yaml:12", "loads[0].history.table[1].value"]),
      ("stiffness: 1000000", "stiffness: -1", ["case.yaml:14", "positive"]),
      ("since: 0.3", "since: 0.33", ["case.yaml:18", "no output time"]),
      ("step: 0.01", "step: 0", ["case.yaml:15", "time.step"]),
      ("  joints: {friction: 30,", "  joint: {friction: 30,", ["case.yaml", "joints"]),
      ("name: ground, ", "name: top, ", ["case.yaml:9", "two blocks are named 'top'"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let part = part.trimmingCharacters(in: .whitespaces)
    #expect(dropCase.contains(part))
    let text = dropCase.replacingOccurrences(
      of: part, with: wrong.trimmingCharacters(in: .whitespaces))
    try tool.write("case.yaml", text)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }
}
