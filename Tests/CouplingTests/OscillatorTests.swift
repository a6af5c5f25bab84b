import Coupling
import Foundation
import Testing

/// Two masses on springs to the walls and one between them, cut through the middle one.
private struct TwoMasses {
  let m = (1.0, 1.5), k = (10.0, 15.0), between = 8.0
  var integrator = PointMass.Integrator.trapezoidal
  var interpolation = TimeInterpolation.linear, sharesSubsteps = true
  var substeps = (4.0, 4.0)

  /// The middle spring belongs to the first participant, which sees the other mass as a moving wall.
  func system(window: Double) throws -> CoupledSystem {
    let spring = SpringMass(
      name: "first", mass: m.0, stiffness: k.0, between: between, longestStep: window / substeps.0,
      integrator: integrator, displacement: 1)
    let mass = PointMass(
      name: "second", mass: m.1, stiffness: k.1, longestStep: window / substeps.1,
      integrator: integrator)
    var definition = CouplingDefinition(
      [spring, mass],
      [
        Interface(
          .init("first", "mass"), .init("second", "mass"),
          exchange: .fields([
            Flow(.displacement, from: .second), Flow(.force, from: .first),
          ]))
      ], window: .fixed(window))
    definition.criteria = [Criterion(.relative, 1e-12)]
    (definition.interpolation, definition.sharesSubsteps) = (interpolation, sharesSubsteps)
    definition.relaxation = .quasiNewton(
      .leastSquares(reusedWindows: 0), filter: .qr2(1e-10), first: 1, columnLimit: 50, scaled: true)
    return try CoupledSystem(definition)
  }

  /// u₁ at a time by the modes.
  func exact(_ t: Double) -> Double {
    // M^-1/2 K M^-1/2 of two unknowns, in closed form.
    let (a, b) = ((k.0 + between) / m.0, (k.1 + between) / m.1)
    let c = -between / (m.0 * m.1).squareRoot()
    let (mean, half) = (0.5 * (a + b), 0.5 * (a - b))
    let r = (half * half + c * c).squareRoot()
    let share = 0.5 * (1 + half / r)
    return share * cos((mean + r).squareRoot() * t) + (1 - share) * cos((mean - r).squareRoot() * t)
  }

  func error(window: Double) throws -> Double {
    var system = try system(window: window)
    let records = system.run(to: 1)
    let settled = records.allSatisfy(\.converged)
    #expect(settled)
    return abs(system.participants[0].write(.displacement, on: "mass")[0] - exact(1))
  }

  /// Observed order over three halvings.
  func order(from window: Double) throws -> Double {
    let errors = try (0..<3).map { try error(window: window / pow(2, Double($0))) }
    return log2(errors[0] / errors[2]) / 2
  }
}

/// A user's own participant: a mass with the spring between, which is pulled at its far end.
struct SpringMass: Participant, Codable {
  typealias Checkpoint = Self
  let name: String, mass: Double, stiffness: Double, between: Double, longestStep: Double
  let integrator: PointMass.Integrator
  var displacement: Double, velocity = 0.0, end = 0.0

  init(
    name: String, mass: Double, stiffness: Double, between: Double, longestStep: Double,
    integrator: PointMass.Integrator, displacement: Double
  ) {
    (self.name, self.mass, self.stiffness, self.between) = (name, mass, stiffness, between)
    (self.longestStep, self.integrator) = (longestStep, integrator)
    self.displacement = displacement
  }

  var borders: [Border] {
    [
      Border(
        InterfaceMesh(name: "mass", dimension: 2, points: [.zero], cells: []),
        reads: [.displacement], writes: [.displacement, .force], width: 1)
    ]
  }

  mutating func advance(by dt: Double, under data: BorderData) -> String? {
    func end(_ t: Double) -> Double { data(.displacement, on: "mass", at: t)[0] }
    let k = stiffness + between
    func rate(_ t: Double, _ y: SIMD2<Double>) -> SIMD2<Double> {
      SIMD2(y.y, (between * end(t) - k * y.x) / mass)
    }
    let y = SIMD2(displacement, velocity)
    if integrator == .trapezoidal {
      let sum = between * (end(data.start) + end(data.end))
      velocity =
        (mass * y.y + 0.5 * dt * (sum - 2 * k * y.x) - 0.25 * dt * dt * k * y.y)
        / (mass + 0.25 * dt * dt * k)
      displacement = y.x + 0.5 * dt * (y.y + velocity)
    } else {
      let middle = 0.5 * (data.start + data.end)
      let k1 = rate(data.start, y)
      let k2 = rate(middle, y + 0.5 * dt * k1)
      let k3 = rate(middle, y + 0.5 * dt * k2)
      let k4 = rate(data.end, y + dt * k3)
      let next = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
      (displacement, velocity) = (next.x, next.y)
    }
    self.end = end(data.end)
    return nil
  }

  /// The spring's pull on the other mass.
  func write(_ field: Field, on border: String) -> [Double] {
    field == .displacement ? [displacement] : [between * (displacement - end)]
  }
}

@Suite("Two masses with four substeps each, against their closed form")
struct OscillatorTests {
  @Test(
    "the trapezoidal rule keeps its second order with linear waveforms, unequal substeps included")
  func second() throws {
    let order = try TwoMasses().order(from: 0.2)
    #expect(abs(order - 2) < 0.3, "\(order)")
    let unequal = try TwoMasses(substeps: (4, 3)).order(from: 0.2)
    #expect(abs(unequal - 2) < 0.3, "\(unequal)")
  }

  @Test("Runge and Kutta's keeps its fourth with cubic splines; linear waveforms lower it to two")
  func fourth() throws {
    let spline = try TwoMasses(integrator: .rungeKutta, interpolation: .cubicSpline).order(
      from: 0.2)
    #expect(abs(spline - 4) < 0.3, "\(spline)")
    let linear = try TwoMasses(integrator: .rungeKutta).order(from: 0.2)
    #expect(linear < 2.5, "\(linear)")
  }

  @Test("without waveforms nothing is left but the first order")
  func constant() throws {
    for integrator in PointMass.Integrator.allCases {
      let order = try TwoMasses(
        integrator: integrator, interpolation: .constant, sharesSubsteps: false
      ).order(from: 0.2)
      #expect(order < 1.3, "\(integrator): \(order)")
    }
  }
}
