import FixedPoint
import Geometry
import LinearAlgebra
import Mechanics

/// The tangent of a model at one state, factorised: what sensitivities, adjoints and updates of a
/// measured field solve with.
///
/// Unknown `i` is the free degree of freedom `freeDofs[i]`; dof = node · dimension + component.
public final class Linearisation {
  /// K on the free dofs, N/m, upper triangle.
  public let tangent: CSRMatrix
  /// The dofs that are unknowns, ascending.
  public let freeDofs: [Int32]
  private let solver: DirectSolver

  /// - Throws: `LinearSolverError` where K is singular.
  init(tangent: CSRMatrix, freeDofs: [Int32]) throws(LinearSolverError) {
    self.tangent = tangent
    self.freeDofs = freeDofs
    var factors = DirectSolver(.symmetricDefinite)
    do {
      try factors.factorise(tangent)
    } catch LinearSolverError.notPositiveDefinite {
      factors = DirectSolver(.symmetricIndefinite)
      try factors.factorise(tangent)
    }
    solver = factors
  }

  /// Overwrites `count` right-hand sides, one after another in `b`, with K⁻¹ b.
  public func solve(_ b: inout [Double], count: Int = 1) throws(LinearSolverError) {
    try solver.solve(&b, count: count)
  }
}

/// How the stress at one quadrature point works on the nodes of its cell: f += dV Bᵀ S.
public struct PointOperator: Sendable {
  /// Block and cell (in the block) of the point, and its number in the cell.
  public internal(set) var block = 0, cell = 0, point = 0
  /// Degrees of freedom of the cell's nodes, node by node.
  public internal(set) var dofs: [Int] = []
  /// The strain that the law sees (C or ε), Mandel order.
  public internal(set) var strain = [Double](repeating: 0, count: 6)
  /// The law's stress there, Pa, Mandel order.
  public internal(set) var stress = [Double](repeating: 0, count: 6)
  /// Volume of the point in the undeformed body, m³ (in the plane: with the thickness).
  public internal(set) var volume = 0.0
  /// ∂E/∂u in Mandel order, `B[6 · column + component]` with a column per entry of `dofs`, 1/m.
  public internal(set) var B: [Double] = []
}

extension FEMModel {
  /// Replaces the law of one region, or of all; displacement and load stay as they are until the next
  /// step. History starts anew.
  /// - Throws: `FEMError` for an unknown region, or a law of another pair than the model's.
  public mutating func setLaw(
    _ law: any ConstitutiveLaw, in region: String? = nil
  ) throws(FEMError) {
    let names = definition.mesh.blocks.map(\.name)
    if let region, !names.contains(region) {
      throw FEMError("region '\(region)'", "is not in the mesh", "the mesh has: \(names)")
    }
    for (b, name) in names.enumerated() where region == nil || name == region {
      let old = problem.kernels[b]
      guard law.pair == old.law.pair else {
        throw FEMError(
          "region '\(name)'", "works with '\(old.law.pair.rawValue)', not '\(law.pair.rawValue)'",
          "give a law of the same pair")
      }
      replaceLaw(law, block: b)
    }
  }

  /// Puts the body into a given state, from which the next `step` starts: a predicted or a measured
  /// field. Prescribed dofs take their values at the load factor, whatever the field says there.
  /// - Parameter displacement: of every dof, m.
  public mutating func restart(from displacement: [Double], at factor: Double) {
    precondition(
      displacement.count == problem.displacement.count,
      "\(displacement.count) displacements for \(problem.displacement.count) dofs")
    problem.displacement = displacement
    place(at: factor)
  }

  /// Internal forces, tangent and factors at the present displacement, in equilibrium or not; the
  /// internal forces are then in `reactions` (less the loads).
  /// - Throws: `LinearSolverError`: `.notFinite` where a cell is turned inside out or the law has no
  ///   value, `.singular`.
  public mutating func linearise() throws(LinearSolverError) -> Linearisation {
    var matrix = CSRMatrix(pattern: problem.dofs.pattern)
    var r = [Double](repeating: 0, count: problem.unknownCount)
    let x = problem.dofs.free.map { problem.displacement[Int($0)] }
    guard problem.linearise(at: x, residual: &r, tangent: &matrix) else { throw .notFinite }
    return try Linearisation(tangent: matrix, freeDofs: problem.dofs.free)
  }

  /// Dofs that are unknowns, ascending; dof = node · dimension + component.
  public var freeDofs: [Int32] { problem.dofs.free }

  /// Internal forces at the present displacement, in equilibrium or not, without a tangent; they are
  /// then in `reactions` (less the loads). False where a cell is turned inside out or the law has no
  /// value.
  public mutating func evaluate() -> Bool {
    var r = [Double](repeating: 0, count: problem.unknownCount)
    return problem.residual(
      at: problem.dofs.free.map { problem.displacement[Int($0)] }, into: &r)
  }

  /// K v on every dof at the present displacement, prescribed dofs included, for several fields v; N.
  ///
  /// With v = 1 on the dofs of a support the product is the derivative of its net reaction.
  public func tangentProducts(_ fields: [[Double]]) -> [[Double]] {
    var out = fields.map { [Double](repeating: 0, count: $0.count) }
    visitGroups(tangent: true) { block, cells, kernel in
      let connectivity = definition.mesh.blocks[block].connectivity
      let (n, d) = (kernel.nodes, kernel.dimension)
      for (k, field) in fields.enumerated() {
        guard kernel.gatherIncrement(cells: cells, connectivity: connectivity, increment: field)
        else { continue }
        kernel.force.clear()
        kernel.addIncrementForce()
        for (lane, cell) in cells.enumerated() {
          for a in 0..<n {
            let node = Int(connectivity[cell * n + a])
            for i in 0..<d { out[k][node * d + i] += kernel.force[a * d + i][lane] }
          }
        }
      }
    }
    return out
  }

  /// Shows the operator of every quadrature point at the present displacement, cell by cell in mesh
  /// order: all that is needed to sum forces of another stress field than the law's own.
  ///
  /// Not for plane stress, where the strain across the plane depends on the law.
  public func visitPointOperators(_ body: (PointOperator) -> Void) {
    precondition(definition.formulation != .planeStress, "no point operators in plane stress")
    var view = PointOperator()
    visitGroups(tangent: false) { block, cells, kernel in
      let connectivity = definition.mesh.blocks[block].connectivity
      let (n, d) = (kernel.nodes, kernel.dimension)
      view.block = block
      view.B = Array(repeating: 0, count: 6 * n * d)
      view.dofs = Array(repeating: 0, count: n * d)
      for (lane, cell) in cells.enumerated() {
        view.cell = cell
        for a in 0..<n {
          let node = Int(connectivity[cell * n + a])
          for i in 0..<d { view.dofs[a * d + i] = node * d + i }
        }
        for q in 0..<kernel.points {
          view.point = q
          // B of one point is kept by the kernel at a time: eight times the work of the derivative
          // alone, small beside what a visitor does.
          kernel.readOperator(q, lane, into: &view)
          body(view)
        }
      }
    }
  }

  /// Calls `body` with block, cells and kernel for eight cells at a time, after the law has answered there.
  func visitGroups(
    tangent: Bool, _ body: (_ block: Int, _ cells: Range<Int>, _ kernel: ElementKernel) -> Void
  ) {
    let mesh = definition.mesh
    for (b, kernel) in problem.kernels.enumerated() {
      let block = mesh.blocks[b]
      for (group, first) in stride(from: 0, to: block.cellCount, by: 8).enumerated() {
        let cells = first..<min(first + 8, block.cellCount)
        kernel.gather(
          cells: cells, connectivity: block.connectivity, points: mesh.points,
          displacement: problem.displacement)
        kernel.loadState(group, from: problem.stateOld[b])
        kernel.respond()
        if tangent { kernel.integrate(tangent: true) }
        body(b, cells, kernel)
      }
    }
  }
}

extension ElementKernel {
  /// Strain, stress, volume and B of one point and lane, after `respond`.
  func readOperator(_ q: Int, _ lane: Int, into view: inout PointOperator) {
    strainDerivative(q)
    if volumetric == .meanDilatation { addDilatation(q) }
    view.volume = dV[q][lane]
    for i in 0..<6 {
      view.strain[i] = batch.strain[6 * q + i][lane]
      view.stress[i] = batch.stress[6 * q + i][lane]
    }
    let (d, m) = (dimension, components.count)
    for a in 0..<nodes {
      for i in 0..<d {
        for c in 0..<m {
          view.B[6 * (a * d + i) + components[c]] = B[(a * m + c) * d + i][lane]
        }
      }
    }
  }
}
