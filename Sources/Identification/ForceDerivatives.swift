import FEM
import Mechanics

extension FEMModel {
  /// ∂f_int/∂θ of every dof at the present displacement, `[dof · parameters + j]`, N.
  func forceDerivatives(
    _ sensitivity: inout any StressSensitivity, parameters n: Int
  ) -> [Double] {
    let rank = sensitivity.rank
    var directions = [Double](repeating: 0, count: 6 * rank)
    var gradients = [Double](repeating: 0, count: n * rank)
    var sum = ForceSum(dofs: displacement.count, parameters: n, rank: rank)
    visitPointOperators { point in
      sensitivity.evaluate(
        strain: point.strain, directions: &directions, gradients: &gradients)
      sum.add(point, directions, gradients)
    }
    return sum.values
  }
}

/// Σ dV (Bᵀ A_k) ⊗ g_k over points and products, eight parameters at a time.
struct ForceSum {
  private let parameters: Int, rank: Int, registers: Int
  private var sums: [Lanes]
  private var g: [Lanes]

  init(dofs: Int, parameters n: Int, rank: Int) {
    parameters = n
    self.rank = rank
    registers = (n + 7) / 8
    sums = Array(repeating: Lanes(), count: dofs * registers)
    g = Array(repeating: Lanes(), count: rank * registers)
  }

  mutating func add(_ point: PointOperator, _ directions: [Double], _ gradients: [Double]) {
    let (n, m) = (parameters, registers)
    for k in 0..<rank {
      for j in 0..<n { g[k * m + j / 8][j % 8] = gradients[n * k + j] }
    }
    for a in point.dofs.indices {
      let at = point.dofs[a] * m
      for k in 0..<rank {
        var work = 0.0
        for i in 0..<6 { work += point.B[6 * a + i] * directions[6 * k + i] }
        work *= point.volume
        for j in 0..<m { sums[at + j] += work * g[k * m + j] }
      }
    }
  }

  /// `[dof · parameters + j]`.
  var values: [Double] {
    var out: [Double] = []
    out.reserveCapacity(sums.count / max(registers, 1) * parameters)
    for dof in 0..<sums.count / max(registers, 1) {
      for j in 0..<parameters { out.append(sums[dof * registers + j / 8][j % 8]) }
    }
    return out
  }
}
