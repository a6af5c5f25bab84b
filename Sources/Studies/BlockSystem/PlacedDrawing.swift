import Contact
import Storage

/// A drawing that a case names, in m, with what its layers are.
struct PlacedDrawing: Sendable {
  let drawing: Drawing
  private let roles: [(layer: String, role: DrawnRole)]

  /// Reads the file of a row of `drawings`.
  /// - Throws: `InputError` for a file that cannot be read, a unit that is no length, a layer that
  ///   the file lacks, or no layer that is any use.
  init(_ row: CaseValue, _ study: BlockCase) throws(InputError) {
    let path = try study.source.path(row.need("file"))
    var drawing =
      RunStudy.isHDF5(path) ? try LinesFile.read(path) : try DXFFile.read(path)
    if let name = row["unit"] {
      do {
        drawing.scale(try PhysicalUnit.parse(name.text, as: .length, of: "the file").factor)
      } catch { throw name.error(error.description) }
    } else {
      drawing.scale(drawing.unit ?? 1)
    }
    self.drawing = drawing
    roles = try PlacedDrawing.roles(row, drawing)
  }

  private static func roles(
    _ row: CaseValue, _ drawing: Drawing
  ) throws(InputError) -> [(layer: String, role: DrawnRole)] {
    let layers = drawing.layers
    guard let given = row["layers"] else {
      let known = layers.compactMap { name in
        DrawnRole(word: name.lowercased()).map { (layer: name, role: $0) }
      }
      guard !known.isEmpty else {
        throw row.need("file").error(
          "no layer of '\(drawing.file)' is named \(DrawnRole.words.joined(separator: ", ")); "
            + "say under 'layers' what they are: \(layers.joined(separator: ", "))")
      }
      return known
    }
    var out: [(layer: String, role: DrawnRole)] = []
    for (layer, word) in given.entries {
      guard layers.contains(layer) else {
        throw word.error(
          "'\(drawing.file)' has no lines on a layer '\(layer)'; "
            + Suggestion.remedy(for: layer, in: layers))
      }
      if let material = word["material"] {
        out.append((layer, .material(material)))
      } else if let joint = word["joint"] {
        out.append((layer, .joint(joint)))
      } else {
        out.append((layer, DrawnRole(word: word.text)!))
      }
    }
    return out
  }

  /// What of the file makes no block, in one line: entities that are not read, and lines on layers
  /// that nobody said what they are; nil where there is none.
  ///
  /// A drawing may well hold notes and dimensions; a joint drawn as a spline must not be lost unseen.
  func warning(layersAreGiven: Bool) -> String? {
    var parts: [String] = []
    let count = drawing.ignored.values.reduce(0, +)
    if count > 0 {
      // The most numerous first.
      let kinds = drawing.ignored.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      parts.append(
        "\(count) \(count == 1 ? "entity is" : "entities are") not read ("
          + kinds.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
          + "); explode or redraw as \(drawing.isRead) what should cut or mark blocks")
    }
    let idle = drawing.layers.filter { name in !roles.contains { $0.layer == name } }
    if !layersAreGiven, !idle.isEmpty {
      let lines = drawing.lines.count { idle.contains($0.layer) }
      parts.append(
        "\(lines) \(lines == 1 ? "line is" : "lines are") on layers without a role ("
          + idle.joined(separator: ", ") + "); name under 'layers' those that should do something")
    }
    guard !parts.isEmpty else { return nil }
    return "in '\(drawing.file)' " + parts.joined(separator: "; ")
  }

  /// Between ends of lines that are one, m.
  private var tolerance: Double {
    let points = drawing.lines.flatMap(\.points)
    guard var lower = points.first else { return 0 }
    var upper = lower
    for p in points {
      lower = pointwiseMin(lower, p)
      upper = pointwiseMax(upper, p)
    }
    return 1e-6 * ((upper - lower) * (upper - lower)).sum().squareRoot()
  }

  /// Closed lines of the layers that are boundary or hole.
  /// - Throws: `InputError` for a line that does not close.
  func rings(_ isHole: Bool) throws(InputError) -> [DrawnLine] {
    var out: [DrawnLine] = []
    for (layer, role) in roles {
      switch role {
      case .boundary where !isHole, .hole where isHole:
        out += try drawing.loops(layer, tolerance: tolerance)
      default: break
      }
    }
    return out
  }

  /// Joints, with the law that their layer has: closed ones return to their first point.
  /// - Throws: `InputError` for a single point.
  func joints() throws(InputError) -> [(line: DrawnLine, law: CaseValue?)] {
    var out: [(line: DrawnLine, law: CaseValue?)] = []
    for (layer, role) in roles {
      guard case .joint(let law) = role else { continue }
      for var line in drawing.lines where line.layer == layer {
        guard line.points.count > 1 else {
          throw drawing.error(line, "is a point and no joint; remove it")
        }
        if line.isClosed { line.points.append(line.points[0]) }
        out.append((line, law))
      }
    }
    return out
  }

  /// Lines that say what blocks are: fixed, or of a material.
  func zones() throws(InputError) -> [(line: DrawnLine, material: CaseValue?)] {
    var out: [(line: DrawnLine, material: CaseValue?)] = []
    for (layer, role) in roles {
      switch role {
      case .fixed:
        out += drawing.lines.filter { $0.layer == layer }.map { ($0, nil) }
      case .material(let name):
        out += try drawing.loops(layer, tolerance: tolerance).map { ($0, name) }
      default: break
      }
    }
    return out
  }
}
