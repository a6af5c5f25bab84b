import LinearAlgebra
import Mechanics

/// A system of blocks as a sparse matrix with factors.
final class FactorisedSystem {
  private let solver = DirectSolver(.symmetricDefinite)
  private var matrix: CSRMatrix
  private let unknowns: Int, lanes: Int
  private var rhs: [Double]

  /// Upper triangle of a pattern of blocks.
  init<S: Precision>(_ system: BlockSystem<S>) {
    (unknowns, lanes) = (system.unknowns, system.lanes)
    let n = unknowns
    var (rowStart, columns) = ([Int32(0)], [Int32]())
    for i in 0..<system.count {
      let others = FactorisedSystem.above(i, system)
      for r in 0..<n {
        columns += (r..<n).map { Int32(n * i + $0) }
        for k in others { columns += (0..<n).map { Int32(n * Int(system.columns[k]) + $0) } }
        rowStart.append(Int32(columns.count))
      }
    }
    matrix = CSRMatrix(
      pattern: CSRPattern(
        count: n * system.count, storage: .upperTriangle, rowStart: rowStart, columns: columns))
    rhs = Array(repeating: 0, count: n * system.count)
  }

  /// Off-diagonal blocks of row i right of the diagonal.
  private static func above<S: Precision>(_ i: Int, _ system: BlockSystem<S>) -> [Int] {
    (Int(system.rowStart[i])..<Int(system.rowStart[i + 1])).filter { Int(system.columns[$0]) > i }
  }

  /// Factors of the matrix as it stands; whether it is positive definite.
  func factorise<S: Precision>(_ system: BlockSystem<S>) -> Bool {
    let (n, square) = (unknowns, unknowns * unknowns)
    var place = 0
    for i in 0..<system.count {
      let others = FactorisedSystem.above(i, system)
      for r in 0..<n {
        for c in r..<n {
          matrix.values[place] = Double(system.diagonal[i * square + n * c + r])
          place += 1
        }
        for k in others {
          for c in 0..<n {
            matrix.values[place] = Double(system.off[k * square + n * c + r])
            place += 1
          }
        }
      }
    }
    return (try? solver.factorise(matrix)) != nil
  }

  /// A⁻¹ b; whether that is a number.
  func solve(_ b: LaneBuffer, into x: LaneBuffer) -> Bool {
    let (n, lanes) = (unknowns, lanes)
    for i in rhs.indices { rhs[i] = b[i / n * lanes + i % n / 8][i % n % 8] }
    guard (try? solver.solve(&rhs)) != nil else { return false }
    for i in 0..<x.count { x[i] = Lanes() }
    for i in rhs.indices { x[i / n * lanes + i % n / 8][i % n % 8] = rhs[i] }
    return true
  }
}

extension BlockSystem {
  /// By factors, which are kept until the matrix is assembled again.
  func solveDirectly(_ rhs: LaneBuffer, into x: LaneBuffer) -> Int? {
    if direct == nil { direct = FactorisedSystem(self) }
    if !isFactorised {
      guard direct!.factorise(self) else { return nil }
      isFactorised = true
    }
    return direct!.solve(rhs, into: x) ? 1 : nil
  }
}
