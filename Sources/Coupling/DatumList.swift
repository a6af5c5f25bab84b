import Geometry

/// Everything that goes over a coupling's interfaces, checked, and what acts on every border.
struct DatumList {
  private(set) var data: [Datum] = []
  /// Roles of borders, in the order in which interfaces name them.
  private(set) var roles: [(participant: Int, border: String, role: BorderRole)] = []
  /// For every interface, what was built between its points; none where they are the same.
  private(set) var mappings: [[String]] = []
  /// One line for each thing that a person should know.
  private(set) var warnings: [String] = []
  private let participants: [any Participant]
  private let window: Double

  init(_ definition: CouplingDefinition, window: Double) throws(CouplingError) {
    (participants, self.window) = (definition.participants, window)
    for (n, interface) in definition.interfaces.enumerated() {
      mappings.append([])
      try add(interface, n)
    }
    try checkOnce()
  }

  /// One end of an interface, found.
  private struct Found {
    let participant: Int, border: Border
    var name: String { border.mesh.name }
  }

  private mutating func add(_ interface: Interface, _ n: Int) throws(CouplingError) {
    let (first, second) = (try find(interface.first), try find(interface.second))
    guard first.participant != second.participant else {
      throw CouplingError(
        place(interface), "joins '\(participants[first.participant].name)' to itself",
        "join two participants")
    }
    guard first.border.width == second.border.width else {
      throw CouplingError(
        place(interface),
        "has \(first.border.width) values a point at one end and \(second.border.width) at the other",
        "join borders of the same kind")
    }
    switch interface.exchange {
    case .dirichletNeumann(let side):
      let (guided, loaded) = side == .first ? (first, second) : (second, first)
      try need(guided, reads: .displacement, writes: .force, interface)
      try need(loaded, reads: .force, writes: .displacement, interface)
      let transfer = try transfer(from: loaded, to: guided, interface)
      copy(.displacement, from: loaded, to: guided, transfer, n)
      copy(.force, from: guided, to: loaded, transfer, n, isConservative: true, factor: -1)
      roles.append((guided.participant, guided.name, .guided))
      roles.append((loaded.participant, loaded.name, .loaded))
    case .robin(let impedance): try addRobin(impedance, first, second, interface, n)
    case .overlapping:
      try need(first, writes: .displacement, interface)
      try need(second, reads: .displacement, interface)
      let transfer = try transfer(from: first, to: second, interface)
      copy(.displacement, from: first, to: second, transfer, n)
      roles.append((second.participant, second.name, .guided))
      if let transfer, !transfer.isSelection {
        warnings.append(
          "interface '\(interface.name)': overlapping borders that do not match gain energy in "
            + "motion, the more the longer it goes on; take the exchange robin, or matching meshes"
        )
      }
    case .globalLocal: try addGlobalLocal(first, second, interface, n)
    case .fields(let flows):
      for flow in flows {
        let (from, to) = flow.from == .first ? (first, second) : (second, first)
        try need(from, writes: flow.field, interface)
        try need(to, reads: flow.target, interface)
        let transfer =
          flow.isConservative
          ? try transfer(from: to, to: from, interface)
          : try transfer(from: from, to: to, interface)
        copy(
          flow.field, from: from, to: to, transfer, n, isConservative: flow.isConservative,
          factor: flow.factor, as: flow.target)
        roles.append(
          (to.participant, to.name, flow.target == .displacement ? .guided : .loaded))
      }
    }
  }

  private mutating func copy(
    _ field: Field, from: Found, to: Found, _ transfer: Transfer?, _ interface: Int,
    isConservative: Bool = false, factor: Double = 1, as target: Field? = nil
  ) {
    let width = from.border.width
    let passage =
      transfer.map {
        isConservative
          ? Passage.conservative($0, width: width) : Passage.consistent($0, width: width)
      } ?? .same
    data.append(
      Datum(
        source: from.participant, sourceBorder: from.name, target: to.participant,
        targetBorder: to.name, field: target ?? field,
        rule: .copy(field, passage, factor: factor), count: to.border.count, interface: interface))
  }

  private mutating func addRobin(
    _ impedance: Impedance, _ first: Found, _ second: Found, _ interface: Interface, _ n: Int
  ) throws(CouplingError) {
    for end in [first, second] {
      try need(end, reads: .elastic, writes: .displacement, interface)
    }
    // Multipliers live on the finer border.
    let swaps = first.border.mesh.points.count > second.border.mesh.points.count
    let (A, B) = swaps ? (second, first) : (first, second)
    let transfer = try transfer(from: A, to: B, interface)
    let width = B.border.width
    let springs = try springs(impedance, A, B, matches: transfer == nil, interface)
    let robin: RobinExchange
    do throws(CouplingError) {
      robin = try RobinExchange(
        transfer: transfer, a: springs.a, b: springs.b, count: B.border.count, width: width,
        isPointwise: !A.border.takesFullSprings)
    } catch {
      throw CouplingError("\(place(interface)), \(error.place)", error.problem, error.remedy)
    }
    let toB = transfer.map { Passage.consistent($0, width: width) } ?? .same
    let toA = transfer.map { Passage.conservative($0, width: width) } ?? .same
    let (ofA, ofB) = (data.count, data.count + 1)
    data.append(
      Datum(
        source: B.participant, sourceBorder: B.name, target: A.participant, targetBorder: A.name,
        field: .elastic, rule: .robin(reverse: ofB, springs: robin.sum, own: robin.ofA, .same),
        delivery: toA,
        count: B.border.count, interface: n))
    data.append(
      Datum(
        source: A.participant, sourceBorder: A.name, target: B.participant, targetBorder: B.name,
        field: .elastic, rule: .robin(reverse: ofA, springs: robin.sum, own: robin.onB, toB),
        count: B.border.count, interface: n))
    roles.append((A.participant, A.name, .elastic(robin.onA)))
    roles.append((B.participant, B.name, .elastic(robin.onB)))
  }

  /// R_A and R_B between the values of B.
  private func springs(
    _ impedance: Impedance, _ A: Found, _ B: Found, matches: Bool, _ interface: Interface
  ) throws(CouplingError) -> (a: BorderStiffness, b: BorderStiffness) {
    if case .perArea(let r) = impedance {
      guard r > 0, r.isFinite else {
        throw CouplingError(place(interface), "has an impedance of \(r)", "give one above 0, N/m³")
      }
      let width = B.border.width
      let both = BorderStiffness(
        diagonal: B.border.mesh.areas.flatMap { Array(repeating: r * $0, count: width) })
      return (both, both)
    }
    func stiffness(_ end: Found) -> BorderStiffness? {
      let participant = participants[end.participant]
      return participant.borderStiffness(
        on: end.name, step: stepLength(participant, in: window))
    }
    if let ofB = stiffness(B) { return (ofB, ofB.diagonal) }
    if matches, let ofA = stiffness(A) { return (ofA.diagonal, ofA.diagonal) }
    throw CouplingError(
      place(interface), "finds no stiffness at its finer end to make springs of",
      "give an impedance in N/m³")
  }

  private mutating func addGlobalLocal(
    _ global: Found, _ local: Found, _ interface: Interface, _ n: Int
  ) throws(CouplingError) {
    try need(global, reads: .force, writes: .displacement, interface)
    try need(global, writes: .complement, interface)
    try need(local, reads: .displacement, writes: .force, interface)
    let transfer = try transfer(from: global, to: local, interface)
    let passage =
      transfer.map { Passage.conservative($0, width: local.border.width) } ?? .same
    copy(.displacement, from: global, to: local, transfer, n)
    data.append(
      Datum(
        source: local.participant, sourceBorder: local.name, target: global.participant,
        targetBorder: global.name, field: .force,
        rule: .correction(global: global.participant, border: global.name, passage),
        count: global.border.count, interface: n))
    roles.append((local.participant, local.name, .guided))
    roles.append((global.participant, global.name, .loaded))
  }

  // MARK: - Finding and refusing

  private func place(_ interface: Interface) -> String { "interface '\(interface.name)'" }

  private func find(_ end: Interface.End) throws(CouplingError) -> Found {
    guard let p = participants.firstIndex(where: { $0.name == end.participant }) else {
      throw CouplingError(
        "interface end '\(end)'", "there is no participant '\(end.participant)'",
        "the participants are: \(participants.map(\.name).joined(separator: ", "))")
    }
    let borders = participants[p].borders
    guard let border = borders.first(where: { $0.mesh.name == end.border }) else {
      throw CouplingError(
        "interface end '\(end)'", "'\(end.participant)' has no border '\(end.border)'",
        "it has: \(borders.map(\.mesh.name).joined(separator: ", "))")
    }
    return Found(participant: p, border: border)
  }

  private func need(
    _ end: Found, reads: Field? = nil, writes: Field? = nil, _ interface: Interface
  ) throws(CouplingError) {
    let who = "'\(participants[end.participant].name)'"
    if let reads, !end.border.reads.contains(reads) {
      throw CouplingError(
        place(interface), "\(who) cannot be given the field '\(reads)' on '\(end.name)'",
        "it reads: \(end.border.reads.map(\.name).joined(separator: ", "))")
    }
    if let writes, !end.border.writes.contains(writes) {
      throw CouplingError(
        place(interface), "\(who) does not offer the field '\(writes)' on '\(end.name)'",
        "it writes: \(end.border.writes.map(\.name).joined(separator: ", "))")
    }
  }

  /// From points to points; nil where they are the same, in the same order.
  private mutating func transfer(
    from source: Found, to target: Found, _ interface: Interface
  ) throws(CouplingError) -> Transfer? {
    let (a, b) = (source.border.mesh, target.border.mesh)
    if a.points.isEmpty || b.points.isEmpty {
      throw CouplingError(place(interface), "has a border without points", "name one with points")
    }
    if (try? Transfer.identity(from: a, to: b)) != nil { return nil }
    do throws(CouplingError) {
      let transfer = try Transfer(
        interface.mapping, from: a, to: b,
        gapTolerance: interface.gapTolerance ?? Transfer.defaultGapTolerance)
      let report = transfer.report
      mappings[mappings.count - 1].append(report.description)
      if report.overhangCount > 0 || report.lostMoments > 0 {
        warnings.append("interface '\(interface.name)': \(report)")
      }
      return transfer
    } catch {
      throw CouplingError("\(place(interface)), \(error.place)", error.problem, error.remedy)
    }
  }

  /// Nobody is told the same thing twice.
  private func checkOnce() throws(CouplingError) {
    for (i, one) in data.enumerated() {
      for other in data[..<i]
      where other.target == one.target && other.targetBorder == one.targetBorder {
        let isSame = other.field == one.field
        guard isSame || (one.field.isMechanical && other.field.isMechanical) else { continue }
        throw CouplingError(
          "border '\(participants[one.target].name).\(one.targetBorder)'",
          isSame
            ? "is given the field '\(one.field)' twice"
            : "is given '\(other.field)' and '\(one.field)', of which one follows from the other",
          "leave one of the two interfaces out")
      }
    }
  }
}

extension Transfer {
  /// Whether every target point is a point of the source, in whatever order.
  fileprivate var isSelection: Bool {
    report.largestLever <= 1e-9 * report.size
      && (0..<targetCount).allSatisfy { row($0).contains { $0.weight > 1 - 1e-9 } }
  }
}

extension Field {
  /// Whether it says how a border moves or is loaded.
  var isMechanical: Bool {
    [.displacement, .velocity, .force, .traction, .elastic].contains(self)
  }
}

/// Length of the equal steps of a participant in a window.
func stepLength(_ participant: any Participant, in window: Double) -> Double {
  window / Double(stepCount(participant, in: window))
}

/// Number of equal steps of a participant in a window.
func stepCount(_ participant: any Participant, in window: Double) -> Int {
  let longest = participant.longestStep
  return longest.isFinite ? max(1, Int((window / longest - 1e-9).rounded(.up))) : 1
}
