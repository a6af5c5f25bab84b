import Contact
import Glibc
import Mechanics

extension IslandStep {
  /// The matrix of the states as they stand, and the residual as right side.
  func assemble(into system: BlockSystem) {
    let width = model.geometry.unknownCount * lanes
    for i in blocks.indices {
      base.copyMatrix(Int(blocks[i]), to: system.diagonal.base + i * width)
    }
    setRight(of: system)
    system.off.clear()
    let share = 1 - scheme.alphaForce
    rows.withUnsafeBufferPointer { rows in
      let r = rows.baseAddress
      for q in working.indices where working[q].isLive {
        let pn = working[q].raw > working[q].floor ? share * working[q].pn : 0
        let ps = working[q].state == .locked ? share * working[q].ps : 0
        guard pn != 0 || ps != 0 else { continue }
        let c = working[q]
        let n = r! + 4 * q * lanes
        add(c.i, c.j, c.pair, n, pn, n + 2 * lanes, ps, system)
      }
    }
    addLinks(held.map { ($0.i, -1, -1, share * $0.stiffness) }, heldRows, lanes, system)
    addLinks(
      bolts.map { ($0.i, $0.j, $0.pair, share * $0.stiffness) }, boltRows, 2 * lanes, system)
  }

  /// The residual as right side.
  func setRight(of system: BlockSystem) {
    for i in residual.indices { system.rhs[i] = residual[i] }
  }

  private func addLinks(
    _ links: [(i: Int32, j: Int32, pair: Int32, p: Double)], _ rows: [Lanes], _ stride: Int,
    _ system: BlockSystem
  ) {
    guard !links.isEmpty else { return }
    rows.withUnsafeBufferPointer { rows in
      for (q, c) in links.enumerated() {
        let r = rows.baseAddress! + q * stride
        add(c.i, c.j, c.pair, r, c.p, r, 0, system)
      }
    }
  }

  /// Adds p n nᵀ + q t tᵀ to the matrix; each row has a part in block i and a part in block j behind it.
  @inline(__always)
  private func add(
    _ i: Int32, _ j: Int32, _ pair: Int32, _ n: UnsafePointer<Lanes>, _ p: Double,
    _ t: UnsafePointer<Lanes>, _ q: Double, _ system: BlockSystem
  ) {
    let width = model.geometry.unknownCount * lanes
    let (nj, tj) = (n + lanes, t + lanes)
    if i >= 0 {
      BlockKernels.addOuter(
        system.diagonal.base + Int(i) * width, n, n, p, t, t, q, lanes: lanes)
    }
    if j >= 0 {
      BlockKernels.addOuter(
        system.diagonal.base + Int(j) * width, nj, nj, p, tj, tj, q, lanes: lanes)
    }
    guard pair >= 0 else { return }
    let place = system.places[Int(pair)]
    let (ij, ji) = i < j ? (place.upper, place.lower) : (place.lower, place.upper)
    BlockKernels.addOuter(system.off.base + Int(ij) * width, n, nj, p, t, tj, q, lanes: lanes)
    BlockKernels.addOuter(system.off.base + Int(ji) * width, nj, n, p, tj, t, q, lanes: lanes)
  }

  /// Goes along the solution of the system as far as the convex function of the held strengths falls.
  /// - Returns: whether any contact changes its state on the way.
  mutating func advance(along system: BlockSystem) -> Bool {
    var step = [Lanes](repeating: Lanes(), count: x.count)
    for i in step.indices { step[i] = system.x[i] }
    let share = 1 - scheme.alphaForce
    // −R·Δ, and Δ·(A + links that are always at work) Δ.
    var (slope, curvature) = (Lanes(), 0.0)
    for i in blocks.indices {
      let d = step.pair(i, lanes)
      curvature += d.dot(base.times(.sum, Int(blocks[i]), d))
      for l in 0..<lanes { slope -= residual[i * lanes + l] * step[i * lanes + l] }
    }
    for q in working.indices where working[q].isLive {
      (working[q].acrossStep, working[q].slipStep) = ways(q, step)
    }
    for q in held.indices {
      let d = product(held[q].i, -1, heldRows, q * lanes, step)
      curvature += share * held[q].stiffness * d * d
    }
    for q in bolts.indices {
      let d = product(bolts[q].i, bolts[q].j, boltRows, 2 * q * lanes, step)
      curvature += share * bolts[q].stiffness * d * d
    }
    let start = slope.sum()
    let length = searchLine(start) { start + $0 * curvature + share * contactSlope($0) }
    for i in x.indices { x[i] += length * step[i] }
    return move(by: length)
  }

  /// Moves gaps and slips along; whether any contact changes its state.
  private mutating func move(by length: Double) -> Bool {
    var turns = false
    for q in working.indices where working[q].isLive {
      working[q].across += length * working[q].acrossStep
      working[q].slip += length * working[q].slipStep
      let raw = working[q].pressure
      guard raw > working[q].floor else {
        if working[q].isPressed { turns = true }
        continue
      }
      let isStuck = working[q].forces(raw).isStuck
      if !working[q].isPressed { turns = true }
      if isStuck != (working[q].state == .locked) { turns = true }
    }
    return turns
  }

  /// Where the slope, which never falls along the line, is a tenth of what it was, from 0 to 1.
  private func searchLine(_ start: Double, _ slope: (Double) -> Double) -> Double {
    let small = 0.1 * abs(start)
    var high = slope(1)
    guard high > small else { return 1 }
    var (a, b, low) = (0.0, 1.0, start)
    for _ in 0..<40 {
      // Between the false position and the middle: the slope has kinks.
      let c = 0.5 * (a + b) * 0.3 + 0.7 * (a - low * (b - a) / (high - low))
      let s = slope(c)
      if abs(s) <= small { return c }
      if s > 0 { (b, high) = (c, s) } else { (a, low) = (c, s) }
    }
    return max(a, 1e-3)
  }

  /// What contacts add to the slope at a place on the line.
  private func contactSlope(_ a: Double) -> Double {
    var sum = 0.0
    for q in working.indices where working[q].isLive {
      let (dn, ds) = (working[q].acrossStep, working[q].slipStep)
      let N = max(working[q].raw - a * working[q].pn * dn, working[q].floor)
      sum -= (N - working[q].N) * dn
      if working[q].state == .open && !working[q].isBonded { continue }
      let free = working[q].shear - working[q].ps * (working[q].slip + a * ds)
      let bound = working[q].isBonded ? Double.infinity : working[q].bound
      sum -= (min(max(free, -bound), bound) - working[q].T) * ds
    }
    return sum
  }
}
