import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

@Suite("Work over the cut of a bar through which a pulse goes")
struct BorderWorkTests {
  /// Through the cut and back.
  private let end = 0.3

  private func system(
    _ bar: PulsedBar, _ edit: (inout CouplingDefinition) -> Void = { _ in }
  ) throws -> CoupledSystem {
    var d = try bar.system().definition
    edit(&d)
    return try CoupledSystem(d)
  }

  @Test(
    "what one half gives the other takes, on matching meshes and on others, whatever the exchange",
    arguments: [(4, 4), (2, 3), (3, 2)])
  func conserved(cells: (Int, Int)) throws {
    let exchanges: [Exchange] = [
      .robin(.automatic), .robin(.perArea(4e6)), .dirichletNeumann(guided: .first),
      .dirichletNeumann(guided: .second),
    ]
    for exchange in exchanges {
      var system = try system(PulsedBar(cells: cells, exchange: exchange))
      let start = PulsedBar.energy(system)
      let records = system.run(to: end)
      let work = system.work[0]
      #expect(records.allSatisfy { $0.converged && $0.rejections.isEmpty }, "\(exchange)")
      #expect(work.exchanged > start, "\(exchange): \(work)")
      #expect(abs(work.created) < 1e-6 * work.exchanged, "\(exchange): \(work)")
      // On meshes that do not match the halves begin a little apart.
      #expect(abs(PulsedBar.energy(system) / start - 1) < (cells.0 == cells.1 ? 1e-7 : 1e-5))
    }
  }

  @Test("an explicit exchange makes energy, and its account says how much")
  func explicit() throws {
    let bar = PulsedBar(exchange: .dirichletNeumann(guided: .second))
    var system = try system(bar) {
      $0.scheme = .serialExplicit
      $0.predictorOrder = 0
    }
    let start = PulsedBar.energy(system)
    system.run(to: 0.06)
    let gained = PulsedBar.energy(system) - start
    let work = system.work[0]
    #expect(abs(gained) > 1e-4 * start)
    #expect(abs(gained - work.created) < 1e-9 * max(start, abs(gained)), "\(gained), \(work)")
  }

  @Test("bodies of generalised-alpha cut in two go as the undivided one")
  func generalisedAlpha() throws {
    func body(_ from: Double, _ to: Double) throws -> DynamicModel.Definition {
      let mesh = try PlaneMesh.make(
        from: SIMD2(from, 0), to: SIMD2(to, 0.25), divisions: (Int((to - from) * 16), 4))
      var body = FEMModel.Definition(
        mesh: mesh, formulation: .planeStress, law: try LinearElastic(young: 1e5, poisson: 0.3))
      body.newton.tolerance = 1e-13
      var d = DynamicModel.Definition(body: body, density: 1000)
      d.scheme = .generalisedAlpha(spectralRadius: 0.8)
      return d
    }
    func initial(_ d: DynamicModel.Definition) -> (u: [Double], v: [Double]) {
      func pulse(_ x: Double) -> Double { 1e-3 * exp(-pow((x - 0.4) / 0.15, 2)) }
      let mesh = d.body.mesh
      return (
        DynamicModel.field(on: mesh) { SIMD3(pulse($0.x), 0, 0) },
        DynamicModel.field(on: mesh) {
          SIMD3(10 * 2 * ($0.x - 0.4) / (0.15 * 0.15) * pulse($0.x), 0, 0)
        }
      )
    }
    let undivided = try body(0, 2)
    let state = initial(undivided)
    for exchange in [Exchange.robin(.automatic), .dirichletNeumann(guided: .second)] {
      var whole = try DynamicModel(undivided, displacement: state.u, velocity: state.v)
      let halves = try [("left", 0.0, "xmax"), ("right", 1.0, "xmin")].map { name, from, border in
        let d = try body(from, from + 1)
        let state = initial(d)
        return try DynamicFEMParticipant(
          name, d, borders: [border], longestStep: 0.005, displacement: state.u, velocity: state.v)
      }
      var d = CouplingDefinition(
        halves,
        [Interface(.init("left", "xmax"), .init("right", "xmin"), exchange: exchange)],
        window: .fixed(0.005))
      d.criteria = [Criterion(.relative, 1e-10)]
      d.predictorOrder = 2
      var system = try CoupledSystem(d)
      var worst = 0.0
      for _ in 0..<60 {
        #expect(system.step().converged)
        #expect(whole.step(0.005).converged)
        for (n, x) in [0.7, 1.3].enumerated() {
          let model = (system.participants[n] as! DynamicFEMParticipant).model!
          let place = SIMD3(x, 0.125, 0)
          let u = try whole.displacement(at: place).x
          worst = max(worst, abs(try model.displacement(at: place).x - u))
        }
      }
      #expect(worst < 1e-6 * 1e-3, "\(exchange): \(worst)")
    }
  }
}
