import FixedPoint
import Geometry
import LinearAlgebra
import Mechanics

/// Equilibrium of the free degrees of freedom as a residual problem: r = f_int(u) + R u − f_ext − g,
/// with the elastic border R and the border force g where there are any.
///
/// The unknowns are the free displacements; the prescribed ones and the loads follow the load factor
/// and enter with the predictor: the first system of an increment is linearised about the last
/// converged state and carries K_fp Δu_p and the new loads on its right-hand side.
struct StructureProblem: ResidualProblem {
  typealias Tangent = CSRMatrix

  let mesh: Mesh
  let dofs: DofMap
  var kernels: [ElementKernel]
  private(set) var isLinear: Bool

  /// Displacement of every dof at the state being evaluated, m.
  var displacement: [Double]
  /// Increment of the prescribed dofs that `predict` puts in.
  var increment: [Double]
  /// External force of the target load factor on every dof, N.
  var load: [Double]
  /// Internal force of the latest evaluation on every dof, N.
  var internalForce: [Double]
  /// Force that the caller adds to the load on every dof, N.
  var borderForce: [Double]
  /// R u of the latest evaluation on every dof, N; zero without an elastic border.
  private(set) var elasticForce: [Double]
  /// R, or nil.
  let border: BorderStiffness?
  /// Whether the tangent that `predict` is given holds its values already (affine problems).
  var keepsTangent = false
  /// What residuals are compared with at least, N.
  var smallestReference = 0.0
  /// Strain energy of the latest evaluation, J.
  private(set) var energy = 0.0
  /// Wall time spent in sums over cells, s.
  private(set) var assemblySeconds = 0.0
  /// First cell (block, cell) of a group that could not be evaluated.
  private(set) var failure: (block: Int, cell: Int)?
  /// State variables, [block][((group * points) + point) * stateCount + i].
  var stateOld: [[Lanes]]
  var stateNew: [[Lanes]]

  init(
    mesh: Mesh, dofs: DofMap, kernels: [ElementKernel], isLinear: Bool,
    elastic: ElasticBorder? = nil
  ) {
    self.mesh = mesh
    self.dofs = dofs
    self.kernels = kernels
    self.isLinear = isLinear
    let count = mesh.nodeCount * dofs.dimension
    displacement = Array(repeating: 0, count: count)
    increment = displacement
    load = displacement
    internalForce = displacement
    borderForce = displacement
    elasticForce = displacement
    border = elastic.map { BorderStiffness($0, dofs: dofs) }
    stateOld = zip(mesh.blocks, kernels).map { StructureProblem.emptyState($0, $1) }
    stateNew = stateOld
  }

  private static func emptyState(_ block: Mesh.Block, _ kernel: ElementKernel) -> [Lanes] {
    let groups = (block.cellCount + 7) / 8
    return Array(repeating: Lanes(), count: groups * kernel.points * kernel.law.stateCount)
  }

  /// Puts another kernel in, its history empty.
  mutating func replaceKernel(_ kernel: ElementKernel, block b: Int) {
    kernels[b] = kernel
    isLinear = kernels.allSatisfy { $0.strainKind == .small && $0.law.isLinear }
    stateOld[b] = StructureProblem.emptyState(mesh.blocks[b], kernel)
    stateNew[b] = stateOld[b]
  }

  var unknownCount: Int { dofs.free.count }
  var residualCount: Int { dofs.free.count }

  /// ‖reactions‖, or where nothing is held or the reactions balance to nothing, ‖loads‖ or what an
  /// elastic border carries.
  var residualReference: Double {
    var (reactions, loads, elastic) = (0.0, 0.0, 0.0)
    for dof in dofs.freeIndex.indices {
      if dofs.freeIndex[dof] < 0 {
        let r = outOfBalance(dof)
        reactions += r * r
      } else {
        let f = load[dof] + borderForce[dof]
        loads += f * f
        elastic += elasticForce[dof] * elasticForce[dof]
      }
    }
    let largest = max(reactions.squareRoot(), loads.squareRoot(), elastic.squareRoot())
    return largest < smallestReference ? smallestReference : largest
  }

  /// f_int + R u − f_ext − g of the latest evaluation on one dof, N.
  @inline(__always)
  func outOfBalance(_ dof: Int) -> Double {
    (internalForce[dof] + elasticForce[dof]) - (load[dof] + borderForce[dof])
  }

  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    accept(x)
    var none: CSRMatrix?
    guard sweep(tangent: &none, predicting: false) else { return false }
    writeResidual(into: &r)
    return true
  }

  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout CSRMatrix
  ) -> Bool {
    accept(x)
    return assemble(residual: &r, tangent: &tangent, predicting: false)
  }

  mutating func predict(
    at x: [Double], residual r: inout [Double], tangent: inout CSRMatrix
  ) -> Bool {
    accept(x)
    if keepsTangent {
      var none: CSRMatrix?
      guard sweep(tangent: &none, predicting: true) else { return false }
      writeResidual(into: &r)
    } else {
      guard assemble(residual: &r, tangent: &tangent, predicting: true) else { return false }
    }
    applyIncrement()
    return true
  }

  /// Constrained dofs take their new values.
  mutating func applyIncrement() {
    for dof in increment.indices where dofs.freeIndex[dof] < 0 {
      displacement[dof] += increment[dof]
      increment[dof] = 0
    }
  }

  /// Keeps the state of the latest evaluation as the converged one.
  mutating func commit() { swap(&stateOld, &stateNew) }

  /// Returns to a converged state.
  mutating func restore(
    _ displacement: [Double], _ load: [Double], _ internalForce: [Double], _ energy: Double
  ) {
    self.displacement = displacement
    self.load = load
    self.internalForce = internalForce
    self.energy = energy
    for i in increment.indices { increment[i] = 0 }
    border?.force(of: self.displacement, into: &elasticForce)
  }

  private mutating func accept(_ x: [Double]) {
    for (i, dof) in dofs.free.enumerated() { displacement[Int(dof)] = x[i] }
  }

  private mutating func assemble(
    residual r: inout [Double], tangent: inout CSRMatrix, predicting: Bool
  ) -> Bool {
    tangent.values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    var matrix: CSRMatrix? = tangent
    tangent.values = []  // one owner, or every entry would be copied
    let ok = sweep(tangent: &matrix, predicting: predicting)
    tangent = matrix!
    if ok { writeResidual(into: &r) }
    return ok
  }

  private func writeResidual(into r: inout [Double]) {
    for (i, dof) in dofs.free.enumerated() {
      r[i] = outOfBalance(Int(dof))
    }
  }

  /// Evaluates every cell in mesh order: one order, one sum, the same bits always.
  private mutating func sweep(tangent: inout CSRMatrix?, predicting: Bool) -> Bool {
    let start = ContinuousClock.now
    defer { assemblySeconds += (ContinuousClock.now - start) / .seconds(1) }
    for i in internalForce.indices { internalForce[i] = 0 }
    energy = 0
    failure = nil
    for b in kernels.indices {
      let block = mesh.blocks[b]
      for (group, first) in stride(from: 0, to: block.cellCount, by: 8).enumerated() {
        let cells = first..<min(first + 8, block.cellCount)
        guard evaluate(group, cells, of: b, tangent: &tangent, predicting: predicting) else {
          failure = (b, first)
          return false
        }
      }
    }
    if border != nil { addBorder(&tangent, predicting: predicting) }
    return true
  }

  /// R u, with the coming increment of the constrained dofs where a step is predicted, and R.
  private mutating func addBorder(_ tangent: inout CSRMatrix?, predicting: Bool) {
    border!.force(of: displacement, plus: predicting ? increment : nil, into: &elasticForce)
    if tangent != nil { border!.add(to: &tangent!.values) }
  }

  @inline(__always)
  private mutating func evaluate(
    _ group: Int, _ cells: Range<Int>, of b: Int, tangent: inout CSRMatrix?, predicting: Bool
  ) -> Bool {
    let kernel = kernels[b]
    let connectivity = mesh.blocks[b].connectivity
    kernel.gather(
      cells: cells, connectivity: connectivity, points: mesh.points, displacement: displacement)
    kernel.loadState(group, from: stateOld[b])
    kernel.respond()
    let moves =
      predicting
      && kernel.gatherIncrement(cells: cells, connectivity: connectivity, increment: increment)
    kernel.integrate(tangent: tangent != nil || moves)
    guard kernel.isAdmissible else { return false }
    if moves { kernel.addIncrementForce() }
    kernel.storeState(group, to: &stateNew[b])
    let energies = kernel.energy
    let (n, d) = (kernel.nodes, kernel.dimension)
    for (lane, cell) in cells.enumerated() {
      energy += energies[lane]
      for a in 0..<n {
        let node = Int(connectivity[cell * n + a])
        for i in 0..<d { internalForce[node * d + i] += kernel.force[a * d + i][lane] }
      }
      if tangent != nil {
        kernel.stiffness.scatter(
          lane: lane, positions: dofs.positions[b], offset: cell * kernel.stiffness.count,
          into: &tangent!.values)
      }
    }
    return true
  }
}

extension ElementKernel {
  /// f += K Δu on the eight cells.
  func addIncrementForce() {
    let d = dimension
    for b in 0..<nodes {
      for a in 0...b {
        let k = d * d * ElementKernel.pair(a, b)
        for i in 0..<d {
          for j in 0..<d {
            let entry = stiffness[k + d * i + j]
            force[a * d + i] = force[a * d + i] + entry * increment[b * d + j]
            if a != b { force[b * d + j] = force[b * d + j] + entry * increment[a * d + i] }
          }
        }
      }
    }
  }

  func loadState(_ group: Int, from states: [Lanes]) {
    let size = batch.stateIn.count
    for i in 0..<size { batch.stateIn[i] = states[group * size + i] }
  }

  func storeState(_ group: Int, to states: inout [Lanes]) {
    let size = batch.stateOut.count
    for i in 0..<size { states[group * size + i] = batch.stateOut[i] }
  }
}
