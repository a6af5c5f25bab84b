import Foundation
import Geometry
import Testing

@Test("a mesh written for Gmsh and read again is the same mesh", arguments: CellShape.allCases)
func gmshRoundTrip(shape: CellShape) throws {
  let mesh = try StructuredMesh.plateWithHole(
    halfWidth: 3, halfHeight: 2, holeRadius: 1, halfThickness: 0.3,
    divisions: (2, 4, 1), shape: shape)
  let back = try Mesh.gmsh(Array(mesh.gmshText().utf8), name: "plate.msh")
  try back.validate()
  #expect(back.points == mesh.points && back.blocks == mesh.blocks)
  #expect(back.facetSets == mesh.facetSets)
  for (name, nodes) in mesh.nodeSets { #expect(back.nodeSets[name] == nodes, "\(name)") }
}

@Test(
  "version 4.1 and 2.2, text and binary of either byte order, give the same mesh",
  arguments: [4.1, 2.2], [Encoding.text, .little, .big])
func gmshEncodings(version: Double, encoding: Encoding) throws {
  let bytes = version == 4.1 ? square41(encoding) : square22(encoding)
  let mesh = try Mesh.gmsh(bytes, name: "square.msh")
  try mesh.validate()
  #expect(mesh.dimension == 2 && mesh.nodeCount == 6)
  #expect(mesh == (try Mesh.gmsh(square22(.text), name: "square.msh")))
  #expect(mesh.blocks.map(\.name) == ["soft part", "stiff"])
  #expect(mesh.blocks.map(\.shape) == [.quad4, .tri3])
}

@Test("physical groups become blocks, facet sets and node sets; lost nodes go")
func gmshGroups() throws {
  let mesh = try Mesh.gmsh(square41(.text), name: "square.msh")
  // Node 7 of the file, the centre of an arc, belongs to no cell.
  #expect(mesh.points == [[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 1, 0], [1, 1, 0], [0, 1, 0]])
  #expect(mesh.blocks[0].connectivity == [0, 1, 4, 5])
  #expect(mesh.blocks[1].connectivity == [1, 2, 3, 1, 3, 4])
  #expect(mesh.facetSets["left"] == [.init(block: 0, cell: 0, facet: 3)])
  #expect(mesh.nodeSets["left"] == [0, 5])
  #expect(mesh.nodeSets["tip"] == [3])
  #expect(mesh.nodeSets["stiff"] == [1, 2, 3, 4])
  #expect(mesh.nodeSets["ymax"] == [3, 4, 5])
}

@Test("what is wrong in a .msh file is named with its line and a remedy")
func gmshMistakes() {
  let good = String(decoding: square22(.text), as: UTF8.self)
  func refused(_ part: String, _ text: String) {
    let error = #expect(throws: MeshError.self) {
      _ = try Mesh.gmsh(Array(text.utf8), name: "a.msh")
    }
    let line = error?.description ?? ""
    #expect(line.hasPrefix("a.msh") && !line.contains("\n"), "\(line)")
    #expect(part.isEmpty || line.contains(part), "\(line)")
  }
  func with(_ old: String, _ new: String) -> String {
    #expect(good.contains(old))
    return good.replacingOccurrences(of: old, with: new)
  }
  refused("does not begin with $MeshFormat", "")
  refused("does not begin with $MeshFormat", "solid cube\nfacet normal 0 0 1\n")
  refused("version 4.0", with("2.2 0 8", "4.0 0 8"))
  refused("version 1.0", with("2.2 0 8", "1 0 8"))
  refused("data size 4", with("2.2 0 8", "2.2 0 4"))
  refused("a.msh:16: y of node 4 is \"one\"", with("4 2 1 0", "4 2 one 0"))
  refused("y of node 4 is \"nan\"", with("4 2 1 0", "4 2 nan 0"))
  refused("number of nodes is 999", with("$Nodes\n7\n", "$Nodes\n999999999\n"))
  refused("has more or less in $Nodes", with("$Nodes\n7\n", "$Nodes\n6\n"))
  refused("a node number is \"$EndNodes\"", with("$Nodes\n7\n", "$Nodes\n8\n"))
  refused("has node 4 twice", with("5 1 1 0", "4 1 1 0"))
  refused("element 4 has node 70", with("4 3 2 1 1 1 2 5 6", "4 3 2 1 1 1 2 5 70"))
  refused("a.msh:26: element 4 is inverted at node 1", with("1 1 1 2 5 6", "1 1 1 6 5 2"))
  refused("element 4 has node 2 twice", with("1 1 1 2 5 6", "1 1 1 2 2 6"))
  refused("SecondOrderIncomplete", with("4 3 2 1 1 1 2 5 6", "4 10 2 1 1 1 2 5 6"))
  refused("is a prism", with("4 3 2 1 1 1 2 5 6", "4 6 2 1 1 1 2 5 6"))
  refused("Gmsh's type 92", with("4 3 2 1 1 1 2 5 6", "4 92 2 1 1 1 2 5 6"))
  refused("not a side of any cell", with("2 1 2 3 3 6 1", "2 1 2 3 3 6 2"))
  refused("plane of constant z", with("4 2 1 0", "4 2 1 0.5"))
  refused(
    "has no cells", with("$Elements\n6\n", "$Elements\n0\n$EndElements\n$Old\n") + "$EndOld\n")
  refused("without a quoted name", with("\"soft part\"", "soft"))
  refused("has no $EndComments", good + "$Comments\nhello\n")
  refused("where a section should begin", good + "hello\n")
  refused("more than two cells", with("5 2 2 2 2 2 3 4", "5 3 2 2 2 1 2 5 6"))
  for length in stride(from: 0, to: good.utf8.count - 15, by: 7) {
    refused("", String(good.prefix(length)))
  }
}

@Test(
  "files of Gmsh 4.15: mid-edge nodes stand on their edges, also on the circle",
  arguments: [CellShape.hex20, .tet10])
func gmshOwnFiles(shape: CellShape) throws {
  let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("gmsh/tube-sector-\(shape.rawValue).msh").path
  let mesh = try Mesh.gmsh(contentsOf: path)
  try mesh.validate()
  #expect(mesh.blocks.map(\.name) == ["tube"] && mesh.blocks[0].shape == shape)
  for cell in 0..<mesh.cellCount {
    let nodes = mesh.blocks[0].nodes(of: cell).map { mesh.points[Int($0)] }
    for (e, (a, b)) in shape.edges.enumerated() {
      // Straight, or on the circle of its ends: then off the chord by at most 2 (1 - cos 22.5 deg).
      let off = nodes[shape.cornerCount + e] - 0.5 * (nodes[a] + nodes[b])
      #expect(norm(off) < 0.16 && abs(off.z) < 1e-9)
    }
  }
  // One parabola for an eighth of a circle misses the area of the ring by little.
  #expect(abs(measure(mesh) / (0.375 * .pi) - 1) < 2e-3)
  let outside = mesh.nodeSets["outside"]!.map { mesh.points[$0] }
  #expect(outside.allSatisfy { abs(hypot($0.x, $0.y) - 2) < 1e-9 })
  #expect(mesh.facetSets["outside"]?.count == (shape == .hex20 ? 1 : 2))
  #expect(mesh.nodeSets["tip"]!.map { mesh.points[$0] } == [[1, 0, 0]])
}

@Test("a missing mesh file is said to be missing")
func gmshMissing() {
  let error = #expect(throws: MeshError.self) { _ = try Mesh.gmsh(contentsOf: "/nowhere/a.msh") }
  #expect(error?.description == "/nowhere/a.msh: does not exist; check the path")
  #expect(throws: MeshError.self) { _ = try Mesh.gmsh(contentsOf: "/") }
}

@Test("flipped and missing bytes are refused or harmless, never a crash or a hang")
func gmshDamage() throws {
  var random = UInt64(5)
  func next(_ n: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(random >> 33) % n
  }
  for good in [square22(.text), square22(.little), square41(.text), square41(.big)] {
    for _ in 0..<1500 {
      var bytes = good
      for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
      if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
      do {
        let mesh = try Mesh.gmsh(bytes, name: "a.msh")
        #expect(mesh.cellCount > 0)
      } catch {
        #expect(error.description.hasPrefix("a.msh"))
      }
    }
  }
}

// MARK: - Two unit squares, one a quadrilateral, the other two triangles

enum Encoding: Sendable { case text, little, big }

/// Writes numbers as text or binary.
private struct Writer {
  let encoding: Encoding
  var bytes: [UInt8] = []

  mutating func text(_ s: String) { bytes += Array(s.utf8) }
  mutating func line() { if encoding == .text { text("\n") } }
  private mutating func raw(_ n: UInt64, _ width: Int) {
    for i in 0..<width {
      let byte = encoding == .little ? i : width - 1 - i
      bytes.append(UInt8(truncatingIfNeeded: n >> UInt64(8 * byte)))
    }
  }
  mutating func ints(_ values: Int...) {
    for n in values {
      if encoding == .text { text("\(n) ") } else { raw(UInt64(bitPattern: Int64(n)), 4) }
    }
  }
  mutating func sizes(_ values: Int...) {
    for n in values { if encoding == .text { text("\(n) ") } else { raw(UInt64(n), 8) } }
  }
  mutating func doubles(_ values: Double...) {
    for x in values {
      if encoding == .text { text("\(Int(x)) ") } else { raw(x.bitPattern, 8) }
    }
  }
  mutating func head(_ version: String) {
    text("$MeshFormat\n\(version) \(encoding == .text ? 0 : 1) 8\n")
    if encoding != .text {
      ints(1)
      text("\n")
    }
    text("$EndMeshFormat\n")
    text("$PhysicalNames\n4\n0 4 \"tip\"\n1 3 \"left\"\n2 1 \"soft part\"\n2 2 \"stiff\"\n")
    text("$EndPhysicalNames\n")
  }
  mutating func end(_ section: String) {
    text(encoding == .text ? "" : "\n"); text("$End\(section)\n")
  }
}

private let coordinates: [(Double, Double)] = [
  (0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (5, 5),
]

/// Elements: type, physical group, nodes.
private let elements: [(type: Int, group: Int, nodes: [Int])] = [
  (15, 4, [4]), (1, 3, [6, 1]), (15, 4, [4]), (3, 1, [1, 2, 5, 6]), (2, 2, [2, 3, 4]),
  (2, 2, [2, 4, 5]),
]

func square22(_ encoding: Encoding) -> [UInt8] {
  var w = Writer(encoding: encoding)
  w.head("2.2")
  w.text("$Nodes\n7\n")
  for (i, (x, y)) in coordinates.enumerated() {
    w.ints(i + 1)
    w.doubles(x, y, 0)
    w.line()
  }
  w.end("Nodes")
  w.text("$Elements\n6\n")
  for (i, e) in elements.enumerated() {
    if encoding == .text { w.ints(i + 1, e.type, 2) } else { w.ints(e.type, 1, 2, i + 1) }
    w.ints(e.group, e.group)
    for n in e.nodes { w.ints(n) }
    w.line()
  }
  w.end("Elements")
  // As Gmsh writes it: no space at the end of a line.
  guard encoding == .text else { return w.bytes }
  return Array(
    String(decoding: w.bytes, as: UTF8.self).replacingOccurrences(of: " \n", with: "\n").utf8)
}

func square41(_ encoding: Encoding) -> [UInt8] {
  var w = Writer(encoding: encoding)
  w.head("4.1")
  w.text("$Entities\n")
  w.sizes(1, 1, 2, 0)
  w.line()
  w.ints(9)
  w.doubles(2, 1, 0)
  w.sizes(1)
  w.ints(4)
  w.line()
  for (tag, group) in [(7, 3), (1, 1), (2, 2)] {
    w.ints(tag)
    w.doubles(0, 0, 0, 2, 1, 0)
    w.sizes(1)
    w.ints(group)
    w.sizes(1)
    w.ints(-3)
    w.line()
  }
  w.end("Entities")
  w.text("$Nodes\n")
  w.sizes(2, 7, 1, 7)
  w.line()
  for (parametric, range) in [(1, 0..<3), (0, 3..<7)] {
    w.ints(1, 7, parametric)
    w.sizes(range.count)
    w.line()
    for n in range { w.sizes(n + 1) }
    w.line()
    for n in range {
      w.doubles(coordinates[n].0, coordinates[n].1, 0)
      if parametric == 1 { w.doubles(3) }
      w.line()
    }
  }
  w.end("Nodes")
  w.text("$Elements\n")
  w.sizes(4, 5, 1, 6)
  w.line()
  for (dimension, tag, range) in [(0, 9, 0..<1), (1, 7, 1..<2), (2, 1, 3..<4), (2, 2, 4..<6)] {
    w.ints(dimension, tag, elements[range.lowerBound].type)
    w.sizes(range.count)
    w.line()
    for i in range {
      w.sizes(i + 1)
      for n in elements[i].nodes { w.sizes(n) }
      w.line()
    }
  }
  w.end("Elements")
  return w.bytes
}
