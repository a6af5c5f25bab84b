import Coupling
import Foundation
import Testing

/// Two masses, each on its own spring, that are joined to one.
struct JoinedMasses {
  var scheme = CouplingScheme.serialImplicit
  var exchange = Exchange.robin(.automatic)
  var window = 0.05, substeps = (1.0, 1.0)
  var start = (displacement: 0.0, velocity: 1.0)
  var mass = (1.0, 0.5), stiffness = (20.0, 40.0)
  var relaxation: RelaxationChoice?

  func system() throws -> CoupledSystem {
    func one(_ name: String, _ m: Double, _ k: Double, _ steps: Double) -> PointMass {
      PointMass(
        name: name, mass: m, stiffness: k, longestStep: window / steps,
        displacement: start.displacement, velocity: start.velocity)
    }
    var d = CouplingDefinition(
      [
        one("one", mass.0, stiffness.0, substeps.0), one("two", mass.1, stiffness.1, substeps.1),
      ],
      [Interface(.init("one", "mass"), .init("two", "mass"), exchange: exchange)],
      window: .fixed(window))
    d.scheme = scheme
    d.criteria = [Criterion(.relative, 1e-13)]
    d.relaxation = relaxation
    return try CoupledSystem(d)
  }

  static func masses(_ system: CoupledSystem) -> [PointMass] {
    system.participants.map { $0 as! PointMass }
  }

  static func energy(_ system: CoupledSystem) -> Double {
    masses(system).reduce(0) { $0 + $1.energy }
  }

  /// Displacement of both as one mass by the trapezoidal rule.
  func whole(to end: Double) -> Double {
    let (m, k) = (mass.0 + mass.1, stiffness.0 + stiffness.1)
    let (h, count) = (window / substeps.0, Int((end / window * substeps.0).rounded()))
    var (u, v) = (start.displacement, start.velocity)
    for _ in 0..<count {
      let next = (m * v - h * k * u - 0.25 * h * h * k * v) / (m + 0.25 * h * h * k)
      u += 0.5 * h * (v + next)
      v = next
    }
    return u
  }
}

@Suite("Work at the two ends of an interface")
struct InterfaceWorkTests {
  private static let exchanges: [(Exchange, String)] = [
    (.robin(.automatic), "robin"), (.robin(.perArea(50)), "robin, given impedance"),
    (.dirichletNeumann(guided: .second), "guided second"),
    (.dirichletNeumann(guided: .first), "guided first"),
  ]

  @Test("two masses joined go as one, and what one end gives the other takes")
  func conserved() throws {
    for (exchange, name) in InterfaceWorkTests.exchanges {
      for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
        let joined = JoinedMasses(scheme: scheme, exchange: exchange)
        var system = try joined.system()
        let start = JoinedMasses.energy(system)
        let records = system.run(to: 2)
        #expect(records.last!.converged, "\(name)")
        let masses = JoinedMasses.masses(system)
        #expect(abs(masses[0].displacement - joined.whole(to: 2)) < 1e-9, "\(name)")
        #expect(abs(masses[0].displacement - masses[1].displacement) < 1e-9, "\(name)")
        let work = system.work[0]
        #expect(work.exchanged > 0.1 && abs(work.created) < 1e-9, "\(name): \(work)")
        #expect(abs(JoinedMasses.energy(system) - start) < 1e-9, "\(name)")
      }
    }
  }

  @Test("an explicit scheme makes or loses energy, and its account says how much")
  func explicit() throws {
    for scheme in [CouplingScheme.serialExplicit, .parallelExplicit] {
      let joined = JoinedMasses(
        scheme: scheme, exchange: .dirichletNeumann(guided: .second), window: 0.01,
        mass: (1, 0.1))
      var system = try joined.system()
      let start = JoinedMasses.energy(system)
      system.run(to: 0.5)
      let work = system.work[0]
      #expect(abs(work.created) > 1e-4 * start, "\(work)")
      let gained = JoinedMasses.energy(system) - start
      #expect(abs(gained - work.created) < 1e-12 * max(1, abs(gained)), "\(gained), \(work)")
    }
  }

  @Test("masses that begin out of place are joined from the first step on, with substeps too")
  func displaced() throws {
    // The load of an elastic border begins as the force of its own springs, not of both.
    for substeps in [1.0, 4] {
      let joined = JoinedMasses(
        substeps: (substeps, substeps), start: (displacement: 1, velocity: 0),
        stiffness: (20, 10))
      var system = try joined.system()
      system.step()
      let masses = JoinedMasses.masses(system)
      // Equal frequencies: no force goes over, and each goes as it would alone.
      #expect(abs(masses[0].displacement - joined.whole(to: 0.05)) < 1e-12)
      #expect(abs(masses[1].displacement - joined.whole(to: 0.05)) < 1e-12)
      #expect(system.work[0].exchanged < 1e-10)
    }
  }
}
