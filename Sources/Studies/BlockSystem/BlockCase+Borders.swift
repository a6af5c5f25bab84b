import Contact
import DDA
import Participants

extension BlockCase {
  /// TEMPORARY
  func borders(_ definition: inout DDADefinition, _ table: BlockTable) throws(InputError) -> [DDABorder] {
    var out: [DDABorder] = []
    for (name, row) in value["borders"]?.entries ?? [] {
      let edge = row.need("edge")
      let block = try table.block(edge.need("block"))
      out.append(DDABorder(name, points: [[.init(block, vector(edge.need("from")))], [.init(block, vector(edge.need("to")))]]))
    }
    return out
  }
}
