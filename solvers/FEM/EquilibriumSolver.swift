import LinearAlgebra

/// Stands for one matrix: as long as it is the same object, so are the values of the matrix. Copies of a
/// model share their solver; the key tells whose factors it holds.
final class FactorKey: Sendable {}

/// The linear solver of a structure: definite factors where they exist, indefinite ones past a limit
/// point or under compression, where the tangent has negative eigenvalues.
final class EquilibriumSolver: LinearSolver {
  private let definite: any LinearSolver
  private var indefinite: DirectSolver?
  private var active: any LinearSolver
  /// Names the matrix that comes next; nil where it is new each time.
  var key: FactorKey?
  private var keyOfFactors: FactorKey?
  private(set) var factorisationSeconds = 0.0
  private(set) var solveSeconds = 0.0
  private(set) var factorisations = 0

  /// - Parameters:
  ///   - points: of all nodes; their rigid motions are what multigrid builds its coarse spaces from.
  ///   - dofs: which of their components are unknowns.
  init(_ choice: FEMModel.Solver, points: [SIMD3<Double>], dofs: DofMap) {
    switch choice {
    case .direct: definite = DirectSolver(.symmetricDefinite)
    case .conjugateGradients(let tolerance):
      let d = dofs.dimension
      let coordinates = points.flatMap { point in (0..<d).map { point[$0] } }
      let iterative = ConjugateGradients(
        SmoothedAggregation(coordinates: coordinates, dimension: d, slots: dofs.free))
      iterative.tolerance = tolerance
      definite = iterative
    }
    active = definite
  }

  func factorise(_ A: CSRMatrix) throws(LinearSolverError) {
    let start = ContinuousClock.now
    if let key, key === keyOfFactors { return }
    keyOfFactors = nil
    defer { factorisationSeconds += (ContinuousClock.now - start) / .seconds(1) }
    do {
      try definite.factorise(A)
      active = definite
    } catch LinearSolverError.notPositiveDefinite {
      let fallback = indefinite ?? DirectSolver(.symmetricIndefinite)
      indefinite = fallback
      try fallback.factorise(A)
      active = fallback
    }
    keyOfFactors = key
    factorisations += 1
  }

  func solve(_ b: inout [Double]) throws(LinearSolverError) {
    let start = ContinuousClock.now
    defer { solveSeconds += (ContinuousClock.now - start) / .seconds(1) }
    try active.solve(&b)
  }
}
