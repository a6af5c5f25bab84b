import Mechanics

/// What the Newton iteration of eight observations is steered by: the distance and its forces, the violation of
/// the constraints, metric lengths of states and steps.
extension ProjectionGroup {
  /// f, W (z − ẑ) and G z − c of the trial state.
  mutating func measure() {
    for i in 0..<n { state[i] = batch.coordinates[i] }
    for i in 0..<m { state[n + i] = batch.responses[i] }
    for i in 0..<w { difference[i] = state[i] - problem.target[i] }
    var twice = Lanes()
    for i in 0..<w {
      var sum = Lanes()
      for j in 0..<w { sum += problem.weights[w * i + j] * difference[j] }
      trialForce[i] = sum
      twice += sum * difference[i]
    }
    if any(firstPhase) {
      let weight = Lanes().replacing(
        with: ProjectionGroup.prior * problem.level, where: firstPhase)
      for i in 0..<w {
        let pull = weight * metricRow(i, state)
        trialForce[i] += pull
        twice += pull * state[i]
      }
    }
    trialObjective = 0.5 * twice
    for r in 0..<k {
      var sum = -problem.limits[r]
      for j in 0..<w { sum += problem.constraints[w * r + j] * state[j] }
      trialViolation[r] = sum
    }
  }

  /// Force and objective of the present state once more, after the phase has changed.
  mutating func remeasure() {
    for i in 0..<n { batch.coordinates[i] = solution.x[i] }
    for i in 0..<m { batch.responses[i] = solution.y[i] }
    measure()
    for i in 0..<w { solution.force[i] = trialForce[i] }
    solution.objective = trialObjective
  }

  /// Row i of M times v; M couples no coordinate with a response.
  @inline(__always)
  func metricRow(_ i: Int, _ v: [Lanes]) -> Lanes {
    var sum = Lanes()
    for j in i < n ? 0..<n : n..<w { sum += metric.matrix[w * i + j] * v[j] }
    return sum
  }

  /// Metric length of the state or of what was seen, whichever is longer; not less than that of
  /// coordinates of 1e-6.
  func stateLength() -> Lanes {
    var square = Lanes()
    var floor = 0.0
    for i in 0..<n {
      var sum = Lanes()
      for j in 0..<n { sum += metric.matrix[w * i + j] * solution.x[j] }
      square += sum * solution.x[i]
      floor += metric.matrix[w * i + i]
    }
    for i in 0..<m {
      var sum = Lanes()
      for j in 0..<m { sum += metric.matrix[w * (n + i) + n + j] * solution.y[j] }
      square += sum * solution.y[i]
    }
    let own = (0.5 * square).squareRoot()
    let least = Lanes(repeating: 1e-6 * (0.5 * floor / Double(n)).squareRoot())
    return pointwiseMax(pointwiseMax(own, problem.length), least)
  }

  /// Length of the constraints' violation; rows have the length 1 in the dual metric.
  func violationSize() -> Lanes {
    var square = Lanes()
    for r in 0..<k { square += solution.violation[r] * solution.violation[r] }
    return square.squareRoot()
  }

  /// Metric length of the step: as the weights see it, and a ten-thousandth of all of it, so that open
  /// directions, which only rounding moves, do not keep the iteration busy.
  func stepSize() -> Lanes {
    var (all, seen) = (Lanes(), Lanes())
    for i in 0..<n {
      var (a, b) = (Lanes(), Lanes())
      for j in 0..<n {
        a += metricH[n * i + j] * step[j]
        b += work[n * i + j] * step[j]
      }
      all += a * step[i]
      seen += b * step[i]
    }
    let whole = (0.5 * all).squareRoot()
    guard any(problem.mayBeOpen) else { return whole }
    let part = (0.5 * pointwiseMax(seen, Lanes()) / problem.level).squareRoot()
    return whole.replacing(with: pointwiseMax(part, 1e-4 * whole), where: problem.mayBeOpen)
  }

  /// ½ (z − ẑ)·W·(z − ẑ) of a solution.
  func distance(_ s: Solution) -> Lanes {
    let d = (0..<w).map { ($0 < n ? s.x[$0] : s.y[$0 - n]) - problem.target[$0] }
    var twice = Lanes()
    for i in 0..<w { for j in 0..<w { twice += problem.weights[w * i + j] * d[i] * d[j] } }
    return 0.5 * twice
  }

  /// What solutions of several starts are compared by: the distance and, where directions may be open, a
  /// little of the state's own length.
  func merit(_ s: Solution) -> Lanes {
    let z = s.x + s.y
    var twice = Lanes()
    for i in 0..<w { for j in 0..<w { twice += metric.matrix[w * i + j] * z[i] * z[j] } }
    let weight = Lanes().replacing(
      with: 0.5 * ProjectionGroup.prior * problem.level, where: problem.mayBeOpen)
    return distance(s) + weight * twice
  }
}
