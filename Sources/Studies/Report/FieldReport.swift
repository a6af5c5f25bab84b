import FixedPoint
import Foundation
import Geometry

/// The page of a field result: shapes, probes, convergence, provenance.
struct FieldReport {
  let result: FieldResult
  /// Text of the case that produced the result.
  let caseText: String
  /// Assignments of `--set`.
  let overrides: [String]
  /// Names of the law files inside the result.
  let laws: [String]

  /// Stress unit of the page: chosen so that numbers are readable.
  private var stress: (unit: String, factor: Double) {
    StressUnit.readable(result.states.last?.vonMises.max() ?? 0)
  }

  /// The page.
  func html() -> String {
    var page = Page(
      title: result.title,
      subtitle: !result.converged
        ? "Finite-element result, not converged"
        : result.course.isTime
          ? "Finite-element body in motion" : "Finite-element result at full load")
    page.figures(figures)
    if let failure = result.failure { page.paragraph("This run \(failure).") }
    if let state = result.states.last {
      page.section("Shape and stress")
      page.pictures([(surface(state), shapeCaption(state))], wide: true)
    }
    coverage(&page)
    if !result.probes.isEmpty { probes(&page) }
    BodyEnergies(result).add(to: &page)
    convergence(&page)
    page.section("Where this comes from")
    page.facts(facts)
    page.listing("The case", caseText)
    return page.html
  }

  private var figures: [(value: String, caption: String)] {
    var out: [(value: String, caption: String)] = [
      (result.converged ? "converged" : "stopped", "status"),
      (
        "\(result.stepCount)",
        "\(result.course.isTime ? "time" : "load") step\(result.stepCount == 1 ? "" : "s")"
      ),
      ("\(result.iterations)", "linear systems solved"),
    ]
    if let state = result.states.last {
      let peak = Show.html((state.vonMises.max() ?? 0) * stress.factor)
      out.append(("\(peak) \(stress.unit)", "largest von Mises stress at a node"))
    }
    if let share = result.coveredShare {
      out.append(
        ("\(Show.html(100 * share, digits: 3)) %", "of the volume covered by the law's data"))
    }
    out.append((Show.seconds(result.provenance.seconds), "wall time"))
    return out
  }

  /// Where the law's data reach and where it extrapolates.
  private func coverage(_ page: inout Page) {
    guard let state = result.states.last, let scores = state.coverageScore,
      let shares = state.coveredShare
    else { return }
    page.section("Where the law may be trusted")
    if let uncovered = result.uncovered { page.paragraph("Warning: \(uncovered.warning).") }
    let share = result.coveredShare ?? 1
    guard share < 1 else {
      page.paragraph("Every point is strained as the data of its law were.")
      return
    }
    let worst = scores.max() ?? 0
    let beyond = shares.count { $0 < 1 }
    page.pictures(
      [
        (
          surface(state, values: result.mesh.nodalMeans(scores), label: "coverage score"),
          "Coverage score of every cell's mean strain, averaged at the nodes: near 0.5 like the data, up "
            + "to 1 in gaps between them, above 1 outside, where the law extrapolates. Largest "
            + "\(Show.number(worst, digits: 3)); \(beyond) of \(scores.count) cells reach beyond the data."
        )
      ], wide: true)
  }

  private func surface(_ state: FieldResult.State) -> String {
    surface(
      state, values: state.vonMises.map { $0 * stress.factor },
      label: "von Mises stress, \(stress.unit)")
  }

  private func surface(_ state: FieldResult.State, values: [Double], label: String) -> String {
    let u = stride(from: 0, to: state.displacement.count, by: 3).map {
      SIMD3(state.displacement[$0], state.displacement[$0 + 1], state.displacement[$0 + 2])
    }
    return SurfaceView(
      mesh: result.mesh, displacement: u, values: values, label: label
    ).svg()
  }

  private func shapeCaption(_ state: FieldResult.State) -> String {
    "Undeformed and deformed shape at \(result.course.place(state.factor)), in one scale; "
      + "\(result.mesh.nodeCount) nodes, \(result.mesh.cellCount) cells. The dashed line is the "
      + "undeformed outline. Colour: Cauchy stress by von Mises, recovered at the nodes."
  }

  private func probes(_ page: inout Page) {
    page.section("Probes")
    let shown = result.probes.map(readable)
    let rows = shown.map { probe in
      [
        Show.escape(probe.name), Show.html(probe.values.last ?? .nan, digits: 8),
        Show.escape(probe.unit), Show.html(probe.values.min() ?? .nan, digits: 5),
        Show.html(probe.values.max() ?? .nan, digits: 5),
      ]
    }
    page.table(["probe", "at the end", "unit", "least", "greatest"], rows)
    guard result.factors.count > 1 else { return }
    let isTime = result.course.isTime
    let against = isTime ? "over time" : "against the load factor"
    let charts = shown.prefix(12).enumerated().map { i, probe in
      let chart = Chart(
        x: .init(label: result.course.axis, includes: [0]),
        y: .init(label: "\(probe.name), \(probe.unit)", includes: [0]),
        series: [
          .init(
            name: "", style: isTime ? .line : .lineAndPoints, colour: 1 + i % 6,
            points: (probe.unit == "1" || isTime ? [] : [(0, 0)])
              + zip(result.factors, probe.values).map { ($0, $1) })
        ], title: "\(probe.name) \(against)")
      return (chart.svg(), "\(probe.name) \(against)")
    }
    page.pictures(charts)
  }

  /// Stresses in the page's unit.
  private func readable(_ probe: FieldResult.ProbeHistory) -> FieldResult.ProbeHistory {
    guard probe.unit == "Pa" else { return probe }
    return .init(
      name: probe.name, unit: stress.unit, values: probe.values.map { $0 * stress.factor })
  }

  private func convergence(_ page: inout Page) {
    let accepted = result.steps.filter(\.record.converged)
    guard !accepted.isEmpty else { return }
    page.section("Convergence")
    var series: [Chart.Series] = []
    let shown =
      accepted.count <= 6 ? accepted : [accepted[0], accepted[accepted.count / 2], accepted.last!]
    for (i, step) in shown.enumerated() {
      series.append(
        .init(
          name: "to \(Show.number(step.to, digits: 3))", style: .lineAndPoints, colour: 1 + i % 6,
          points: step.record.residuals.enumerated().map { (Double($0), max($1, 1e-17)) }))
    }
    let chart = Chart(
      x: .init(label: "correction", includes: [0], isCount: true),
      y: .init(label: "residual / reactions and loads", isLogarithmic: true), series: series,
      title: "relative residual against corrections")
    let counts = Chart(
      x: .init(label: result.course.axis, includes: [0, result.course.end]),
      y: .init(label: "linear systems", includes: [0], isCount: true),
      series: [
        .init(
          name: "", style: result.course.isTime ? .line : .lineAndPoints, colour: 1,
          points: accepted.map { ($0.to, Double($0.record.iterations)) })
      ], title: "linear systems per step")
    let which =
      accepted.count <= 6 ? "every step" : "the first, the middle and the last step"
    page.pictures([
      (chart.svg(), "Residual of the free equations after each correction, in \(which)."),
      (counts.svg(), "Linear systems solved in each accepted step."),
    ])
    let refused = result.steps.count - accepted.count
    if refused > 0 {
      page.paragraph("\(refused) increments were refused and halved.")
    }
  }

  private var facts: [(String, String)] {
    var out = [
      ("program version", result.provenance.version),
      ("seed", "\(result.provenance.seed)"),
      ("wall time", Show.seconds(result.provenance.seconds)),
      ("units", "SI: m, s, N, Pa, J; stresses above in \(stress.unit)"),
    ]
    if !laws.isEmpty { out.append(("laws in this file", laws.joined(separator: ", "))) }
    if !result.provenance.citation.isEmpty { out.append(("data", result.provenance.citation)) }
    if !overrides.isEmpty { out.append(("--set", overrides.joined(separator: "; "))) }
    return out
  }
}

/// The unit in which stresses of a size are easily read.
enum StressUnit {
  /// Its name, and the factor from Pa.
  static func readable(_ largest: Double) -> (unit: String, factor: Double) {
    largest >= 1e9
      ? ("GPa", 1e-9)
      : largest >= 1e5 ? ("MPa", 1e-6) : largest >= 100 ? ("kPa", 1e-3) : ("Pa", 1)
  }
}

extension Mesh {
  /// Values of the cells averaged at the nodes.
  func nodalMeans(_ cells: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: nodeCount)
    var counts = sums
    var cell = 0
    for block in blocks {
      for c in 0..<block.cellCount {
        for node in block.nodes(of: c) {
          sums[Int(node)] += cells[cell]
          counts[Int(node)] += 1
        }
        cell += 1
      }
    }
    return zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
  }
}
