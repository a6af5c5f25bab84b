/// Probes over time: the last values in a table, and a chart of each of the first ones.
struct ProbeSection {
  let probes: [ProbeHistory]
  /// One per value, s.
  let times: [Double]
  /// Charts at most.
  var most = 6

  /// Adds it, and further pictures after the charts.
  func add(to page: inout Page, and more: [(svg: String, caption: String)] = []) {
    guard !probes.isEmpty else { return }
    page.section("Probes")
    page.table(
      ["probe", "last value", "unit"],
      probes.map {
        [
          Show.escape($0.name), Show.html($0.values.last ?? .nan, digits: 8),
          Show.escape($0.unit == "1" ? "–" : $0.unit),
        ]
      })
    page.pictures(probes.prefix(most).map(chart) + more)
  }

  private func chart(_ probe: ProbeHistory) -> (svg: String, caption: String) {
    let label = probe.unit == "1" ? probe.name : "\(probe.name), \(probe.unit)"
    let points = zip(times, probe.values).map { (x: $0, y: $1) }
    let chart = Chart(
      x: .init(label: "time, s", includes: [0]), y: .init(label: label, includes: [0]),
      series: [.init(name: "", style: .line, colour: 1, points: points)],
      title: "\(probe.name) over time")
    return (chart.svg(), "\(probe.name) at the output times.")
  }
}
