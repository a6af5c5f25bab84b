import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// A plate of 4 × 4 m, clamped on the left, pulled and sheared on the right, of which a patch of 2 × 2 m in the middle is
/// replaced by a finer model.
private struct Plate {
  /// What is in the patch in truth.
  enum Inside { case hole, inclusion }
  var inside = Inside.hole
  /// Cells of the local model per metre; the global one has two.
  var fine = 4
  /// Young's modulus of the global model in the patch beside that of the rest.
  var patchFactor = 1.0
  var weight = 0.0

  private func law(_ factor: Double = 1) throws -> LinearElastic {
    try LinearElastic(young: 1e6 * factor, poisson: 0.3)
  }

  private static func isOnRim(_ p: SIMD3<Double>) -> Bool {
    let d = max(abs(p.x - 2), abs(p.y - 2))
    return abs(d - 1) < 1e-9
  }

  private func body(_ mesh: Mesh) -> FEMModel.Definition {
    var d = FEMModel.Definition(mesh: mesh, formulation: .planeStress)
    d.strain = .small
    d.newton.tolerance = 1e-13
    if weight != 0 {
      let weight = weight
      d.bodyForce = { _, factor in SIMD3(0, -weight * factor, 0) }
    }
    return d
  }

  /// The coarse plate, or its part outside the patch alone.
  func global(hasPatch: Bool) throws -> FEMModel.Definition {
    var mesh = try PlaneMesh.make(from: SIMD2(0, 0), to: SIMD2(4, 4), divisions: (8, 8)) {
      max(abs($0.x - 2), abs($0.y - 2)) > 1 ? "outside" : hasPatch ? "patch" : nil
    }
    mesh.addNodes("rim", where: Plate.isOnRim)
    var d = body(mesh)
    d.laws = ["outside": try law(), "patch": try law(patchFactor)]
    if !hasPatch { d.laws["patch"] = nil }
    d.prescriptions = [.fixed("xmin", components: [0, 1])]
    d.tractions = [Traction(set: "xmax", vector: SIMD3(1000, -200, 0))]
    return d
  }

  func local() throws -> FEMModel.Definition {
    let inside = inside
    var mesh = try PlaneMesh.make(
      from: SIMD2(1, 1), to: SIMD2(3, 3), divisions: (2 * fine, 2 * fine)
    ) {
      guard max(abs($0.x - 2), abs($0.y - 2)) < 0.5 else { return "matrix" }
      return inside == .hole ? nil : "inclusion"
    }
    mesh.addNodes("rim", where: Plate.isOnRim)
    var d = body(mesh)
    d.laws = ["matrix": try law()]
    if inside == .inclusion { d.laws["inclusion"] = try law(0.1) }
    return d
  }

  func system(_ relaxation: RelaxationChoice, _ scheme: CouplingScheme = .serialImplicit) throws
    -> CoupledSystem
  {
    let global = try FEMParticipant(
      "global", global(hasPatch: true), borders: ["rim"], complement: ["outside"])
    return try couple(global, .globalLocal, relaxation, scheme)
  }

  /// The plate without a patch, and the local model, by displacements one way and forces the other.
  func composed() throws -> CoupledSystem {
    let outside = try FEMParticipant("global", global(hasPatch: false), borders: ["rim"])
    return try couple(
      outside, .dirichletNeumann(guided: .second), .standard(), .serialImplicit)
  }

  private func couple(
    _ global: FEMParticipant, _ exchange: Exchange, _ relaxation: RelaxationChoice,
    _ scheme: CouplingScheme
  ) throws -> CoupledSystem {
    let local = try FEMParticipant("local", local(), borders: ["rim"])
    var d = CouplingDefinition(
      [global, local],
      [Interface(.init("global", "rim"), .init("local", "rim"), exchange: exchange)],
      window: .fixed(1))
    d.criteria = [Criterion(.relative, 1e-11)]
    (d.relaxation, d.scheme) = (relaxation, scheme)
    d.iterationLimit = 500
    d.halvings = 0
    return try CoupledSystem(d)
  }

  /// Largest difference of displacements beside the largest of all: of the local model, and of the global one outside.
  static func difference(_ a: CoupledSystem, _ b: CoupledSystem) throws -> Double {
    let (one, other) = (models(a), models(b))
    let most = other[0].displacement.map { abs($0) }.max()!
    var worst = zip(one[1].displacement, other[1].displacement).map { abs($0 - $1) }.max()!
    for (n, point) in other[0].definition.mesh.points.enumerated() {
      let node = one[0].definition.mesh.nearestNode(to: point)!
      for i in 0..<2 {
        let gap = one[0].displacement[2 * node + i] - other[0].displacement[2 * n + i]
        worst = max(worst, abs(gap))
      }
    }
    return worst / most
  }

  static func models(_ system: CoupledSystem) -> [FEMModel] {
    system.participants.map { ($0 as! FEMParticipant).model! }
  }
}

@Suite(
  "Allix and Gosselet's global-local coupling: a coarse plate with a patch that it does not know")
struct GlobalLocalTests {
  private static let ways: [RelaxationChoice] = [
    .constant(1), .aitken(first: 1), .standard(first: 1),
  ]

  @Test(
    "it comes to the composed plate, to 1e-8, by quasi-Newton steps sooner than by Aitken's, by those sooner than unrelaxed",
    arguments: [2, 4, 5])
  fileprivate func composed(fine: Int) throws {
    for inside in [Plate.Inside.hole, .inclusion] {
      let plate = Plate(inside: inside, fine: fine)
      var reference = try plate.composed()
      #expect(reference.step().converged)
      var counts: [Int] = []
      for way in GlobalLocalTests.ways {
        var system = try plate.system(way)
        let record = system.step()
        let error = try Plate.difference(system, reference)
        #expect(record.converged && error < 1e-8, "\(inside), \(way): \(error)")
        counts.append(record.iterations)
      }
      #expect(counts[0] > counts[1] && counts[1] > counts[2], "\(inside): \(counts)")
    }
  }

  @Test(
    "what the global model has in the patch does not matter to the answer",
    arguments: [0.3, 0.7, 3, 10])
  func patch(factor: Double) throws {
    let plate = Plate(patchFactor: factor)
    var reference = try plate.composed()
    #expect(reference.step().converged)
    for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
      var system = try plate.system(.standard(first: 0.5), scheme)
      let record = system.step()
      let error = try Plate.difference(system, reference)
      #expect(record.converged && error < 1e-8, "\(factor), \(scheme.order): \(error)")
    }
  }

  @Test("nor does its weight there: every part carries its own")
  func weight() throws {
    let plate = Plate(patchFactor: 2, weight: 500)
    var reference = try plate.composed()
    #expect(reference.step().converged)
    var system = try plate.system(.standard(first: 1))
    #expect(system.step().converged)
    #expect(try Plate.difference(system, reference) < 1e-8)
  }
}
