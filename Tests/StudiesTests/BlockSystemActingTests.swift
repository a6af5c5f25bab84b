import Foundation
import Storage
import Studies
import Testing

/// A dam of two lifts on rock: water before it, uplift below, a push on its crest, dashpots behind.
private let damCase = """
  kind: block-system
  title: a dam of two lifts
  materials: {concrete: {young: 20 GPa, poisson: 0.2, density: 2400}}
  joints: {friction: 45}
  blocks:
    - {name: rock, outline: [[-10, -2], [20, -2], [20, 0], [-10, 0]], fixed: true}
    - {name: foot, outline: [[0, 0], [8, 0], [8, 3], [0, 3]]}
    - {name: crest, outline: [[0, 3], [8, 3], [8, 6], [0, 6]]}
  water:
    - {table: [[0, 5]], unit-weight: 9.81 kN/m3, faces: [{from: [0, 6], to: [0, 0]}], history: {file: level.csv}}
    - {table: [[0, 5], [8, 0]], region: [[-1, -1], [9, -1], [9, 1], [-1, 1]]}
  edge-loads:
    - {from: [0, 6], to: [8, 6], traction: [0, -10 kPa], traction-at-end: [0, 0], history: {file: level.csv}}
    - {block: crest, from: [8, 6], to: [8, 5], traction: [0, -20 kPa], axes: edge}
  absorbing-edges:
    - {block: foot, from: [8, 0], to: [8, 3], normal: 0.5}
  mode: static
  time: {end: 4, step: 0.1, output: 1}
  probes:
    - {name: balance, quantity: energy, term: total, since: 0}

  """

@Suite("Tractions, water and viscous boundaries of a case") struct BlockSystemActingTests {
  @Test("a line over two blocks loads both: what the rock carries is weight, load and uplift")
  func dam() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", damCase)
    try tool.write("level.csv", "time,value\n0,0\n1,1\n")
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"])
    #expect(run.code == 0, "\(run.error)")
    // The result holds the record.
    try FileManager.default.removeItem(atPath: tool.folder + "/level.csv")
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.json?["probes"] as? [String: Double] == run.json?["probes"] as? [String: Double])
    let file = try H5File.open(at: tool.folder + "/s.vtkhdf")
    let contacts = try file.root.group("blocks/contacts")
    let offsets = try contacts.read("offsets", as: Int64.self).values.map { Int($0) }
    let last = offsets[offsets.count - 2]..<offsets[offsets.count - 1]
    func sum(_ name: String) throws -> Double {
      let values = try contacts.readDoubles(name).values
      let a = try contacts.read("block", as: Int64.self).values
      let b = try contacts.read("edge_block", as: Int64.self).values
      return last.reduce(0) { $0 + ((a[$1] == 0) != (b[$1] == 0) ? values[$1] : 0) }
    }
    let weight = 2400 * 48 * 9.81, uplift = 0.5 * 5 * 8 * 9810, load = 0.5 * 8 * 1e4
    #expect(abs(try sum("normal") / (weight + load - uplift) - 1) < 1e-5)
    // 5 m of water, and 20 kPa the other way on 1 m of the crest.
    #expect(abs(abs(try sum("shear")) / (0.5 * 25 * 9810 - 2e4) - 1) < 1e-5)
    #expect(try tool.run(["report", "s.vtkhdf", "-o", "p.html"]).code == 0)
    #expect(try tool.run(["schema"]).out.contains("absorbing-edges"))
  }

  @Test(
    "a mistake is one line with its place, exit 2, no file",
    arguments: [
      (
        "from: [8, 6], to: [8, 5]", "from: [8, 6], to: [7, 5]", ["case.yaml:14", "no edge of this"]
      ),
      ("from: [8, 6], to: [8, 5]", "from: [8, 6], to: [8, 6]", ["edge-loads[1].to", "a length"]),
      ("from: [8, 6], to: [8, 5]", "from: [8, 6], to: [8, 2]", ["only 3 m of the 4 m"]),
      ("from: [0, 6], to: [8, 6]", "from: [0, 3], to: [8, 3]", ["blocks 2 and 1", "'block'"]),
      ("from: [0, 6], to: [8, 6]", "from: [0, 9], to: [8, 9]", ["no edge of a free block"]),
      ("{from: [0, 6], to: [0, 0]}", "{from: [0, 5], to: [0, 0]}", ["case.yaml:10", "region"]),
      (
        "{from: [0, 6], to: [0, 0]}", "{from: [0, 6], to: [0, 0]}, {from: [0, 3], to: [0, 0]}",
        ["faces[1]", "listed already"]
      ),
      ("table: [[0, 5], [8, 0]]", "table: [[0, 5], [-1, 0]]", ["water[1].table[1]", "larger x"]),
      ("unit-weight: 9.81 kN/m3", "unit-weight: 9.81 kN/m2", ["unit-weight", "kN/m2"]),
      ("unit-weight: 9.81 kN/m3", "unit-weight: 0", ["case.yaml:10", "positive"]),
      ("table: [[0, 5]], ", "", ["case.yaml:10", "table, pressure"]),
      ("[9, 1], [-1, 1]]", "[-1, 1], [9, 1]]", ["water[1].region", "cross"]),
      ("traction: [0, -10 kPa]", "traction: [0]", ["edge-loads[0].traction", "2 numbers"]),
      ("axes: edge", "axes: block", ["axes", "space, edge"]),
      ("block: foot", "block: feet", ["case.yaml:16", "did you mean 'foot'?"]),
      ("normal: 0.5", "normal: -1", ["absorbing-edges[0].normal", "at least 0"]),
      ("history: {file: level.csv}", "history: {file: none.csv}", ["there is no file"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    #expect(damCase.contains(part))
    try tool.write("case.yaml", damCase.replacingOccurrences(of: part, with: wrong))
    try tool.write("level.csv", "time,value\n0,0\n1,1\n")
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }
}
