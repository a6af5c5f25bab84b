import Foundation
import Storage
import Studies
import Testing

/// Group codes and values as a DXF file has them: one per line.
private func dxf(_ entities: String, header: String = "") -> String {
  let head = header.isEmpty ? "" : "0 SECTION 2 HEADER \(header) 0 ENDSEC "
  let words = (head + "0 SECTION 2 ENTITIES " + entities + " 0 ENDSEC 0 EOF").split {
    $0 == " " || $0 == "\n"
  }
  return words.joined(separator: "\n") + "\n"
}

/// In mm: an outline of 4 m × 2 m from a line and a polyline, one joint across, its base, clay on
/// the right.
private let slope = """
  0 LINE 8 OUTLINE 10 0 20 0 11 4000 21 0
  0 LWPOLYLINE 8 OUTLINE 90 4 70 0 10 0 20 0 10 0 20 2000 10 4000 20 2000 10 4000 20 0
  0 TEXT 8 NOTES 10 1 20 1 1 words
  0 POLYLINE 8 CRACKS 66 1 70 0
  0 VERTEX 8 CRACKS 10 1000 20 -500
  0 VERTEX 8 CRACKS 10 1000 20 2500
  0 SEQEND
  0 LINE 8 BASE 10 0 20 0 11 500 21 0
  0 LWPOLYLINE 8 CLAY 70 1 10 1000 20 0 10 4000 20 0 10 4000 20 2000 10 1000 20 2000
  """
private let millimetres = "9 $INSUNITS 70 4"

/// The block left of the joint is fixed, the one right of it is clay and moves by 1 m/s.
private let drawnCase = """
  kind: block-system
  materials:
    rock: {young: 1 GPa, poisson: 0.2, density: 2500}
    clay: {young: 1 GPa, poisson: 0.2, density: 2000}
  joints: {friction: 30}
  gravity: [0, 0]
  drawings:
    - file: slope.dxf
      layers: {OUTLINE: boundary, CRACKS: joint, BASE: fixed, CLAY: {material: clay}}
  assign:
    - {inside: [[1, 0], [5, 0], [5, 2], [1, 2]], velocity: [1, 0]}
  time: {end: 0.01, step: 0.01}
  probes: [{name: momentum, quantity: momentum, along: [1, 0]}]

  """

@Suite("Blocks from drawings") struct BlockSystemDrawingTests {
  private func momentum(_ tool: CommandLineTool, _ more: [String] = []) throws -> Double {
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf", "--json"] + more)
    #expect(run.code == 0, "\(run.error)")
    return try #require((run.json?["probes"] as? [String: Double])?["momentum"])
  }

  @Test("lines and polylines make the domain: area, material and what is fixed show in momentum")
  func polylines() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", drawnCase)
    try tool.write("slope.dxf", dxf(slope, header: millimetres))
    // 3 m × 2 m of 2000 kg/m³; the rest is fixed and does not count.
    #expect(try abs(momentum(tool) / 12_000 - 1) < 1e-9)
    // Lines that end as other programs end them.
    try tool.write(
      "slope.dxf",
      dxf(slope, header: millimetres).replacingOccurrences(of: "\n", with: "\r\n"))
    #expect(try abs(momentum(tool) / 12_000 - 1) < 1e-9)
    // The result holds the drawing.
    try FileManager.default.removeItem(atPath: tool.folder + "/slope.dxf")
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(again.code == 0, "\(again.error)")
  }

  @Test("the unit of the case goes before that of the file, and metres where neither says one")
  func units() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", drawnCase)
    let plain = slope.replacingOccurrences(of: "000", with: "").replacingOccurrences(
      of: "500", with: "0.5")
    try tool.write("slope.dxf", dxf(plain))
    #expect(try abs(momentum(tool) / 12_000 - 1) < 1e-9)
    try tool.write("slope.dxf", dxf(plain, header: millimetres))
    let metres = try momentum(tool, ["--set", "drawings.0.unit=m"])
    #expect(abs(metres / 12_000 - 1) < 1e-9)
  }

  @Test(
    "a round tunnel as a circle, as two arcs and as a polyline with bulges is one 36-gon",
    arguments: [
      "0 CIRCLE 8 hole 10 2 20 1 40 0.5",
      "0 ARC 8 hole 10 2 20 1 40 0.5 50 0 51 180 0 ARC 8 hole 10 2 20 1 40 0.5 50 180 51 360",
      "0 ARC 8 hole 10 2 20 1 40 0.5 50 180 51 0 0 ARC 8 hole 10 2 20 1 40 0.5 50 -360 51 180",
      "0 LWPOLYLINE 8 hole 70 1 10 1.5 20 1 42 1 10 2.5 20 1 42 1",
      // Seen from below: x is mirrored.
      "0 CIRCLE 8 hole 10 -2 20 1 40 0.5 210 0 220 0 230 -1",
    ])
  func round(tunnel: String) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let entities = """
      0 LWPOLYLINE 8 Boundary 70 1 10 0 20 0 10 4 20 0 10 4 20 2 10 0 20 2
      \(tunnel) 0 LINE 8 joint 10 -1 20 1 11 5 21 1
      """
    try tool.write("t.dxf", dxf(entities))
    // Layers of these names need not be named in the case.
    try tool.write(
      "case.yaml",
      """
      kind: block-system
      materials: {rock: {young: 1 GPa, poisson: 0.2, density: 1000}}
      joints: {friction: 30}
      gravity: [0, 0]
      drawings: [{file: t.dxf}]
      assign: [{at: [[0.5, 0.5], [0.5, 1.5]], velocity: [1, 0]}]
      time: {end: 0.001, step: 0.001}
      probes: [{name: momentum, quantity: momentum, along: [1, 0]}]
      """)
    let area = 8 - 18 * 0.25 * sin(10 * Double.pi / 180)
    #expect(try abs(momentum(tool) / (1000 * area) - 1) < 1e-5)
  }

  @Test("an arc that begins beyond all turns ends as a line that does not close")
  func farArc() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", drawnCase)
    try tool.write("slope.dxf", dxf("0 ARC 8 OUTLINE 10 2 20 1 40 1 50 1e300 51 90 \(slope)"))
    let run = try tool.run(["validate", "case.yaml"])
    #expect(run.code == 2 && run.error.contains("does not close"), "\(run.error)")
  }

  @Test("what is not read of a drawing is said in one line: how many, of which kinds")
  func passedOver() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", drawnCase)
    let more =
      "0 SPLINE 8 CRACKS 10 1 20 1 0 ELLIPSE 8 CRACKS 10 1 20 1 0 SPLINE 8 CRACKS 10 1 20 1 "
    try tool.write("slope.dxf", dxf(more + slope, header: millimetres))
    let says = "4 entities are not read (2 SPLINE, 1 ELLIPSE, 1 TEXT)"
    for command in [["validate", "case.yaml"], ["run", "case.yaml", "-o", "r.vtkhdf"]] {
      let run = try tool.run(command + ["--json"])
      #expect(run.code == 0 && run.errorLines.count == 1, "\(run.error)")
      #expect(run.error.contains("slope.dxf") && run.error.contains(says), "\(run.error)")
      #expect((run.json?["warnings"] as? [String])?.count == 1)
    }
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(page.contains(says))
    // Layers are known by their names: lines on others are told of too.
    let entities = """
      0 LWPOLYLINE 8 boundary 70 1 10 0 20 0 10 4 20 0 10 4 20 2 10 0 20 2
      0 LINE 8 joint 10 -1 20 1 11 5 21 1 0 LINE 8 faults 10 1 20 0 11 1 21 2
      """
    try tool.write("slope.dxf", dxf(entities))
    let bare = drawnCase.split(separator: "\n").filter {
      !$0.contains("layers:") && !$0.contains("inside:") && !$0.contains("assign:")
    }
    try tool.write("case.yaml", bare.joined(separator: "\n"))
    let idle = try tool.run(["validate", "case.yaml"])
    #expect(idle.code == 0 && idle.errorLines.count == 1, "\(idle.error)")
    #expect(idle.error.contains("1 line is on layers without a role (faults)"), "\(idle.error)")
    // Nothing to tell, nothing told.
    try tool.write("slope.dxf", dxf(entities.replacingOccurrences(of: "faults", with: "joint")))
    #expect(try tool.run(["validate", "case.yaml"]).error.isEmpty)
  }

  @Test("our own file of lines: groups with points, offsets and a unit")
  func groups() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let path = tool.folder + "/lines.h5"
    func write(_ layer: String, _ lines: [[Double]], unit: String = "mm") throws {
      let file = try H5File.create(at: path)
      try write(layer, lines, unit: unit, to: file)
      try write("boundary", [[0, 0, 4000, 0, 4000, 2000, 0, 2000, 0, 0]], to: file)
      try write("fixed", [[0, 0, 500, 0]], to: file)
      try file.commit()
    }
    func write(
      _ layer: String, _ lines: [[Double]], unit: String = "mm", to file: borrowing H5File
    ) throws {
      let group = try file.root.createGroup(layer)
      let values = lines.flatMap { $0 }
      try group.write("points", values, shape: [values.count / 2, 2], unit: unit)
      var offsets: [Int64] = [0]
      for line in lines { offsets.append(offsets.last! + Int64(line.count / 2)) }
      try group.write("offsets", offsets)
    }
    try write("joint", [[1000, -500, 1000, 2500], [1000, 1000, 5000, 1000]])
    let text = drawnCase.replacingOccurrences(of: "slope.dxf", with: "lines.h5")
    try tool.write(
      "case.yaml",
      text.split(separator: "\n").filter { !$0.contains("layers:") }.joined(separator: "\n"))
    // 3 m × 2 m of rock, in two blocks.
    #expect(try abs(momentum(tool) / 15_000 - 1) < 1e-9)
    for (lines, unit, says) in [
      ([[0, .nan, 1, 1]], "mm", "row 0 is not a number"), ([[0, 0, 1, 1]], "kg", "kg"),
      ([[500, 500]], "mm", "is a point and no joint"),
    ] {
      try write("joint", lines, unit: unit)
      let run = try tool.run(["validate", "case.yaml"])
      #expect(run.code == 2 && run.errorLines.count == 1)
      #expect(
        run.error.contains("lines.h5: key 'joint") && run.error.contains(says), "\(run.error)")
    }
  }

  @Test(
    "a drawing that is none is one line with file, line and remedy, exit 2",
    arguments: [
      ("21 0", "21 abc", ["slope.dxf:26", "group 21 must be a number, not 'abc'"]),
      ("21 0", "21 nan", ["slope.dxf:26", "not 'nan'"]),
      ("21 0", "x 0", ["slope.dxf:25", "must be a group code", "not 'x'"]),
      ("11 4000 21 0", "11 4000", ["slope.dxf:16", "LINE has no group 21", "export"]),
      ("0 LINE 8 OUTLINE", "0 LINE 8 OUT", ["slope.dxf:28", "OUTLINE", "does not close"]),
      ("CRACKS 66", "CRACKED 66", ["case.yaml:9", "layers.CRACKS", "did you mean 'CRACKED'?"]),
      (
        "8 BASE 10 0 20 0 11 500 21 0", "8 BASE 10 0 20 -9 11 500 21 -9",
        ["slope.dxf", "BASE", "no block"]
      ),
      ("2 ENTITIES", "2 OBJECTS", ["slope.dxf", "no section ENTITIES"]),
      ("0 ENDSEC 0 EOF", "", ["ends inside the section ENTITIES"]),
      ("10 4000 20 2000 10 4000 20 0", "10 4000 20 -1 10 4000 20 0", ["OUTLINE", "cross"]),
    ])
  func mistakes(part: String, wrong: String, says: [String]) throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let lines = { (text: String) in text.split(separator: " ").joined(separator: "\n") }
    let whole = dxf(slope, header: millimetres)
    #expect(whole.contains(lines(part)), "\(part)")
    let range = try #require(whole.range(of: lines(part)))
    try tool.write("slope.dxf", whole.replacingCharacters(in: range, with: lines(wrong)))
    try tool.write("case.yaml", drawnCase)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 2 && run.errorLines.count == 1, "\(run.error)")
    for word in says { #expect(run.error.contains(word), "\(run.error)") }
    #expect(!tool.contents().contains("r.vtkhdf"))
  }

  @Test("a binary drawing, one without known layers, and a second outline are told what to do")
  func others() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("case.yaml", drawnCase)
    try tool.write("slope.dxf", "AutoCAD Binary DXF\r\n")
    #expect(try tool.run(["validate", "case.yaml"]).error.contains("save it as ASCII DXF"))
    try tool.write("slope.dxf", dxf(slope, header: millimetres))
    let bare = drawnCase.split(separator: "\n").filter { !$0.contains("layers:") }
    try tool.write("case.yaml", bare.joined(separator: "\n"))
    let unknown = try tool.run(["validate", "case.yaml"])
    #expect(unknown.code == 2 && unknown.error.contains("OUTLINE, NOTES") == false)
    #expect(unknown.error.contains("say under 'layers' what they are: OUTLINE"), "\(unknown.error)")
    try tool.write("case.yaml", drawnCase + "domain: {outline: [[0, 0], [1, 0], [1, 1]]}\n")
    let second = try tool.run(["validate", "case.yaml"])
    #expect(second.code == 2 && second.error.contains("is a second outline"), "\(second.error)")
  }
}
