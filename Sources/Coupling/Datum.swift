/// What one participant gives another over an interface, and how it comes about.
struct Datum: Sendable {
  /// How values come about.
  enum Rule: Sendable {
    /// A written field, mapped, times a factor.
    case copy(Field, Passage, factor: Double)
    /// Robin: minus the load of the other end plus both springs' forces at its displacement (`RobinExchange`); in the
    /// beginning, when nothing goes over the border yet, the force of the target's own springs.
    case robin(reverse: Int, springs: BorderStiffness, own: BorderStiffness, Passage)
    /// What a global model's outside and a local model lack in balance is taken from the load before.
    case correction(global: Int, border: String, Passage)
  }

  /// Who writes; who reads, where and as what.
  let source: Int, sourceBorder: String
  let target: Int, targetBorder: String, field: Field
  let rule: Rule
  /// From the space in which the values are kept to the points of the target.
  var delivery = Passage.same
  /// Numbers kept; interface.
  let count: Int, interface: Int

  /// The values on the target's points.
  func delivered(_ wave: Waveform) -> Waveform {
    if case .same = delivery { return wave }
    return wave.mapped { _, v in delivery(v) }
  }

  /// Fields of the source that it needs.
  var needs: [(participant: Int, border: String, field: Field)] {
    switch rule {
    case .copy(let field, _, _): [(source, sourceBorder, field)]
    case .robin: [(source, sourceBorder, .displacement)]
    case .correction(let global, let border, _):
      [(source, sourceBorder, .force), (global, border, .complement)]
    }
  }
}

/// A way from the points of one border to those of another.
enum Passage: Sendable {
  /// The points are the same.
  case same
  /// Values to the target of a transfer, or forces to its source.
  case consistent(Transfer, width: Int), conservative(Transfer, width: Int)

  func callAsFunction(_ v: [Double]) -> [Double] {
    switch self {
    case .same: v
    case .consistent(let transfer, let width): transfer.consistent(v, width: width)
    case .conservative(let transfer, let width): transfer.conservative(v, width: width)
    }
  }
}
