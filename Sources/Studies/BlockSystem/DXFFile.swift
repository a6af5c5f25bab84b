import Contact
import Foundation

// A DXF file is a list of pairs of lines: a group code and its value. Entities begin with code 0 and
// their name; code 8 is the layer, 10 and 20 (11 and 21) are coordinates, 42 of a vertex is its bulge,
// the tangent of a quarter of the arc that follows. Source: Autodesk, DXF Reference, ENTITIES section.

/// Reads the lines of a drawing from an ASCII DXF file.
///
/// LINE, LWPOLYLINE, POLYLINE with its VERTEX, POINT, ARC and CIRCLE of the section ENTITIES are read,
/// in plan (z is dropped); arcs become chords of at most `arcStep`. Everything else is passed over and
/// counted.
struct DXFFile {
  /// A group code and its value.
  private struct Pair {
    var code: Int, text: Substring, line: Int
  }

  /// Largest angle of a chord, rad.
  static let arcStep = 10 * Double.pi / 180
  /// m per drawing unit by the header's $INSUNITS.
  private static let units: [Int: Double] = [
    1: 0.0254, 2: 0.3048, 4: 1e-3, 5: 1e-2, 6: 1, 7: 1e3, 14: 0.1,
  ]

  private let file: String
  private let pairs: [Pair]

  /// - Throws: `InputError` with the line where the file is none of this kind, or ends too early.
  static func read(_ path: String) throws(InputError) -> Drawing {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputError(path, "cannot be read; check that it is a file, and its permissions")
    }
    guard !data.starts(with: Data("AutoCAD Binary DXF".utf8)) else {
      throw InputError(path, "is a binary DXF file; save it as ASCII DXF")
    }
    return try DXFFile(String(decoding: data, as: UTF8.self), file: path).drawing()
  }

  /// - Throws: `InputError` for a line that should be a group code and is none.
  init(_ text: String, file: String) throws(InputError) {
    self.file = file
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let end = (lines.lastIndex { !$0.trimmed.isEmpty } ?? -1) + 1
    var pairs: [Pair] = []
    for i in stride(from: 0, to: end, by: 2) {
      let code = lines[i].trimmed.drop { $0 == "\u{FEFF}" }
      guard let number = Int(code) else {
        throw InputError(
          file, line: i + 1,
          "must be a group code, a whole number, not '\(code.prefix(20))'; "
            + "give an ASCII DXF file")
      }
      pairs.append(
        Pair(code: number, text: i + 1 < end ? lines[i + 1].trimmed : "", line: i + 2))
    }
    self.pairs = pairs
  }

  /// All lines of the drawing.
  /// - Throws: `InputError` where the section ENTITIES is missing or cut short, or a number is
  ///   none.
  func drawing() throws(InputError) -> Drawing {
    var drawing = Drawing(file: file)
    drawing.unit = insertionUnit
    drawing.isRead = "lines, polylines, arcs or circles"
    guard
      let start = pairs.indices.first(where: {
        pairs[$0].code == 2 && pairs[$0].text == "ENTITIES" && $0 > 0
          && pairs[$0 - 1].text == "SECTION"
      })
    else {
      throw InputError(file, "has no section ENTITIES; give a DXF file of a drawing")
    }
    var i = start + 1
    while true {
      guard i < pairs.count else {
        throw InputError(
          file, line: pairs.last?.line, "ends inside the section ENTITIES; export the file again")
      }
      if pairs[i].code == 0, pairs[i].text == "ENDSEC" { return drawing }
      let name = pairs[i].text
      let first = i
      i = next(after: i)
      if name == "POLYLINE" {
        while i < pairs.count, pairs[i].text == "VERTEX" { i = next(after: i) }
        if i < pairs.count, pairs[i].text == "SEQEND" { i = next(after: i) }
      }
      if let line = try line(name, pairs[first..<i]) {
        drawing.lines.append(line)
      } else {
        drawing.ignored[String(name), default: 0] += 1
      }
    }
  }

  /// The next pair that begins an entity or ends the section.
  private func next(after i: Int) -> Int {
    var i = i + 1
    while i < pairs.count, pairs[i].code != 0 { i += 1 }
    return i
  }

  private var insertionUnit: Double? {
    guard let i = pairs.indices.first(where: { pairs[$0].text == "$INSUNITS" }),
      i + 1 < pairs.count, let n = Int(pairs[i + 1].text)
    else { return nil }
    return DXFFile.units[n]
  }

  // MARK: - Entities

  /// A vertex and the bulge of the arc after it.
  private struct Vertex {
    var point = Point(), bulge = 0.0
  }

  private func line(
    _ name: Substring, _ entity: ArraySlice<Pair>
  ) throws(InputError) -> DrawnLine? {
    var vertices: [Vertex]
    var isClosed = false
    switch name {
    case "LINE":
      vertices = [
        Vertex(point: Point(try number(10, entity), try number(20, entity))),
        Vertex(point: Point(try number(11, entity), try number(21, entity))),
      ]
    case "POINT": vertices = [Vertex(point: Point(try number(10, entity), try number(20, entity)))]
    case "LWPOLYLINE":
      isClosed = flags(entity) & 1 != 0
      vertices = try lightVertices(entity)
    case "POLYLINE":
      // Meshes (16, 64) are no lines.
      let own = entity.prefix { $0.code != 0 || $0.text == "POLYLINE" }
      guard flags(own) & (16 | 64) == 0 else { return nil }
      isClosed = flags(own) & 1 != 0
      vertices = try heavyVertices(entity.dropFirst(own.count))
    case "CIRCLE", "ARC": (vertices, isClosed) = try arc(entity, isCircle: name == "CIRCLE")
    default: return nil
    }
    var points = DXFFile.points(vertices, isClosed: isClosed)
    // Seen from below (extrusion −z), plane entities are mirrored.
    if name != "LINE", name != "POINT", let z = try value(230, entity), z < 0 {
      points = points.map { Point(-$0.x, $0.y) }
    }
    if points.count > 3, points[0] == points.last! {
      points.removeLast()
      isClosed = true
    }
    let layer = entity.first { $0.code == 8 }?.text ?? "0"
    let at = entity.first!.line
    guard !points.isEmpty, !isClosed || points.count > 2 else {
      throw InputError(
        file, line: at, key: String(layer),
        "this \(name) has \(points.count) points; draw one with more or remove it")
    }
    return DrawnLine(
      layer: String(layer), points: points, isClosed: isClosed, line: at, name: String(layer))
  }

  private func lightVertices(_ entity: ArraySlice<Pair>) throws(InputError) -> [Vertex] {
    var out: [Vertex] = []
    for pair in entity {
      switch pair.code {
      case 10: out.append(Vertex(point: Point(try number(pair), .nan)))
      case 20 where !out.isEmpty: out[out.count - 1].point.y = try number(pair)
      case 42 where !out.isEmpty: out[out.count - 1].bulge = try number(pair)
      default: break
      }
    }
    if out.contains(where: { $0.point.y.isNaN }) {
      throw InputError(
        file, line: entity.first!.line, "a vertex has no y (group 20); export the file again")
    }
    return out
  }

  private func heavyVertices(_ pairs: ArraySlice<Pair>) throws(InputError) -> [Vertex] {
    var out: [Vertex] = []
    var rest = pairs
    while let head = rest.first {
      let vertex = rest.prefix(1) + rest.dropFirst().prefix { $0.code != 0 }
      rest = rest.dropFirst(vertex.count)
      // A vertex with flag 16 only steers a spline.
      guard head.text == "VERTEX", flags(vertex) & 16 == 0 else { continue }
      out.append(
        Vertex(
          point: Point(try number(10, vertex), try number(20, vertex)),
          bulge: try value(42, vertex) ?? 0))
    }
    return out
  }

  private func arc(
    _ entity: ArraySlice<Pair>, isCircle: Bool
  ) throws(InputError) -> (vertices: [Vertex], isClosed: Bool) {
    let centre = Point(try number(10, entity), try number(20, entity))
    let radius = try number(40, entity)
    func at(_ angle: Double) -> Point { centre + radius * Point(cos(angle), sin(angle)) }
    guard !isCircle else {
      let bulge = tan(Double.pi / 4)
      return ([Vertex(point: at(0), bulge: bulge), Vertex(point: at(.pi), bulge: bulge)], true)
    }
    // Turns are taken off first: beyond 1e16 degrees the sweep would be lost to rounding.
    let from = try number(50, entity).truncatingRemainder(dividingBy: 360)
    let to = try number(51, entity).truncatingRemainder(dividingBy: 360)
    let start = from * .pi / 180
    var sweep = (to - from).truncatingRemainder(dividingBy: 360) * .pi / 180
    if sweep <= 0 { sweep += 2 * .pi }
    // Two arcs, so that no bulge is infinite.
    let bulge = tan(sweep / 8)
    return (
      [
        Vertex(point: at(start), bulge: bulge), Vertex(point: at(start + sweep / 2), bulge: bulge),
        Vertex(point: at(start + sweep)),
      ], false
    )
  }

  /// Vertices with chords in place of arcs.
  private static func points(_ vertices: [Vertex], isClosed: Bool) -> [Point] {
    var out: [Point] = []
    for (k, v) in vertices.enumerated() {
      out.append(v.point)
      guard v.bulge != 0, isClosed || k + 1 < vertices.count else { continue }
      let chord = vertices[(k + 1) % vertices.count].point - v.point
      // The centre lies left of the chord for an arc of less than half a turn to the left.
      let centre = v.point + 0.5 * chord + (1 - v.bulge * v.bulge) / (4 * v.bulge) * chord.left
      let angle = 4 * atan(v.bulge)
      let count = max(Int((abs(angle) / arcStep).rounded(.up)), 1)
      let arm = v.point - centre
      for n in 1..<max(count, 1) {
        let turn = angle * Double(n) / Double(count)
        out.append(centre + cos(turn) * arm + sin(turn) * arm.left)
      }
    }
    return out
  }

  // MARK: - Values

  private func flags(_ entity: ArraySlice<Pair>) -> Int {
    entity.first { $0.code == 70 }.flatMap { Int($0.text) } ?? 0
  }

  private func value(_ code: Int, _ entity: ArraySlice<Pair>) throws(InputError) -> Double? {
    guard let pair = entity.first(where: { $0.code == code }) else { return nil }
    return try number(pair)
  }

  private func number(_ code: Int, _ entity: ArraySlice<Pair>) throws(InputError) -> Double {
    guard let value = try value(code, entity) else {
      throw InputError(
        file, line: entity.first!.line,
        "\(entity.first!.text) has no group \(code); export the file again")
    }
    return value
  }

  private func number(_ pair: Pair) throws(InputError) -> Double {
    guard let x = Double(pair.text), x.isFinite else {
      throw InputError(
        file, line: pair.line,
        "group \(pair.code) must be a number, not '\(pair.text)'; correct it or export again")
    }
    return x
  }
}
