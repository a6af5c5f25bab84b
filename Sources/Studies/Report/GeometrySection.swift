import ConstitutiveManifold
import Foundation
import Manifold

/// The part of a law's page that shows the geometry of its states; there is none where it was not measured.
struct GeometrySection {
  let geometry: LawGeometry

  init?(law: LawFile) {
    guard let geometry = law.geometry else { return nil }
    self.geometry = geometry
  }

  func add(to page: inout Page) {
    page.section("Geometry of the manifold")
    var pictures = dimensions(&page)
    if let slice = geometry.slice { pictures.append(loss(slice)) }
    if let stability = geometry.stability { pictures.append(spectrum(stability)) }
    if !geometry.expansions.isEmpty { pictures.append(expansions()) }
    if let path = geometry.path { pictures += self.path(path) }
    page.pictures(pictures)
    if geometry.path == nil {
      page.paragraph("The path of training is not shown: the file records no checkpoints.")
    }
  }

  private func dimensions(_ page: inout Page) -> [(svg: String, caption: String)] {
    guard !geometry.dimensions.isEmpty else { return [] }
    page.table(
      [
        "states", "points", "TwoNN", "TwoNN, likelihood", "Levina–Bickel", "MacKay–Ghahramani",
        "theory",
      ],
      geometry.dimensions.map { d in
        let e = d.estimate
        let error = Show.html(e.standardError, digits: 2)
        return [
          Show.escape(d.states), "\(e.count)", Show.html(e.twoNN, digits: 3),
          "\(Show.html(e.twoNNLikelihood, digits: 3)) ± \(error)",
          Show.html(e.levinaBickel, digits: 3), Show.html(e.mackayGhahramani, digits: 3),
          d.expected.map { "\($0)" } ?? "",
        ]
      })
    var series: [Chart.Series] = []
    for (k, d) in geometry.dimensions.enumerated() {
      let e = d.estimate
      // Evenly thinned: a page needs no two thousand points.
      let step = max(1, e.count / 120)
      let kept = stride(from: 0, to: Int(Double(e.count) * (1 - e.discarded)), by: step)
      let points = kept.map { (x: e.logRatios[$0], y: e.exponents[$0]) }
      let end = points.last?.x ?? 1
      series.append(.init(name: d.states, style: .points, colour: 1 + k % 6, points: points))
      series.append(
        .init(
          name: "", style: .line, colour: 1 + k % 6, points: [(0, 0), (end, e.twoNN * end)]))
    }
    let chart = Chart(
      x: .init(label: "ln(r₂/r₁)", includes: [0]),
      y: .init(label: "−ln(1 − F)", includes: [0]), series: series,
      title: "ratios of neighbour distances and their slopes")
    return [
      (
        chart.svg(),
        "How many coordinates the states (strain and stress in the energy metric) need: the slope of "
          + "each line (TwoNN); the largest \(Show.number(100 * geometry.dimensions[0].estimate.discarded)) "
          + "% of the ratios are left out."
      )
    ]
  }

  private func loss(_ slice: LossSlice) -> (svg: String, caption: String) {
    let map = HeatMap(
      offsets: slice.offsets, values: slice.values, x: "α", y: "β",
      label: "mean of 1 − R²", title: "loss on a plane through the fitted weights")
    return (
      map.svg(),
      "Loss on the plane θ + α δ + β η through the fitted numbers; both directions are random and as long, "
        + "neuron by neuron, as the weights themselves."
    )
  }

  private func spectrum(_ s: FixedPointStability) -> (svg: String, caption: String) {
    let largest = s.curvatures.first ?? 1
    let shown = s.curvatures.enumerated().filter { $0.element > 1e-20 * largest }
    var series = [
      Chart.Series(
        name: "data", style: .points, colour: 1,
        points: shown.map { (Double($0.offset + 1), $0.element) })
    ]
    if s.prior > 0 {
      series.append(
        .init(
          name: "prior", style: .dashed, colour: 2,
          points: [(1, s.prior), (Double(s.curvatures.count), s.prior)]))
    }
    let chart = Chart(
      x: .init(label: "direction", includes: [0], isCount: true),
      y: .init(label: "curvature of the loss", isLogarithmic: true), series: series,
      title: "curvatures of the loss at the fit")
    let rate = s.observedRate.map {
      " The last steps of the fit contracted by \(Show.number($0, digits: 3))."
    }
    return (
      chart.svg(),
      "Curvatures at the fixed point of training: \(s.stiffDirections()) of \(s.curvatures.count) directions "
        + "are stiff (above 10⁻⁴ of the largest); the others are the prior's.\(rate ?? "")"
    )
  }

  private func expansions() -> (svg: String, caption: String) {
    let all = geometry.expansions
    let chart = Chart(
      x: .init(label: "spectral norm of the projection's derivative", includes: [1]),
      y: .init(label: "share of states", includes: [0, 1]),
      series: [
        .init(
          name: "", style: .line, colour: 3,
          points: all.enumerated().map { ($1, Double($0 + 1) / Double(all.count)) })
      ], title: "how much the projection stretches small changes")
    return (
      chart.svg(),
      "How much the projection onto the manifold stretches a small change of an observation at most, for "
        + "\(all.count) covered states seen with \(Show.number(100 * geometry.noise)) % noise: 1 on a flat "
        + "manifold, more on the inner side of a curve."
    )
  }

  private func path(_ path: LawGeometry.Path) -> [(svg: String, caption: String)] {
    let e = path.embedding
    let m = e.eigenvalues.count
    let stages = TrainingStage.allCases.filter(path.stages.contains)
    let series = stages.enumerated().map { k, stage in
      Chart.Series(
        name: stage.rawValue, style: .lineAndPoints, colour: 1 + k % 6,
        points: (0..<m).filter { path.stages[$0] == stage }.map {
          (e.coordinates[$0, 0], m > 1 ? e.coordinates[$0, 1] : 0)
        })
    }
    func axis(_ k: Int) -> String {
      "axis \(k + 1)" + (k < m && e.isImaginary(k) ? " (imaginary)" : "")
    }
    let plane = Chart(
      x: .init(label: axis(0)), y: .init(label: axis(1)), series: series,
      title: "path of training in its two main axes")
    let shares = Chart(
      x: .init(label: "axes", includes: [0], isCount: true),
      y: .init(label: "explained stress", includes: [0, 1]),
      series: [
        .init(
          name: "", style: .lineAndPoints, colour: 2,
          points: (0...min(m, 8)).map { (Double($0), e.explainedStress($0)) })
      ], title: "share of the path that the first axes explain")
    return [
      (
        plane.svg(),
        "The path of training: \(m) checkpoints, as far apart as what they predict (intensive embedding)."
      ),
      (shares.svg(), "How much of that path its first axes explain."),
    ]
  }
}
