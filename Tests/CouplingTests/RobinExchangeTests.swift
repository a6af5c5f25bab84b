import Coupling
import LinearAlgebra
import Testing

/// Points along a line that stand on springs to the ground, at rest where they are displaced by `rest`.
private struct SprungLine: Participant, Codable {
  typealias Checkpoint = Self
  let name: String, places: [Double], stiffness: Double, isPointwise: Bool
  let rest: [Double]
  var displacement: [Double], springs = BorderStiffness(diagonal: [])

  init(_ name: String, places: [Double], stiffness: Double, isPointwise: Bool = false) {
    (self.name, self.places, self.stiffness) = (name, places, stiffness)
    self.isPointwise = isPointwise
    rest = places.map { 0.01 + 0.02 * $0 }
    displacement = rest
  }

  var borders: [Border] {
    [
      Border(
        InterfaceMesh(
          name: "line", dimension: 2, points: places.map { SIMD3($0, 0, 0) },
          cells: (1..<Int32(places.count)).map { [$0 - 1, $0] }),
        reads: [.elastic], writes: [.displacement], width: 1, takesFullSprings: !isPointwise)
    ]
  }

  mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    if case .elastic(let springs) = role { self.springs = springs }
  }

  /// (k + R) u = g + k u₀.
  mutating func advance(by dt: Double, under data: BorderData) -> String? {
    var K = DenseMatrix(rows: places.count, columns: places.count)
    for i in places.indices { K[i, i] = stiffness }
    for e in springs.entries {
      K[e.row, e.column] += e.value
      if e.row != e.column { K[e.column, e.row] += e.value }
    }
    guard let factors = try? LU(K) else { return "nothing holds it" }
    displacement = zip(data(.elastic, on: "line"), rest).map { $0 + stiffness * $1 }
    factors.solve(&displacement)
    return nil
  }

  func write(_ field: Field, on border: String) -> [Double] { displacement }

  /// Neighbours pull at one another, so that it is no diagonal.
  func borderStiffness(on border: String, step dt: Double) -> BorderStiffness? {
    BorderStiffness(
      places.indices.map { .init($0, $0, 2 * stiffness) }
        + (1..<places.count).map { .init($0 - 1, $0, -0.5 * stiffness) })
  }
}

@Suite("The Robin exchange")
struct RobinExchangeTests {
  @Test(
    "two displaced ends between which no force acts stay where they are, from the first sweep on",
    arguments: [true, false])
  func rest(isPointwise: Bool) throws {
    let coarse = SprungLine(
      "coarse", places: [0, 1], stiffness: 100, isPointwise: isPointwise)
    let fine = SprungLine("fine", places: [0, 0.4, 0.7, 1], stiffness: 300)
    var definition = CouplingDefinition(
      [coarse, fine], [Interface(.init("coarse", "line"), .init("fine", "line"))],
      window: .fixed(1))
    definition.scheme = .parallelExplicit
    var system = try CoupledSystem(definition)
    #expect(system.step().converged)
    for (participant, rest) in zip(system.participants, [coarse.rest, fine.rest]) {
      let u = participant.write(.displacement, on: "line")
      #expect(zip(u, rest).allSatisfy { abs($0 - $1) < 1e-14 }, "\(u)")
    }
  }
}
