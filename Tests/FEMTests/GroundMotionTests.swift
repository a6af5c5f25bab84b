import FEM
import Geometry
import Mechanics
import Testing

@Suite("A ground that moves by a function of time") struct GroundMotionTests {
  private func body() throws -> DynamicModel.Definition {
    var body = FEMModel.Definition(
      mesh: hexBox(3, 1, 1, size: [3, 1, 1]), law: try LinearElastic(young: 5, poisson: 0.2))
    body.prescriptions = [.fixed("xmin")]
    return DynamicModel.Definition(body: body, density: 1)
  }

  @Test("it does what its record does, and both add up")
  func record() throws {
    let direction = SIMD3(1.0, 2, 2)
    var (recorded, given, both) = (try body(), try body(), try body())
    recorded.baseAcceleration = BaseAcceleration(
      times: [0, 10], values: [0, 9], direction: direction)
    given.groundAcceleration = { t in 0.3 * t * direction }
    both.baseAcceleration = BaseAcceleration(
      times: [0, 10], values: [0, 18], direction: direction)
    both.groundAcceleration = { t in -0.3 * t * direction }
    let ends = try [recorded, given, both].map { definition in
      var model = try DynamicModel(definition)
      for _ in 0..<20 { #expect(model.step(0.1).converged) }
      return model.displacement
    }
    let size = ends[0].map(abs).max()!
    #expect(size > 1e-2)
    for i in ends[0].indices {
      #expect(abs(ends[1][i] - ends[0][i]) < 1e-12 * size)
      #expect(abs(ends[2][i] - ends[0][i]) < 1e-12 * size)
    }
  }
}
