import Coupling
import Participants

/// A coupled run as it stands in its files.
public struct CouplingResult: RunResult {
  /// What the case is about.
  public var title: String
  /// Names of those who took part, and what is left of each.
  public var names: [String]
  var parts: [ParticipantResult] = []
  /// Names of the participants' files beside that of the coupling, once they are written; empty for models without fields.
  public var files: [String] = []
  /// Settings, in words.
  var settings: [(key: String, value: String)]
  /// Every window, refused ones at the end included.
  public var windows: [WindowRecord] = []
  /// After every window, the work on all interfaces so far, J.
  public var works: [[InterfaceWork]] = []
  /// Output times that were reached, s, the start first.
  public var times: [Double] = []
  /// Probes of the coupling, then those of participants as participant.probe; one value per output time.
  public var probes: [ProbeHistory] = []
  /// Where the time went.
  public var timings = CouplingTimings()
  /// Time that the case asks for; that from which the run went on, 0 for one from the start.
  public var end: Double, continuedFrom = 0.0
  /// How it came to be.
  public var provenance = Provenance(seconds: 0)
  /// What a person should know; one line each.
  public var warnings: [String]
  /// Steps of blocks that did not settle, by participant.
  var unsettled: [Int] = []

  init(title: String, names: [String], settings: [(key: String, value: String)], end: Double) {
    (self.title, self.names, self.settings, self.end) = (title, names, settings, end)
    warnings = []
  }

  /// Takes over what the run came to; probes of participants join those of the coupling.
  mutating func finish(_ system: CoupledSystem, _ done: [CoupledParticipant], seconds: Double) {
    timings = system.timings
    provenance.seconds = seconds
    parts = done.map { $0.result(converged: reachedEnd, seconds: seconds) }
    unsettled = system.participants.map { ($0 as? DDAParticipant)?.unsettled ?? 0 }
    for (name, part) in zip(names, done) {
      probes += part.probes.map {
        .init(name: "\(name).\($0.name)", unit: $0.unit, values: $0.values)
      }
    }
    for (name, part) in zip(names, parts) {
      warnings += part.warnings.map { "participant '\(name)': \($0)" }
    }
    let citations = parts.compactMap { part -> String? in
      if case .body(let result) = part { result.provenance.citation } else { nil }
    }
    provenance.citation = Set(citations).sorted().joined(separator: " ")
  }

  private var reachedEnd: Bool {
    guard let last = times.last else { return false }
    return abs(last - end) <= 1e-9 * end
  }

  /// Whether the end was reached, in windows that converged, of steps that settled.
  public var converged: Bool { reachedEnd && unsettled.allSatisfy { $0 == 0 } }

  /// Sweeps of every window that was done.
  public var stepIterations: [Int] { windows.filter(\.converged).map(\.iterations) }

  /// Sweeps in a window, on average.
  public var meanIterations: Double {
    let counts = stepIterations
    return counts.isEmpty ? 0 : Double(counts.reduce(0, +)) / Double(counts.count)
  }

  /// The values after the start: step 1 is the first output time.
  public func stepValues(of probe: ProbeHistory) -> [Double] { Array(probe.values.dropFirst()) }

  /// Windows that had to be tried again.
  public var rejections: Int { windows.reduce(0) { $0 + $1.rejections.count } }

  /// Figures of `run --json`.
  public var json: JSONValue {
    .object(
      [
        ("status", .string(converged ? "converged" : "not converged")),
        ("steps", JSONValue(windows.count)),
        ("iterations", JSONValue(windows.reduce(0) { $0 + $1.iterations })),
        ("mean-iterations", .number(meanIterations)), ("rejections", JSONValue(rejections)),
        ("overhead", .number(timings.overhead)), ("seconds", .number(provenance.seconds)),
        (
          "interfaces",
          .object(
            (works.last ?? []).map { work in
              (
                work.name,
                .object([
                  ("work-first", .number(work.first)), ("work-second", .number(work.second)),
                  ("created", .number(work.created)),
                ])
              )
            })
        ), ("probes", .object(probes.map { ($0.name, .number($0.values.last ?? .nan)) })),
      ] + JSONValue.warnings(warnings))
  }

  /// A few lines for people.
  public var summary: String {
    var lines = [
      "\(title): \(converged ? "converged" : "not converged"), \(windows.count) windows, "
        + "\(Show.number(meanIterations, digits: 3)) iterations on average"
        + (rejections > 0 ? ", \(rejections) tried again shorter" : "") + ", "
        + Show.seconds(provenance.seconds) + ", of which the coupling itself "
        + "\(Show.number(100 * timings.overhead / (1 + timings.overhead), digits: 2)) %"
    ]
    for work in works.last ?? [] where work.exchanged > 0 {
      lines.append(
        "  interface \(work.name): \(Show.number(work.exchanged)) J went over, "
          + "\(Show.number(work.created, digits: 2)) J were created")
    }
    lines += probes.lines
    let written = files.filter { !$0.isEmpty }
    if !written.isEmpty { lines.append("  fields in \(written.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }

  /// Why it stopped, or what did not settle, in one line.
  public var failure: String? {
    if converged { return nil }
    if let last = windows.last, !last.converged {
      let tries = last.rejections.count
      var why = last.failure ?? "its iteration ended as '\(last.convergence.reason.rawValue)'"
      why += " after \(last.iterations) iterations"
      return
        "stopped at \(Show.number(last.start)) s: a window of \(Show.number(last.length)) s failed"
        + (tries > 0 ? " after \(tries) \(tries == 1 ? "halving" : "halvings")" : "")
        + ": \(why); give shorter windows, another relaxation or more iterations.most"
    }
    let p = unsettled.firstIndex { $0 > 0 } ?? 0
    return "\(unsettled[p]) steps of '\(names[p])' did not settle; give shorter steps, or more "
      + "contact.passes or contact.halvings in its case"
  }
}
