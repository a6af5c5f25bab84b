import Contact
import DDA
import Participants

extension BlockCase {
  /// The skins of a case, by name, added to its blocks; they stay where they are unless a coupled run moves them.
  /// - Throws: `InputError` for a name that is there twice, an unknown material, a polyline that makes no skin.
  @discardableResult
  func addSkins(_ d: inout DDADefinition) throws(InputError) -> [(name: String, skin: SurfaceSkin)]
  {
    var out: [(name: String, skin: SurfaceSkin)] = []
    for row in value.need("skins").list {
      let name = row.need("name")
      guard !out.contains(where: { $0.name == name.text }) else {
        throw name.error("two skins are named '\(name.text)'; rename one")
      }
      let material = try row["material"].map(material) ?? 0
      do throws(DDAError) {
        let skin = try SurfaceSkin(
          along: row.need("points").list.map(vector),
          outside: row.need("outside").text == "left" ? .left : .right,
          thickness: row.need("thickness").number, material: material,
          isClosed: row.need("closed").flag, to: &d)
        out.append((name.text, skin))
      } catch { throw row.need("points").error("\(error.problem); \(error.remedy)") }
    }
    return out
  }

  /// Where other participants of a coupled run act.
  /// - Parameter definition: The block system, as `definition(_:)` gives it.
  /// - Throws: `InputError` with line and key for what is no edge, point or skin of it.
  func borders(
    _ definition: inout DDADefinition, _ table: BlockTable
  ) throws(InputError) -> [DDABorder] {
    // Skins come after the blocks of the table, and nothing but skins has border points yet: made again they are the same.
    var bare = definition
    bare.blocks.removeSubrange(table.blocks.count...)
    bare.border = []
    let skins = try addSkins(&bare)
    var out: [DDABorder] = []
    for (name, row) in value["borders"]?.entries ?? [] {
      if let edge = row["edge"] {
        let found = try wholeEdge(edge, table)
        out.append(DDABorder(name, block: found.block, edge: found.edge, of: definition))
      } else if let wanted = row["skin"] {
        guard let skin = skins.first(where: { $0.name == wanted.text })?.skin else {
          throw wanted.error(
            skins.isEmpty
              ? "there are no skins; give one under 'skins'"
              : "there is no skin '\(wanted.text)'; "
                + Suggestion.remedy(for: wanted.text, in: skins.map(\.name)))
        }
        out.append(DDABorder(name, skin: skin, of: definition))
      } else {
        out.append(DDABorder(name, points: try points(row.need("points"), table)))
      }
    }
    return out
  }

  /// One edge of one block, from corner to corner.
  private func wholeEdge(_ row: CaseValue, _ table: BlockTable) throws(InputError) -> BlockEdge {
    let parts = try edges(row, table)
    guard parts.count == 1 else {
      throw row.error(
        "\(parts.count) edges lie on the line, and a border is one; name a block and end the line at its corners"
      )
    }
    guard parts[0].isWhole else {
      throw row.error(
        "ends inside an edge of block \(parts[0].edge.block), and a border is a whole edge; end it at its corners"
      )
    }
    return parts[0].edge
  }

  /// Points of blocks, one after another; those at one place are one point of the border.
  private func points(
    _ rows: CaseValue, _ table: BlockTable
  ) throws(InputError) -> [[DDABorder.BlockPoint]] {
    var out: [[DDABorder.BlockPoint]] = []
    for row in rows.list {
      let (block, p) = (try table.block(row.need("block")), vector(row.need("at")))
      let polygon = table.blocks[block].polygon
      guard polygon.contains(p) || polygon.distanceToOutline(p) <= touchTolerance(table) else {
        throw row.need("at").error(
          "is not in block \(block) at the start; give a point of the block")
      }
      if let last = out.last, last[0].point == p {
        guard !last.contains(where: { $0.block == block }) else {
          throw row.error("is listed already; remove one")
        }
        out[out.count - 1].append(DDABorder.BlockPoint(block, p))
      } else {
        out.append([DDABorder.BlockPoint(block, p)])
      }
    }
    return out
  }

  /// In a coupled run every border is to be one of free blocks; alone, a case may fix them.
  /// - Throws: `InputError` for the first that is not.
  func checkFree(_ borders: [DDABorder], _ table: BlockTable) throws(InputError) {
    for border in borders {
      let blocks = border.points.joined().map(\.block)
      guard
        let block = blocks.first(where: {
          table.blocks.indices.contains($0) && table.blocks[$0].isFixed
        })
      else { continue }
      throw value.need("borders").need(border.name).error(
        "block \(block) is fixed, and nothing acts on it; free it")
    }
  }
}
