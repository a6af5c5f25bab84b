import ConstitutiveManifold
import FixedPoint
import Foundation
import Mechanics

/// The page of a fitted law: data against fit, residuals, tangents with the covered region,
/// convergence, regularisation, parameters, provenance.
struct LawReport {
  let law: LawFile

  /// The range of stretches over which tangents are shown.
  private static let stretches = 0.3...8.0

  /// The page.
  func html() -> String {
    var page = Page(title: law.name, subtitle: law.familyInWords)
    page.figures(figures)
    if let fields = law.fields {
      FieldSection(law: law, fields: fields).add(to: &page)
    } else {
      dataAndFit(&page)
    }
    page.section("Where the law may be trusted")
    page.paragraph(stability)
    if let trust = trustInWords { page.paragraph(trust) }
    page.pictures(modes.map(tangent))
    training(&page)
    GeometrySection(law: law)?.add(to: &page)
    page.section("Parameters")
    page.table(
      ["parameter", "value", "unit"],
      parameters.map {
        [Show.escape($0.name), Show.html($0.value, digits: 8), Show.escape($0.unit)]
      })
    if let weights = law.law.weightCount {
      page.paragraph(
        "and \(weights) weights of the learned map, in the file's group "
          + "'law'.")
    }
    page.section("Where this comes from")
    page.facts(facts)
    if let input = law.input { page.listing("The case", input.text) }
    return page.html
  }

  private func dataAndFit(_ page: inout Page) {
    page.section("Data and fit")
    page.pictures([(together(), "Every test with the law's answer.")], wide: true)
    page.table(
      ["test", "mode", "points", "R²", "RMSE, MPa", "role"],
      law.tests.map { t in
        [
          Show.escape(t.test.name), t.test.mode.rawValue, "\(t.test.count)",
          Show.html(t.r2, digits: 5), Show.html(t.rmse / 1e6),
          t.test.heldOut ? "held out" : "fitted",
        ]
      })
    page.pictures(law.tests.enumerated().map { each($1, colour: 1 + $0 % 6) })
  }

  private var parameters: [LawParameter] { law.law.parameters }

  private var figures: [(value: String, caption: String)] {
    if let fields = law.fields {
      return [
        (
          Show.html(fields.displacementMisfit, digits: 3),
          "standard deviations that displacements are missed by"
        ),
        (Show.html(fields.reactionMisfit, digits: 3), "the same of forces"),
        ("\(fields.experiments.reduce(0) { $0 + $1.points })", "measured points"),
        ("\(law.parameterCount)", "parameters"),
        (Show.seconds(law.provenance.seconds), "time of the identification"),
      ]
    }
    let worst = law.tests.map(\.r2).min() ?? 0
    return [
      ("\(Show.html(law.rmse / 1e6, digits: 3)) MPa", "RMSE over the fitted tests"),
      (Show.html(worst, digits: 5), "least R² of a test"),
      ("\(law.tests.reduce(0) { $0 + $1.test.count })", "measured points"),
      ("\(law.parameterCount)", "parameters"),
      (Show.seconds(law.provenance.seconds), "time of the fit"),
    ]
  }

  // MARK: - Data and fit

  private func stressLabel(_ test: HomogeneousTest) -> String {
    if test.stresses.allSatisfy(\.isNaN), test.stressDifferences != nil {
      return "difference of true stresses, MPa"
    }
    return "\(test.measure == .nominal ? "nominal" : "true") stress, MPa"
  }

  private func stretchLabel(_ mode: HomogeneousMode) -> String {
    mode == .simpleShear ? "shear γ" : "stretch λ"
  }

  private func series(_ t: FittedTest, colour: Int, named name: String) -> [Chart.Series] {
    func observed(_ values: [Double]) -> [(x: Double, y: Double)] {
      zip(t.test.stretches, values).compactMap { $1.isNaN ? nil : ($0, $1 / 1e6) }
    }
    if t.test.stresses.allSatisfy(\.isNaN), let measured = t.test.stressDifferences,
      let fitted = t.differenceFitted
    {
      // Only differences were seen: the law's answers at the points, in the order of the stretches.
      let line = zip(t.test.stretches, fitted).map { ($0, $1 / 1e6) }.sorted { $0.0 < $1.0 }
      return [
        Chart.Series(name: "", style: .line, colour: colour, points: line),
        Chart.Series(
          name: name, style: .points, colour: colour, points: observed(measured),
          hollow: t.test.heldOut),
      ]
    }
    let points = observed(t.test.stresses)
    var out = [
      Chart.Series(
        name: name == "measured" ? "law" : "", style: .line, colour: colour, points: curve(t)),
      Chart.Series(
        name: name, style: .points, colour: colour, points: points, hollow: t.test.heldOut),
    ]
    if name == "measured" { out += bands(t, colour: colour) }
    if let second = t.test.secondStresses, let fitted = t.secondFitted {
      let other = 1 + colour % 6
      out.append(
        Chart.Series(
          name: "", style: t.test.mode == .biaxial ? .points : .dashed, colour: other,
          points: observed(fitted), hollow: true))
      out.append(
        Chart.Series(
          name: name + ", direction 2", style: .points, colour: other,
          points: observed(second)))
    }
    return out
  }

  /// The law between and at the points of a test. A general biaxial test has no curve: there the
  /// law's answers at the points are joined in the order of the file.
  private func curve(_ t: FittedTest) -> [(x: Double, y: Double)] {
    guard t.test.mode != .biaxial else {
      return zip(t.test.stretches, t.fitted).compactMap { $1.isNaN ? nil : ($0, $1 / 1e6) }
    }
    let rest = t.test.mode == .simpleShear ? 0.0 : 1
    let low = min(rest, t.test.stretches.min() ?? rest)
    let high = max(rest, t.test.stretches.max() ?? rest)
    return (0...160).map { i in
      let s = low + (high - low) * Double(i) / 160
      let response = law.law.incompressibleResponse(t.test.mode, s)
      return (s, (t.test.measure == .nominal ? response.nominal : response.true) / 1e6)
    }
  }

  /// The ends of the conformal band along a test, where there is a curve to follow.
  private func bands(_ t: FittedTest, colour: Int) -> [Chart.Series] {
    guard let bands = law.trust?.bands, t.test.mode != .biaxial else { return [] }
    let rest = t.test.mode == .simpleShear ? 0.0 : 1
    let low = min(rest, t.test.stretches.min() ?? rest)
    let high = max(rest, t.test.stretches.max() ?? rest)
    let ends = (0...60).map { i in
      let s = low + (high - low) * Double(i) / 60
      // Nominal to true stress of an incompressible material: times the stretch.
      let factor = t.test.measure == .true && t.test.mode != .simpleShear ? s : 1
      let band = bands.band(of: law.law, t.test.mode, s)
      return (s, band.lower * factor / 1e6, band.upper * factor / 1e6)
    }
    return [
      Chart.Series(
        name: "\(Show.number(100 * bands.level)) % band", style: .dashed, colour: colour,
        points: ends.map { ($0.0, $0.1) }),
      Chart.Series(
        name: "", style: .dashed, colour: colour, points: ends.map { ($0.0, $0.2) }),
    ]
  }

  private func together() -> String {
    let kinds = Set(law.tests.map { stressLabel($0.test) })
    var chart = Chart(
      x: .init(label: "stretch λ"),
      y: .init(label: kinds.count == 1 ? kinds.first! : "stress, MPa", includes: [0]),
      series: law.tests.enumerated().flatMap { i, t in
        series(t, colour: 1 + i % 6, named: t.test.name + (t.test.heldOut ? " (held out)" : ""))
      }, title: "stress against stretch, all tests")
    chart.width = 1080
    chart.height = 460
    return chart.svg()
  }

  /// Fitted less measured over the stretch: of the first stress, else of the differences.
  private func firstResiduals(_ t: FittedTest) -> [(x: Double, y: Double)] {
    let isDifference = t.test.stresses.allSatisfy(\.isNaN)
    let measured = isDifference ? t.test.stressDifferences ?? [] : t.test.stresses
    let fitted = isDifference ? t.differenceFitted ?? [] : t.fitted
    return zip(t.test.stretches, zip(fitted, measured)).compactMap { stretch, pair in
      let r = pair.0 - pair.1
      return r.isNaN ? nil : (stretch, r / 1e6)
    }
  }

  private func each(_ t: FittedTest, colour: Int) -> (svg: String, caption: String) {
    let x = Chart.Axis(label: stretchLabel(t.test.mode), includes: [t.test.stretches.min() ?? 1])
    let main = Chart(
      x: x, y: .init(label: stressLabel(t.test), includes: [0]),
      series: series(t, colour: colour, named: "measured"), title: "\(t.test.name): data and fit")
    var residual = Chart(
      x: x, y: .init(label: "fit − data, MPa", includes: [0]),
      series: [
        Chart.Series(
          name: "", style: .bars, colour: colour,
          points: firstResiduals(t))
      ], title: "\(t.test.name): residuals")
    residual.height = 190
    let role = t.test.heldOut ? " Held out: judged, never learned from." : ""
    let caption =
      "\(t.test.name == t.test.mode.rawValue ? "" : "\(t.test.name), ")\(t.test.mode.rawValue), "
      + "\(t.test.count) points: R² "
      + "\(Show.number(t.r2, digits: 5)), RMSE \(Show.number(t.rmse / 1e6)) MPa.\(role)"
    return (main.svg() + residual.svg(), caption)
  }

  // MARK: - Stability and coverage

  private var modes: [HomogeneousMode] { [.uniaxial, .equibiaxial, .pureShear] }

  /// dP/dλ on a fine grid, Pa.
  private func tangents(_ mode: HomogeneousMode) -> [(stretch: Double, value: Double)] {
    let (a, b) = (Self.stretches.lowerBound, Self.stretches.upperBound)
    let n = 220
    // Even steps of the logarithm: compression and extension alike.
    let grid = (0...n).map { a * pow(b / a, Double($0) / Double(n)) }
    return grid.map { s in
      let h = 1e-5 * s
      let up = law.law.incompressibleResponse(mode, s + h).nominal
      let down = law.law.incompressibleResponse(mode, s - h).nominal
      return (s, (up - down) / (2 * h))
    }
  }

  private var stability: String {
    let unstable = modes.compactMap { mode -> String? in
      let bad = tangents(mode).filter { !($0.value > 0) }
      guard let first = bad.first, let last = bad.last else { return nil }
      return "\(mode.rawValue) between \(Show.number(first.stretch, digits: 3)) and "
        + "\(Show.number(last.stretch, digits: 3))"
    }
    let range = "stretches from 0.3 to 8"
    let shaded = "The shaded ranges are those that the data covered; outside, the law extrapolates."
    return unstable.isEmpty
      ? "The tangent is positive in uniaxial tension, equibiaxial tension and pure shear for "
        + "\(range): the law is stable there. \(shaded)"
      : "The tangent is not positive in \(unstable.joined(separator: ", ")) (of \(range)): "
        + "the law is unstable there. \(shaded)"
  }

  /// What the file says about errors.
  private var trustInWords: String? {
    guard let trust = law.trust, let summary = trust.summary else { return nil }
    guard trust.bands != nil else {
      return "The file carries \(summary): its spread is what the data leave open."
    }
    return
      "The file carries \(summary). A measurement like those of the data lies in the band with its "
      + "level's probability; outside of what the data covered the band promises nothing."
  }

  private func tangent(_ mode: HomogeneousMode) -> (svg: String, caption: String) {
    let all = tangents(mode)
    let covered = all.map { law.covers(mode, $0.stretch) }
    var shaded: [(ClosedRange<Double>, String)] = []
    var start: Int? = nil
    for i in 0...all.count {
      let inside = i < all.count && covered[i]
      if inside, start == nil { start = i }
      if !inside, let from = start {
        shaded.append((all[from].stretch...all[i - 1].stretch, "covered by data"))
        start = nil
      }
    }
    var chart = Chart(
      x: .init(label: "stretch λ", includes: [0.3, 8]),
      y: .init(label: "tangent dP/dλ, MPa", isLogarithmic: true),
      series: [
        Chart.Series(
          name: "", style: .line, colour: 1, points: all.map { ($0.stretch, $0.value / 1e6) })
      ], title: "\(mode.rawValue): tangent against stretch")
    chart.shaded = shaded
    return (
      chart.svg(), "\(mode.rawValue): slope of the nominal stress; shaded where data covered it."
    )
  }

  // MARK: - Training

  private func training(_ page: inout Page) {
    var pictures: [(svg: String, caption: String)] = []
    let record = law.record
    if record.residuals.count > 1 {
      let chart = Chart(
        x: .init(label: "iteration", includes: [0], isCount: true),
        y: .init(label: "relative residual", isLogarithmic: true),
        series: [
          Chart.Series(
            name: "", style: .line, colour: 1,
            points: record.residuals.enumerated().map { (Double($0), max($1, 1e-17)) })
        ], title: "convergence of the fit")
      pictures.append(
        (
          chart.svg(),
          "Convergence of the fit that was kept; it ended as '\(record.reason.rawValue)'."
        ))
    }
    let trials = law.trials.filter { $0.strength > 0 }
    if trials.count > 1 {
      let chart = Chart(
        x: .init(
          label: "weight of what was not measured (α, or β without a weak stage)",
          isLogarithmic: true),
        y: .init(label: "held-out error / spread of the data", isLogarithmic: true),
        series: [
          Chart.Series(
            name: "", style: .lineAndPoints, colour: 2,
            points: trials.map { ($0.strength, $0.heldOutError) })
        ], title: "regularisation path")
      let chosen = law.regularisation.map { " Chosen: \(Show.number($0, digits: 3))." } ?? ""
      pictures.append(
        (chart.svg(), "Error on folds of the data that were left out in turn.\(chosen)"))
    }
    guard !pictures.isEmpty || !law.training.stages.isEmpty else { return }
    page.section("How it was fitted")
    page.pictures(pictures)
    TrainingTables(law.training).write(to: &page)
  }

  private var facts: [(String, String)] {
    var out = [("family", law.familyInWords)]
    if !law.provenance.citation.isEmpty { out.append(("data", law.provenance.citation)) }
    out.append(("least-squares fits", "\(law.fits), the last from \(law.starts) starts"))
    out += [
      ("program version", law.provenance.version), ("seed", "\(law.provenance.seed)"),
      ("time of the fit", Show.seconds(law.provenance.seconds)),
      ("units", "stresses in Pa inside the file, in MPa on this page"),
    ]
    return out
  }
}
