import Contact
import DDA
import Foundation
import Testing

@Suite("Linear solvers of blocks")
struct LinearSolverTests {
  /// Where the corners are after some steps.
  private func corners(_ d: DDADefinition, steps: Int, dt: Double) throws -> (
    corners: [Point], iterations: Int
  ) {
    var solver = try DDASolver(d)
    let records = solver.run(to: Double(steps) * dt, dt: dt)
    #expect(records.allSatisfy { $0.converged })
    return (
      (0..<solver.blockCount).flatMap { solver.outline($0) },
      records.reduce(0) { $0 + $1.iterations }
    )
  }

  /// A wall of more than 64 blocks, whose corrections are found in single precision beside factors in double.
  private func high(_ order: BlockOrder) throws -> DDADefinition {
    var d = try wall(courses: 10, length: 8)
    d.materials[0].young = 3e7
    d.order = order
    d.enforcement = .augmentedLagrangian(tolerance: 1e-4)
    return d
  }

  /// How far corners end from where factors bring them.
  private func apart(_ d: DDADefinition, _ method: BlockLinearSolver) throws -> Double {
    var (d, oracle) = (d, d)
    (d.linearSolver, oracle.linearSolver) = (method, .direct)
    let found = try corners(d, steps: 8, dt: 0.005).corners
    let exact = try corners(oracle, steps: 8, dt: 0.005).corners
    return zip(found, exact).map { ($0 - $1).length }.max()!
  }

  @Test(
    "a wall on springs that never part, a linear system, moves as with factors, to 1e-9 of a brick",
    arguments: BlockOrder.allCases, [BlockLinearSolver.blockJacobi, .gaussSeidel])
  func bonded(order: BlockOrder, method: BlockLinearSolver) throws {
    var d = try high(order)
    d.defaultJoint = try CoulombJoint(friction: 0.6, cohesion: 1e9, tension: 1e9)
    d.enforcement = .penalty(normal: 1e9, shear: 1e9)
    let apart = try apart(d, method)
    #expect(apart < 2e-9)
  }

  // Among the states that a tolerance permits, the way there chooses.
  @Test(
    "a wall let go moves as with factors, to a tenth of the permitted overlap",
    arguments: BlockOrder.allCases, [BlockLinearSolver.blockJacobi, .gaussSeidel])
  func rubbing(order: BlockOrder, method: BlockLinearSolver) throws {
    let apart = try apart(try high(order), method)
    #expect(apart < 0.1 * 1.1e-4)
  }

  @Test("without inertia, Gauss–Seidel needs at most six tenths of block Jacobi's iterations")
  func fewer() throws {
    var d = try wall(courses: 20, length: 6)
    d.materials[0].young = 1e9
    d.dynamicFactor = 0
    d.enforcement = .augmentedLagrangian(tolerance: 1e-3)
    let plain = try corners(d, steps: 3, dt: 1).iterations
    d.linearSolver = .gaussSeidel
    let swept = try corners(d, steps: 3, dt: 1).iterations
    #expect(10 * swept <= 6 * plain, "\(swept) and \(plain)")
  }

  @Test(
    "the same bits for any number of workers where they share one island",
    arguments: [BlockLinearSolver.blockJacobi, .gaussSeidel])
  func workers(method: BlockLinearSolver) throws {
    // From 2048 blocks on rows are shared.
    var d = try wall(courses: 67, length: 32)
    d.enforcement = .augmentedLagrangian(tolerance: 1e-3)
    d.linearSolver = method
    func end(_ workers: Int) throws -> DDASolver.Checkpoint {
      d.workers = workers
      var solver = try DDASolver(d)
      solver.run(to: 0.01, dt: 0.005)
      return solver.checkpoint
    }
    let one = try end(1)
    #expect(try end(2) == one)
    #expect(try end(5) == one)
  }
}
