import Glibc
import Mechanics

/// What is said about eight projected states: which directions were seen, which components are open, their
/// covariance, and how much the projection stretches.
///
/// Everything happens in tangent coordinates whose metric is the identity, x̃ = Lᵀ dx with TᵀMT = LLᵀ. P is
/// the projector on directions that the constraints leave, P₊ on those of them that were seen; the
/// posterior precision is P₊ (TᵀWT + curvature) P₊ there.
struct ProjectionAccount {
  private let n: Int, m: Int, w: Int, k: Int
  private var factor, precision, rows: LaneCholesky
  private var S, P, V, X, cov, A: [Lanes]
  private var singular: [Lanes]
  private var open: [Lanes]
  private var expansion = Lanes(), freedom = Lanes()
  private var perState: [Lanes] = []

  /// A direction is open where less than this share of its squared length was seen.
  static let openShare = 1e-6

  init(n: Int, m: Int, k: Int) {
    (self.n, self.m, w, self.k) = (n, m, n + m, k)
    func zeros(_ count: Int) -> [Lanes] { Array(repeating: Lanes(), count: count) }
    factor = LaneCholesky(count: n)
    precision = LaneCholesky(count: n)
    rows = LaneCholesky(count: k)
    (S, P, V, X, cov) = (zeros(n * n), zeros(n * n), zeros(n * n), zeros(n * n), zeros(n * n))
    A = zeros(k * n)
    singular = zeros(n)
    open = zeros(n + m)
  }

  /// Computes everything for a solution.
  mutating func describe(
    _ group: ProjectionGroup, _ s: ProjectionGroup.Solution, uncertainty: Projection.Uncertainty,
    measuresExpansion: Bool
  ) {
    let isWhole = k == 0 && !any(group.problem.mayBeOpen)
    expansion = Lanes(repeating: .nan)
    perState.removeAll(keepingCapacity: true)
    for i in 0..<w { open[i] = Lanes() }
    for i in 0..<n { singular[i] = Lanes(repeating: 1) }
    freedom = Lanes(repeating: Double(n))
    if isWhole && !measuresExpansion && uncertainty == .none && !group.isWeighted { return }
    let (metric, weights, constraints) = group.linearised(s)
    _ = factor.factorise(metric)
    S = weights
    factor.whiten(&S)
    cov = s.curvature
    factor.whiten(&cov)
    for i in 0..<n * n { P[i] = Lanes(repeating: i % (n + 1) == 0 ? 1 : 0) }
    if k > 0 { removeConstrained(constraints) }
    if !isWhole || group.isWeighted { identify(s, isOpen: group.problem.mayBeOpen) }
    guard measuresExpansion || uncertainty != .none else { return }
    invertPrecision(isWhole: isWhole, level: group.problem.level, expansion: measuresExpansion)
    if uncertainty != .none { spread(s, whole: uncertainty == .covariance) }
  }

  /// P = 1 − Ãᵀ (Ã Ãᵀ)⁻¹ Ã with Ã = A L⁻ᵀ.
  private mutating func removeConstrained(_ constraints: [Lanes]) {
    A = constraints
    for r in 0..<k { factor.forward(&A, at: n * r) }
    var gram = [Lanes](repeating: Lanes(), count: k * k)
    for r in 0..<k {
      for s in 0..<k {
        var sum = Lanes()
        for i in 0..<n { sum += A[n * r + i] * A[n * s + i] }
        gram[k * r + s] = sum
      }
    }
    _ = rows.factorise(gram, threshold: 1e-9)
    for j in 0..<n {
      var column = (0..<k).map { A[n * $0 + j] }
      rows.solve(&column)
      for i in 0..<n {
        var sum = Lanes()
        for r in 0..<k { sum += A[n * r + i] * column[r] }
        P[n * i + j] -= sum
      }
    }
  }

  /// Singular values of the seen directions, open components, P ← P₊, and the number of directions that
  /// the seen values determine.
  private mutating func identify(_ s: ProjectionGroup.Solution, isOpen: LaneMask) {
    X = S
    ProjectionAccount.sandwich(P, &X, n)
    // Directions that constraints fix are known best of all: give them the largest weight.
    var largest = Lanes()
    for i in 0..<n { largest += X[n * i + i] }
    largest = pointwiseMax(largest, Lanes(repeating: 1e-300))
    for i in 0..<n {
      for j in 0..<n { X[n * i + j] += largest * complement(i, j) }
    }
    LaneMatrix.eigen(&X, &V, n)
    // Largest eigenvalue of what was seen, not of what was fixed.
    var top = Lanes()
    for e in 0..<n {
      let inside = share(e)
      let value = Lanes().replacing(with: X[n * e + e], where: inside .> 0.5)
      top = pointwiseMax(top, value)
    }
    top = pointwiseMax(top, Lanes(repeating: 1e-300))
    for e in 0..<n {
      let inside = share(e) .> 0.5
      let value = pointwiseMax(X[n * e + e], Lanes())
      var relative = value / top
      let isUnseen = inside .& isOpen .& (relative .<= ProjectionAccount.openShare)
      relative = pointwiseMin(relative, Lanes(repeating: 1))
      singular[e] = relative.squareRoot().replacing(with: 1, where: .!inside)
      singular[e].replace(with: 0, where: isUnseen)
      freedom.replace(with: freedom - 1, where: .!inside .| isUnseen)
      guard any(isUnseen) else { continue }
      let one = Lanes().replacing(with: 1, where: isUnseen)
      for i in 0..<n {
        for j in 0..<n { P[n * i + j] -= one * V[n * i + e] * V[n * j + e] }
      }
      markOpen(s, direction: e, one)
    }
  }

  /// How much of eigenvector e the constraints leave.
  private func share(_ e: Int) -> Lanes {
    var sum = Lanes()
    for i in 0..<n {
      for j in 0..<n {
        let entry: Lanes = V[n * i + e] * P[n * i + j]
        sum += entry * V[n * j + e]
      }
    }
    return sum
  }

  /// Adds to every component the share of its squared sensitivity that lies along an open direction.
  private mutating func markOpen(
    _ s: ProjectionGroup.Solution, direction e: Int, _ one: Lanes
  ) {
    var row = [Lanes](repeating: Lanes(), count: n)
    for c in 0..<w {
      for i in 0..<n {
        row[i] = c < n ? Lanes(repeating: c == i ? 1 : 0) : s.D[n * (c - n) + i]
      }
      factor.forward(&row)
      var (along, all) = (Lanes(), Lanes())
      for i in 0..<n {
        along += row[i] * V[n * i + e]
        all += row[i] * row[i]
      }
      let part = one * along * along / all
      open[c] += part.replacing(with: 0, where: .!(all .> 0))
    }
  }

  /// X ← P X P.
  private static func sandwich(_ P: [Lanes], _ X: inout [Lanes], _ n: Int) {
    var half = X
    for i in 0..<n {
      for j in 0..<n {
        var sum = Lanes()
        for l in 0..<n { sum += P[n * i + l] * X[n * l + j] }
        half[n * i + j] = sum
      }
    }
    for i in 0..<n {
      for j in 0..<n {
        var sum = Lanes()
        for l in 0..<n { sum += half[n * i + l] * P[n * l + j] }
        X[n * i + j] = sum
      }
    }
  }

  /// The inverse of the posterior precision in x̃, and the largest eigenvalue of (that inverse)·(seen).
  private mutating func invertPrecision(isWhole: Bool, level: Lanes, expansion asks: Bool) {
    if !isWhole {
      ProjectionAccount.sandwich(P, &S, n)
      ProjectionAccount.sandwich(P, &cov, n)
    }
    for i in 0..<n * n { X[i] = S[i] + cov[i] }
    if !isWhole { addComplement(level) }
    var bad = precision.factorise(X)
    if any(bad) {
      // Not a minimum to second order: say what the tangent alone says.
      for i in 0..<n * n { X[i] = S[i] + cov[i].replacing(with: 0, where: bad) }
      if !isWhole { addComplement(level) }
      bad = precision.factorise(X)
    }
    if asks {
      X = S
      precision.whiten(&X)
      var none: [Lanes] = []
      LaneMatrix.eigen(&X, &none, n)
      var largest = Lanes()
      for i in 0..<n { largest = pointwiseMax(largest, X[n * i + i]) }
      expansion = largest
    }
    // The inverse, less the complement's share.
    for i in 0..<n * n { cov[i] = Lanes(repeating: i % (n + 1) == 0 ? 1 : 0) }
    for i in 0..<n { precision.solve(&cov, at: n * i) }
    guard !isWhole else { return }
    for i in 0..<n {
      for j in 0..<n { cov[n * i + j] -= complement(i, j) / level }
    }
  }

  /// Entry of 1 − P.
  private func complement(_ i: Int, _ j: Int) -> Lanes {
    let one: Double = i == j ? 1 : 0
    return one - P[n * i + j]
  }

  private mutating func addComplement(_ level: Lanes) {
    for i in 0..<n {
      for j in 0..<n { X[n * i + j] += level * complement(i, j) }
    }
  }

  /// Covariance of z = T L⁻ᵀ x̃, or its diagonal.
  private mutating func spread(_ s: ProjectionGroup.Solution, whole: Bool) {
    var inner = cov
    factor.unwhiten(&inner)
    // Rows of T Σ, then T Σ Tᵀ.
    var TS = [Lanes](repeating: Lanes(), count: w * n)
    for c in 0..<w {
      for j in 0..<n {
        if c < n {
          TS[n * c + j] = inner[n * c + j]
        } else {
          var sum = Lanes()
          for i in 0..<n { sum += s.D[n * (c - n) + i] * inner[n * i + j] }
          TS[n * c + j] = sum
        }
      }
    }
    func entry(_ c: Int, _ d: Int) -> Lanes {
      if d < n { return TS[n * c + d] }
      var sum = Lanes()
      for j in 0..<n { sum += TS[n * c + j] * s.D[n * (d - n) + j] }
      return sum
    }
    for c in 0..<w {
      for d in whole ? 0..<w : c..<c + 1 {
        let isOpen =
          (open[c] .> ProjectionAccount.openShare) .| (open[d] .> ProjectionAccount.openShare)
        var value = entry(min(c, d), max(c, d))
        if c == d { value = pointwiseMax(value, Lanes()) }
        value.replace(with: c == d ? .infinity : 0, where: isOpen)
        perState.append(value)
      }
    }
  }

  /// Writes eight states to the arrays.
  func write(
    _ s: ProjectionGroup.Solution, problem: ProjectionGroup.Problem, seen: [Int], from first: Int,
    to states: inout ProjectedStates
  ) {
    for lane in 0..<min(8, states.count - first) {
      let p = first + lane
      for i in 0..<n { states.coordinates[n * p + i] = s.x[i][lane] }
      for a in 0..<m {
        states.responses[m * p + a] = s.y[a][lane]
        var force = s.force[n + a][lane]
        for r in 0..<k {
          force += problem.constraints[w * r + n + a][lane] * s.multipliers[r][lane]
        }
        states.forces[m * p + a] = force
      }
      states.squareDistance[p] = s.objective[lane]
      states.expansion[p] = expansion[lane]
      states.iterations[p] = Int(s.iterations[lane])
      states.residual[p] = s.residual[lane]
      states.converged[p] = s.converged[lane]
      states.degreesOfFreedom[p] = max(0, seen[lane] - Int(freedom[lane]))
      let values = (0..<n).map { singular[$0][lane] }.sorted(by: >)
      for i in 0..<n { states.singularValues[n * p + i] = values[i] }
      for c in 0..<w {
        states.undetermined[w * p + c] = open[c][lane] > ProjectionAccount.openShare
      }
      let q = perState.count
      for i in 0..<q { states.covariance[q * p + i] = perState[i][lane] }
    }
  }
}
