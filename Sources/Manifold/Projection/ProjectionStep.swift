import Mechanics

/// The Newton step of eight observations: gradient, Hessian, curvature, and the system of Karush, Kuhn and Tucker.
extension ProjectionGroup {
  /// Gradient, constraint rows and both Hessians (of the distance, of the metric length) of the present
  /// state. `work` keeps the Hessian of the distance without curvature.
  mutating func linearise() {
    for i in 0..<n {
      var sum = solution.force[i]
      for a in 0..<m { sum += solution.D[n * a + i] * solution.force[n + a] }
      gradient[i] = sum
    }
    PullBack.rows(n, m, problem.constraints, solution.D, into: &A)
    PullBack.metric(n, m, metric.matrix, solution.D, into: &metricH)
    if isMetric {
      for i in 0..<n * n { work[i] = metricH[i] }
    } else {
      PullBack.weights(
        n, m, problem.weights, couples: couples, solution.D, into: &work)
    }
  }

  /// Σ_a r_a ∂²y_a/∂x² from differences of tangents.
  mutating func measureCurvature<M: Manifold>(_ manifold: M, where mask: LaneMask) {
    let reach = 1e-5 * stateLength()
    for a in 0..<m {
      var sum = solution.force[n + a]
      for r in 0..<k { sum += problem.constraints[w * r + n + a] * solution.multipliers[r] }
      state[n + a] = sum
    }
    if isPotential {
      var square = Lanes()
      for i in 0..<n {
        var sum = Lanes()
        for j in 0..<n { sum += metric.matrix[w * i + j] * state[n + j] }
        square += sum * state[n + i]
      }
      var h = reach / (0.5 * square).squareRoot()
      h.replace(with: 0, where: .!h.isFinite)
      for i in 0..<n { probe.coordinates[i] = solution.x[i] + h * state[n + i] }
      manifold.evaluate(&probe)
      for i in 0..<n {
        for j in 0..<n {
          let change = (probe.tangents[n * i + j] - solution.D[n * i + j]) / h
          bend[n * i + j] = change.replacing(with: 0, where: .!change.isFinite)
        }
      }
    } else {
      for j in 0..<n {
        let h = reach / (0.5 * metric.matrix[w * j + j]).squareRoot()
        for i in 0..<n { probe.coordinates[i] = solution.x[i] + (i == j ? h : Lanes()) }
        manifold.evaluate(&probe)
        for i in 0..<n {
          var sum = Lanes()
          for a in 0..<m {
            sum += state[n + a] * (probe.tangents[n * a + i] - solution.D[n * a + i])
          }
          let change = sum / h
          bend[n * i + j] = change.replacing(with: 0, where: .!change.isFinite)
        }
      }
    }
    for i in 0..<n {
      for j in 0..<n {
        let mean = 0.5 * (bend[n * i + j] + bend[n * j + i])
        solution.curvature[n * i + j].replace(with: mean, where: mask)
      }
    }
  }

  /// Step and multipliers from the Karush–Kuhn–Tucker system, by the Schur complement of the Hessian with
  /// ρ AᵀA added, which changes nothing where A step = −violation.
  mutating func solveStep() {
    let rho = 10 * problem.level
    let open = Lanes().replacing(
      with: ProjectionGroup.prior * problem.level, where: problem.mayBeOpen)
    var damping = lambda * problem.level
    var share = Lanes(repeating: 1)
    for attempt in 0..<8 {
      for i in 0..<n {
        for j in 0...i {
          var sum = work[n * i + j] + share * solution.curvature[n * i + j]
          sum += open * metricH[n * i + j] + damping * metric.matrix[w * i + j]
          for r in 0..<k { sum += rho * A[n * r + i] * A[n * r + j] }
          H[n * i + j] = sum
        }
      }
      let bad = factor.factorise(H)
      if !any(bad) || attempt == 7 { break }
      // Without the curvature the matrix is at least semidefinite; then more and more damping.
      let flat = bad .& (share .== 0)
      share.replace(with: 0, where: bad)
      damping.replace(with: pointwiseMax(100 * damping, 1e-10 * problem.level), where: flat)
    }
    for i in 0..<n { step[i] = -gradient[i] }
    factor.solve(&step)
    guard k > 0 else { return }
    for q in 0..<k * n { columns[q] = A[q] }
    for r in 0..<k { factor.solve(&columns, at: n * r) }
    for r in 0..<k {
      var sum = solution.violation[r]
      for i in 0..<n { sum += A[n * r + i] * step[i] }
      dual[r] = sum
      for s in 0...r {
        var entry = Lanes()
        for i in 0..<n { entry += A[n * r + i] * columns[n * s + i] }
        schur[k * r + s] = entry
      }
    }
    _ = schurFactor.factorise(schur, threshold: 1e-9)
    schurFactor.solve(&dual)
    for r in 0..<k {
      for i in 0..<n { step[i] -= columns[n * r + i] * dual[r] }
    }
    for r in 0..<k { dual[r] -= rho * solution.violation[r] }
  }

  /// Measures the curvature of a solution at its end, for what is said about its neighbourhood.
  mutating func sharpenCurvature<M: Manifold>(_ manifold: M, of s: inout Solution) {
    take(s)
    measureCurvature(manifold, where: LaneMask(all: true))
    s.curvature = solution.curvature
  }

  /// TᵀMT, TᵀWT and A of a solution, for what is said about it.
  func linearised(_ s: Solution) -> (metric: [Lanes], weights: [Lanes], constraints: [Lanes]) {
    var (M, W) = (s.curvature, s.curvature)
    PullBack.metric(n, m, metric.matrix, s.D, into: &M)
    if isMetric {
      W = M
    } else {
      PullBack.weights(n, m, problem.weights, couples: couples, s.D, into: &W)
    }
    var A = [Lanes](repeating: Lanes(), count: k * n)
    PullBack.rows(n, m, problem.constraints, s.D, into: &A)
    return (M, W, A)
  }
}
