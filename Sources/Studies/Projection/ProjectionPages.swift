import Foundation
import Mechanics
import Storage

/// The page of projected states, from their file.
struct ProjectionReport {
  /// What the page needs of a file.
  private struct Content {
    var title = "", law = "", measure = "", energyUnit = ""
    var strain: [Double] = [], stress: [Double] = []
    var seenStrain: [Double] = [], seenStress: [Double] = []
    var distance: [Double] = [], fromData: [Double] = [], expansion: [Double] = []
    var undetermined: [UInt8] = [], converged: [UInt8] = []
    var residuals: [Double] = []
    var tests: [String] = []
    var stretch: [Double] = [], nominal: [Double] = []
    var projectedStretch: [Double] = [], projectedNominal: [Double] = []
    var provenance = Provenance(seconds: 0)
    var count: Int { distance.count }
  }

  private var content = Content()

  /// Most points of one picture: beyond it every so many are drawn.
  private static let drawn = 4000

  /// So many of some points that a page can hold them, evenly taken.
  private static func thinned(_ points: [Int]) -> [Int] {
    let step = (points.count + drawn - 1) / drawn
    return step <= 1 ? points : stride(from: 0, to: points.count, by: step).map { points[$0] }
  }

  /// Reads a file.
  /// - Throws: `StorageError` for a damaged one.
  init(_ path: String) throws {
    let file = try H5File.open(at: path)
    try self.init(file.root, path)
  }

  private init(_ root: borrowing H5Group, _ path: String) throws {
    var c = Content()
    c.title = try root.stringAttribute("source")
    c.law = try root.stringAttribute("law_name")
    c.measure = try root.stringAttribute("measure")
    c.energyUnit = try root.unit(of: "square_distance") ?? "1"
    c.strain = try root.readDoubles("strain").values
    c.stress = try root.readDoubles("stress").values
    c.seenStrain = try root.readDoubles("observed/strain").values
    c.seenStress = try root.readDoubles("observed/stress").values
    c.distance = try root.readDoubles("square_distance").values
    c.fromData = try root.readDoubles("distance_from_data").values
    c.expansion = try root.readDoubles("expansion").values
    c.undetermined = try root.read("undetermined", as: UInt8.self).values
    c.converged = try root.read("converged", as: UInt8.self).values
    c.residuals = try ConvergenceGroup.read(root.group("convergence")).first?.residuals ?? []
    if root.contains("tests") {
      c.tests = try root.readStrings("tests/test").values
      c.stretch = try root.readDoubles("tests/stretch").values
      c.nominal = try root.readDoubles("tests/nominal_stress").values
      c.projectedStretch = try root.readDoubles("tests/projected_stretch").values
      c.projectedNominal = try root.readDoubles("tests/projected_nominal_stress").values
    }
    c.provenance = try Provenance(root)
    let N = c.count
    let counts = [
      c.fromData.count == N, c.expansion.count == N, c.converged.count == N,
      c.strain.count == 6 * N, c.stress.count == 6 * N, c.seenStrain.count == 6 * N,
      c.seenStress.count == 6 * N, c.undetermined.count == 12 * N,
      [c.stretch, c.nominal, c.projectedStretch, c.projectedNominal].allSatisfy {
        $0.count == c.tests.count
      }, c.tests.isEmpty || c.tests.count == N,
    ]
    guard counts.allSatisfy({ $0 }) else {
      throw StorageError(
        .damaged, file: path, what: "its arrays have different lengths",
        remedy: "make the file again")
    }
    content = c
  }

  /// The page.
  func html() -> String {
    let c = content
    var page = Page(
      title: "\(c.title): observed states and the nearest of the law",
      subtitle: "\(c.count) observations onto \(c.law)")
    let open = (0..<c.count).count { p in c.undetermined[12 * p..<12 * p + 12].contains(1) }
    page.figures([
      ("\(c.count)", "observations"), ("\(c.converged.count { $0 == 1 })", "converged"),
      ("\(open)", "with a component that the data leave open"),
      ("\(c.fromData.count { $0 > 0.02 })", "outside of the law's data"),
      (
        Show.html(c.expansion.filter(\.isFinite).max() ?? 0), "largest stretching of the projection"
      ),
    ])
    page.section("Observed and projected")
    page.pictures(c.tests.isEmpty ? components() : tests())
    page.section("Distance from the law")
    page.pictures([distances(), convergence()])
    let names = openNames()
    if !names.isEmpty {
      page.section("What the data do not determine")
      page.paragraph(
        "Values shown for these components are those of the smallest state that fits; "
          + "their variance is infinite.")
      page.table(["component", "observations"], names.map { [$0.name, "\($0.count)"] })
    }
    page.section("Where this comes from")
    var facts = [
      ("law", c.law), ("strain measure", c.measure), ("program version", c.provenance.version),
      ("seed", "\(c.provenance.seed)"), ("time", Show.seconds(c.provenance.seconds)),
    ]
    if !c.provenance.citation.isEmpty { facts.insert(("data", c.provenance.citation), at: 0) }
    page.facts(facts)
    return page.html
  }

  private func openNames() -> [(name: String, count: Int)] {
    (0..<12).compactMap { i in
      let count = (0..<content.count).count { content.undetermined[12 * $0 + i] == 1 }
      return count > 0 ? (StateExpression.names[i], count) : nil
    }
  }

  /// One picture per test: observed points, projected ones.
  private func tests() -> [(svg: String, caption: String)] {
    var order: [String] = []
    for name in content.tests where !order.contains(name) { order.append(name) }
    return order.enumerated().map { k, name in
      let all = content.tests.indices.filter { content.tests[$0] == name }
      let points = Self.thinned(all)
      let chart = Chart(
        x: .init(label: "stretch λ"), y: .init(label: "nominal stress, MPa", includes: [0]),
        series: [
          Chart.Series(
            name: "observed", style: .points, colour: 2,
            points: points.map { (content.stretch[$0], content.nominal[$0] / 1e6) }, hollow: true),
          Chart.Series(
            name: "projected", style: .points, colour: 1,
            points: points.map {
              (content.projectedStretch[$0], content.projectedNominal[$0] / 1e6)
            }),
        ], title: "\(name): observed and projected")
      return (chart.svg(), "\(name), \(all.count) points.")
    }
  }

  /// One picture per normal component whose strain and stress were both seen.
  private func components() -> [(svg: String, caption: String)] {
    (0..<6).compactMap { i in
      let all = (0..<content.count).filter {
        content.seenStrain[6 * $0 + i].isFinite && content.seenStress[6 * $0 + i].isFinite
      }
      let points = Self.thinned(all)
      guard !points.isEmpty else { return nil }
      let label = String(StateExpression.names[i].suffix(2))
      let shear = StateExpression.mandel(i)
      let chart = Chart(
        x: .init(label: "strain \(label)"), y: .init(label: "stress \(label), MPa", includes: [0]),
        series: [
          Chart.Series(
            name: "observed", style: .points, colour: 2,
            points: points.map {
              (content.seenStrain[6 * $0 + i] / shear, content.seenStress[6 * $0 + i] / shear / 1e6)
            }, hollow: true),
          Chart.Series(
            name: "projected", style: .points, colour: 1,
            points: points.map {
              (content.strain[6 * $0 + i] / shear, content.stress[6 * $0 + i] / shear / 1e6)
            }),
        ], title: "\(label): observed and projected")
      return (
        chart.svg(),
        "Component \(label): \(all.count) observations of strain and stress"
          + (points.count < all.count ? ", \(points.count) of them drawn." : ".")
      )
    }
  }

  private func distances() -> (svg: String, caption: String) {
    let chart = Chart(
      x: .init(label: "observation", isCount: true),
      y: .init(label: "distance from the law", includes: [0]),
      series: [
        Chart.Series(
          name: "", style: .bars, colour: 3,
          points: Self.thinned(Array(content.distance.indices)).map {
            (Double($0 + 1), max(content.distance[$0], 0).squareRoot())
          })
      ], title: "distance of every observation")
    let unit = content.energyUnit == "1" ? "standard deviations" : "√(J/m³)"
    return (chart.svg(), "Distance of every observation from its state, in \(unit).")
  }

  private func convergence() -> (svg: String, caption: String) {
    let chart = Chart(
      x: .init(label: "correction", includes: [0], isCount: true),
      y: .init(label: "worst residual", isLogarithmic: true),
      series: [
        Chart.Series(
          name: "", style: .lineAndPoints, colour: 1,
          points: content.residuals.enumerated().map { (Double($0), max($1, 1e-17)) })
      ], title: "convergence of the projection")
    return (chart.svg(), "Worst fixed-point residual of all observations after every correction.")
  }
}
