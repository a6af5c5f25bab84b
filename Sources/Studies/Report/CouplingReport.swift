import Contact
import Coupling

/// The page of a coupled run: participants together at a few times and in motion, iterations of every window, work at the
/// interfaces, probes, all settings.
struct CouplingReport {
  private let file: CouplingFile
  private var result: CouplingResult { file.result }

  /// Reads a file, and those of the participants beside it.
  /// - Throws: `StorageError` for a foreign or damaged one.
  init(_ path: String) throws { file = try CouplingFile(path) }

  /// The page.
  func html() -> String {
    var page = Page(
      title: result.title,
      subtitle: result.converged ? "Coupled run" : "Coupled run, not converged")
    page.figures(figures)
    if let failure = result.failure { page.paragraph("In this run \(failure).") }
    for warning in result.warnings { page.paragraph("Warning: \(warning).") }
    if result.continuedFrom > 0 {
      page.paragraph(
        "This run went on from a checkpoint at \(Show.number(result.continuedFrom)) s: the fields of "
          + "the participants between the start and then are in no file; windows and probes are whole."
      )
    }
    let scene = CoupledScene(file)
    if let together = scene.result {
      BlockAnimation.add(to: &page, together, heading: "All in motion")
      pictures(&page, scene, together)
    }
    iterations(&page)
    interfaces(&page)
    ProbeSection(probes: result.probes, times: result.times, most: 12).add(to: &page, and: loops)
    page.section("Where this comes from")
    page.facts(facts)
    page.listing("The case", file.input.text)
    return page.html
  }

  private var figures: [(value: String, caption: String)] {
    let share = result.timings.overhead / (1 + result.timings.overhead)
    return [
      (result.converged ? "converged" : "not converged", "status"),
      ("\(result.windows.count)", "windows to \(Show.number(result.times.last ?? 0)) s"),
      (Show.number(result.meanIterations, digits: 3), "iterations in a window, on average"),
      ("\(result.rejections)", "windows tried again shorter"),
      (Show.seconds(result.provenance.seconds), "wall time"),
      ("\(Show.number(100 * share, digits: 2)) %", "of it spent on the coupling itself"),
    ]
  }

  // MARK: - Pictures

  private func pictures(_ page: inout Page, _ scene: CoupledScene, _ together: BlockResult) {
    let pictures = BlockPictures(together, count: 5)
    page.section("All at a few times")
    page.paragraph(
      "Drawn together: "
        + scene.parts.map { "\($0.count) \($0.what) of '\($0.name)'" }.joined(separator: ", ") + "."
    )
    page.pictures(
      pictures.list { state in
        "At \(Show.number(state.time)) s. Colour is speed, dark 0 to bright "
          + "\(Show.number(pictures.topSpeed)) m/s; fixed blocks are grey."
      })
  }

  private func iterations(_ page: inout Page) {
    guard !result.windows.isEmpty else { return }
    let points = result.windows.map { (x: $0.start + $0.length, y: Double($0.iterations)) }
    let counts = Chart(
      x: .init(label: "time, s", includes: [0]),
      y: .init(label: "iterations", includes: [0], isCount: true),
      series: [.init(name: "", style: .line, colour: 1, points: points)],
      title: "iterations of every window")
    let ends = result.windows.map { window in
      (x: window.start + window.length, y: window.convergence.residuals.last ?? .nan)
    }
    let residuals = Chart(
      x: .init(label: "time, s", includes: [0]),
      y: .init(label: "change beside its limit", isLogarithmic: true, includes: [1]),
      series: [.init(name: "", style: .line, colour: 2, points: ends)],
      title: "what every window left")
    let most = result.windows.map(\.iterations).max() ?? 0
    page.section("How the windows converged")
    page.pictures([
      (
        counts.svg(),
        "Iterations of every window: \(Show.number(result.meanIterations, digits: 3)) on average, "
          + "\(most) at most; \(result.rejections) windows were tried again with half the length."
      ),
      (
        residuals.svg(),
        "The last change of a window beside what its measures permit; below 1 it has converged."
      ),
    ])
  }

  private func interfaces(_ page: inout Page) {
    guard let last = result.works.last, !last.isEmpty else { return }
    let active = last.indices.filter { last[$0].exchanged > 0 }
    guard !active.isEmpty else { return }
    page.section("Work at the interfaces")
    page.table(
      [
        "interface", "on the first, J", "on the second, J", "created, J",
        "beside all that went over",
      ],
      active.map { n in
        let work = last[n]
        return [
          Show.escape(work.name), Show.html(work.first, digits: 6),
          Show.html(work.second, digits: 6),
          Show.html(work.created, digits: 3), Show.html(work.created / work.exchanged, digits: 3),
        ]
      })
    page.pictures(
      active.flatMap { n -> [(svg: String, caption: String)] in
        let times = result.windows.map { $0.start + $0.length }
        func series(_ name: String, _ colour: Int, _ value: (InterfaceWork) -> Double)
          -> Chart.Series
        {
          .init(
            name: name, style: .line, colour: colour,
            points: zip(times, result.works).map { (x: $0, y: value($1[n])) })
        }
        let both = Chart(
          x: .init(label: "time, s", includes: [0]), y: .init(label: "work, J", includes: [0]),
          series: [
            series("on the first", 1) { $0.first }, series("on the second", 2) { $0.second },
          ],
          title: "work on both ends of \(last[n].name)")
        let created = Chart(
          x: .init(label: "time, s", includes: [0]), y: .init(label: "created, J", includes: [0]),
          series: [series("", 3) { $0.created }],
          title: "energy that \(last[n].name) did not conserve")
        return [
          (both.svg(), "Work on both ends of '\(last[n].name)' so far."),
          (
            created.svg(),
            "Energy that '\(last[n].name)' gave to both together, which should be none."
          ),
        ]
      })
  }

  /// Forces over displacements of the same participant: a bearing's loops.
  private var loops: [(svg: String, caption: String)] {
    func parts(_ unit: String) -> [ProbeHistory] {
      result.probes.filter { $0.unit == unit && $0.name.contains(".") }
    }
    return parts("N").compactMap { force in
      let owner = force.name.prefix { $0 != "." }
      guard let way = parts("m").first(where: { $0.name.prefix { $0 != "." } == owner }) else {
        return nil
      }
      let caption = "\(force.name) over \(way.name): the loop is what is lost in a cycle."
      let chart = Chart(
        x: .init(label: "\(way.name), m", includes: [0]),
        y: .init(label: "\(force.name), N", includes: [0]),
        series: [
          .init(
            name: "", style: .line, colour: 1,
            points: zip(way.values, force.values).map { (x: $0, y: $1) })
        ], title: caption)
      return (chart.svg(), caption)
    }
  }

  private var facts: [(String, String)] {
    var out = result.settings.map { ($0.key, $0.value) }
    for (n, name) in result.names.enumerated() where !file.parts[n].isEmpty {
      out.append(("fields of '\(name)'", FilePath.name(of: file.parts[n])))
    }
    out += [
      ("program version", result.provenance.version),
      ("wall time", Show.seconds(result.provenance.seconds)), ("units", "SI: m, s, N, Pa, J"),
    ]
    if !file.input.overrides.isEmpty {
      out.append(("--set", file.input.overrides.joined(separator: "; ")))
    }
    return out
  }
}
