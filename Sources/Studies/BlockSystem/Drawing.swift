import Contact
import DDA

/// A line of a drawing: a trace, an outline, or a single point.
struct DrawnLine: Sendable, Equatable {
  /// Layer of a DXF file, group of an HDF5 file.
  var layer: String
  /// In order along it, in the file's unit; a closed one does not repeat its first point.
  var points: [Point]
  /// Whether it returns to its first point.
  var isClosed: Bool
  /// Line of the file where it begins, where the file has lines.
  var line: Int?
  /// What messages call it: its layer, or group and number.
  var name: String
}

/// Lines that were drawn elsewhere, as a file holds them.
struct Drawing: Sendable {
  /// Path of the file.
  var file: String
  /// In the order of the file.
  var lines: [DrawnLine] = []
  /// Layers that hold something, in the order of their first line.
  var layers: [String] {
    var out: [String] = []
    for line in lines where !out.contains(line.layer) { out.append(line.layer) }
    return out
  }
  /// m per unit of the file where the file says so.
  var unit: Double?
  /// How many things of each kind were passed over; what is read, in words.
  var ignored: [String: Int] = [:], isRead = "lines"

  /// A mistake at a line of the drawing.
  func error(_ line: DrawnLine, _ problem: String) -> InputError {
    InputError(file, line: line.line, key: line.name, problem)
  }

  /// Takes every length times a factor.
  mutating func scale(_ factor: Double) {
    for i in lines.indices { lines[i].points = lines[i].points.map { factor * $0 } }
  }

  /// The closed lines of a layer; open ones are joined end to end until they close.
  /// - Parameter tolerance: Between ends that are one, m.
  /// - Throws: `InputError` at a line whose end meets no other.
  func loops(_ layer: String, tolerance: Double) throws(InputError) -> [DrawnLine] {
    var out = lines.filter { $0.layer == layer && $0.isClosed }
    var open = lines.filter { $0.layer == layer && !$0.isClosed }
    while !open.isEmpty {
      var loop = open.removeFirst()
      guard loop.points.count > 1 else { throw error(loop, "is a point; draw a closed line") }
      while (loop.points[0] - loop.points.last!).length > tolerance || loop.points.count < 3 {
        let end = loop.points.last!
        let next = open.firstIndex {
          ($0.points[0] - end).length <= tolerance || ($0.points.last! - end).length <= tolerance
        }
        guard let next else {
          throw error(
            loop,
            "does not close: no line of the layer goes on from \(Show.point(end)); "
              + "draw it on to its start")
        }
        let piece = open.remove(at: next).points
        let isForward = (piece[0] - end).length <= tolerance
        loop.points += (isForward ? piece : piece.reversed()).dropFirst()
      }
      loop.points.removeLast()
      loop.isClosed = true
      out.append(loop)
    }
    return out
  }
}

extension Show {
  /// A point as `[x, y]`.
  static func point(_ p: Point) -> String {
    "[\(number(p.x, digits: 7)), \(number(p.y, digits: 7))]"
  }
}
