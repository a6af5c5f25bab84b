import Coupling
import FixedPoint
import Participants

/// A coupled case: the checked content of its file, and the cases of those who take part.
struct CouplingCase: Sendable {
  let source: CaseSource
  /// In order; nil where a participant is a model without a case.
  let cases: [StudyCase?]

  static let schemes: [(name: String, scheme: CouplingScheme)] = [
    ("serial-implicit", .serialImplicit), ("parallel-implicit", .parallelImplicit),
    ("serial-explicit", .serialExplicit), ("parallel-explicit", .parallelExplicit),
  ]

  /// Reads the cases of the participants.
  /// - Throws: `InputError` at the first mistake in one of them, or for one of a kind that cannot take part.
  init(_ source: CaseSource) throws(InputError) {
    self.source = source
    try CouplingCase.checkNames(source.value)
    var cases: [StudyCase?] = []
    for row in source.value.need("participants").list {
      cases.append(try CouplingCase.ownCase(of: row, source))
    }
    self.cases = cases
  }

  var value: CaseValue { source.value }

  /// Names of participants.
  var names: [String] { value.need("participants").list.map { $0.need("name").text } }

  /// Output times after the start, s, where windows are so long.
  /// - Throws: `InputError` where there would be too many, or several in a window.
  func outputs(window: Double) throws(InputError) -> [Double] {
    let end = value.need("end").number
    // A hundred, each after whole windows.
    let whole = max(1, (end / 100 / window * (1 - 1e-12)).rounded(.up)) * window
    let interval = value["output"]?.number ?? whole
    if let output = value["output"], interval < window * (1 - 1e-9), interval < end {
      throw output.error(
        "is shorter than the windows of \(Show.number(window)) s, after which alone there is "
          + "anything to see; give at least that, or shorter windows")
    }
    let count = (end / interval * (1 - 1e-12)).rounded(.up)
    guard count <= 100_000 else {
      throw (value["output"] ?? value.need("window")).error(
        "makes more than 100 000 output times; take a longer one")
    }
    return (1..<max(Int(count), 1)).map { Double($0) * interval } + [end]
  }

  // MARK: - The coupling

  /// The coupling of participants that were made from the case.
  /// - Throws: `InputError` with line and key.
  func definition(_ participants: [any Participant]) throws(InputError) -> CouplingDefinition {
    var interfaces: [Interface] = []
    for row in value.need("interfaces").list {
      let one = try interface(row)
      guard !interfaces.contains(where: { $0.name == one.name }) else {
        throw (row["name"] ?? row).error(
          "there is an interface '\(one.name)' already; give this one a name of its own")
      }
      interfaces.append(one)
    }
    var d = CouplingDefinition(participants, interfaces, window: window)
    let scheme = value.need("scheme").text
    d.scheme = CouplingCase.schemes.first { $0.name == scheme }!.scheme
    d.criteria = value.need("convergence").list.map { row in
      let kind = [ConvergenceMeasure.Kind.relative, .absolute, .residualRelative].first {
        row[$0.rawValue] != nil
      }!
      return Criterion(
        kind, row.need(kind.rawValue).number, field: row["field"].map { Field($0.text) })
    }
    d.relaxation = relaxation(first: d.firstFactor)
    let iterations = value.need("iterations")
    d.iterationLimit = iterations.need("most").integer
    d.leastIterations = iterations.need("least").integer
    guard d.leastIterations <= d.iterationLimit else {
      throw iterations.error(
        "demands \(d.leastIterations) and permits \(d.iterationLimit); permit as many as are demanded"
      )
    }
    let waveform = value.need("waveform")
    d.interpolation = TimeInterpolation(rawValue: waveform.need("interpolation").text)!
    d.sharesSubsteps = waveform.need("substeps").flag
    d.predictorOrder = waveform.need("predictor").integer
    d.halvings = value.need("halvings").integer
    d.workers = value.need("workers").integer
    return d
  }

  /// The coupled system, ready to run.
  /// - Throws: `InputError` with line and key for what the coupling refuses.
  func system(_ participants: [any Participant]) throws(InputError) -> CoupledSystem {
    let definition = try definition(participants)
    do throws(CouplingError) {
      return try CoupledSystem(definition)
    } catch { throw place(of: error, definition.interfaces) }
  }

  private var window: WindowLength {
    let given = value.need("window")
    if let name = given["given-by"] { return .given(by: name.text) }
    return .fixed(given.number)
  }

  private func interface(_ row: CaseValue) throws(InputError) -> Interface {
    let ends = row.need("between").list
    let (first, second) = (try end(ends[0]), try end(ends[1]))
    func side(_ name: CaseValue) throws(InputError) -> Exchange.Side {
      if name.text == first.participant { return .first }
      if name.text == second.participant { return .second }
      throw name.error(
        "'\(name.text)' is at neither end; give '\(first.participant)' or '\(second.participant)'")
    }
    let exchange: Exchange
    switch row.need("exchange").text {
    case "robin": exchange = .robin(row["impedance"].map { .perArea($0.number) } ?? .automatic)
    case "dirichlet-neumann": exchange = .dirichletNeumann(guided: try side(row.need("guided")))
    case "overlapping": exchange = .overlapping
    case "global-local": exchange = .globalLocal
    default:
      var flows: [Flow] = []
      for flow in row.need("fields").list {
        flows.append(
          Flow(
            Field(flow.need("field").text), from: try side(flow.need("from")),
            as: flow["as"].map { Field($0.text) }, isConservative: flow.need("conservative").flag,
            factor: flow.need("factor").number))
      }
      exchange = .fields(flows)
    }
    return Interface(
      first, second, exchange: exchange, name: row["name"]?.text,
      mapping: mapping(row.need("mapping").text), gapTolerance: row["gap"]?.number)
  }

  /// participant.border
  private func end(_ name: CaseValue) throws(InputError) -> Interface.End {
    // Names of borders may hold dots; those of participants may not.
    guard let dot = name.text.firstIndex(of: ".") else {
      throw name.error("'\(name.text)' names no border; write participant.border")
    }
    let participant = String(name.text[..<dot])
    guard names.contains(participant) else {
      throw name.error(
        "there is no participant '\(participant)'; \(Suggestion.remedy(for: participant, in: names))"
      )
    }
    return Interface.End(participant, String(name.text[name.text.index(after: dot)...]))
  }

  private func mapping(_ name: String) -> Transfer.Kind {
    switch name {
    case "nearest-projection": .nearestProjection
    case "barycentric": .barycentric
    case "nearest-neighbour": .nearestNeighbour
    case "rbf-c2": .radialBasis(RadialBasis(.wendlandC2))
    case "rbf-c4": .radialBasis(RadialBasis(.wendlandC4))
    case "rbf-c6": .radialBasis(RadialBasis(.wendlandC6))
    case "rbf-c8": .radialBasis(RadialBasis(.wendlandC8))
    case "thin-plate": .radialBasis(RadialBasis(.thinPlate))
    default: .mortar
    }
  }

  private func relaxation(first: Double) -> RelaxationChoice? {
    guard let row = value["relaxation"] else { return nil }
    func quasiNewton(_ memory: QuasiNewtonRelaxation.Memory) -> RelaxationChoice {
      let limit = row.need("filter-limit").number
      let filter: QRFilter =
        switch row.need("filter").text {
        case "none": .none
        case "qr1": .qr1(limit)
        case "qr3": .qr3(limit)
        default: .qr2(limit)
        }
      return .quasiNewton(
        memory, filter: filter, first: row["first"]?.number ?? first,
        columnLimit: row.need("columns").integer, scaled: row.need("scaled").flag)
    }
    switch row.need("kind").text {
    case "constant": return .constant(row.need("factor").number)
    case "aitken": return .aitken(first: row.need("first").number)
    case "anderson":
      return .anderson(depth: row.need("depth").integer, mixing: row.need("mixing").number)
    case "iqn-ils": return quasiNewton(.leastSquares(reusedWindows: row.need("reuse").integer))
    default:
      return quasiNewton(
        .multiVector(
          windowsPerRestart: row.need("restart").integer, truncation: row.need("truncation").number)
      )
    }
  }
}

extension Exchange {
  /// Whether displacements and forces of a cut go over it.
  var isMechanical: Bool {
    switch self {
    case .robin, .dirichletNeumann: true
    case .overlapping, .globalLocal, .fields: false
    }
  }
}
