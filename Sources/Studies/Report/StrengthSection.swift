/// The factor of safety on the page of a run of blocks: bracket, a picture of all trials, their table.
struct StrengthSection {
  private let search: StrengthSearch

  init(_ search: StrengthSearch) { self.search = search }

  func add(to page: inout Page) {
    page.section("Factor of safety")
    page.paragraph(
      "Strengths of all joints were divided by F; every trial begins from the blocks seated without "
        + "inertia: \(search.headline). The blocks below move as at F = "
        + "\(Show.number(search.shown, digits: 7)).")
    if search.trials.contains(where: { $0.moved > 0 }) { page.pictures([picture]) }
    page.table(
      ["trial", "F", "stands", "moved, m", "energy of motion, J", "time, s", "settled"],
      search.trials.enumerated().map { i, trial in
        [
          "\(i + 1)", Show.html(trial.factor, digits: 7), trial.stands ? "yes" : "no",
          Show.html(trial.moved), Show.html(trial.kinetic), Show.html(trial.time),
          trial.converged ? "yes" : "no",
        ]
      })
  }

  private var picture: (svg: String, caption: String) {
    let series = [true, false].map { stands in
      Chart.Series(
        name: stands ? "stands" : "fails", style: .points, colour: stands ? 3 : 2,
        points: search.trials.filter { $0.stands == stands && $0.moved > 0 }
          .map { ($0.factor, $0.moved) }, hollow: !stands)
    }
    let chart = Chart(
      x: .init(label: "factor F"), y: .init(label: "largest way, m", isLogarithmic: true),
      series: series.filter { !$0.points.isEmpty }, title: "how far blocks moved in every trial")
    return (chart.svg(), "How far the centroid that moved most went in every trial.")
  }
}
