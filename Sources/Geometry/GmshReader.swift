import Foundation

extension Mesh {
  /// Reads a mesh that Gmsh saved: .msh version 2.2 or 4.1, text or binary.
  ///
  /// The elements of the highest dimension become cells: one block for each physical group and
  /// shape, named after the group, `body` without one. Physical groups of the boundary become facet
  /// sets and node sets, those of lower dimension and of the regions node sets; unnamed groups are
  /// called by their number. Elements that lie in a plane of constant z, without volume elements,
  /// make a 2-D mesh. Nodes that no cell has, such as centres of arcs, are left out. The sets of
  /// `addBoxSets` are added where the file has none of their name.
  ///
  /// Coordinates are taken as they are; scale with `mapped` where the file is not in m.
  /// - Throws: `MeshError` naming file, line, mistake and remedy; also for an inverted cell.
  public static func gmsh(contentsOf path: String) throws(MeshError) -> Mesh {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let there = FileManager.default.fileExists(atPath: path)
      throw MeshError(path, there ? "cannot be read" : "does not exist", "check the path")
    }
    return try gmsh([UInt8](data), name: path)
  }

  /// Reads a mesh from the bytes of a .msh file.
  /// - Parameter name: What messages call the file.
  public static func gmsh(_ bytes: [UInt8], name: String) throws(MeshError) -> Mesh {
    var scanner = GmshScanner(bytes, file: name)
    let contents = try GmshContents(&scanner)
    var builder = GmshMesh(contents, scanner)
    return try builder.build()
  }
}

/// Makes a mesh of the contents of a file.
private struct GmshMesh {
  private let contents: GmshContents
  private let scanner: GmshScanner
  private var mesh = Mesh(dimension: 3, points: [], blocks: [])
  /// New number of every node of the file; −1 for those that no cell has.
  private var number: [Int32] = []
  private var nodeSets: [String: Set<Int>] = [:]

  init(_ contents: GmshContents, _ scanner: GmshScanner) {
    self.contents = contents
    self.scanner = scanner
  }

  mutating func build() throws(MeshError) -> Mesh {
    mesh.dimension = try dimension()
    try addCells()
    try addBoundary()
    try addLowerGroups()
    for (name, nodes) in nodeSets { mesh.nodeSets[name] = nodes.sorted() }
    mesh.addBoxSets()
    return mesh
  }

  private func dimension() throws(MeshError) -> Int {
    let highest = contents.elements.map(\.type.dimension).max() ?? 0
    guard highest >= 2 else {
      throw MeshError(
        scanner.file, "has no cells",
        "mesh the surface or the volume, and put it into a physical group if there are any")
    }
    guard highest == 2 else { return 3 }
    let cells = contents.elements.filter { $0.type.dimension == 2 }
    let z = contents.points[contents.elementNodes[cells[0].firstNode]].z
    let size = contents.points.reduce(0) { max($0, abs($1.x), abs($1.y)) }
    for cell in cells {
      for i in 0..<cell.type.nodeCount {
        let p = contents.points[contents.elementNodes[cell.firstNode + i]]
        guard abs(p.z - z) <= 1e-9 * size else {
          throw error(
            cell, "is in a surface that is not a plane of constant z, without a volume",
            "mesh the volume, or draw a 2-D body in the plane z = 0")
        }
      }
    }
    return 2
  }

  /// Blocks by physical group and shape, in the order of the file.
  private mutating func addCells() throws(MeshError) {
    var used = [Bool](repeating: false, count: contents.points.count)
    for element in contents.elements where element.type.dimension == mesh.dimension {
      for n in nodes(element) { used[n] = true }
    }
    number = [Int32](repeating: -1, count: used.count)
    for (n, isUsed) in used.enumerated() where isUsed {
      number[n] = Int32(mesh.points.count)
      mesh.points.append(contents.points[n])
      if mesh.dimension == 2 { mesh.points[mesh.points.count - 1].z = 0 }
    }
    struct Key: Hashable {
      let name: String, shape: CellShape
    }
    var places: [Key: Int] = [:]
    for element in contents.elements {
      guard case .cell(let shape) = element.type, shape.dimension == mesh.dimension else {
        continue
      }
      let names = names(element)
      let key = Key(name: names.first ?? "body", shape: shape)
      let local = nodes(element)
      let cell = shape.gmshOrder.map { number[local[$0]] }
      try check(element, cell, shape)
      if places[key] == nil {
        places[key] = mesh.blocks.count
        mesh.blocks.append(Mesh.Block(name: key.name, shape: shape, connectivity: []))
      }
      mesh.blocks[places[key]!].connectivity += cell
      for name in names { nodeSets[name, default: []].formUnion(cell.map { Int($0) }) }
    }
  }

  private func check(
    _ element: GmshContents.Element, _ cell: [Int32], _ shape: CellShape
  ) throws(MeshError) {
    guard let defect = mesh.defect(of: cell[...], shape: shape) else { return }
    // The node's number in the file, which people see in Gmsh.
    let at = number.firstIndex(of: Int32(defect.node))!
    let tag = contents.nodeIndex.first { $0.value == at }?.key ?? defect.node
    throw error(element, defect.what("node \(tag)"), defect.remedy)
  }

  private mutating func addBoundary() throws(MeshError) {
    let sides = contents.elements.filter {
      $0.type.dimension == mesh.dimension - 1 && !$0.groups.isEmpty
    }
    let table = FacetTable(mesh)
    if let worst = zip(table.facets, table.sharers()).first(where: { $1 > 2 })?.0 {
      throw MeshError(
        scanner.file,
        "has a facet with more than two cells, of which cell \(worst.cell) of block "
          + "'\(mesh.blocks[worst.block].name)' is one",
        "put every element into one physical group only: version 2.2 repeats it for each")
    }
    for side in sides {
      let corners = nodes(side).prefix(side.type.cornerCount).map { number[$0] }
      guard !corners.contains(-1), let facet = table.facet(corners: corners) else {
        throw error(
          side, "is in the boundary group '\(names(side)[0])' but is not a side of any cell",
          "mesh the body and its boundary together")
      }
      let all = mesh.nodes(of: facet)
      for name in names(side) {
        mesh.facetSets[name, default: []].append(facet)
        nodeSets[name, default: []].formUnion(all)
      }
    }
  }

  /// Node sets of points, and in 3-D of curves.
  private mutating func addLowerGroups() throws(MeshError) {
    for element in contents.elements where element.type.dimension < mesh.dimension - 1 {
      for name in names(element) {
        let known = nodes(element).map { Int(number[$0]) }
        guard !known.contains(-1) else {
          throw error(
            element, "is in the group '\(name)' but its nodes belong to no cell",
            "embed the point or curve in the body before meshing")
        }
        nodeSets[name, default: []].formUnion(known)
      }
    }
  }

  private func nodes(_ element: GmshContents.Element) -> [Int] {
    Array(
      contents.elementNodes[element.firstNode..<element.firstNode + element.type.nodeCount])
  }

  private func names(_ element: GmshContents.Element) -> [String] {
    element.groups.map {
      contents.names[.init(dimension: element.type.dimension, tag: $0)] ?? "\($0)"
    }
  }

  private func error(
    _ element: GmshContents.Element, _ what: String, _ remedy: String
  ) -> MeshError {
    MeshError(scanner.place(line: element.line), "element \(element.number) \(what)", remedy)
  }
}
