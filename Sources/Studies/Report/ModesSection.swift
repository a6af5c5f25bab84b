import Geometry

/// Natural frequencies of a body and the shapes of its first modes.
struct ModesSection {
  /// How many shapes a page draws.
  static let shapesShown = 6

  let result: FieldResult
  let modes: FieldResult.Modes

  /// Adds the section.
  func add(to page: inout Page) {
    page.section("Modes")
    page.pictures(zip(result.states, modes.frequencies).map { (picture($0), caption($0, $1)) })
    page.table(
      ["mode", "frequency, Hz", "period, s", "relative residual"],
      modes.frequencies.enumerated().map { k, f in
        [
          "\(k + 1)", Show.html(f, digits: 8), f > 0 ? Show.html(1 / f, digits: 6) : "–",
          Show.html(modes.residuals[k], digits: 2),
        ]
      })
    page.paragraph(
      modes.isComplete
        ? "The count of eigenvalues by the inertia of the shifted stiffness confirms that no mode in "
          + "between is missing."
        : "The count of eigenvalues does not confirm that no mode in between is missing.")
  }

  private func picture(_ state: FieldResult.State) -> String {
    let u = stride(from: 0, to: state.displacement.count, by: 3).map {
      SIMD3(state.displacement[$0], state.displacement[$0 + 1], state.displacement[$0 + 2])
    }
    let amplitudes = u.map { ($0 * $0).sum().squareRoot() }
    let largest = max(amplitudes.max() ?? 0, .leastNormalMagnitude)
    return SurfaceView(
      mesh: result.mesh, displacement: u, values: amplitudes.map { $0 / largest },
      label: "amplitude"
    ).svg()
  }

  private func caption(_ state: FieldResult.State, _ frequency: Double) -> String {
    "Mode \(Show.number(state.factor)): \(Show.number(frequency, digits: 6)) Hz."
  }
}
