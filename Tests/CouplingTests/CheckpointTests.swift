import Coupling
import FixedPoint
import Foundation
import Testing

/// Encodes a state, and reads it back.
func throughFile(
  _ state: CoupledSystem.Checkpoint, asJSON: Bool
) throws -> CoupledSystem.Checkpoint {
  if asJSON {
    return try JSONDecoder().decode(
      CoupledSystem.Checkpoint.self, from: JSONEncoder().encode(state))
  }
  let encoder = PropertyListEncoder()
  encoder.outputFormat = .binary
  return try PropertyListDecoder().decode(
    CoupledSystem.Checkpoint.self, from: encoder.encode(state))
}

@Suite("A state written away")
struct CheckpointTests {
  @Test(
    "gone on from in another system, it has the same bits",
    arguments: RelaxationChoiceTests.all, [true, false])
  func bits(relaxation: RelaxationChoice, asJSON: Bool) throws {
    let chain = MassChain(edit: {
      $0.relaxation = relaxation
      $0.predictorOrder = 2
    })
    var whole = try chain.system()
    whole.run(to: 0.5)
    let state = try throughFile(whole.checkpoint(), asJSON: asJSON)
    let rest = whole.run(to: 1)
    var other = try chain.system()
    try other.restore(state)
    #expect(other.time == 0.5 && other.windows == 5)
    #expect(other.run(to: 1) == rest)
    #expect(
      whole.participants.map { $0 as! ChainMass } == other.participants.map { $0 as! ChainMass })
    #expect(whole.work == other.work && whole.time == other.time)
  }

  @Test("between halved windows it knows how long the next one is", arguments: [true, false])
  func halved(asJSON: Bool) throws {
    let chain = MassChain(
      editMass: { i, mass in if i == 1 { (mass.refused, mass.until) = (0.03, 0.05) } })
    var whole = try chain.system()
    whole.step()
    let state = try throughFile(whole.checkpoint(), asJSON: asJSON)
    var other = try chain.system()
    try other.restore(state)
    for _ in 0..<5 { #expect(whole.step() == other.step()) }
  }

  @Test("point masses by any integrator", arguments: PointMass.Integrator.allCases)
  func pointMasses(integrator: PointMass.Integrator) throws {
    func system() throws -> CoupledSystem {
      let masses = ["one", "two"].map {
        PointMass(
          name: $0, mass: 1, stiffness: 9, damping: 0.1, longestStep: 0.02, integrator: integrator,
          displacement: 0.1, velocity: -0.3)
      }
      var d = CouplingDefinition(
        masses, [Interface(.init("one", "mass"), .init("two", "mass"))], window: .fixed(0.1))
      d.interpolation = .cubicSpline
      return try CoupledSystem(d)
    }
    var whole = try system()
    whole.run(to: 0.3)
    for asJSON in [true, false] {
      let state = try throughFile(whole.checkpoint(), asJSON: asJSON)
      var (one, other) = (whole, try system())
      try other.restore(state)
      #expect(one.run(to: 1) == other.run(to: 1))
      let ends = [one, other].map {
        JoinedMasses.masses($0).map { [$0.displacement, $0.velocity] }
      }
      #expect(ends[0] == ends[1])
    }
  }

  @Test("of another coupling it is refused, and nothing has changed")
  func foreign() throws {
    var system = try MassChain().system()
    system.run(to: 0.3)
    let before = system.participants.map { $0 as! ChainMass }
    let others = [
      try MassChain(order: [0, 1]).system(),
      try MassChain(edit: { $0.relaxation = .aitken(first: 0.5) }).system(),
      try MassChain(edit: { $0.interfaces[0].name = "another" }).system(),
    ]
    for other in others {
      let state = try other.checkpoint()
      let error = #expect(throws: CouplingError.self) { try system.restore(state) }
      #expect(error?.place == "checkpoint")
      #expect(error?.remedy == "go on with the case that it was made by")
      #expect(system.time == 0.3 && system.participants.map { $0 as! ChainMass } == before)
    }
    // The first participant's state fits, the last one's does not.
    var mixed = try MassChain(edit: { $0.participants[2] = Stranger() }).system()
    mixed.step()
    let state = try mixed.checkpoint()
    let error = #expect(throws: CouplingError.self) { try system.restore(state) }
    #expect(error?.problem == "has no state that 'right' understands")
    #expect(system.participants.map { $0 as! ChainMass } == before)
  }
}

/// Has the borders of the last mass, and another state.
private struct Stranger: Participant, Codable {
  typealias Checkpoint = Self
  let name = "right"
  var strange = 1
  private enum CodingKeys: String, CodingKey { case strange }
  var borders: [Border] { MassChain().masses[2].borders }
  mutating func advance(by dt: Double, under data: BorderData) -> String? { nil }
  func write(_ field: Field, on border: String) -> [Double] { [0] }
}
