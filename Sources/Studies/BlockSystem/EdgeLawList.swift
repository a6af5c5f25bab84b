import Contact

/// The laws that joint sets, traces and layers of a case give to their joints, each once however many rows say it:
/// a step asks every law by itself.
struct EdgeLawList: Sendable {
  /// In the order in which the case first says them; edges of blocks name them by number.
  private(set) var laws: [any InterfaceLaw] = []
  private var rows: [CaseValue] = []

  /// The number of the law in a row; nil for a row that says nothing, whose joints go by materials.
  /// - Throws: `InputError` for numbers that are none of the law.
  mutating func number(of row: CaseValue?, _ study: BlockCase) throws(InputError) -> Int? {
    guard let row else { return nil }
    if let known = rows.firstIndex(where: { $0.saysTheSame(as: row) }) { return known }
    laws.append(try study.law(row))
    rows.append(row)
    return laws.count - 1
  }
}

extension CaseValue {
  /// Whether two plain records have the same keys with the same values, in any order.
  fileprivate func saysTheSame(as other: CaseValue) -> Bool {
    let (mine, theirs) = (entries, other.entries)
    return mine.count == theirs.count
      && mine.allSatisfy { entry in
        guard let value = other[entry.key] else { return false }
        switch (entry.value.content, value.content) {
        case (.number(let a), .number(let b)): return a == b
        case (.text(let a), .text(let b)): return a == b
        default: return false
        }
      }
  }
}
