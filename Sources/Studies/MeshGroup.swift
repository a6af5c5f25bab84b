import Geometry
import Storage

/// The mesh of a result file: points and cells in `VTKHDF`, and beside it our group `mesh` with
/// what VTK does not know: dimension, names of blocks, named sets.
enum MeshGroup {
  static func write(_ mesh: Mesh, to root: borrowing H5Group) throws(StorageError) {
    let group = try root.createGroup("mesh")
    try group.setAttribute("dimension", mesh.dimension)
    try group.write("block_names", mesh.blocks.map(\.name))
    try group.write("block_cells", mesh.blocks.map { Int64($0.cellCount) })
    // Set names are free text, so they are stored as such and not as names of arrays.
    let nodeSets = try group.createGroup("node_sets")
    for (i, (name, nodes)) in mesh.nodeSets.sorted(by: { $0.key < $1.key }).enumerated() {
      try nodeSets.write("\(i)", nodes.map { Int32($0) })
      try nodeSets.setAttribute("name", name, of: "\(i)")
    }
    let facetSets = try group.createGroup("facet_sets")
    for (i, (name, facets)) in mesh.facetSets.sorted(by: { $0.key < $1.key }).enumerated() {
      try facetSets.write(
        "\(i)", facets.flatMap { [Int32($0.block), Int32($0.cell), Int32($0.facet)] },
        shape: [facets.count, 3])
      try facetSets.setAttribute("name", name, of: "\(i)")
    }
  }

  /// VTK's number of a straight line between two nodes.
  static let vtkLine: UInt8 = 3
  /// The number of VTK for a polygon.
  static let vtkPolygon: UInt8 = 7

  /// - Parameter vtk: The group `VTKHDF`.
  /// - Returns: the mesh, and the lines that come after its cells.
  static func read(
    _ vtk: borrowing H5Group, root: borrowing H5Group
  ) throws(StorageError) -> (mesh: Mesh, bars: [SIMD2<Int32>]) {
    let points = try vtk.readDoubles("Points")
    guard points.shape.count == 2, points.shape[1] == 3 else {
      throw damaged(vtk, "'Points' has shape \(points.shape)")
    }
    guard try vtk.shape(of: "NumberOfPoints").reduce(1, *) == 1,
      try vtk.read("NumberOfPoints", as: Int64.self).values[0] == points.shape[0]
    else { throw damaged(vtk, "the mesh has several parts or changes with time") }
    var (blocks, bars) = try cells(vtk, nodeCount: points.shape[0])
    var mesh = Mesh(
      dimension: blocks.map(\.shape.dimension).max() ?? 3,
      points: (0..<points.shape[0]).map {
        SIMD3(points.values[3 * $0], points.values[3 * $0 + 1], points.values[3 * $0 + 2])
      }, blocks: [])
    if root.contains("mesh") {
      let group = try root.group("mesh")
      let dimension = try group.intAttribute("dimension")
      guard dimension == 2 || dimension == 3 else {
        throw damaged(group, "the dimension is \(dimension)")
      }
      mesh.dimension = dimension
      blocks = try named(blocks, group)
      mesh.nodeSets = try nodeSets(group, nodeCount: mesh.nodeCount)
      mesh.facetSets = try facetSets(group, blocks: blocks)
    }
    mesh.blocks = blocks
    return (mesh, bars)
  }

  /// One block for each run of cells of one shape, and the lines.
  private static func cells(
    _ vtk: borrowing H5Group, nodeCount: Int
  ) throws(StorageError) -> (blocks: [Mesh.Block], bars: [SIMD2<Int32>]) {
    let connectivity = try vtk.read("Connectivity", as: Int64.self).values
    let offsets = try vtk.read("Offsets", as: Int64.self).values
    let types = try vtk.read("Types", as: UInt8.self).values
    guard offsets.count == types.count + 1 else {
      throw damaged(vtk, "has \(offsets.count) offsets for \(types.count) cells")
    }
    let shapes = Dictionary(uniqueKeysWithValues: CellShape.allCases.map { ($0.vtkType, $0) })
    var runs: [(shape: CellShape, nodes: [Int32])] = []
    var bars: [SIMD2<Int32>] = []
    for (cell, type) in types.enumerated() {
      if type == vtkLine {
        bars.append(try bar(connectivity, offsets, cell, nodeCount, vtk))
        continue
      }
      guard bars.isEmpty else { throw damaged(vtk, "cell \(cell) comes after lines") }
      guard let shape = shapes[type] else {
        throw damaged(vtk, "cell \(cell) has VTK's type \(type), which is not one of ours")
      }
      let from = offsets[cell]
      guard from >= 0, from <= connectivity.count - shape.nodeCount,
        offsets[cell + 1] - from == shape.nodeCount
      else { throw damaged(vtk, "cell \(cell) has wrong offsets") }
      if runs.last?.shape != shape { runs.append((shape, [])) }
      for node in connectivity[Int(from)..<Int(from) + shape.nodeCount] {
        guard node >= 0, node < nodeCount else {
          throw damaged(vtk, "cell \(cell) has node \(node) of \(nodeCount)")
        }
        runs[runs.count - 1].nodes.append(Int32(node))
      }
    }
    return (runs.map { Mesh.Block(shape: $0.shape, connectivity: $0.nodes) }, bars)
  }

  private static func bar(
    _ connectivity: [Int64], _ offsets: [Int64], _ cell: Int, _ nodeCount: Int,
    _ vtk: borrowing H5Group
  ) throws(StorageError) -> SIMD2<Int32> {
    let from = offsets[cell]
    guard from >= 0, from <= connectivity.count - 2, offsets[cell + 1] - from == 2 else {
      throw damaged(vtk, "cell \(cell) has wrong offsets")
    }
    let (a, b) = (connectivity[Int(from)], connectivity[Int(from) + 1])
    guard (0..<Int64(nodeCount)).contains(a), (0..<Int64(nodeCount)).contains(b) else {
      throw damaged(vtk, "line \(cell) has nodes \(a) and \(b) of \(nodeCount)")
    }
    return SIMD2(Int32(a), Int32(b))
  }

  /// The same cells, cut into the blocks that were written.
  private static func named(
    _ runs: [Mesh.Block], _ group: borrowing H5Group
  ) throws(StorageError) -> [Mesh.Block] {
    let names = try group.readStrings("block_names").values
    let counts = try group.read("block_cells", as: Int64.self).values
    guard names.count == counts.count, counts.allSatisfy({ $0 >= 0 }) else {
      throw damaged(group, "has \(names.count) names for \(counts.count) blocks")
    }
    var out: [Mesh.Block] = []
    var (run, cell) = (0, 0)
    for (name, count) in zip(names, counts) {
      if run < runs.count, cell == runs[run].cellCount { (run, cell) = (run + 1, 0) }
      guard count > 0 else { continue }
      guard run < runs.count, count <= runs[run].cellCount - cell else {
        throw damaged(group, "block '\(name)' has \(count) cells, which are not there")
      }
      let n = runs[run].shape.nodeCount
      out.append(
        Mesh.Block(
          name: name, shape: runs[run].shape,
          connectivity: Array(runs[run].connectivity[cell * n..<(cell + Int(count)) * n])))
      cell += Int(count)
    }
    return out
  }

  private static func nodeSets(
    _ group: borrowing H5Group, nodeCount: Int
  ) throws(StorageError) -> [String: [Int]] {
    let sets = try group.group("node_sets")
    var out: [String: [Int]] = [:]
    for child in try sets.children() {
      let nodes = try sets.read(child.name, as: Int32.self).values
      guard nodes.allSatisfy({ $0 >= 0 && $0 < nodeCount }) else {
        throw damaged(sets, "set \(child.name) has nodes that do not exist")
      }
      out[try sets.stringAttribute("name", of: child.name)] = nodes.map { Int($0) }
    }
    return out
  }

  private static func facetSets(
    _ group: borrowing H5Group, blocks: [Mesh.Block]
  ) throws(StorageError) -> [String: [Mesh.Facet]] {
    let sets = try group.group("facet_sets")
    var out: [String: [Mesh.Facet]] = [:]
    for child in try sets.children() {
      let flat = try sets.read(child.name, as: Int32.self).values.map { Int($0) }
      var facets: [Mesh.Facet] = []
      for i in stride(from: 0, to: flat.count - flat.count % 3, by: 3) {
        guard blocks.indices.contains(flat[i]), flat[i + 1] >= 0, flat[i + 2] >= 0,
          flat[i + 1] < blocks[flat[i]].cellCount,
          flat[i + 2] < blocks[flat[i]].shape.facets.count
        else { throw damaged(sets, "set \(child.name) has facets that do not exist") }
        facets.append(Mesh.Facet(block: flat[i], cell: flat[i + 1], facet: flat[i + 2]))
      }
      out[try sets.stringAttribute("name", of: child.name)] = facets
    }
    return out
  }

  private static func damaged(_ group: borrowing H5Group, _ what: String) -> StorageError {
    StorageError(
      .damaged, file: group.file, path: group.path, what: what,
      remedy: "give a result that deepmanifold wrote, or make it again")
  }
}
