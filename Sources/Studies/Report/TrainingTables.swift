import ConstitutiveManifold
import FixedPoint

/// The tables of a law's training: what each stage changed, every constraint, outliers, sizes.
struct TrainingTables {
  let training: LawTraining

  init(_ training: LawTraining) { self.training = training }

  func write(to page: inout Page) {
    stages(&page)
    constraints(&page)
    if !training.sizes.isEmpty {
      page.paragraph("Shapes of the map, judged on folds of the data that were left out in turn:")
      page.table(
        ["widths", "held-out error", "standard error"],
        training.sizes.map { size in
          [
            size.widths.map(String.init).joined(separator: " × "),
            Show.html(size.heldOutError, digits: 3), Show.html(size.standardError, digits: 2),
          ]
        })
    }
    if !training.outliers.isEmpty {
      page.paragraph(
        "Stresses that a robust weight set aside, with their distance in robust standard deviations:"
      )
      page.table(
        ["test", "point", "stretch", "deviations", "weight kept"],
        training.outliers.map { outlier in
          [
            Show.escape(outlier.test), "\(outlier.point + 1)", Show.html(outlier.stretch),
            Show.html(outlier.deviations, digits: 3), Show.html(outlier.weight, digits: 2),
          ]
        })
    }
    for line in training.summary where !line.contains("outlier") {
      page.paragraph(Show.escape(line) + ".")
    }
  }

  private func stages(_ page: inout Page) {
    guard !training.stages.isEmpty else { return }
    page.table(
      [
        "stage", "learned from", "states", "α", "β", "misfit", "earlier states", "moved θ",
        "moved response",
      ],
      training.stages.map { stage in
        let earlier = stage.earlierMisfitBefore.flatMap { before in
          stage.earlierMisfitAfter.map { (before, $0) }
        }
        return [
          stage.stage.rawValue, Show.escape(stage.description), "\(stage.states)",
          stage.weights.map { Show.html($0.alpha, digits: 2) } ?? "",
          stage.weights.map { Show.html($0.beta, digits: 2) } ?? "",
          change(stage.misfitBefore, stage.misfitAfter, stage.misfitUnit),
          earlier.map { change($0.0, $0.1, "standard deviations") } ?? "",
          Show.html(stage.parameterMovement, digits: 3),
          Show.html(100 * stage.responseMovement, digits: 3) + " %",
        ]
      })
  }

  private func change(_ before: Double, _ after: Double, _ unit: String) -> String {
    let (scale, name) = unit == "Pa" ? (1e6, "MPa") : (1, unit)
    return Show.html(before / scale, digits: 3) + " → " + Show.html(after / scale, digits: 3) + " "
      + Show.escape(name)
  }

  private func constraints(_ page: inout Page) {
    guard !training.constraints.isEmpty else { return }
    page.paragraph(
      "Constraints of the law; stresses in units of the data's secant modulus. A multiplier says how "
        + "hard a constraint presses against the data.")
    page.table(
      ["constraint", "", "values", "violation", "tolerance", "multiplier"],
      training.constraints.map { c in
        [
          Show.escape(c.name), c.isSatisfied ? "holds" : "VIOLATED", "\(c.count)",
          Show.html(c.residual, digits: 2), Show.html(c.tolerance, digits: 2),
          Show.html(c.multiplier, digits: 2),
        ]
      })
  }
}
