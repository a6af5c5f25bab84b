import Contact
import DDA

/// The blocks of a case before anything moves, and how the case speaks of them.
struct BlockTable: Sendable {
  /// Blocks that were given, then those that were cut.
  private(set) var blocks: [BlockDefinition] = []
  /// What in the case each came from, for messages.
  private(set) var places: [CaseValue] = []
  private var numbers: [String: Int] = [:]
  /// Laws that edges of blocks name.
  var edgeLaws = EdgeLawList()
  /// What cutting did; nil where nothing was cut.
  var cut: CutBlocks?
  /// What of the drawings makes no block, a line per drawing.
  var warnings: [String] = []

  /// One more block.
  mutating func add(_ block: BlockDefinition, from place: CaseValue) {
    blocks.append(block)
    places.append(place)
  }

  /// Gives a block a name.
  /// - Throws: `InputError` where another has it, or it is a number.
  mutating func name(_ block: Int, _ name: CaseValue) throws(InputError) {
    guard numbers[name.text] == nil else {
      throw name.error("two blocks are named '\(name.text)'; rename one")
    }
    guard Int(name.text) == nil else {
      throw name.error("a number is no name: blocks have numbers already; give a word")
    }
    numbers[name.text] = block
  }

  /// Changes a block.
  mutating func change(_ block: Int, _ edit: (inout BlockDefinition) -> Void) {
    edit(&blocks[block])
  }

  /// The number of a block that is named, numbered, or marked by a point inside it at the start.
  /// - Throws: `InputError` where there is none, or more than one at the point.
  func block(_ name: CaseValue) throws(InputError) -> Int {
    if name.isList { return try block(at: name) }
    if case .integer(let n) = name.content {
      guard blocks.indices.contains(n) else {
        throw name.error("there is no block \(n); they go from 0 to \(blocks.count - 1)")
      }
      return n
    }
    guard let i = numbers[name.text] else {
      throw name.error(
        "there is no block '\(name.text)'; "
          + Suggestion.remedy(for: name.text, in: numbers.keys.sorted()))
    }
    return i
  }

  private func block(at place: CaseValue) throws(InputError) -> Int {
    let p = Point(place.list[0].number, place.list[1].number)
    let found = blocks.indices.filter { blocks[$0].polygon.contains(p) }
    let spot = "[\(Show.number(p.x)), \(Show.number(p.y))]"
    guard let first = found.first else {
      throw place.error("no block holds the point \(spot) at the start; give one inside a block")
    }
    guard found.count == 1 else {
      throw place.error(
        "the point \(spot) lies between blocks \(first) and \(found[1]); give one inside a block")
    }
    return first
  }
}

extension BlockCase {
  /// The blocks of the case: given, cut, and with what it says of those in places.
  /// - Throws: `InputError` for what makes no block.
  func blockTable() throws(InputError) -> BlockTable {
    var table = BlockTable()
    for row in value.need("blocks").list {
      let polygon = try polygon(row.need("outline"))
      if let name = row["name"] { try table.name(table.blocks.count, name) }
      var block = BlockDefinition(polygon)
      try setProperties(row).forEach { $0(&block) }
      table.add(block, from: row)
    }
    var drawings: [PlacedDrawing] = []
    for row in value.need("drawings").list {
      let drawing = try PlacedDrawing(row, self)
      drawings.append(drawing)
      if let line = drawing.warning(layersAreGiven: row["layers"] != nil) {
        table.warnings.append(line)
      }
    }
    try addCutBlocks(&table, drawings)
    guard !table.blocks.isEmpty else {
      throw InputError(
        source.file, key: "blocks",
        "there are none; give outlines under 'blocks', or a 'domain' to be cut by joints")
    }
    try assign(&table, drawings)
    return table
  }

  /// What a row says of a block: material, fixed, velocity, spin, initial stress.
  func setProperties(_ row: CaseValue) throws(InputError) -> [(inout BlockDefinition) -> Void] {
    var out: [(inout BlockDefinition) -> Void] = []
    if let name = row["material"] {
      let material = try material(name)
      out.append { $0.material = material }
    }
    if let flag = row["fixed"]?.flag { out.append { $0.isFixed = flag } }
    if let v = row["velocity"].map(vector) { out.append { $0.velocity = v } }
    if let spin = row["spin"]?.number { out.append { $0.spin = spin } }
    if let s = row["initial-stress"]?.numbers { out.append { $0.initialStress = s } }
    return out
  }
}
