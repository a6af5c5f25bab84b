import Contact
import DDA

/// Where a line of the domain came from, for messages.
private enum LineSource {
  case value(CaseValue)
  case line(DrawnLine, of: Drawing)

  func error(_ problem: String) -> InputError {
    switch self {
    case .value(let value): value.error(problem)
    case .line(let line, let drawing): drawing.error(line, problem)
    }
  }
}

/// A domain and its joints as the case and its drawings give them, ready to be cut.
private struct DomainLines {
  var outlines: [(points: [Point], source: LineSource)] = []
  var holes: [(points: [Point], source: LineSource)] = []
  var traces: [(points: [Point], source: LineSource, law: CaseValue?)] = []

  init(_ study: BlockCase, _ drawings: [PlacedDrawing]) throws(InputError) {
    func read(_ row: CaseValue) -> (points: [Point], source: LineSource) {
      (row.list.map(study.vector), .value(row))
    }
    if let domain = study.value["domain"] {
      outlines = domain["outline"].map { [read($0)] } ?? []
      holes = domain.need("holes").list.map(read)
    }
    traces = study.value.need("traces").list.map { row in
      let line = read(row["points"] ?? row)
      return (line.points, line.source, row["joint"])
    }
    for d in drawings {
      func place(_ line: DrawnLine) -> (points: [Point], source: LineSource) {
        (line.points, .line(line, of: d.drawing))
      }
      outlines += try d.rings(false).map(place)
      holes += try d.rings(true).map(place)
      traces += try d.joints().map { ($0.points, .line($0, of: d.drawing), $1) }
    }
  }
}

extension BlockCase {
  /// Cuts the domain, where there is one, and adds its blocks to the table.
  /// - Throws: `InputError` at the line of the case or the drawing that cannot be cut.
  func addCutBlocks(_ table: inout BlockTable, _ drawings: [PlacedDrawing]) throws(InputError) {
    let lines = try DomainLines(self, drawings)
    guard let outline = lines.outlines.first else {
      let idle =
        value["domain"] ?? value.need("joint-sets").list.first
        ?? value.need("traces").list.first ?? lines.traces.first.map { _ in value.need("drawings") }
      if let idle {
        throw idle.error("there is no outline to cut; give 'domain.outline' or a boundary layer")
      }
      return
    }
    if lines.outlines.count > 1 {
      throw lines.outlines[1].source.error("is a second outline of the domain; keep one")
    }
    let place = value["domain"] ?? value.need("drawings")
    let cut: CutBlocks
    do {
      cut = try cutting(outline.points, lines, &table.edgeLaws).cut()
    } catch let error as DDAError {
      throw self.error(error, in: lines, at: place)
    } catch let error as InputError {
      throw error
    } catch { throw place.error("\(error)") }
    if cut.bridges > 0, value["domain"]?.need("untied-holes").text == "refuse" {
      throw place.error(
        "\(cut.bridges) cuts would be needed around holes or blocks that no joint ties to the "
          + "outline; draw joints there, or 'untied-holes: bridge'")
    }
    let material = try value["domain"]?["material"].map(material) ?? 0
    for (polygon, laws) in zip(cut.blocks, cut.edgeLaws) {
      table.add(BlockDefinition(polygon, material: material, edgeLaws: laws), from: place)
    }
    table.cut = cut
  }

  private func cutting(
    _ outline: [Point], _ lines: DomainLines, _ laws: inout EdgeLawList
  ) throws -> BlockCutting {
    var cutting = try BlockCutting(outline: outline, holes: lines.holes.map(\.points))
    cutting.traces = lines.traces.map(\.points)
    for line in lines.traces { cutting.traceLaws.append(try laws.number(of: line.law, self)) }
    for row in value.need("joint-sets").list {
      var set = try jointSet(row)
      set.law = try laws.number(of: row["joint"], self)
      cutting.jointSets.append(set)
    }
    if let tolerance = value["domain"]?["tolerance"]?.number { cutting.tolerance = tolerance }
    return cutting
  }

  private func jointSet(_ row: CaseValue) throws(InputError) -> JointSet {
    let seed = UInt64(row.need("seed").integer)
    let degree = Double.pi / 180
    var set = JointSet(
      dip: row.need("dip").number * degree, spacing: row.need("spacing").number, seed: seed)
    set.dipScatter = row.need("dip-scatter").number * degree
    set.spacingScatter = row.need("spacing-scatter").number
    set.lengthScatter = row.need("length-scatter").number
    guard let length = row["length"]?.number else {
      for key in ["gap", "persistence"] {
        if let given = row[key], key == "gap" || given.number < 1 {
          throw given.error("needs the length of traces; give 'length', or remove it")
        }
      }
      return set
    }
    set.length = length
    if let share = row["persistence"] {
      if let gap = row["gap"] { throw gap.error("is given by 'persistence' already; remove one") }
      set.gap = length * (1 / share.number - 1)
    } else {
      set.gap = row["gap"]?.number ?? 0
    }
    return set
  }

  /// The line that the error of a cutting is about.
  private func error(_ error: DDAError, in lines: DomainLines, at place: CaseValue) -> InputError {
    let what = "\(error.problem); \(error.remedy)"
    let words = error.place.split(separator: " ")
    let number = words.last.flatMap { Int($0) } ?? 0
    switch words.dropLast(words.count > 1 ? 1 : 0).joined(separator: " ") {
    case "outline": return lines.outlines[0].source.error(what)
    case "hole" where lines.holes.indices.contains(number):
      return lines.holes[number].source.error(what)
    case "trace" where lines.traces.indices.contains(number):
      return lines.traces[number].source.error(what)
    case "joint set": return value.need("joint-sets").list[number].error(what)
    case "tolerance": return (place["tolerance"] ?? place).error(what)
    default: return place.error("\(error.place) \(what)")
    }
  }
}
