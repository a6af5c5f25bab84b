import Geometry
import Storage

// VTKHDF 2.0, UnstructuredGrid, one part, static mesh (or polygons whose points move):
//
//   VTKHDF            Type (fixed-length ASCII), Version
//     NumberOfPoints, NumberOfCells, NumberOfConnectivityIds   one number each, for the one part
//     Points [n, 3] (of all steps, one after the other, where they move), Connectivity,
//       Offsets [cells + 1], Types
//     PointData/name, CellData/name    rows of all steps, one after the other
//     Steps           NSteps; Values (times)
//       NumberOfParts, PartOffsets, PointOffsets, CellOffsets, ConnectivityIdOffsets   per step;
//       PointDataOffsets/name, CellDataOffsets/name    offsets all 0 but those of the data:
//                                                      the mesh is written once
//   mesh              ours: dimension, names of blocks, named sets
//
// Source: VTK file formats, "VTKHDF File Format", docs.vtk.org.

/// A mesh and fields over time in the group `VTKHDF` of a result file, which ParaView and VTK open
/// as it is. The file's owner may write other groups beside it.
///
/// Steps are compressed as they come; the file takes shape in memory and is written by `commit`.
///
/// ```swift
/// let file = try H5File.create(at: "out.vtkhdf")
/// var steps = try VTKHDFFile(mesh: mesh, in: file.root)
/// try steps.append(time: 1, pointFields: [.init("displacement", .vector, u, unit: "m")])
/// try steps.finish()
/// try file.commit()
/// ```
public struct VTKHDFFile: ~Copyable {
  /// Numbers at every node or in every cell.
  public struct Field: Sendable, Equatable {
    /// What stands at one node; the raw value is the count of numbers.
    public enum Kind: Int, Sendable {
      /// One number.
      case scalar = 1
      /// x, y, z.
      case vector = 3
      /// Plain components (no √2) xx, yy, zz, yz, zx, xy. In the file they have VTK's order, xx, yy,
      /// zz, xy, yz, zx; here that is not seen.
      case symmetricTensor = 6
      /// Rows of a 3×3 matrix.
      case tensor = 9
    }

    /// Name in the file.
    public var name: String
    /// What stands at one node.
    public var kind: Kind
    /// `kind.rawValue` numbers for each node or cell in turn.
    public var values: [Double]
    /// Unit; nil where unknown.
    public var unit: String?

    /// From its parts.
    public init(_ name: String, _ kind: Kind, _ values: [Double], unit: String? = nil) {
      precondition(
        values.count % kind.rawValue == 0, "\(values.count) numbers are not whole \(kind)s")
      precondition(!name.contains("/") && name != "." && name != "", "bad field name '\(name)'")
      self.name = name
      self.kind = kind
      self.values = values
      self.unit = unit
    }
  }

  private let group: H5Group
  private let pointCount: Int, cellCount: Int
  /// Whether every step brings its own points.
  private let isMoving: Bool
  private var times: [Double] = []
  private var pointNames: [String] = [], cellNames: [String] = []

  /// Writes the mesh.
  /// - Parameters:
  ///   - bars: Straight lines between two nodes each, cells after those of the mesh.
  ///   - root: The root of a file being created.
  /// - Throws: `StorageError` when the file cannot be written.
  public init(
    mesh: Mesh, bars: [SIMD2<Int32>] = [], in root: borrowing H5Group
  ) throws(StorageError) {
    let group = try root.createGroup("VTKHDF")
    try Self.write(mesh, bars, to: group)
    try MeshGroup.write(mesh, to: root)
    self.group = group
    pointCount = mesh.nodeCount
    cellCount = mesh.cellCount + bars.count
    isMoving = false
  }

  /// Polygons in the plane, each with points of its own, which every step brings.
  /// - Parameter corners: Number of corners of every polygon.
  /// - Throws: `StorageError` when the file cannot be written.
  public init(polygons corners: [Int], in root: borrowing H5Group) throws(StorageError) {
    let group = try root.createGroup("VTKHDF")
    try group.setAttribute("Version", [Int64(2), 0])
    try group.setAttribute("Type", "UnstructuredGrid", encoding: .fixedASCII)
    var offsets: [Int64] = [0]
    for n in corners { offsets.append(offsets[offsets.count - 1] + Int64(n)) }
    let count = offsets[corners.count]
    try group.write("NumberOfPoints", [count])
    try group.write("NumberOfCells", [Int64(corners.count)])
    try group.write("NumberOfConnectivityIds", [count])
    try group.write("Connectivity", Array(0..<count))
    try group.write("Offsets", offsets)
    try group.write("Types", [UInt8](repeating: MeshGroup.vtkPolygon, count: corners.count))
    _ = try group.createGroup("PointData")
    _ = try group.createGroup("CellData")
    self.group = group
    (pointCount, cellCount) = (Int(count), corners.count)
    isMoving = true
  }

  private static func write(
    _ mesh: Mesh, _ bars: [SIMD2<Int32>], to group: borrowing H5Group
  ) throws(StorageError) {
    try group.setAttribute("Version", [Int64(2), 0])
    try group.setAttribute("Type", "UnstructuredGrid", encoding: .fixedASCII)
    var connectivity: [Int64] = []
    var offsets: [Int64] = [0]
    var types: [UInt8] = []
    for block in mesh.blocks {
      connectivity += block.connectivity.map { Int64($0) }
      for _ in 0..<block.cellCount {
        offsets.append(offsets[offsets.count - 1] + Int64(block.shape.nodeCount))
      }
      types += [UInt8](repeating: block.shape.vtkType, count: block.cellCount)
    }
    for bar in bars {
      connectivity += [Int64(bar.x), Int64(bar.y)]
      offsets.append(Int64(connectivity.count))
      types.append(MeshGroup.vtkLine)
    }
    try group.write("NumberOfPoints", [Int64(mesh.nodeCount)])
    try group.write("NumberOfCells", [Int64(types.count)])
    try group.write("NumberOfConnectivityIds", [Int64(connectivity.count)])
    try group.write(
      "Points", mesh.points.flatMap { [$0.x, $0.y, $0.z] }, shape: [mesh.nodeCount, 3], unit: "m")
    try group.write("Connectivity", connectivity)
    try group.write("Offsets", offsets)
    try group.write("Types", types)
    _ = try group.createGroup("PointData")
    _ = try group.createGroup("CellData")
  }

  /// Writes the fields of one step. Every step has the same fields.
  /// - Parameters:
  ///   - time: Time or load factor; ascending.
  ///   - points: x, y, z of all points, where they move; else nil.
  ///   - pointFields: Values at the nodes, in the order of `mesh.points`.
  ///   - cellFields: Values in the cells, block after block.
  public mutating func append(
    time: Double, points: [Double]? = nil, pointFields: [Field], cellFields: [Field] = []
  ) throws(StorageError) {
    precondition(
      points?.count == (isMoving ? 3 * pointCount : nil), "moving points, and only they, are given")
    if let points { try group.append("Points", points, rowShape: [3], unit: "m") }
    if times.isEmpty {
      pointNames = pointFields.map(\.name)
      cellNames = cellFields.map(\.name)
    }
    precondition(
      pointNames == pointFields.map(\.name) && cellNames == cellFields.map(\.name),
      "every step has the same fields: \(pointNames) and \(cellNames)")
    try append(pointFields, to: "PointData", rows: pointCount)
    try append(cellFields, to: "CellData", rows: cellCount)
    times.append(time)
  }

  private func append(_ fields: [Field], to folder: String, rows: Int) throws(StorageError) {
    for field in fields {
      let n = field.kind.rawValue
      precondition(
        field.values.count == rows * n,
        "\(field.name): \(field.values.count) numbers for \(rows) \(field.kind)s")
      let values =
        field.kind == .symmetricTensor
        ? reordered(field.values, by: [0, 1, 2, 5, 3, 4]) : field.values
      try group.append(
        "\(folder)/\(field.name)", values, rowShape: n == 1 ? [] : [n], unit: field.unit)
    }
  }

  /// Writes what readers need to find the steps. Call once, before the file is committed.
  public consuming func finish() throws(StorageError) {
    guard !times.isEmpty else { return }
    let count = times.count
    let zeros = [Int64](repeating: 0, count: count)
    let steps = try group.createGroup("Steps")
    try steps.setAttribute("NSteps", count)
    try steps.write("Values", times)
    try steps.write("NumberOfParts", [Int64](repeating: 1, count: count))
    try steps.write("PartOffsets", zeros)
    try steps.write(
      "PointOffsets", isMoving ? (0..<count).map { Int64($0 * pointCount) } : zeros)
    // One column for each topology; an unstructured grid has one.
    try steps.write("CellOffsets", zeros, shape: [count, 1])
    try steps.write("ConnectivityIdOffsets", zeros, shape: [count, 1])
    for (folder, names, rows) in [
      ("PointDataOffsets", pointNames, pointCount), ("CellDataOffsets", cellNames, cellCount),
    ] {
      let offsets = try steps.createGroup(folder)
      for name in names { try offsets.write(name, (0..<count).map { Int64($0 * rows) }) }
    }
  }

  // MARK: - Reading

  /// A mesh and the fields of one step, read from a file.
  public struct Contents: Sendable {
    /// The mesh; blocks and sets are those written, in foreign files one block for each shape.
    public var mesh: Mesh
    /// Cells that are straight lines between two nodes; they come after those of the mesh.
    public var bars: [SIMD2<Int32>]
    /// Times of all steps; empty when the file has none.
    public var times: [Double]
    /// The step that was read, from 0.
    public var step: Int
    /// Values at the nodes, by name in ascending order.
    public var pointFields: [Field]
    /// Values in the cells, by name in ascending order.
    public var cellFields: [Field]

    /// The values at the nodes of one name.
    public func pointField(_ name: String) -> Field? { pointFields.first { $0.name == name } }
  }

  /// Reads the mesh and the fields of one step.
  /// - Parameter step: From 0; the last when nil.
  /// - Throws: `StorageError` for a file without such a group, with another mesh at every step or in
  ///   several parts, with cells that are not ours, or damaged.
  public static func read(
    _ root: borrowing H5Group, step: Int? = nil
  ) throws(StorageError) -> Contents {
    let group = try root.group("VTKHDF")
    let type = try group.stringAttribute("Type")
    guard type == "UnstructuredGrid" else {
      throw foreign(group, "holds '\(type)', not 'UnstructuredGrid'")
    }
    let (mesh, bars) = try MeshGroup.read(group, root: root)
    var times: [Double] = []
    if group.contains("Steps") {
      times = try group.readDoubles("Steps/Values").values
      let offsets = try group.read("Steps/PointOffsets", as: Int64.self).values
      guard offsets.allSatisfy({ $0 == 0 }) else {
        throw foreign(group, "has another mesh at every step")
      }
    }
    let index = step ?? max(0, times.count - 1)
    guard index >= 0, index < max(1, times.count) else {
      throw foreign(group, "has \(times.count) steps, so no step \(index)")
    }
    return Contents(
      mesh: mesh, bars: bars, times: times, step: index,
      pointFields: try fields(group, "PointData", rows: mesh.nodeCount, step: index),
      cellFields: try fields(group, "CellData", rows: mesh.cellCount + bars.count, step: index))
  }

  private static func fields(
    _ group: borrowing H5Group, _ folder: String, rows: Int, step: Int
  ) throws(StorageError) -> [Field] {
    guard group.contains(folder) else { return [] }
    let data = try group.group(folder)
    var out: [Field] = []
    for child in try data.children() {
      guard case .array(let shape, let element) = child.kind, element != "string",
        let kind = Field.Kind(rawValue: shape.dropFirst().reduce(1, *))
      else { continue }
      var start = 0
      let offsets = "Steps/\(folder)Offsets/\(child.name)"
      if group.contains(offsets) {
        let all = try group.read(offsets, as: Int64.self).values
        guard step < all.count else { throw foreign(group, "'\(child.name)' has too few steps") }
        start = Int(all[step])
      }
      guard start >= 0, start <= Int.max - rows else {
        throw foreign(group, "'\(child.name)' starts at \(start)")
      }
      let array = try data.read(child.name, as: Double.self, rows: start..<start + rows)
      let values =
        kind == .symmetricTensor
        ? reordered(array.values, by: [0, 1, 2, 4, 5, 3]) : array.values
      out.append(Field(child.name, kind, values, unit: array.unit))
    }
    return out
  }

  private static func foreign(_ group: borrowing H5Group, _ what: String) -> StorageError {
    StorageError(
      .mismatch, file: group.file, path: group.path, what: what,
      remedy: "give a result that deepmanifold wrote, or convert it to one part with a fixed mesh")
  }
}

/// Six components at a time: component i of the result is `order[i]` of the input.
private func reordered(_ values: [Double], by order: [Int]) -> [Double] {
  var out = values
  for start in stride(from: 0, to: values.count, by: 6) {
    for i in 0..<6 { out[start + i] = values[start + order[i]] }
  }
  return out
}
