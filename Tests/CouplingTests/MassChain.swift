import Coupling
import Foundation
import LinearAlgebra

/// A mass of a chain, on a spring to the wall, by the trapezoidal rule. It pulls its neighbours by springs of its own,
/// or is pulled by theirs.
struct ChainMass: Participant, Codable, Equatable {
  typealias Checkpoint = Self

  /// What there is between it and a neighbour: a spring of its own, N/m, or nil for one of the neighbour's.
  struct Link: Codable, Equatable { var name: String, spring: Double? }

  let name: String, mass: Double, wall: Double
  var links: [Link]
  var longestStep = Double.infinity
  /// Steps longer than this it refuses until a time, s.
  var refused = Double.infinity, until = Double.infinity
  /// A force on it from a time on, N, s.
  var pull = 0.0, from = 0.0
  var displacement = 0.0, velocity = 0.0
  /// Far ends of its own springs, m.
  var ends: [Double]
  /// Steps that it has gone, s.
  var steps: [Double] = []

  init(_ name: String, mass: Double, wall: Double, _ links: [Link]) {
    (self.name, self.mass, self.wall, self.links) = (name, mass, wall, links)
    ends = links.map { _ in 0 }
  }

  var borders: [Border] {
    links.map { link in
      Border(
        InterfaceMesh(name: link.name, dimension: 2, points: [.zero], cells: []),
        reads: [link.spring == nil ? .force : .displacement], writes: [.displacement, .force],
        width: 1)
    }
  }

  mutating func advance(by dt: Double, under data: BorderData) -> String? {
    if dt > refused * (1 + 1e-9), data.start < until - 1e-9 {
      // As a solver may leave it.
      (displacement, velocity) = (.nan, 1e300)
      return "cannot go by \(dt) s"
    }
    func load(_ t: Double) -> Double {
      var sum = t >= from - 1e-12 ? pull : 0
      for link in links {
        if let k = link.spring {
          sum += k * data(.displacement, on: link.name, at: t)[0]
        } else {
          sum += data(.force, on: link.name, at: t)[0]
        }
      }
      return sum
    }
    let k = links.reduce(wall) { $0 + ($1.spring ?? 0) }
    let (u, v) = (displacement, velocity)
    let sum = load(data.start) + load(data.end)
    velocity =
      (mass * v + 0.5 * dt * (sum - 2 * k * u) - 0.25 * dt * dt * k * v)
      / (mass + 0.25 * dt * dt * k)
    displacement = u + 0.5 * dt * (v + velocity)
    for (n, link) in links.enumerated() where link.spring != nil {
      ends[n] = data(.displacement, on: link.name)[0]
    }
    steps.append(dt)
    return nil
  }

  func write(_ field: Field, on border: String) -> [Double] {
    let n = links.firstIndex { $0.name == border }!
    return field == .displacement
      ? [displacement] : [(links[n].spring ?? 0) * (displacement - ends[n])]
  }
}

/// Two or three masses between walls, with springs between them, cut at the masses.
struct MassChain {
  var mass = [1.0, 1.5, 0.8], wall = [10.0, 15.0, 12.0], between = [8.0, 5.0]
  /// Order in which the system asks them.
  var order = [0, 1, 2]
  var start = 1.0
  var window = 0.1
  var edit: (inout CouplingDefinition) -> Void = { _ in }
  var editMass: (Int, inout ChainMass) -> Void = { _, _ in }

  static let names = ["left", "middle", "right"]

  var masses: [ChainMass] {
    let links: [[ChainMass.Link]] =
      order.count == 2
      ? [[.init(name: "a", spring: between[0])], [.init(name: "a", spring: nil)]]
      : [
        [.init(name: "a", spring: between[0])],
        [.init(name: "a", spring: nil), .init(name: "b", spring: nil)],
        [.init(name: "b", spring: between[1])],
      ]
    return (0..<order.count).map { i in
      var one = ChainMass(MassChain.names[i], mass: mass[i], wall: wall[i], links[i])
      if i == 0 { one.displacement = start }
      editMass(i, &one)
      return one
    }
  }

  func definition(_ scheme: CouplingScheme) -> CouplingDefinition {
    let masses = masses
    let flows = [Flow(.displacement, from: .second), Flow(.force, from: .first)]
    var interfaces = [
      Interface(.init("left", "a"), .init("middle", "a"), exchange: .fields(flows))
    ]
    if order.count == 3 {
      interfaces.append(
        Interface(.init("right", "b"), .init("middle", "b"), exchange: .fields(flows)))
    }
    var d = CouplingDefinition(order.map { masses[$0] }, interfaces, window: .fixed(window))
    d.scheme = scheme
    d.criteria = [Criterion(.relative, 1e-12)]
    edit(&d)
    return d
  }

  func system(_ scheme: CouplingScheme = .serialImplicit) throws -> CoupledSystem {
    try CoupledSystem(definition(scheme))
  }

  /// Displacements in the order of the chain.
  static func displacements(_ system: CoupledSystem) -> [Double] {
    names.compactMap { name in
      (system.participants.first { $0.name == name } as? ChainMass)?.displacement
    }
  }

  /// All masses at once by the trapezoidal rule.
  func monolithic(to end: Double, step h: Double) throws -> [Double] {
    let n = order.count
    var K = DenseMatrix(rows: n, columns: n)
    for i in 0..<n { K[i, i] = wall[i] }
    for i in 0..<n - 1 {
      K[i, i] += between[i]
      K[i + 1, i + 1] += between[i]
      (K[i, i + 1], K[i + 1, i]) = (-between[i], -between[i])
    }
    var A = K
    for i in 0..<n {
      for j in 0..<n { A[i, j] = 0.25 * h * h * K[i, j] + (i == j ? mass[i] : 0) }
    }
    let lu = try LU(A)
    var u = [Double](repeating: 0, count: n)
    var v = u
    u[0] = start
    for _ in 0..<Int((end / h).rounded()) {
      var next = (0..<n).map { i in
        var sum = mass[i] * v[i]
        for j in 0..<n { sum -= h * K[i, j] * (u[j] + 0.25 * h * v[j]) }
        return sum
      }
      lu.solve(&next)
      for i in 0..<n { u[i] += 0.5 * h * (v[i] + next[i]) }
      v = next
    }
    return u
  }
}
