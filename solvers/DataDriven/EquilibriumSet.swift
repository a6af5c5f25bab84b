import LinearAlgebra

/// The states that obey compatibility and equilibrium, E = {(ε, σ) : ε = B u, Σ w Bᵀσ = f, u = ū}, and
/// the projection on it in the energy metric.
///
/// The nearest states to given ones z* = (ε*, σ*) follow from two linear problems with one matrix
/// K = Σ w B̂ᵀB̂, B̂ = LᵀB: the displacement, K u = Σ w B̂ᵀ ε̂*, and the multiplier of equilibrium,
/// K η = f − Σ w B̂ᵀ σ̂*; then ε̂ = B̂ u and σ̂ = σ̂* + B̂ η. K is factorised once.
/// Source: Kirchdoerfer & Ortiz, CMAME 304 (2016), eq. (12)–(15).
public struct EquilibriumSet {
  /// The structure.
  public let structure: Structure
  /// The metric.
  public let metric: EnergyMetric
  /// w of all points, m³.
  public let weights: [Double]
  /// Displacement of every dof after the latest projection, m.
  public private(set) var displacement: [Double]

  private let turnedB: [[Double]]
  private let freeIndex: [Int32]
  private let solver: DirectSolver
  /// f and K_fp ū on the free dofs.
  private let freeForces: [Double], lift: [Double]
  /// Right-hand sides u, η in one array.
  private var right: [Double]
  private var multiplier: [Double]

  /// Factorises K.
  /// - Throws: `DataDrivenError` where the structure can move freely, or a number is not finite.
  public init(_ structure: Structure, metric: EnergyMetric) throws(DataDrivenError) {
    precondition(
      structure.componentCount == metric.componentCount,
      "\(structure.componentCount) strain components, a metric of \(metric.componentCount)")
    self.structure = structure
    self.metric = metric
    weights = structure.weights
    turnedB = structure.blocks.map { EquilibriumSet.turn($0, metric) }
    var freeIndex = [Int32](repeating: -1, count: structure.dofCount)
    var free = 0
    for dof in freeIndex.indices where structure.prescribed[dof] == nil {
      freeIndex[dof] = Int32(free)
      free += 1
    }
    self.freeIndex = freeIndex
    displacement = structure.prescribed.map { $0 ?? 0 }
    multiplier = Array(repeating: 0, count: structure.dofCount)
    right = Array(repeating: 0, count: 2 * free)
    (solver, lift) = try EquilibriumSet.factorise(
      structure, turnedB, freeIndex, free, given: displacement)
    var forces = [Double](repeating: 0, count: free)
    for (dof, i) in freeIndex.enumerated() where i >= 0 { forces[Int(i)] = structure.forces[dof] }
    freeForces = forces
  }

  /// Replaces states by the nearest ones in E; both `[point * 2m + i]` in metric coordinates.
  public mutating func project(
    _ states: [Double], into nearest: inout [Double]
  ) throws(LinearSolverError) {
    let m = metric.componentCount
    let free = freeForces.count
    precondition(
      states.count == 2 * m * weights.count && nearest.count == states.count,
      "\(states.count) and \(nearest.count) coordinates of \(weights.count) points")
    for i in 0..<free {
      right[i] = -lift[i]
      right[free + i] = freeForces[i]
    }
    gather(states, m, free)
    if free > 0 { try solver.solve(&right, count: 2) }
    for (dof, i) in freeIndex.enumerated() where i >= 0 {
      displacement[dof] = right[Int(i)]
      multiplier[dof] = right[free + Int(i)]
    }
    spread(states, m, into: &nearest)
  }

  /// Adds Σ w B̂ᵀ ε̂* to the first right-hand side and takes Σ w B̂ᵀ σ̂* from the second.
  private mutating func gather(_ states: [Double], _ m: Int, _ free: Int) {
    var first = 0
    for (block, B) in zip(structure.blocks, turnedB) {
      let n = block.dofsPerCell
      for p in 0..<block.pointCount {
        let cell = p / block.pointsPerCell
        let w = block.weights[p]
        for i in 0..<m {
          let strain = w * states[2 * m * (first + p) + i]
          let stress = w * states[2 * m * (first + p) + m + i]
          for j in 0..<n {
            let at = Int(freeIndex[Int(block.dofs[n * cell + j])])
            if at < 0 { continue }
            let b = B[(m * p + i) * n + j]
            right[at] += b * strain
            right[free + at] -= b * stress
          }
        }
      }
      first += block.pointCount
    }
  }

  /// ε̂ = B̂ u, σ̂ = σ̂* + B̂ η.
  private func spread(_ states: [Double], _ m: Int, into nearest: inout [Double]) {
    var first = 0
    for (block, B) in zip(structure.blocks, turnedB) {
      let n = block.dofsPerCell
      for p in 0..<block.pointCount {
        let cell = p / block.pointsPerCell
        for i in 0..<m {
          var (strain, stress) = (0.0, states[2 * m * (first + p) + m + i])
          for j in 0..<n {
            let dof = Int(block.dofs[n * cell + j])
            let b = B[(m * p + i) * n + j]
            strain += b * displacement[dof]
            stress += b * multiplier[dof]
          }
          nearest[2 * m * (first + p) + i] = strain
          nearest[2 * m * (first + p) + m + i] = stress
        }
      }
      first += block.pointCount
    }
  }

  /// (Σ w |z|²)^½ of states, √2 times the energy norm, √J.
  public func norm(_ states: [Double]) -> Double {
    let width = 2 * metric.componentCount
    var sum = 0.0
    for (p, w) in weights.enumerated() {
      for i in width * p..<width * (p + 1) { sum += w * states[i] * states[i] }
    }
    return sum.squareRoot()
  }

  /// The same of a difference.
  public func distance(_ a: [Double], _ b: [Double]) -> Double {
    let width = 2 * metric.componentCount
    var sum = 0.0
    for (p, w) in weights.enumerated() {
      for i in width * p..<width * (p + 1) { sum += w * (a[i] - b[i]) * (a[i] - b[i]) }
    }
    return sum.squareRoot()
  }

  /// B̂ = LᵀB.
  private static func turn(_ block: Structure.Block, _ metric: EnergyMetric) -> [Double] {
    let (m, n) = (metric.componentCount, block.dofsPerCell)
    var out = [Double](repeating: 0, count: block.B.count)
    for p in 0..<block.pointCount {
      for i in 0..<m {
        for k in i..<m {
          let l = metric.factor[m * k + i]
          if l == 0 { continue }
          for j in 0..<n { out[(m * p + i) * n + j] += l * block.B[(m * p + k) * n + j] }
        }
      }
    }
    return out
  }

  /// K on the free dofs, factorised, and K_fp ū.
  private static func factorise(
    _ structure: Structure, _ turnedB: [[Double]], _ freeIndex: [Int32], _ free: Int,
    given: [Double]
  ) throws(DataDrivenError) -> (DirectSolver, [Double]) {
    var (cells, starts): ([Int32], [Int32]) = ([], [0])
    for block in structure.blocks {
      for (k, dof) in block.dofs.enumerated() {
        cells.append(freeIndex[Int(dof)])
        if (k + 1) % block.dofsPerCell == 0 { starts.append(Int32(cells.count)) }
      }
    }
    var K = CSRMatrix(
      pattern: .build(nodeCount: free, storage: .upperTriangle, cells: cells, cellStart: starts))
    var lift = [Double](repeating: 0, count: free)
    for (block, B) in zip(structure.blocks, turnedB) {
      add(block, B, structure.componentCount, freeIndex, given, to: &K, lift: &lift)
    }
    let solver = DirectSolver(.symmetricDefinite)
    if free == 0 { return (solver, lift) }
    do throws(LinearSolverError) {
      try solver.factorise(K)
    } catch {
      switch error {
      case .singular, .notPositiveDefinite:
        throw DataDrivenError(
          "structure", "can move without straining", "add supports, bars or cells")
      default: throw DataDrivenError("structure", error.description, "check its coordinates")
      }
    }
    return (solver, lift)
  }

  private static func add(
    _ block: Structure.Block, _ B: [Double], _ m: Int, _ freeIndex: [Int32], _ given: [Double],
    to K: inout CSRMatrix, lift: inout [Double]
  ) {
    let n = block.dofsPerCell
    var k = [Double](repeating: 0, count: n * n)
    for cell in 0..<block.pointCount / block.pointsPerCell {
      for i in k.indices { k[i] = 0 }
      for p in cell * block.pointsPerCell..<(cell + 1) * block.pointsPerCell {
        for r in m * p..<m * (p + 1) {
          for i in 0..<n {
            let b = block.weights[p] * B[r * n + i]
            if b == 0 { continue }
            for j in 0..<n { k[n * i + j] += b * B[r * n + j] }
          }
        }
      }
      for i in 0..<n {
        let row = Int(freeIndex[Int(block.dofs[n * cell + i])])
        if row < 0 { continue }
        for j in 0..<n {
          let dof = Int(block.dofs[n * cell + j])
          let column = Int(freeIndex[dof])
          if column >= row { K.add(k[n * i + j], row: row, column: column) }
          if column < 0 { lift[row] += k[n * i + j] * given[dof] }
        }
      }
    }
  }
}
