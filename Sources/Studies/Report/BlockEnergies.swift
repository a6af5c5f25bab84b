import DDA

/// Where the energy of a run of blocks is and where it went: areas over time, and the last values.
///
/// What has gone lies at the bottom, what is there above it, the height that blocks can still fall on top, down
/// to where they stood lowest. The sum of all is what they began with and what loads brought in.
struct BlockEnergies {
  private let result: BlockResult
  /// Lowest potential energy of all, J.
  private let lowest: Double
  private var unit = "J", factor = 1.0

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
    var top = 0.0
    for state in result.states {
      var sum = 0.0
      for row in BlockEnergies.stack { sum += abs(value(row.term, state)) }
      top = max(top, sum)
    }
    let units = [("TJ", 1e-12), ("GJ", 1e-9), ("MJ", 1e-6), ("kJ", 1e-3)]
    (unit, factor) = units.first { top * $0.1 >= 1 } ?? ("J", 1)
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
    let times = result.states.map(\.time)
    var series: [Chart.Series] = []
    // What is above zero is stacked upwards, what is below downwards.
    var (above, below) = (times.map { _ in 0.0 }, times.map { _ in 0.0 })
    for (term, name, colour) in Self.stack {
      let values = result.states.map { factor * value(term, $0) }
      var isNamed = false
      for sign in [1.0, -1] {
        let floor = sign > 0 ? above : below
        let edge = zip(floor, values).map { $0 + sign * max(sign * $1, 0) }
        if sign > 0 { above = edge } else { below = edge }
        let all = max(above.max() ?? 0, -(below.min() ?? 0))
        guard zip(edge, floor).contains(where: { abs($0 - $1) > 1e-3 * all }) else { continue }
        series.append(
          Chart.Series(
            name: isNamed ? "" : name, style: .area, colour: colour,
            points: zip(times, edge).map { ($0, $1) }, floor: floor))
        isNamed = true
      }
    }
    let start = result.states[0].energy
    let given = result.states.map { state in
      (x: state.time, y: factor * (start.stored + start.lost - lowest + state.energy.external))
    }
    series.append(
      Chart.Series(name: "start and loads", style: .dashed, colour: 0, points: given))
    return Chart(
      x: .init(label: "time, s", includes: [0]), y: .init(label: "energy, \(unit)", includes: [0]),
      series: series, title: "where the energy is and went, over time")
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
