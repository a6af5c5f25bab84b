import Geometry
import LinearAlgebra

/// M over all nodes: one number per pair of nodes, the same for every component.
///
/// Integrated on the undeformed body with the rich rules of loads, which are exact for N_a N_b on cells
/// with straight sides. In axisymmetry the mass is that of the whole ring.
struct MassMatrix: Sendable {
  let dimension: Int
  /// Node pairs, upper triangle, kg.
  let nodes: CSRMatrix

  init(_ definition: DynamicModel.Definition) {
    let (mesh, kind) = (definition.body.mesh, definition.mass)
    let loads = LoadVector(
      mesh: mesh, formulation: definition.body.formulation, thickness: definition.body.thickness)
    dimension = definition.body.formulation.dimension
    var matrix = CSRMatrix(pattern: MassMatrix.pattern(of: mesh, kind))
    for block in mesh.blocks {
      let n = block.shape.nodeCount
      let rule = Quadrature.rich(block.shape)
      let tables = rule.points.map { block.shape.shapeFunctions(at: $0) }
      var cell = [Double](repeating: 0, count: n * n)
      for c in 0..<block.cellCount {
        let density = definition.densities[block.name]!
        loads.mass(of: block.nodes(of: c), rule, tables, density: density, into: &cell)
        if kind == .lumped { MassMatrix.lump(&cell, nodes: n) }
        for (a, A) in block.nodes(of: c).enumerated() {
          for (b, B) in block.nodes(of: c).enumerated() where A <= B {
            if kind == .consistent || a == b {
              matrix.add(cell[a * n + b], row: Int(A), column: Int(B))
            }
          }
        }
      }
    }
    nodes = matrix
  }

  private static func pattern(of mesh: Mesh, _ kind: MassKind) -> CSRPattern {
    let cells = mesh.blocks.flatMap(\.connectivity)
    if kind == .lumped {
      return CSRPattern(
        count: mesh.nodeCount, storage: .upperTriangle,
        rowStart: (0...Int32(mesh.nodeCount)).map { $0 },
        columns: (0..<Int32(mesh.nodeCount)).map { $0 })
    }
    var starts: [Int32] = [0]
    for block in mesh.blocks {
      for _ in 0..<block.cellCount { starts.append(starts.last! + Int32(block.shape.nodeCount)) }
    }
    return CSRPattern.build(
      nodeCount: mesh.nodeCount, storage: .upperTriangle, cells: cells, cellStart: starts)
  }

  /// The diagonal scaled to the mass of the cell, nothing else.
  private static func lump(_ cell: inout [Double], nodes n: Int) {
    let total = cell.reduce(0, +)
    var trace = 0.0
    for a in 0..<n { trace += cell[a * n + a] }
    for a in 0..<n {
      for b in 0..<n { cell[a * n + b] = a == b ? cell[a * n + a] * total / trace : 0 }
    }
  }

  /// y ← M x over all dofs.
  func multiply(_ x: [Double], into y: inout [Double]) {
    let d = dimension
    precondition(x.count == nodes.count * d && y.count == x.count)
    for i in y.indices { y[i] = 0 }
    let (rowStart, columns) = (nodes.pattern.rowStart, nodes.pattern.columns)
    for a in 0..<nodes.count {
      for p in Int(rowStart[a])..<Int(rowStart[a + 1]) {
        let (b, m) = (Int(columns[p]), nodes.values[p])
        for i in 0..<d { y[a * d + i] += m * x[b * d + i] }
        if a != b { for i in 0..<d { y[b * d + i] += m * x[a * d + i] } }
      }
    }
  }

  /// M x over all dofs.
  func times(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: x.count)
    multiply(x, into: &y)
    return y
  }

  /// K ← K + scale · M on the free dofs.
  func add(to tangent: inout CSRMatrix, dofs: DofMap, scale: Double) {
    let d = dimension
    for a in 0..<nodes.count {
      for p in Int(nodes.pattern.rowStart[a])..<Int(nodes.pattern.rowStart[a + 1]) {
        let b = Int(nodes.pattern.columns[p])
        for i in 0..<d {
          let (row, column) = (dofs.freeIndex[a * d + i], dofs.freeIndex[b * d + i])
          if row < 0 || column < 0 { continue }
          tangent.add(scale * nodes.values[p], row: Int(row), column: Int(column))
        }
      }
    }
  }
}

extension LoadVector {
  /// ∫ ρ N_a N_b dV of one cell, row by row, kg.
  func mass(
    of nodes: ArraySlice<Int32>, _ rule: Quadrature,
    _ tables: [(values: [Double], gradients: [SIMD3<Double>])], density: Double,
    into cell: inout [Double]
  ) {
    let n = nodes.count
    for i in cell.indices { cell[i] = 0 }
    for (q, table) in tables.enumerated() {
      var point = SIMD3<Double>.zero
      for (k, node) in nodes.enumerated() { point += table.values[k] * mesh.points[Int(node)] }
      let size = mesh.jacobian(
        of: nodes, gradients: table.gradients, dimension: formulation.dimension)
      let dm = density * rule.weights[q] * size * depth(at: point)
      for a in 0..<n {
        for b in 0..<n { cell[a * n + b] += dm * table.values[a] * table.values[b] }
      }
    }
  }
}
