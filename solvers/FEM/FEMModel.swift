import FixedPoint
import Geometry
import LinearAlgebra
import Mechanics

/// A body under prescribed displacements and loads, solved increment by increment.
///
/// The caller owns the loop: `step(to:)` solves equilibrium at one load factor, keeps the state when
/// it converged and restores the last one when it did not; `run` walks a list of factors with
/// automatic cut-back.
public struct FEMModel {
  /// The definition it was built from.
  public private(set) var definition: Definition
  /// Load factor of the last converged state.
  public internal(set) var loadFactor = 0.0
  var problem: StructureProblem
  /// For each dof the prescription that gives it, or −1.
  let prescribedBy: [Int32]
  /// Dofs that the caller guides, ascending; dof = node · dimension + component.
  public let guidedDofs: [Int]
  /// Displacements of the guided dofs at the next step, m.
  public internal(set) var guideValues: [Double]
  /// Names the values of `tangent` where they are kept over steps.
  private var tangentKey: FactorKey?
  private var tangent: CSRMatrix
  private let solver: EquilibriumSolver
  private let setUpSeconds: Double

  /// Seconds of wall time since the model was made, by kind of work.
  public struct Timings: Sendable, Equatable {
    /// How often a tangent was factorised (or a multigrid hierarchy built) by this model and its copies.
    public var factorisations = 0
    /// Numbering, pattern and validation; sums over cells with and without tangent; symbolic and
    /// numerical factorisation; triangular solves (or iterations).
    public var setUp = 0.0, assembly = 0.0, factorisation = 0.0, solve = 0.0
  }

  /// Where the time went.
  public var timings: Timings {
    Timings(
      factorisations: solver.factorisations, setUp: setUpSeconds, assembly: problem.assemblySeconds,
      factorisation: solver.factorisationSeconds, solve: solver.solveSeconds)
  }

  /// Validates the definition and prepares pattern and kernels.
  /// - Throws: `FEMError` for an unknown set, a region without a law, a law of the wrong pair, a
  ///   body free to move, an inverted cell, or an element that cannot do what is asked.
  public init(_ definition: Definition) throws(FEMError) {
    try self.init(definition, mayMove: false)
  }

  /// As above; a body that moves under its own inertia need not be held.
  init(_ definition: Definition, mayMove: Bool) throws(FEMError) {
    let start = ContinuousClock.now
    try Validation.check(definition)
    self.definition = definition
    let mesh = definition.mesh
    prescribedBy = try Validation.prescribedDofs(definition)
    guidedDofs = try Validation.guidedDofs(definition, prescribedBy: prescribedBy)
    guideValues = Array(repeating: 0, count: guidedDofs.count)
    var isPrescribed = prescribedBy.map { $0 >= 0 }
    for dof in guidedDofs { isPrescribed[dof] = true }
    try definition.elasticBorder?.validate(dofCount: isPrescribed.count)
    if !mayMove,
      let motion = RigidModes.freeMotion(
        of: mesh, formulation: definition.formulation, isPrescribed: isPrescribed,
        elastic: definition.elasticBorder)
    {
      throw FEMError("boundary", motion, "prescribe a displacement that prevents it")
    }
    let dofs = DofMap(
      mesh: mesh, dimension: definition.formulation.dimension, isPrescribed: isPrescribed,
      elastic: definition.elasticBorder)
    let kernels = mesh.blocks.map { block in
      ElementKernel(
        shape: block.shape, formulation: definition.formulation, strainKind: definition.strain,
        volumetric: definition.volumetric, law: definition.laws[block.name]!,
        thickness: definition.thickness)
    }
    let isLinear = definition.strain == .small && kernels.allSatisfy { $0.law.isLinear }
    problem = StructureProblem(
      mesh: mesh, dofs: dofs, kernels: kernels, isLinear: isLinear,
      elastic: definition.elasticBorder)
    tangent = CSRMatrix(pattern: dofs.pattern)
    solver = EquilibriumSolver(definition.solver, points: mesh.points, dofs: dofs)
    setUpSeconds = (ContinuousClock.now - start) / .seconds(1)
  }

  /// Number of free degrees of freedom.
  public var unknownCount: Int { problem.unknownCount }
  /// Displacement components per node: 2 or 3.
  public var dimension: Int { problem.dofs.dimension }
  /// Displacement of every dof in m, `[node * dimension + component]`.
  public var displacement: [Double] { problem.displacement }
  /// Strain energy of the last converged state, J.
  public var strainEnergy: Double { problem.energy }
  /// f_int − f_ext on every dof, N (with R u and the border force where there are any): the reactions at
  /// prescribed and guided dofs, out-of-balance force elsewhere.
  public var reactions: [Double] { problem.load.indices.map { problem.outOfBalance($0) } }

  /// Displacement of a node in m; z = 0 in the plane.
  public func displacement(of node: Int) -> SIMD3<Double> {
    var u = SIMD3<Double>.zero
    for i in 0..<dimension { u[i] = problem.displacement[node * dimension + i] }
    return u
  }

  /// Solves equilibrium at a load factor, starting from the last converged state.
  ///
  /// On failure the model stays at its last converged state and the record says why. The factor may be
  /// the same again and again while border data change; an affine problem is factorised once and keeps
  /// its factors.
  public mutating func step(to factor: Double) -> ConvergenceRecord {
    guard borderDataIsFinite else {
      return ConvergenceRecord(reason: .notFinite, message: "the border data are not finite")
    }
    let saved = (
      problem.displacement, problem.load, problem.internalForce, problem.energy
    )
    // An unloaded end leaves nothing but rounding of the loaded start to compare residuals with.
    problem.smallestReference = 0
    problem.smallestReference = 1e-6 * problem.residualReference
    setTarget(factor)
    problem.keepsTangent = problem.isLinear && tangentKey != nil
    if problem.isLinear && tangentKey == nil { tangentKey = FactorKey() }
    solver.key = problem.isLinear ? tangentKey : nil
    var x = problem.dofs.free.map { problem.displacement[Int($0)] }
    let record = definition.newton.solve(
      &problem, x: &x, tangent: &tangent, solver: solver)
    if record.converged {
      loadFactor = factor
      problem.commit()
    } else {
      tangentKey = nil
      problem.restore(saved.0, saved.1, saved.2, saved.3)
    }
    return record
  }

  /// Walks through load factors with automatic cut-back, starting from factor 0.
  /// - Parameter progress: shown the model after every converged step, with the step's record.
  /// - Returns: the whole stepping, refused increments included; `converged` says how it ended.
  public mutating func run<Failure: Error>(
    through levels: [Double], progress: (FEMModel, ConvergenceRecord) throws(Failure) -> Void
  ) throws(Failure) -> LoadStepping {
    var stepping = LoadStepping(levels: levels)
    try stepping.run { (_, to) throws(Failure) in
      let record = step(to: to)
      if record.converged { try progress(self, record) }
      return record
    }
    return stepping
  }

  /// Walks through load factors with automatic cut-back, telling nobody.
  public mutating func run(through levels: [Double]) -> LoadStepping {
    run(through: levels) { _, _ in }
  }

  /// A new kernel with the law, and an empty history.
  mutating func replaceLaw(_ law: any ConstitutiveLaw, block b: Int) {
    let block = definition.mesh.blocks[b]
    definition.laws[block.name] = law
    let kernel = ElementKernel(
      shape: block.shape, formulation: definition.formulation, strainKind: definition.strain,
      volumetric: definition.volumetric, law: law, thickness: definition.thickness)
    problem.replaceKernel(kernel, block: b)
    tangentKey = nil
  }

  /// Prescribed displacements and loads at a factor, for the displacement as it stands.
  mutating func place(at factor: Double) {
    setTarget(factor)
    problem.applyIncrement()
    loadFactor = factor
  }

  private mutating func setTarget(_ factor: Double) {
    setIncrements(factor)
    problem.load = externalForces(at: factor)
  }

  /// Increments of the constrained dofs to a factor.
  mutating func setIncrements(_ factor: Double) {
    let mesh = definition.mesh
    let d = dimension
    for dof in prescribedBy.indices where prescribedBy[dof] >= 0 {
      let value = definition.prescriptions[Int(prescribedBy[dof])].value(
        mesh.points[dof / d], factor)
      problem.increment[dof] = value[dof % d] - problem.displacement[dof]
    }
    for (k, dof) in guidedDofs.enumerated() {
      problem.increment[dof] = guideValues[k] - problem.displacement[dof]
    }
  }
}
