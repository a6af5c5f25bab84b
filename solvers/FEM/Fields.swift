import Geometry
import Mechanics

/// Nodal fields of a converged state, recovered from the quadrature points.
///
/// Each cell extends its point values to its nodes (the multilinear, on simplices linear, least-
/// squares fit through its points); a node takes the volume-weighted mean of its cells. Tensors are in
/// Mandel order; stress is Cauchy's in Pa, strain the small one or Green–Lagrange's, energy per
/// undeformed volume in J/m³.
public struct NodalFields: Sendable {
  /// Cauchy stress, six per node.
  public var stress: [Double]
  /// Small or Green–Lagrange strain, six per node.
  public var strain: [Double]
  /// Strain energy density, one per node.
  public var energy: [Double]
  /// J = det F (small strain: 1 + tr ε), one per node.
  public var volumeRatio: [Double]

  /// Von Mises stress of every node, Pa.
  public var vonMises: [Double] {
    (0..<energy.count).map { NodalFields.vonMises(stress[6 * $0..<6 * $0 + 6]) }
  }

  /// √(3/2 s:s) of a Mandel stress.
  public static func vonMises(_ stress: ArraySlice<Double>) -> Double {
    let s = Array(stress)
    let mean = (s[0] + s[1] + s[2]) / 3
    let d = [s[0] - mean, s[1] - mean, s[2] - mean, s[3], s[4], s[5]]
    return (1.5 * d.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }
}

/// What a cell says at each of its quadrature points: Cauchy stress (6), strain (6), energy, J.
struct PointValues {
  static let count = 14
}

extension FEMModel {
  /// Nodal stress, strain, energy and volume ratio of the last converged state.
  public func nodalFields() -> NodalFields {
    let mesh = definition.mesh
    let width = PointValues.count
    var sums = [Double](repeating: 0, count: mesh.nodeCount * width)
    var weights = [Double](repeating: 0, count: mesh.nodeCount)
    visitPoints { block, cell, values, volumes in
      let shape = mesh.blocks[block].shape
      let recovery = recoveries[shape]!
      let volume = volumes.reduce(0, +)
      for (a, node) in mesh.blocks[block].nodes(of: cell).enumerated() {
        weights[Int(node)] += volume
        for q in volumes.indices {
          let r = volume * recovery[a * volumes.count + q]
          for c in 0..<width { sums[Int(node) * width + c] += r * values[q * width + c] }
        }
      }
    }
    func part(_ range: Range<Int>) -> [Double] {
      (0..<mesh.nodeCount).flatMap { n in
        range.map { weights[n] > 0 ? sums[n * width + $0] / weights[n] : 0 }
      }
    }
    return NodalFields(
      stress: part(0..<6), strain: part(6..<12), energy: part(12..<13), volumeRatio: part(13..<14))
  }

  /// Volume-averaged Cauchy stress (Mandel, Pa) of every cell, in mesh order.
  public func cellStress() -> [Double] {
    var out: [Double] = []
    visitPoints { _, _, values, volumes in
      let volume = volumes.reduce(0, +)
      for c in 0..<6 {
        var sum = 0.0
        for q in volumes.indices { sum += volumes[q] * values[q * PointValues.count + c] }
        out.append(sum / volume)
      }
    }
    return out
  }

  /// Strains that the law sees (C or ε, Mandel) with volumes, point after point in mesh order: what
  /// coverage is asked about.
  public func pointStrains() -> (strains: [Double], volumes: [Double]) {
    var (strains, all): ([Double], [Double]) = ([], [])
    let finite = definition.strain == .finite
    visitPoints { _, _, values, volumes in
      for q in volumes.indices {
        for c in 0..<6 {
          let e = values[q * PointValues.count + 6 + c]
          strains.append(finite ? 2 * e + (c < 3 ? 1 : 0) : e)
        }
      }
      all += volumes
    }
    return (strains, all)
  }

  private var recoveries: [CellShape: [Double]] {
    Dictionary(
      definition.mesh.blocks.map { ($0.shape, $0.shape.recoveryMatrix()) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Calls `body` with block, cell, point values and point volumes (undeformed, m³), cell by cell.
  private func visitPoints(
    _ body: (_ block: Int, _ cell: Int, _ values: [Double], _ volumes: [Double]) -> Void
  ) {
    var (values, volumes): ([Double], [Double]) = ([], [])
    visitGroups(tangent: false) { block, cells, kernel in
      if volumes.count != kernel.points {
        values = Array(repeating: 0, count: kernel.points * PointValues.count)
        volumes = Array(repeating: 0, count: kernel.points)
      }
      for (lane, cell) in cells.enumerated() {
        kernel.readPoints(lane, values: &values, volumes: &volumes)
        body(block, cell, values, volumes)
      }
    }
  }
}

extension ElementKernel {
  /// Point values of one lane after `respond`. The strain is that of the displacement itself; the
  /// stress is the law's, pushed forward with the F̄ that the law saw.
  func readPoints(_ lane: Int, values: inout [Double], volumes: inout [Double]) {
    let w = PointValues.count
    for q in 0..<points {
      volumes[q] = dV[q][lane]
      let F = (0..<9).map { self.F[9 * q + $0][lane] }
      let S = (0..<6).map { batch.stress[6 * q + $0][lane] }
      let (stress, strain): ([Double], [Double])
      if strainKind == .small {
        stress = S
        var e = Mandel.vector(F)
        if formulation == .planeStress { e[2] = batch.strain[6 * q + 2][lane] }
        strain = e
      } else {
        let scale = alpha[q][lane].squareRoot()
        stress = DeformationGradient(F.map { $0 * scale }).cauchyStress(from: S)
        let C = DeformationGradient(F).rightCauchyGreen
        strain = zip(C, [1, 1, 1, 0, 0, 0]).map { 0.5 * ($0 - $1) }
      }
      for c in 0..<6 {
        values[w * q + c] = stress[c]
        values[w * q + 6 + c] = strain[c]
      }
      values[w * q + 12] = batch.energy[q][lane]
      values[w * q + 13] = J[q][lane]
    }
  }
}
