import DDA

/// Where the energy of a run of blocks is and where it went: areas over time, and the last values.
///
/// What has gone lies at the bottom, what is there above it, the height that blocks can still fall on top, down
/// to where they stood lowest. The sum of all is what they began with and what loads brought in.
struct BlockEnergies {
  private let result: BlockResult
  /// Lowest potential energy of all, J.
  private let lowest: Double
  private let unit: String, factor: Double

  /// A term of the stack with its place in the account; the colour is one of the page's.
  private static let stack: [(term: BlockEnergy, name: String, colour: Int)] = [
    (.friction, "friction", 2), (.joint, "impacts", 4), (.algorithmic, "time scheme", 5),
    (.damped, "damped", 6), (.radiated, "radiated", 4), (.strain, "strain", 3),
    (.bolts, "bolts", 6), (.kinetic, "motion", 1),
    (.potential, "height", 0),
  ]

  init(_ result: BlockResult) {
    self.result = result
    lowest = result.states.map(\.energy.potential).min() ?? 0
    let floor = lowest
    let top = result.states.reduce(0) { top, state in
      max(
        top,
        Self.stack.reduce(0) {
          $0 + abs($1.term.value(state.energy) - ($1.term == .potential ? floor : 0))
        })
    }
    (unit, factor) = EnergyStack.readable(top)
  }

  /// J; height counted from where the blocks stood lowest.
  private func value(_ term: BlockEnergy, _ state: BlockResult.State) -> Double {
    term.value(state.energy) - (term == .potential ? lowest : 0)
  }

  /// Adds the section.
  func add(to page: inout Page) {
    guard result.states.count > 1 else { return }
    page.section("Where the energy went")
    let speeds = BlockSpeeds(result: result).picture
    page.pictures([(chart.svg(), caption)] + (speeds.map { [$0] } ?? []))
    page.table(["energy, \(unit)", "start", "end", "share of the end"], rows)
  }

  private var chart: Chart {
    let start = result.states[0].energy
    return EnergyStack(
      times: result.states.map(\.time),
      terms: Self.stack.map { row in
        (row.name, row.colour, result.states.map { factor * value(row.term, $0) })
      },
      given: result.states.map {
        factor * (start.stored + start.lost - lowest + $0.energy.external)
      }, givenName: "start and loads", unit: unit
    ).chart
  }

  private var caption: String {
    let zero = result.states[0].energy.total
    let leak = result.states.map { abs($0.energy.total - zero) }.max() ?? 0
    return "Stacked: what is gone at the bottom, what is there above it; height counts from where "
      + "the blocks stood lowest. The dashed line is what they began with and loads brought in. Their balance, "
      + "every term by its own formula, moves by at most \(Show.number(leak)) J."
  }

  private var rows: [[String]] {
    guard let start = result.states.first, let end = result.states.last else { return [] }
    let all = Self.stack.reduce(0) { $0 + value($1.term, end) }
    let terms = Self.stack.map { ($0.term, $0.name) } + [(.external, "work of loads")]
    return terms.compactMap { term, name in
      let (a, b) = (value(term, start), value(term, end))
      guard a != 0 || b != 0 else { return nil }
      let share = term == .external || all == 0 ? "–" : "\(Show.html(100 * b / all, digits: 3)) %"
      return [name, Show.html(factor * a), Show.html(factor * b), share]
    }
  }
}
