import FixedPoint

/// What can be said against a coupling before its interfaces are looked at.
enum CouplingCheck {
  /// Length of whole windows.
  static func window(_ d: CouplingDefinition) throws(CouplingError) -> Double {
    switch d.window {
    case .fixed(let length):
      guard length > 0, length.isFinite else {
        throw CouplingError("window", "is \(length) s long", "give a positive length")
      }
      return length
    case .given(let name):
      guard let participant = d.participants.first(where: { $0.name == name }) else {
        throw CouplingError(
          "window", "is to be given by '\(name)', which does not take part",
          "name one of: \(d.participants.map(\.name).joined(separator: ", "))")
      }
      guard participant.longestStep.isFinite, participant.longestStep > 0 else {
        throw CouplingError(
          "window", "is to be given by '\(name)', which has no step of its own",
          "give a length in s, or the participant a step")
      }
      return participant.longestStep
    }
  }

  static func participants(_ d: CouplingDefinition, window: Double) throws(CouplingError) {
    guard d.participants.count > 1 else {
      throw CouplingError("participants", "there are \(d.participants.count)", "give two or more")
    }
    guard !d.interfaces.isEmpty else {
      throw CouplingError("interfaces", "there are none", "join the participants by one")
    }
    for (n, participant) in d.participants.enumerated() {
      let place = "participant '\(participant.name)'"
      if d.participants[..<n].contains(where: { $0.name == participant.name }) {
        throw CouplingError(place, "is there twice", "give every participant its own name")
      }
      let step = participant.longestStep
      guard step > 0 else {
        throw CouplingError(place, "has a step of \(step) s", "give one above 0")
      }
      guard !step.isFinite || step <= window * (1 + 1e-9) else {
        throw CouplingError(
          place, "has a step of \(step) s, longer than the window of \(window) s",
          "give it a step of at most \(window) s, or let it give the window")
      }
    }
    guard !d.criteria.isEmpty || !d.scheme.isImplicit else {
      throw CouplingError("convergence", "has no measure", "give one, say relative 1e-6")
    }
    for criterion in d.criteria where !(criterion.limit > 0 && criterion.limit.isFinite) {
      throw CouplingError("convergence", "has a limit of \(criterion.limit)", "give one above 0")
    }
    guard d.leastIterations <= d.iterationLimit, d.iterationLimit > 0 else {
      throw CouplingError(
        "convergence", "demands \(d.leastIterations) iterations and permits \(d.iterationLimit)",
        "permit at least one, and as many as are demanded")
    }
    guard d.halvings >= 0 else {
      throw CouplingError("window", "is to be halved \(d.halvings) times", "give 0 or more")
    }
    guard d.chosenRelaxation.isUsable else {
      throw CouplingError(
        "relaxation", "has a factor, a depth or a number of columns or windows that is no use",
        "give factors and numbers above 0, singular values dropped below 0 to 1")
    }
    guard (0...2).contains(d.predictorOrder) else {
      throw CouplingError("predictor", "has order \(d.predictorOrder)", "give 0, 1 or 2")
    }
  }

  /// Implicit schemes repeat windows.
  static func checkpoints(
    _ scheme: CouplingScheme, _ participants: [any Participant]
  ) throws(CouplingError) {
    for participant in participants where scheme.isImplicit && !participant.hasCheckpoint {
      throw CouplingError(
        "participant '\(participant.name)'",
        "cannot go back to the beginning of a window, which an implicit scheme repeats",
        "give it checkpoints, or take an explicit scheme")
    }
  }

  /// Criteria name fields that go over interfaces.
  static func criteria(_ d: CouplingDefinition, _ data: [Datum]) throws(CouplingError) {
    let known = Set(data.map(\.field))
    for criterion in d.criteria {
      if let field = criterion.field, !known.contains(field) {
        throw CouplingError(
          "convergence", "measures the field '\(field)', which goes over no interface",
          "measure one of: \(known.map(\.name).sorted().joined(separator: ", "))")
      }
    }
  }
}
