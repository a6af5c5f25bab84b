import ConstitutiveManifold
import Mechanics

/// What displacement fields and net forces said of a law: forces against the load, misfits level by level,
/// and the stresses that follow within what was covered.
struct FieldSection {
  let law: LawFile
  let fields: FieldTraining

  func add(to page: inout Page) {
    page.section("Fields, forces and fit")
    page.paragraph(
      "No stress was measured. The law is the one whose own equilibrium agrees with the displacements of "
        + "the points and with the net forces; misfits near 1 standard deviation are the noise itself."
    )
    page.table(
      [
        "experiment", "levels", "points", "outside", "components", "deviation, mm", "deviation, N",
        "misfit of the points",
      ],
      fields.experiments.map { e in
        let n = Double(max(e.misfits.count, 1))
        let misfit = (e.misfits.reduce(0) { $0 + $1 * $1 } / n).squareRoot()
        return [
          Show.escape(e.name), "\(e.factors.count)", "\(e.points)", "\(e.outside)", e.components,
          Show.html(1e3 * e.deviation, digits: 3), Show.html(e.forceDeviation, digits: 3),
          Show.html(misfit, digits: 3),
        ]
      })
    page.pictures(fields.experiments.flatMap { [forces($0), misfits($0)] })
    page.section("The stresses that follow")
    page.pictures([stresses()], wide: true)
    if fields.trials.count > 1 {
      page.table(
        ["strength of the prior", "ln evidence", ""],
        fields.trials.map {
          [
            Show.html($0.strength), Show.html($0.logEvidence, digits: 6),
            $0.strength == fields.strength ? "chosen" : "",
          ]
        })
    }
  }

  private func forces(
    _ e: FieldTraining.Experiment
  ) -> (svg: String, caption: String) {
    let series = e.forceNames.enumerated().flatMap { r, name in
      [
        Chart.Series(
          name: "", style: .line, colour: 1 + r % 6,
          points: [(0, 0)] + e.factors.enumerated().map { ($1, e.fittedForces[$0][r]) }),
        Chart.Series(
          name: name, style: .points, colour: 1 + r % 6,
          points: e.factors.enumerated().map { ($1, e.forces[$0][r]) }),
      ]
    }
    let chart = Chart(
      x: .init(label: "load factor", includes: [0]), y: .init(label: "force, N", includes: [0]),
      series: series, title: "\(e.name): net forces against the load factor")
    return (
      chart.svg(), "\(e.name): net forces, measured (points) and in the law's equilibrium (lines)."
    )
  }

  private func misfits(_ e: FieldTraining.Experiment) -> (svg: String, caption: String) {
    let chart = Chart(
      x: .init(label: "load factor", includes: [0]),
      y: .init(label: "misfit / standard deviation", includes: [0, 1]),
      series: [
        Chart.Series(
          name: "", style: .lineAndPoints, colour: 2,
          points: e.factors.enumerated().map { ($1, e.misfits[$0]) })
      ], title: "\(e.name): misfit of the displacements, level by level")
    return (
      chart.svg(), "\(e.name): root mean square misfit of \(e.points) points at every level."
    )
  }

  /// Nominal stress along the covered part of every mode, with the spread of the posterior.
  private func stresses() -> (svg: String, caption: String) {
    var series: [Chart.Series] = []
    for (i, range) in law.coverage.ranges.filter({ $0.mode != .simpleShear }).enumerated() {
      let points = (0...80).map {
        range.lower + (range.upper - range.lower) * Double($0) / 80
      }
      series.append(
        Chart.Series(
          name: range.mode.rawValue, style: .line, colour: 1 + i % 6,
          points: points.map { ($0, law.law.incompressibleResponse(range.mode, $0).nominal / 1e6) })
      )
      guard let ensemble = law.trust?.ensemble else { continue }
      for sign in [-2.0, 2] {
        series.append(
          Chart.Series(
            name: "", style: .dashed, colour: 1 + i % 6,
            points: points.map { s in
              let spread = Ensemble.Spread(
                ensemble.members.map { $0.incompressibleResponse(range.mode, s).nominal },
                share: ensemble.share)
              return (s, (spread.mean + sign * spread.deviation) / 1e6)
            }))
      }
    }
    var chart = Chart(
      x: .init(label: "stretch λ", includes: [1]),
      y: .init(label: "nominal stress, MPa", includes: [0]), series: series,
      title: "nominal stress against stretch within what the fields covered")
    chart.width = 1080
    chart.height = 460
    let band =
      law.trust?.ensemble == nil ? "" : " Dashed: two standard deviations of the posterior."
    return (chart.svg(), "The law as far as the strains of the specimens reach.\(band)")
  }
}
