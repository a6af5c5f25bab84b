import Coupling

/// A spring to the ground: told where its end is, it says with what force it must be held there; told a force, where it goes.
struct Spring: Participant, Codable {
  typealias Checkpoint = Self
  let name: String, stiffness: Double, load: Double
  var isGuided = false, displacement = 0.0, force = 0.0

  init(_ name: String, stiffness: Double, load: Double = 0) {
    (self.name, self.stiffness, self.load) = (name, stiffness, load)
  }

  var borders: [Border] {
    let end = InterfaceMesh(name: "end", dimension: 2, points: [.zero])
    return [
      Border(end, reads: [.displacement, .force], writes: [.displacement, .force], width: 1)
    ]
  }

  mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    isGuided = role == .guided
  }

  mutating func advance(by dt: Double, under data: BorderData) -> String? {
    if isGuided {
      displacement = data(.displacement, on: "end")[0]
      force = stiffness * displacement - load
    } else {
      force = data(.force, on: "end")[0]
      displacement = (force + load) / stiffness
    }
    return nil
  }

  func write(_ field: Field, on border: String) -> [Double] {
    field == .displacement ? [displacement] : [force]
  }
}

// Two springs side by side on one end, 100 N on it: 200 and 300 N/m together give way by 0.2 m.
let ends = (Interface.End("soft", "end"), Interface.End("stiff", "end"))
for guided in [Exchange.Side.first, .second] {
  for relaxation in [RelaxationChoice.constant(1), .aitken(first: 0.5), .standard()] {
    var definition = CouplingDefinition(
      [Spring("soft", stiffness: 200), Spring("stiff", stiffness: 300, load: 100)],
      [Interface(ends.0, ends.1, exchange: .dirichletNeumann(guided: guided))],
      window: .fixed(1))
    definition.criteria = [Criterion(.relative, 1e-10)]
    (definition.relaxation, definition.halvings) = (relaxation, 0)
    var system = try CoupledSystem(definition)
    let window = system.step()
    print(
      "the \(guided) guided, \(relaxation):", window.convergence.reason, window.iterations,
      system.participants[0].write(.displacement, on: "end")[0])
  }
}
