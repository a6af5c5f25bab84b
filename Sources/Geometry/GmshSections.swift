/// What stands in a .msh file, before it is made a mesh.
struct GmshContents {
  struct Element {
    let type: GmshElement
    /// Number in the file, and line it stands in.
    let number: Int, line: Int
    /// Physical groups it belongs to.
    let groups: [Int]
    /// First of its nodes in `elementNodes`.
    let firstNode: Int
  }

  struct Entity: Hashable {
    let dimension: Int, tag: Int
  }

  /// Names of physical groups.
  var names: [Entity: String] = [:]
  /// Physical groups of the entities of a geometry (version 4).
  var groups: [Entity: [Int]] = [:]
  var nodeIndex: [Int: Int] = [:]
  var points: [SIMD3<Double>] = []
  var elements: [Element] = []
  /// Places of nodes in `points`, in Gmsh's order.
  var elementNodes: [Int] = []
  /// Version 4.1, whose numbers of nodes and elements are 64 bits wide in binary; else version 2.
  private let modern: Bool
  private var hasNodes = false, hasElements = false

  /// Reads all sections.
  /// - Throws: `MeshError` naming file, line, mistake and remedy.
  init(_ scanner: inout GmshScanner) throws(MeshError) {
    guard let first = scanner.word(), first.elementsEqual("$MeshFormat".utf8) else {
      throw scanner.error(
        "does not begin with $MeshFormat", "give a mesh saved by Gmsh as .msh")
    }
    modern = try Self.format(&scanner)
    while let word = scanner.word() {
      guard word.first == UInt8(ascii: "$") else {
        let text = String(decoding: word.prefix(40), as: UTF8.self)
        throw scanner.error("has \"\(text)\" where a section should begin")
      }
      let name = String(decoding: word.dropFirst(), as: UTF8.self)
      scanner.section = "$\(name)"
      switch name {
      case "PhysicalNames": try readNames(&scanner)
      case "Entities" where modern: try readEntities(&scanner)
      case "PartitionedEntities":
        throw scanner.error("is partitioned", "save the mesh without partitions")
      case "Nodes":
        hasNodes = true
        try modern ? readNodes4(&scanner) : readNodes2(&scanner)
      case "Elements":
        guard hasNodes else { throw scanner.error("has elements before any nodes") }
        hasElements = true
        try modern ? readElements4(&scanner) : readElements2(&scanner)
      default: break
      }
      try Self.end(&scanner, name)
    }
    guard hasNodes, hasElements else {
      throw scanner.error(
        "has no \(hasNodes ? "$Elements" : "$Nodes")", "the file may be cut off: export it again")
    }
  }

  private static func end(_ scanner: inout GmshScanner, _ name: String) throws(MeshError) {
    let known = ["PhysicalNames", "Nodes", "Elements", "Entities"]
    if known.contains(name) {
      let start = scanner
      guard let word = scanner.word(), word.elementsEqual("$End\(name)".utf8) else {
        throw start.error(
          "has more or less in $\(name) than it says", "the file is damaged: export it again")
      }
    } else {
      try scanner.skip(past: "$End\(name)")
    }
  }

  /// Reads `$MeshFormat`; true for version 4.1.
  private static func format(_ scanner: inout GmshScanner) throws(MeshError) -> Bool {
    let version = try scanner.double("the version")
    guard (2...2.2).contains(version) || version == 4.1 else {
      throw scanner.error(
        "has format version \(version)", "save as version 4.1 or 2.2 (gmsh -format msh41)")
    }
    let kind = try scanner.int("the file type")
    let width = try scanner.int("the data size")
    guard kind == 0 || kind == 1, width == 8 else {
      throw scanner.error("has file type \(kind) and data size \(width)", "save it with Gmsh 4")
    }
    if kind == 1 {
      _ = scanner.restOfLine()
      scanner.section = "$MeshFormat"
      scanner.binary = true
      let one = try scanner.int("the byte order")
      guard one == 1 || one == 1 << 24 else { throw scanner.error("has byte order mark \(one)") }
      scanner.swapped = one != 1
    }
    try scanner.skip(past: "$EndMeshFormat")
    return version == 4.1
  }

  private mutating func readNames(_ scanner: inout GmshScanner) throws(MeshError) {
    let count = try scanner.count("the number of physical names", asText: true)
    for _ in 0..<count {
      let dimension = try scanner.wholeWord("the dimension of a physical group")
      let tag = try scanner.wholeWord("the number of a physical group")
      let line = scanner.restOfLine()
      guard let from = line.firstIndex(of: "\""), let to = line.lastIndex(of: "\""), from < to
      else { throw scanner.error("has a physical group \(tag) without a quoted name") }
      names[Entity(dimension: dimension, tag: tag)] = String(line[line.index(after: from)..<to])
    }
  }

  /// Goes past the end of the line, where binary data begin.
  private func begin(_ scanner: inout GmshScanner) {
    if scanner.binary { _ = scanner.restOfLine() }
  }

  // MARK: - Version 2

  private mutating func readNodes2(_ scanner: inout GmshScanner) throws(MeshError) {
    let count = try scanner.count("the number of nodes", least: 8, asText: true)
    begin(&scanner)
    for _ in 0..<count {
      let number = try scanner.int("a node number")
      try add(node: number, try point(&scanner, number), scanner)
    }
  }

  private mutating func readElements2(_ scanner: inout GmshScanner) throws(MeshError) {
    let count = try scanner.count("the number of elements", least: 6, asText: true)
    begin(&scanner)
    var read = 0
    while read < count {
      var number = scanner.binary ? 0 : try scanner.int("an element number")
      let type = try elementType(&scanner, number)
      let many = scanner.binary ? try scanner.int("the number of elements that follow") : 1
      let tagCount = try scanner.int("the number of tags of element \(number)")
      guard many > 0, many <= count - read, (0...1000).contains(tagCount) else {
        throw scanner.error("has \(many) elements with \(tagCount) tags each")
      }
      for _ in 0..<many {
        if scanner.binary { number = try scanner.int("an element number") }
        var group = 0
        for i in 0..<tagCount {
          let tag = try scanner.int("a tag of element \(number)")
          if i == 0 { group = tag }
        }
        try readElement(&scanner, type, number, groups: group == 0 ? [] : [abs(group)])
      }
      read += many
    }
  }

  // MARK: - Version 4.1

  private mutating func readEntities(_ scanner: inout GmshScanner) throws(MeshError) {
    begin(&scanner)
    var counts: [Int] = []
    for name in ["points", "curves", "surfaces", "volumes"] {
      counts.append(try scanner.count("the number of \(name)"))
    }
    for (dimension, count) in counts.enumerated() {
      for _ in 0..<count {
        let tag = try scanner.int("the number of an entity")
        for _ in 0..<(dimension == 0 ? 3 : 6) { _ = try scanner.double("a bound of an entity") }
        let groupCount = try scanner.count("the number of physical groups of entity \(tag)")
        var list: [Int] = []
        for _ in 0..<groupCount { list.append(abs(try scanner.int("a physical group"))) }
        if !list.isEmpty { groups[Entity(dimension: dimension, tag: tag)] = list }
        guard dimension > 0 else { continue }
        let sides = try scanner.count("the number of boundaries of entity \(tag)")
        for _ in 0..<sides { _ = try scanner.int("a boundary of entity \(tag)") }
      }
    }
  }

  private mutating func readNodes4(_ scanner: inout GmshScanner) throws(MeshError) {
    begin(&scanner)
    let blocks = try scanner.count("the number of node blocks")
    let total = try scanner.count("the number of nodes", least: 4)
    _ = try scanner.size("the smallest node number")
    _ = try scanner.size("the largest node number")
    for _ in 0..<blocks {
      let dimension = try scanner.int("the dimension of an entity")
      _ = try scanner.int("the number of an entity")
      let parametric = try scanner.int("the mark of parametric nodes")
      let count = try scanner.count("the number of nodes of a block")
      guard (0...3).contains(dimension), (0...1).contains(parametric) else {
        throw scanner.error("has a node block of dimension \(dimension)")
      }
      var tags: [Int] = []
      for _ in 0..<count { tags.append(try scanner.size("a node number")) }
      for tag in tags {
        let p = try point(&scanner, tag)
        for _ in 0..<parametric * dimension { _ = try scanner.double("a parameter of node \(tag)") }
        try add(node: tag, p, scanner)
      }
    }
    guard points.count == total else {
      throw scanner.error("has \(points.count) nodes and says \(total)")
    }
  }

  private mutating func readElements4(_ scanner: inout GmshScanner) throws(MeshError) {
    begin(&scanner)
    let blocks = try scanner.count("the number of element blocks")
    let total = try scanner.count("the number of elements")
    _ = try scanner.size("the smallest element number")
    _ = try scanner.size("the largest element number")
    for _ in 0..<blocks {
      let dimension = try scanner.int("the dimension of an entity")
      let tag = try scanner.int("the number of an entity")
      let type = try elementType(&scanner, nil)
      let count = try scanner.count("the number of elements of a block")
      let list = groups[Entity(dimension: dimension, tag: tag)] ?? []
      for _ in 0..<count {
        let number = try scanner.size("an element number")
        try readElement(&scanner, type, number, groups: list)
      }
    }
    guard elements.count == total else {
      throw scanner.error("has \(elements.count) elements and says \(total)")
    }
  }

  // MARK: - Parts

  private func point(
    _ scanner: inout GmshScanner, _ node: Int
  ) throws(MeshError) -> SIMD3<Double> {
    let x = try scanner.double("x of node \(node)")
    let y = try scanner.double("y of node \(node)")
    return SIMD3(x, y, try scanner.double("z of node \(node)"))
  }

  private mutating func add(
    node: Int, _ point: SIMD3<Double>, _ scanner: GmshScanner
  ) throws(MeshError) {
    guard nodeIndex.updateValue(points.count, forKey: node) == nil else {
      throw scanner.error("has node \(node) twice")
    }
    points.append(point)
  }

  private func elementType(
    _ scanner: inout GmshScanner, _ number: Int?
  ) throws(MeshError) -> GmshElement {
    let type = try scanner.int("the type of an element")
    switch GmshElement.type(type) {
    case .success(let element): return element
    case .failure(let refusal):
      let element = number.map { "element \($0)" } ?? "an element"
      throw scanner.error("\(element) is \(refusal.what)", refusal.remedy)
    }
  }

  private mutating func readElement(
    _ scanner: inout GmshScanner, _ type: GmshElement, _ number: Int, groups: [Int]
  ) throws(MeshError) {
    let first = elementNodes.count
    let line = scanner.line
    for _ in 0..<type.nodeCount {
      let node =
        modern
        ? try scanner.size("a node of element \(number)")
        : try scanner.int("a node of element \(number)")
      guard let index = nodeIndex[node] else {
        throw scanner.error("element \(number) has node \(node), which is not among the nodes")
      }
      elementNodes.append(index)
    }
    elements.append(
      Element(type: type, number: number, line: line, groups: groups, firstNode: first))
  }

}
