import Contact

/// The page of a run of blocks: the blocks at a few times, where the energy went, probes, steps.
struct BlockReport {
  private let result: BlockResult
  private let input: EmbeddedInput

  /// Reads a file.
  /// - Throws: `StorageError` for a foreign or damaged one.
  init(_ path: String) throws {
    let file = try BlockResultFile(path)
    (result, input) = (file.result, file.input)
  }

  /// The page.
  func html() -> String {
    var page = Page(
      title: result.title,
      subtitle: result.converged ? "Blocks in contact" : "Blocks in contact, not converged")
    page.figures(figures)
    if let failure = result.failure { page.paragraph("In this run \(failure).") }
    for warning in result.warnings { page.paragraph("Warning: \(warning).") }
    if let search = result.strength { StrengthSection(search).add(to: &page) }
    BlockAnimation.add(to: &page, result)
    pictures(&page)
    BlockEnergies(result).add(to: &page)
    ProbeSection(probes: result.probes, times: result.states.map(\.time)).add(to: &page)
    settling(&page)
    page.section("Where this comes from")
    page.facts(facts)
    page.listing("The case", input.text)
    return page.html
  }

  private var figures: [(value: String, caption: String)] {
    let factor = result.strength?.factor.map { Show.number($0, digits: 5) } ?? "not found"
    return (result.strength == nil ? [] : [(factor, "factor of safety")]) + [
      (result.converged ? "converged" : "not converged", "status"),
      ("\(result.corners.count)", "blocks, \(result.isFixed.count { $0 }) of them fixed"),
      ("\(result.steps.count)", "steps to \(Show.number(result.states.last?.time ?? 0)) s"),
      ("\(result.steps.reduce(0) { $0 + $1.passes })", "open–close passes"),
      (Show.seconds(result.provenance.seconds), "wall time"),
    ]
  }

  // MARK: - Blocks

  private func pictures(_ page: inout Page) {
    guard !result.states.isEmpty else { return }
    // A page of very many blocks stays small with two pictures.
    let pictures = BlockPictures(result, count: result.corners.count > 4000 ? 1 : 3)
    page.section("Blocks and contacts")
    page.pictures(
      pictures.list { state in
        let sliding = state.contacts.count { $0.state == .sliding }
        return
          "At \(Show.number(state.time)) s: \(state.contacts.count - sliding) contacts stick (full), "
          + "\(sliding) slide (hollow)"
          + (state.contacts.count > BlockView.mostDots ? ", too many to draw. " : ". ")
          + "Colour is speed, dark 0 to bright \(Show.number(pictures.topSpeed)) m/s; "
          + "fixed blocks are grey."
      })
  }

  // MARK: - Steps

  /// How hard the steps were.
  private func settling(_ page: inout Page) {
    guard !result.steps.isEmpty else { return }
    page.section("How the steps settled")
    // Where nothing ever touched there is no overlap to draw.
    page.pictures(result.steps.contains { $0.overlap > 0 } ? [passes, overlaps] : [passes])
  }

  private var overlaps: (svg: String, caption: String) {
    let chart = Chart(
      x: .init(label: "time, s", includes: [0]), y: .init(label: "overlap, m", isLogarithmic: true),
      series: [
        .init(
          name: "", style: .line, colour: 1, points: result.steps.map { ($0.time, $0.overlap) })
      ], title: "largest overlap after every step")
    return (
      chart.svg(),
      "Largest overlap of two blocks that a step left; the largest of all is "
        + "\(Show.number(result.steps.reduce(0) { max($0, $1.overlap) })) m."
    )
  }

  private var passes: (svg: String, caption: String) {
    let chart = Chart(
      x: .init(label: "time, s", includes: [0]),
      y: .init(label: "passes", includes: [0], isCount: true),
      series: [
        .init(
          name: "", style: .line, colour: 1,
          points: result.steps.map { ($0.time, Double($0.passes)) })
      ], title: "open–close passes of every step")
    let halved = result.steps.count { $0.cutBacks > 0 }
    let shortened = result.steps.count { $0.shortened > 0 }
    return (
      chart.svg(),
      "Open–close passes of every step. \(halved) steps were halved, "
        + (shortened > 0 ? "\(shortened) shortened by the displacement ratio, " : "")
        + "\(result.steps.count { !$0.converged }) did not settle."
    )
  }

  private var facts: [(String, String)] {
    var out = [
      ("program version", result.provenance.version),
      ("wall time", Show.seconds(result.provenance.seconds)), ("units", "SI: m, s, N, Pa, J"),
    ]
    if !input.overrides.isEmpty { out.append(("--set", input.overrides.joined(separator: "; "))) }
    return out
  }
}
