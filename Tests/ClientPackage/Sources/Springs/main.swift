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
let (soft, stiff) = (Spring("soft", stiffness: 200), Spring("stiff", stiffness: 300, load: 100))
for guided in [Exchange.Side.first, .second] {
  for (name, relaxation) in [
    ("unrelaxed", RelaxationChoice.constant(1)), ("Aitken", .aitken(first: 0.5)),
    ("quasi-Newton", .standard()),
  ] {
    var definition = CouplingDefinition(
      [soft, stiff],
      [
        Interface(
          .init("soft", "end"), .init("stiff", "end"), exchange: .dirichletNeumann(guided: guided))
      ], window: .fixed(1))
    definition.criteria = [Criterion(.relative, 1e-10)]
    (definition.relaxation, definition.halvings) = (relaxation, 0)
    definition.iterationLimit = 100
    var system = try CoupledSystem(definition)
    let window = system.step()
    let end = system.participants[0].write(.displacement, on: "end")[0]
    print(
      "\(guided == .first ? "soft" : "stiff") spring guided, \(name): "
        + "\(window.convergence.reason) after \(window.iterations), u = \(end) m")
  }
}
