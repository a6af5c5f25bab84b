/// Energies over time as stacked areas, and what came in as a dashed line along their top.
struct EnergyStack {
  /// Abscissa, s.
  let times: [Double]
  /// Name, colour of the page, and values of every term, from the bottom up.
  let terms: [(name: String, colour: Int, values: [Double])]
  /// What was there at the start and came in since.
  let given: [Double]
  /// Name of the dashed line.
  let givenName: String
  /// Unit of all values.
  let unit: String

  /// The unit in which energies up to a size are easily read, with the factor from J.
  static func readable(_ largest: Double) -> (unit: String, factor: Double) {
    let units = [("TJ", 1e-12), ("GJ", 1e-9), ("MJ", 1e-6), ("kJ", 1e-3), ("J", 1)]
    return units.first { largest * $0.1 >= 1 } ?? ("J", 1)
  }

  /// What is above zero is stacked upwards, what is below downwards.
  var chart: Chart {
    var series: [Chart.Series] = []
    var (above, below) = (times.map { _ in 0.0 }, times.map { _ in 0.0 })
    for (name, colour, values) in terms {
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
    series.append(
      Chart.Series(
        name: givenName, style: .dashed, colour: 0, points: zip(times, given).map { ($0, $1) }))
    return Chart(
      x: .init(label: "time, s", includes: [0]), y: .init(label: "energy, \(unit)", includes: [0]),
      series: series, title: "where the energy is and went, over time")
  }
}
