/// Where the energy of a body in motion is and where it went: areas over time, and the last values.
struct BodyEnergies {
  private let result: FieldResult
  private let unit: String, factor: Double

  /// A term of the stack with its name and colour.
  private static let stack: [(term: BodyEnergy, name: String, colour: Int)] = [
    (.damped, "damped", 6), (.defect, "time scheme and material", 5), (.strain, "strain", 3),
    (.elasticBorder, "elastic border", 4), (.kinetic, "motion", 1),
  ]
  private static let sources: [(term: BodyEnergy, name: String)] = [
    (.initial, "at the start"), (.external, "work of loads"),
    (.prescribed, "work of supports"), (.guided, "work of guides"),
    (.border, "work of border forces"),
  ]

  init(_ result: FieldResult) {
    self.result = result
    let largest = result.energies.reduce(0) { max($0, $1.values.map(abs).max() ?? 0) }
    (unit, factor) = EnergyStack.readable(largest)
  }

  private func values(_ term: BodyEnergy) -> [Double] {
    let history = result.energies.first { $0.name == term.rawValue }
    return history?.values.map { $0 * factor } ?? []
  }

  /// Adds the section.
  func add(to page: inout Page) {
    guard !result.energies.isEmpty, result.factors.count > 1 else { return }
    let terms = Self.stack.map { ($0.name, $0.colour, values($0.term)) }
    let given = result.factors.indices.map { i in
      Self.sources.reduce(0) { $0 + values($1.term)[i] }
    }
    let chart = EnergyStack(
      times: result.factors, terms: terms, given: given, givenName: "start and work", unit: unit
    ).chart
    let largest = (terms.flatMap(\.2) + given).map(abs).max() ?? 0
    let defect = values(.defect).map(abs).max() ?? 0
    page.section("Where the energy went")
    page.pictures([
      (
        chart.svg(),
        "Stacked: what is gone at the bottom, what is there above it. The dashed line is what the "
          + "body began with and loads and supports brought in. What the account lacks, which a scheme "
          + "without damping of its own and an elastic law keep at rounding or small, is at most "
          + "\(Show.number(largest > 0 ? defect / largest : 0)) of the largest energy."
      )
    ])
    let rows = (Self.stack.map { ($0.term, $0.name) } + Self.sources.map { ($0.term, $0.name) })
      .compactMap { term, name -> [String]? in
        let all = values(term)
        guard let last = all.last, all.contains(where: { abs($0) > 1e-9 * largest }) else {
          return nil
        }
        return [name, Show.html(all[0]), Show.html(last), Show.html(all.max() ?? last)]
      }
    page.table(["energy, \(unit)", "start", "end", "greatest"], rows)
  }
}
