import Glibc

/// A mass on a spring and a dashpot, pulled by forces at its border: m a + c v + k u = f(t). Linear, and exact in closed form
/// beside others of its kind, so that orders can be measured.
public struct PointMass: Participant, Codable {
  /// All of it is its state.
  public typealias Checkpoint = Self

  /// How it goes through time.
  public enum Integrator: String, Sendable, Codable, CaseIterable {
    /// Newmark's trapezoidal rule: second order, keeps energy.
    case trapezoidal
    /// The classical method of Runge and Kutta: fourth order; sees forces in the middle of steps.
    case rungeKutta = "runge-kutta"
  }

  /// Name, kg, N/m, N s/m.
  public let name: String, mass: Double, stiffness: Double, damping: Double
  /// Longest step, s, and how it is done.
  public let longestStep: Double, integrator: Integrator
  /// m, m/s.
  public private(set) var displacement: Double, velocity: Double
  private var force = 0.0
  /// What pulled at the end of the last step: the next one begins with it, also where windows are not iterated and a
  /// newer value has come since. So its work is that of the forces it had.
  private var load: Double?
  private let place: SIMD3<Double>
  /// Spring of an elastic border, N/m.
  private var elastic: Double?
  private var isGuided = false

  /// At rest unless said.
  public init(
    name: String, mass: Double, stiffness: Double = 0, damping: Double = 0,
    longestStep: Double = .infinity, integrator: Integrator = .trapezoidal,
    displacement: Double = 0, velocity: Double = 0, at place: SIMD3<Double> = .zero
  ) {
    precondition(mass > 0 && mass.isFinite, "\(name): a mass of \(mass) kg")
    (self.name, self.mass, self.stiffness, self.damping) = (name, mass, stiffness, damping)
    (self.longestStep, self.integrator) = (longestStep, integrator)
    (self.displacement, self.velocity, self.place) = (displacement, velocity, place)
  }

  /// One point, one component.
  public var borders: [Border] {
    [
      Border(
        InterfaceMesh(name: "mass", dimension: 2, points: [place], cells: []),
        reads: [.force, .elastic, .displacement], writes: [.displacement, .velocity, .force],
        width: 1)
    ]
  }

  /// Forces, a spring, or its motion.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    switch role {
    case .loaded: (elastic, isGuided) = (nil, false)
    case .guided: isGuided = true
    case .elastic(let springs): elastic = springs.entries[0].value
    }
    if isGuided, integrator == .rungeKutta {
      throw CouplingError(
        "participant '\(name)'", "cannot be guided by the integrator runge-kutta",
        "take trapezoidal")
    }
  }

  /// One step.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    if isGuided {
      follow(data(.displacement, on: "mass")[0], dt)
      return nil
    }
    let field: Field = elastic == nil ? .force : .elastic
    func load(_ t: Double) -> Double { data(field, on: "mass", at: t).first ?? 0 }
    let k = stiffness + (elastic ?? 0)
    switch integrator {
    case .trapezoidal:
      let (u, v) = (displacement, velocity)
      let sum = (self.load ?? load(data.start)) + load(data.end)
      // ½ (M v₁ − M v₀)/dt by the mean of both ends; u₁ = u₀ + ½ dt (v₀ + v₁).
      let right =
        mass * v + 0.5 * dt * (sum - 2 * k * u - damping * v) - 0.25 * dt * dt * k * v
      velocity = right / (mass + 0.5 * dt * damping + 0.25 * dt * dt * k)
      displacement = u + 0.5 * dt * (v + velocity)
    case .rungeKutta:
      func rate(_ t: Double, _ y: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(y.y, (load(t) - k * y.x - damping * y.y) / mass)
      }
      let y = SIMD2(displacement, velocity)
      let middle = 0.5 * (data.start + data.end)
      let k1 = rate(data.start, y)
      let k2 = rate(middle, y + 0.5 * dt * k1)
      let k3 = rate(middle, y + 0.5 * dt * k2)
      let k4 = rate(data.end, y + dt * k3)
      let next = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
      (displacement, velocity) = (next.x, next.y)
    }
    self.load = load(data.end)
    force = load(data.end) - (elastic ?? 0) * displacement
    return displacement.isFinite && velocity.isFinite ? nil : "it flies beyond all numbers"
  }

  /// The trapezoidal rule with its end given: the force is what that takes.
  private mutating func follow(_ u: Double, _ dt: Double) {
    let v = 2 * (u - displacement) / dt - velocity
    let mean = mass * (v - velocity) / dt + 0.5 * damping * (v + velocity)
    force = 2 * (mean + 0.5 * stiffness * (u + displacement)) - force
    (displacement, velocity) = (u, v)
  }

  /// Displacement, velocity, or the force on it.
  public func write(_ field: Field, on border: String) -> [Double] {
    switch field {
    case .displacement: [displacement]
    case .velocity: [velocity]
    default: [force]
    }
  }

  /// What it opposes to a displacement at the end of a step.
  public func borderStiffness(on border: String, step dt: Double) -> BorderStiffness? {
    BorderStiffness(diagonal: [
      stiffness + (dt.isFinite ? 4 * mass / (dt * dt) + 2 * damping / dt : 0)
    ])
  }

  /// ½ m v² + ½ k u², J.
  public var energy: Double {
    0.5 * mass * velocity * velocity + 0.5 * stiffness * displacement * displacement
  }
}
