/// The page of a data-driven result: the structure, its states beside the material's, the turns.
struct DataDrivenReport {
  let result: FieldResult
  /// Text of the case, and assignments of `--set`.
  let caseText: String, overrides: [String]

  /// The page.
  func html() -> String {
    var page = Page(
      title: result.title,
      subtitle: result.converged ? "Data-driven result" : "Data-driven result, not converged")
    page.figures(figures)
    if let failure = result.failure { page.paragraph("This run \(failure).") }
    if let state = result.states.last { pictures(state, &page) }
    if !result.probes.isEmpty {
      page.section("Probes")
      page.table(
        ["probe", "value", "unit"],
        result.probes.map {
          [
            Show.escape($0.name), Show.html($0.values.last ?? .nan, digits: 8),
            Show.escape($0.unit == "J^0.5" ? "√J" : $0.unit),
          ]
        })
    }
    convergence(&page)
    page.section("Where this comes from")
    page.facts(facts)
    page.listing("The case", caseText)
    return page.html
  }

  private var figures: [(value: String, caption: String)] {
    [
      (result.converged ? "converged" : "stopped", "status"),
      ("\(result.iterations)", "turns between equilibrium and material"),
      (
        "\(result.bars.isEmpty ? result.mesh.cellCount : result.bars.count)",
        result.bars.isEmpty ? "cells" : "bars"
      ),
      (Show.seconds(result.provenance.seconds), "wall time"),
    ]
  }

  private func values(_ name: String, _ state: FieldResult.State) -> [Double]? {
    state.cells.first { $0.name == name && $0.kind == .scalar }?.values
  }

  private func pictures(_ state: FieldResult.State, _ page: inout Page) {
    let u = stride(from: 0, to: state.displacement.count, by: 3).map {
      SIMD3(state.displacement[$0], state.displacement[$0 + 1], state.displacement[$0 + 2])
    }
    let main = result.bars.isEmpty ? "von_mises" : "stress"
    page.section("Shape and states")
    var shapes: [(svg: String, caption: String)] = []
    if let stress = values(main, state) {
      let (unit, factor) = StressUnit.readable(stress.map { abs($0) }.max() ?? 0)
      let name = main == "stress" ? "stress, \(unit)" : "von Mises stress, \(unit)"
      shapes.append(
        (
          picture(u, stress.map { factor * $0 }, name),
          "Stresses in equilibrium with the loads, means over the points of a cell."
        ))
    }
    if let distance = values("distance", state) {
      shapes.append(
        (
          picture(u, distance, "distance, √(J/m³)"),
          "How far the states in equilibrium lie from what the material admits."
        ))
    }
    page.pictures(shapes, wide: true)
  }

  private func picture(_ u: [SIMD3<Double>], _ values: [Double], _ label: String) -> String {
    if !result.bars.isEmpty {
      return TrussView(
        joints: result.mesh.points, bars: result.bars, displacement: u, values: values,
        label: label, dimension: result.mesh.dimension
      ).svg()
    }
    return SurfaceView(
      mesh: result.mesh, displacement: u, values: result.mesh.nodalMeans(values), label: label
    ).svg()
  }

  /// Strain and stress of every bar, in equilibrium and nearest in the material.
  private func states() -> [(svg: String, caption: String)] {
    guard let state = result.states.last, let strain = values("strain", state),
      let stress = values("stress", state),
      let ownStrain = values("admissible_strain", state),
      let ownStress = values("admissible_stress", state)
    else { return [] }
    let (unit, factor) = StressUnit.readable(stress.map { abs($0) }.max() ?? 0)
    let chart = Chart(
      x: .init(label: "strain"), y: .init(label: "stress, \(unit)", includes: [0]),
      series: [
        Chart.Series(
          name: "nearest in the material", style: .points, colour: 2,
          points: zip(ownStrain, ownStress).map { ($0, factor * $1) }, hollow: true),
        Chart.Series(
          name: "in equilibrium", style: .points, colour: 1,
          points: zip(strain, stress).map { ($0, factor * $1) }),
      ], title: "states of the bars")
    return [(chart.svg(), "Every bar's state in equilibrium and the nearest one of the material.")]
  }

  private func convergence(_ page: inout Page) {
    guard let record = result.steps.last?.record, record.residuals.count > 1 else { return }
    page.section("States and convergence")
    let chart = Chart(
      x: .init(label: "turn", includes: [0], isCount: true),
      y: .init(label: "movement / state", isLogarithmic: true),
      series: [
        .init(
          name: "", style: .lineAndPoints, colour: 1,
          points: record.residuals.enumerated().map { (Double($0 + 1), max($1, 1e-17)) })
      ], title: "movement of the state in every turn")
    page.pictures(
      states() + [
        (
          chart.svg(),
          "How far the state moved in every turn, relative to itself in the energy norm; it ended as "
            + "'\(record.reason.rawValue)'. A movement of exactly zero is drawn at 10⁻¹⁷."
        )
      ])
  }

  private var facts: [(String, String)] {
    var out = [
      ("program version", result.provenance.version), ("seed", "\(result.provenance.seed)"),
      ("wall time", Show.seconds(result.provenance.seconds)), ("units", "SI: m, N, Pa, J"),
    ]
    if !result.provenance.citation.isEmpty { out.append(("data", result.provenance.citation)) }
    if !overrides.isEmpty { out.append(("--set", overrides.joined(separator: "; "))) }
    return out
  }
}
