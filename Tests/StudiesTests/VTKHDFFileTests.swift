import Foundation
import Geometry
import Storage
import Studies
import Testing

/// A folder of its own for one test.
private final class Folder {
  let path = NSTemporaryDirectory() + "vtkhdf-\(UUID().uuidString)"
  init() {
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

private func fields(_ mesh: Mesh, _ step: Int) -> (
  points: [VTKHDFFile.Field], cells: [VTKHDFFile.Field]
) {
  let s = Double(step + 1)
  let n = Array(mesh.points.indices)
  return (
    [
      .init("temperature", .scalar, n.map { s * Double($0) }, unit: "K"),
      .init("displacement", .vector, n.flatMap { [s, Double($0), -s] }, unit: "m"),
      .init("stress", .symmetricTensor, n.flatMap { [11, 22, 33, 23, 31, 12 + Double($0) * s] }),
      .init("gradient", .tensor, n.flatMap { _ in (0..<9).map { s * Double($0) } }),
    ],
    [.init("density", .scalar, (0..<mesh.cellCount).map { s + Double($0) }, unit: "kg/m3")]
  )
}

private func write(_ mesh: Mesh, steps: Int, to path: String) throws {
  let file = try H5File.create(at: path)
  try file.root.write("input/case", text: "title: test")
  var result = try VTKHDFFile(mesh: mesh, in: file.root)
  for step in 0..<steps {
    let (points, cells) = fields(mesh, step)
    try result.append(time: 0.5 * Double(step + 1), pointFields: points, cellFields: cells)
  }
  try result.finish()
  try file.commit()
}

/// Two regions of two shapes.
private func mixedMesh() throws -> Mesh {
  let brick = try StructuredMesh.box(size: [1, 1, 1], divisions: (2, 2, 2))
  let tets = try StructuredMesh.box(
    size: [1, 1, 1], divisions: (1, 1, 1), origin: [3, 0, 0], shape: .tet10)
  return Mesh(
    dimension: 3, points: brick.points + tets.points,
    blocks: [
      .init(name: "rubber", shape: .hex8, connectivity: brick.blocks[0].connectivity),
      .init(
        name: "steel", shape: .tet10,
        connectivity: tets.blocks[0].connectivity.map { $0 + Int32(brick.nodeCount) }),
    ], nodeSets: ["left end / x = 0": brick.nodeSets["xmin"]!], facetSets: brick.facetSets)
}

@Test("mesh, sets and the fields of every step come back as they were written")
func vtkhdfRoundTrip() throws {
  let folder = Folder()
  let meshes =
    try CellShape.allCases.map {
      try StructuredMesh.box(size: [2, 1, 1], divisions: (2, 2, 1), shape: $0)
    } + [mixedMesh()]
  for (i, mesh) in meshes.enumerated() {
    let path = "\(folder.path)/\(i).vtkhdf"
    try write(mesh, steps: 3, to: path)
    let file = try H5File.open(at: path)
    for step in 0..<3 {
      let back = try VTKHDFFile.read(file.root, step: step)
      #expect(back.mesh == mesh)
      #expect(back.times == [0.5, 1, 1.5] && back.step == step)
      let (points, cells) = fields(mesh, step)
      #expect(back.pointFields == points.sorted { $0.name < $1.name })
      #expect(back.cellFields == cells)
    }
    #expect(try VTKHDFFile.read(file.root).step == 2)
    #expect(try file.root.readText("input/case") == "title: test")
    #expect(throws: StorageError.self) { _ = try VTKHDFFile.read(file.root, step: 3) }
  }
}

@Test("a mesh without steps is a file too")
func vtkhdfWithoutSteps() throws {
  let folder = Folder()
  let path = "\(folder.path)/mesh.vtkhdf"
  let mesh = try mixedMesh()
  try write(mesh, steps: 0, to: path)
  let back = try VTKHDFFile.read(H5File.open(at: path).root)
  #expect(back.mesh == mesh && back.times.isEmpty && back.pointFields.isEmpty)
}

@Test("a file that is HDF5 but no mesh of ours is refused by name")
func vtkhdfForeign() throws {
  let folder = Folder()
  func refused(_ part: String, _ make: (borrowing H5Group) throws -> Void) throws {
    let path = "\(folder.path)/a.vtkhdf"
    let file = try H5File.create(at: path)
    try make(file.root)
    try file.commit()
    let opened = try H5File.open(at: path)
    let error = #expect(throws: StorageError.self) { _ = try VTKHDFFile.read(opened.root) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }
  try refused("no such group") { try $0.write("x", [1.0]) }
  try refused("no such attribute") { _ = try $0.createGroup("VTKHDF") }
  try refused("'ImageData'") {
    try $0.createGroup("VTKHDF").setAttribute("Type", "ImageData", encoding: .fixedASCII)
  }
  func grid(_ root: borrowing H5Group, type: UInt8, node: Int64, points: Int64) throws {
    let group = try root.createGroup("VTKHDF")
    try group.setAttribute("Type", "UnstructuredGrid", encoding: .fixedASCII)
    try group.write("Points", [0.0, 0, 0, 1, 0, 0, 0, 1, 0], shape: [3, 3])
    try group.write("NumberOfPoints", [points])
    try group.write("Connectivity", [0, 1, node])
    try group.write("Offsets", [Int64(0), 3])
    try group.write("Types", [type])
  }
  try refused("type 14") { try grid($0, type: 14, node: 2, points: 3) }
  try refused("node 3 of 3") { try grid($0, type: 5, node: 3, points: 3) }
  try refused("several parts") { try grid($0, type: 5, node: 2, points: 2) }
  try refused("wrong offsets") { try grid($0, type: 9, node: 2, points: 3) }
}

// MARK: - VTK's own reader

/// A Python that has VTK, if any: DEEPMANIFOLD_VTK_PYTHON, else python3.
private let vtkPython: String? = {
  let names = [ProcessInfo.processInfo.environment["DEEPMANIFOLD_VTK_PYTHON"], "python3"]
  return names.compactMap { $0 }.first { run($0, ["-c", "import vtkmodules.vtkIOHDF, numpy"]).ok }
}()

private func run(_ command: String, _ arguments: [String]) -> (ok: Bool, output: Data) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [command] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return (false, Data()) }
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus == 0, output)
}

private struct Seen: Decodable {
  struct Step: Decodable {
    let time: Double, points: Int, cells: Int, types: [UInt8], coordinates: [Double]
    let pointData: [String: [Double]], cellData: [String: [Double]]
  }
  let steps: [Step]
}

@Test("VTK reads points, cells, times and fields", .enabled(if: vtkPython != nil, "needs vtk"))
func vtkReadsIt() throws {
  let folder = Folder()
  let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("read_vtkhdf.py").path
  let meshes =
    try CellShape.allCases.map {
      try StructuredMesh.box(size: [2, 1, 1], divisions: (2, 2, 1), shape: $0)
    } + [mixedMesh()]
  for (i, mesh) in meshes.enumerated() {
    let path = "\(folder.path)/\(i).vtkhdf"
    try write(mesh, steps: 3, to: path)
    let (ok, output) = run(vtkPython!, [script, path])
    #expect(ok)
    let seen = try JSONDecoder().decode(Seen.self, from: output)
    #expect(seen.steps.map(\.time) == [0.5, 1, 1.5])
    for (step, found) in seen.steps.enumerated() {
      #expect(found.points == mesh.nodeCount && found.cells == mesh.cellCount)
      #expect(
        found.types
          == mesh.blocks.flatMap { Array(repeating: $0.shape.vtkType, count: $0.cellCount) })
      #expect(found.coordinates == mesh.points.flatMap { [$0.x, $0.y, $0.z] })
      let (points, cells) = fields(mesh, step)
      for field in points where field.kind != .symmetricTensor {
        #expect(found.pointData[field.name] == field.values, "\(field.name)")
      }
      // VTK's order: xx, yy, zz, xy, yz, zx.
      #expect(
        found.pointData["stress"]
          == mesh.points.indices.flatMap { [11, 22, 33, 12 + Double($0 * (step + 1)), 23, 31] })
      #expect(found.cellData["density"] == cells[0].values)
    }
  }
}
