import Contact
import DDA

/// A place that selects blocks at the start.
enum BlockPlace {
  /// Blocks whose centroid lies in a polygon.
  case inside(Polygon)
  /// Blocks that a line touches or crosses; a line of one point: that hold or touch it.
  case along([Point])

  /// Whether a block is selected; distances up to the tolerance touch.
  func selects(_ block: Polygon, tolerance: Double) -> Bool {
    switch self {
    case .inside(let region): return region.contains(block.centroid)
    case .along(let line):
      if line.count == 1 { return block.touches(line[0], line[0], tolerance: tolerance) }
      return line.indices.dropLast().contains {
        block.touches(line[$0], line[$0 + 1], tolerance: tolerance)
      }
    }
  }
}

extension Polygon {
  /// Whether a segment comes within a tolerance of the polygon or its inside.
  func touches(_ p: Point, _ q: Point, tolerance: Double) -> Bool {
    let (lower, upper) = bounds
    let (low, high) = (pointwiseMin(p, q), pointwiseMax(p, q))
    guard low.x <= upper.x + tolerance, low.y <= upper.y + tolerance,
      high.x >= lower.x - tolerance, high.y >= lower.y - tolerance
    else { return false }
    if contains(p) || distanceToOutline(p) <= tolerance || distanceToOutline(q) <= tolerance {
      return true
    }
    guard p != q else { return false }
    let d = q - p
    return vertices.indices.contains { i in
      let (a, b) = (vertices[i], vertices[(i + 1) % vertices.count])
      let t = min(max((a - p).dot(d) / d.dot(d), 0), 1)
      return (a - p - t * d).length <= tolerance || Predicates.segmentsMeet(a, b, p, q)
    }
  }
}

extension BlockCase {
  /// Sets what the drawings and the rows of `assign` say of blocks.
  /// - Throws: `InputError` for a place without a block, and a row that says nothing.
  func assign(_ table: inout BlockTable, _ drawings: [PlacedDrawing]) throws(InputError) {
    let tolerance = touchTolerance(table)
    for d in drawings {
      for (line, name) in try d.zones() {
        let place = try place(of: line, in: d.drawing)
        let found = table.blocks.indices.filter {
          place.selects(table.blocks[$0].polygon, tolerance: tolerance)
        }
        guard !found.isEmpty else {
          throw d.drawing.error(line, "holds or touches no block; move it or remove it")
        }
        let material = try name.map(material)
        for i in found {
          table.change(i) {
            if let material { $0.material = material } else { $0.isFixed = true }
          }
        }
      }
    }
    for row in value.need("assign").list { try assign(row, &table, tolerance) }
  }

  private func assign(
    _ row: CaseValue, _ table: inout BlockTable, _ tolerance: Double
  ) throws(InputError) {
    let edits = try setProperties(row)
    guard !edits.isEmpty || row["name"] != nil else {
      throw row.error("says nothing of the blocks; give material, fixed, velocity, … or name")
    }
    var chosen: Set<Int> = []
    for (place, at) in try places(row) {
      let found = table.blocks.indices.filter {
        place.selects(table.blocks[$0].polygon, tolerance: tolerance)
      }
      guard !found.isEmpty else {
        throw at.error("selects no block; move it to where blocks are at the start, or remove it")
      }
      chosen.formUnion(found)
    }
    if let name = row["name"] {
      guard chosen.count == 1 else {
        throw name.error("\(chosen.count) blocks are selected; a name is for one")
      }
      try table.name(chosen.first!, name)
    }
    for i in chosen { table.change(i) { block in edits.forEach { $0(&block) } } }
  }

  private func places(_ row: CaseValue) throws(InputError) -> [(BlockPlace, at: CaseValue)] {
    if let region = row["inside"] { return [(.inside(try polygon(region)), region)] }
    if let line = row["along"] { return [(.along(line.list.map(vector)), line)] }
    return row.need("at").list.map { (.along([vector($0)]), $0) }
  }

  private func place(
    of line: DrawnLine, in drawing: Drawing
  ) throws(InputError) -> BlockPlace {
    guard line.isClosed else { return .along(line.points) }
    do {
      return .inside(try Polygon(line.points))
    } catch { throw drawing.error(line, error.description) }
  }

  /// Twice what cutting moves points by, m.
  func touchTolerance(_ table: BlockTable) -> Double {
    guard let first = table.blocks.first else { return 0 }
    var (lower, upper) = first.polygon.bounds
    for block in table.blocks {
      let (a, b) = block.polygon.bounds
      (lower, upper) = (pointwiseMin(lower, a), pointwiseMax(upper, b))
    }
    return 2 * max(1e-6 * (upper - lower).length, value["domain"]?["tolerance"]?.number ?? 0)
  }
}
