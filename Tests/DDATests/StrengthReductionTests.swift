import Contact
import DDA
import Foundation
import Testing

@Suite("Factor of safety by strength reduction")
struct StrengthReductionTests {
  private let weight = 2600 * 9.81

  private func search(
    _ d: DDADefinition, _ range: ClosedRange<Double>,
    _ criterion: StrengthReduction.Criterion = .displacement(1e-3)
  ) throws -> StrengthReduction.Outcome {
    try StrengthReduction(
      criterion: criterion, duration: 3, dt: 0.05, range: range, tolerance: 1e-3
    ).run(d)
  }

  @Test("a block on an incline: F = tan φ / tan A by either criterion")
  func friction() throws {
    let exact = tan(35 * degree) / tan(20 * degree)
    let d = try incline(slope: 20, friction: 35)
    for criterion in [
      StrengthReduction.Criterion.displacement(1e-3), .kineticEnergy(share: 0.5),
    ] {
      let found = try search(d, 1...3, criterion)
      let (low, high) = (try #require(found.standing), try #require(found.failing))
      #expect(high - low <= 1e-3)
      #expect(low <= exact + 1e-3 && high >= exact - 1e-3, "\(low) \(high) \(exact)")
      #expect(found.converged)
      // Every run is on record, and the bracket is what they say.
      #expect(found.trials.filter(\.stands).map(\.factor).max() == low)
      #expect(found.trials.filter { !$0.stands }.map(\.factor).min() == high)
    }
  }

  @Test("with cohesion F = (c l + W cos A tan φ)/(W sin A), with water W cos A − U")
  func cohesionAndWater() throws {
    // With more uplift, or steeper, it would topple.
    let A = 25 * degree
    for (cohesion, uplift) in [(0.2, 0.0), (0.1, 0.3), (0, 0.3)] {
      var d = try incline(slope: 25, friction: 30, cohesion: cohesion * weight)
      if uplift > 0 { d.water = [WaterPressure(.constant(uplift * weight))] }
      let exact = (cohesion + (cos(A) - uplift) * tan(30 * degree)) / sin(A)
      let found = try search(d, 0.2...2)
      let F = try #require(found.factorOfSafety)
      #expect(abs(F - exact) < 1e-3, "\(F) \(exact)")
      #expect(found.converged)
    }
  }

  @Test("a dam on its joint, reservoir and uplift: F = tan φ (W − U)/H")
  func dam() throws {
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(-10, -2, 30, 2), isFixed: true),
        BlockDefinition(try box(0, 0, 8, 6)),
      ], materials: [try BlockMaterial(young: 2e10, poisson: 0.2, density: 2400)],
      joint: try CoulombJoint(friction: 35 * degree))
    let unitWeight = 9810.0
    d.water = [
      // The left face under 5 m of water; in the joint pressure falls to nothing at the toe.
      WaterPressure(
        .table([Point(0, 5)], unitWeight: unitWeight),
        faces: .listed([BlockEdge(block: 1, edge: 3)])),
      WaterPressure(.table([Point(0, 5), Point(8, 0)], unitWeight: unitWeight)),
    ]
    let W = 2400 * 48 * 9.81, U = 0.5 * 5 * 8 * unitWeight, H = 0.5 * 25 * unitWeight
    let exact = tan(35 * degree) * (W - U) / H
    let found = try search(d, 3...8)
    let F = try #require(found.factorOfSafety)
    #expect(abs(F / exact - 1) < 1e-3, "\(F) \(exact)")
    #expect(found.converged)
  }

  @Test("a range that does not contain it says so; a search that is none is refused")
  func ranges() throws {
    let d = try incline(slope: 20, friction: 35)
    let weak = try search(d, 3...4)
    #expect(weak.standing == nil && weak.failing == 3 && weak.factorOfSafety == nil)
    let strong = try search(d, 1...1.5)
    #expect(strong.standing == 1.5 && strong.failing == nil && strong.trials.count == 2)
    #expect(throws: DDAError.self) { try search(d, 0...1) }
    #expect(throws: DDAError.self) { try search(d, 1...2, .displacement(-1)) }
    #expect(throws: DDAError.self) { try search(d, 1...2, .kineticEnergy(share: 2)) }
    #expect(throws: DDAError.self) { try d.reduced(by: 0) }
  }
}
