import DataDriven
import Foundation
import Manifold

/// The plane truss of Kirchdoerfer & Ortiz's kind that the published table was made with: 5 × 3 joints at
/// unit spacing, 38 bars shorter than 1.5, left column fixed, (0.25, −0.12) on each joint of the right
/// column, σ = σ₀ tanh(E ε/σ₀) with E = 100 and σ₀ = 1, A = 1, metric C = E.
struct ReferenceTruss {
  static let young = 100.0
  let structure: Structure
  let metric: EnergyMetric
  /// The exact solution in metric coordinates, and the largest strain in it.
  let exact: [Double], largestStrain: Double

  static func law(_ strain: Double) -> Double { tanh(young * strain) }

  static func truss() -> Truss {
    var truss = Truss.grid(columns: 5, rows: 3)
    for joint in 0..<3 { truss.fix(joint) }
    for joint in 12..<15 { truss.loads.append((joint, [0.25, -0.12, 0])) }
    return truss
  }

  init() throws {
    structure = try ReferenceTruss.truss().structure()
    metric = try EnergyMetric(young: ReferenceTruss.young)
    let strains = ReferenceTruss.newton(structure)
    exact = metric.coordinates(strains: strains, stresses: strains.map(ReferenceTruss.law))
    largestStrain = strains.reduce(0) { max($0, abs($1)) }
  }

  /// Strains of the exact solution, by Newton's method on the law itself: a reference should not share
  /// code with what it judges.
  private static func newton(_ structure: Structure) -> [Double] {
    let block = structure.blocks[0]
    let free = structure.prescribed.indices.filter { structure.prescribed[$0] == nil }
    let rank = Dictionary(uniqueKeysWithValues: free.enumerated().map { ($1, $0) })
    var u = [Double](repeating: 0, count: free.count)
    var strains: [Double] = []
    for _ in 0..<30 {
      var K = [Double](repeating: 0, count: free.count * free.count)
      var r = free.map { -structure.forces[$0] }
      strains = []
      for bar in 0..<block.pointCount {
        let slots = (0..<4).map { rank[Int(block.dofs[4 * bar + $0])] ?? -1 }
        let B = block.B[4 * bar..<4 * bar + 4].map { $0 }
        let strain = (0..<4).reduce(0.0) { $0 + (slots[$1] < 0 ? 0 : B[$1] * u[slots[$1]]) }
        let stress = ReferenceTruss.law(strain)
        let tangent = ReferenceTruss.young * (1 - stress * stress)
        strains.append(strain)
        for i in 0..<4 where slots[i] >= 0 {
          r[slots[i]] += block.weights[bar] * B[i] * stress
          for j in 0..<4 where slots[j] >= 0 {
            K[free.count * slots[i] + slots[j]] += block.weights[bar] * tangent * B[i] * B[j]
          }
        }
      }
      let du = ReferenceTruss.eliminate(K, r)
      for i in u.indices { u[i] -= du[i] }
    }
    return strains
  }

  /// Gauss's elimination without pivoting: K is definite.
  private static func eliminate(_ A: [Double], _ b: [Double]) -> [Double] {
    var (A, b) = (A, b)
    let n = b.count
    for k in 0..<n {
      for i in k + 1..<max(n, k + 1) {
        let f = A[n * i + k] / A[n * k + k]
        if f == 0 { continue }
        for j in k..<n { A[n * i + j] -= f * A[n * k + j] }
        b[i] -= f * b[k]
      }
    }
    for k in (0..<n).reversed() {
      for j in k + 1..<max(n, k + 1) { b[k] -= A[n * k + j] * b[j] }
      b[k] /= A[n * k + k]
    }
    return b
  }

  /// N strains evenly over ±1.3 max|ε| and their stresses; with noise, normal deviates of that share of
  /// the largest strain and of the largest stress of the data are added to each.
  func measurements(_ N: Int, noise: Double = 0, seed: UInt64 = 0) -> (
    strains: [Double], stresses: [Double]
  ) {
    let reach = 1.3 * largestStrain
    var strains = (0..<N).map { reach * (2 * Double($0) / Double(N - 1) - 1) }
    var stresses = strains.map(ReferenceTruss.law)
    if noise > 0 {
      var random = SplitMix64(seed: 7919 &* (seed &+ 1))
      let (a, b) = (noise * reach, noise * ReferenceTruss.law(reach))
      for i in 0..<N {
        strains[i] = random.normal(strains[i], a)
        stresses[i] = random.normal(stresses[i], b)
      }
    }
    return (strains, stresses)
  }

  func data(_ N: Int, noise: Double = 0, seed: UInt64 = 0) throws -> MaterialData {
    let (strains, stresses) = measurements(N, noise: noise, seed: seed)
    return try MaterialData(strains: strains, stresses: stresses, metric: metric)
  }

  /// Distance of a solution to the exact one in the energy norm, relative to the exact one's norm.
  func error<M: MaterialSet>(_ solver: DataDrivenSolver<M>) -> Double {
    solver.equilibrium.distance(solver.states, exact) / solver.equilibrium.norm(exact)
  }
}
