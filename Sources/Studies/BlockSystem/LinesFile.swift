import Contact
import Storage

// Our own file of lines. Every group of the root is a layer; it holds
//
//   points    n × 2, the lines one after another, with the attribute `units`
//   offsets   first point of every line, and n (one line where not given)
//
// A line whose last point is its first is closed. A layer may hold single points, as lines of one
// point.

/// Reads the lines of a drawing from an HDF5 file.
enum LinesFile {
  /// - Throws: `InputError` for a foreign or damaged file: group, what is wrong, what to do.
  static func read(_ path: String) throws(InputError) -> Drawing {
    do {
      return try drawing(path)
    } catch let error as StorageError {
      let key = error.path.isEmpty ? nil : error.path
      throw InputError(path, key: key, "\(error.what); \(error.remedy)")
    } catch let error as InputError {
      throw error
    } catch {
      throw InputError(path, "cannot be read: \(error)")
    }
  }

  private static func drawing(_ path: String) throws -> Drawing {
    let file = try H5File.open(at: path)
    var drawing = Drawing(file: path)
    for child in try file.root.children() {
      guard case .group = child.kind, try file.root.group(child.name).contains("points") else {
        drawing.ignored[child.name, default: 0] += 1
        continue
      }
      let group = try file.root.group(child.name)
      func refuse(_ name: String, _ problem: String) -> InputError {
        InputError(path, key: "\(child.name)/\(name)", problem)
      }
      let points = try group.readDoubles("points")
      guard points.shape.count == 2, points.shape[1] == 2 else {
        throw refuse("points", "has shape \(points.shape); give two columns, x and y")
      }
      guard let unit = points.unit else {
        throw refuse("points", "has no attribute 'units'; give one, such as m")
      }
      let factor: Double
      do {
        factor = try PhysicalUnit.parse(unit, as: .length, of: "these points").factor
      } catch { throw refuse("points", error.description) }
      let count = points.shape[0]
      let offsets =
        group.contains("offsets")
        ? try group.read("offsets", as: Int64.self).values.map { Int($0) } : [0, count]
      guard offsets.first == 0, offsets.last == count,
        zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 })
      else {
        throw refuse("offsets", "must rise from 0 to \(count), the number of points; correct it")
      }
      for (k, (a, b)) in zip(offsets, offsets.dropFirst()).enumerated() {
        var line = (a..<b).map { Point(points.values[2 * $0], points.values[2 * $0 + 1]) * factor }
        if let bad = line.firstIndex(where: { !($0.x.isFinite && $0.y.isFinite) }) {
          throw refuse("points", "row \(a + bad) is not a number; correct or remove it")
        }
        let isClosed = line.count > 3 && line.first == line.last
        if isClosed { line.removeLast() }
        drawing.lines.append(
          DrawnLine(
            layer: child.name, points: line, isClosed: isClosed, name: "\(child.name)[\(k)]"))
      }
    }
    drawing.unit = 1
    drawing.isRead = "a group with 'points'"
    return drawing
  }
}
