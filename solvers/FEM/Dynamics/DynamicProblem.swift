import FixedPoint
import LinearAlgebra

/// The balance of one time step as a residual problem; the unknowns are x = Δu − Δt v of the free dofs, or
/// x = Δu where K_ii > M_ii/(β Δt²).
///
/// Not displacements, and either of the two for the sake of digits: Δt v is rounded once, in the first
/// case where it is multiplied by K, in the second where a' = (Δu − Δt v − …)/(β Δt²) multiplies it by
/// M/(β Δt²). A body that flies fast in small steps then loses none, nor do modes much faster than the
/// step. The first system of a nonlinear step is linearised about the last converged state, with the
/// whole of the known increment on its right-hand side, so that no cell sees a kinked state.
struct DynamicProblem: ResidualProblem {
  typealias Tangent = CSRMatrix

  var body: FEMModel
  let mass: MassMatrix
  let damping: DampingMatrix
  let scheme: Scheme

  /// Velocity in m/s and acceleration in m/s² of every dof at the start of the step.
  var velocity: [Double], acceleration: [Double]
  /// C v at the start of the step, N.
  var dampingForce: [Double]
  /// The same at the state being evaluated.
  private(set) var newVelocity: [Double], newAcceleration: [Double], newDampingForce: [Double]
  /// Inertia + damping + f_int − f_ext of the balance on every dof, N: without R u and g.
  private(set) var balance: [Double]
  /// Δu of every dof, and the part of it that is not an unknown, m.
  private(set) var delta: [Double], known: [Double]
  /// External force at the time of the balance, N.
  var loadOfBalance: [Double]

  private var dt = 0.0
  private var start: [Double], innerStart: [Double], elasticStart: [Double]
  private var weighted: [Double], inertia: [Double], free: [Double], lead: [Double]
  /// (1 − α_m) M/(β Δt²) + (1 − α_f) γ/(β Δt) C on the free dofs.
  private var addition: CSRMatrix
  private var stepOfAddition = 0.0
  private(set) var residualReference = 0.0
  private let rounding: RoundingFloor
  private let massDiagonal: [Double]
  /// What residuals are compared with at least, N.
  var smallestReference = 0.0

  init(body: FEMModel, mass: MassMatrix, damping: DampingMatrix, scheme: Scheme) {
    self.body = body
    self.mass = mass
    self.damping = damping
    self.scheme = scheme
    let zero = [Double](repeating: 0, count: body.displacement.count)
    (velocity, acceleration, dampingForce) = (zero, zero, zero)
    (newVelocity, newAcceleration, newDampingForce) = (zero, zero, zero)
    (balance, delta, loadOfBalance, start, innerStart, elasticStart) = (
      zero, zero, zero, zero, zero, zero
    )
    (weighted, inertia, known, lead) = (zero, zero, zero, zero)
    rounding = RoundingFloor(body)
    massDiagonal = mass.nodes.diagonal
    free = Array(repeating: 0, count: body.unknownCount)
    addition = CSRMatrix(pattern: body.problem.dofs.pattern)
  }

  var unknownCount: Int { body.problem.unknownCount }
  var residualCount: Int { body.problem.unknownCount }
  var isLinear: Bool { body.problem.isLinear }

  /// Takes the present state as the start of a step of length `dt`; targets and loads must be set.
  mutating func begin(_ dt: Double) {
    self.dt = dt
    for i in start.indices {
      start[i] = body.problem.displacement[i]
      innerStart[i] = body.problem.internalForce[i] + dampingForce[i]
      elasticStart[i] = body.problem.elasticForce[i]
      let isSoft = rounding.diagonal[i] * scheme.beta * dt * dt < massDiagonal[i / mass.dimension]
      known[i] = isSoft ? dt * velocity[i] : 0
      delta[i] = body.problem.increment[i]
    }
    if dt != stepOfAddition { prepareAddition() }
  }

  private mutating func prepareAddition() {
    let (beta, gamma) = (scheme.beta, scheme.gamma)
    let c = (1 - scheme.alphaF) * gamma / (beta * dt)
    addition.setZero()
    mass.add(
      to: &addition, dofs: body.problem.dofs,
      scale: (1 - scheme.alphaM) / (beta * dt * dt) + c * damping.mass)
    damping.addStiffness(to: &addition, dofs: body.problem.dofs, scale: c)
    stepOfAddition = dt
  }

  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    accept(x)
    guard body.problem.residual(at: free, into: &r) else { return false }
    evaluate(into: &r)
    return true
  }

  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout CSRMatrix
  ) -> Bool {
    accept(x)
    guard body.problem.linearise(at: free, residual: &r, tangent: &tangent) else { return false }
    complete(&tangent)
    evaluate(into: &r)
    return true
  }

  mutating func predict(
    at x: [Double], residual r: inout [Double], tangent: inout CSRMatrix
  ) -> Bool {
    if isLinear {
      body.problem.applyIncrement()
      return body.problem.keepsTangent
        ? residual(at: x, into: &r) : linearise(at: x, residual: &r, tangent: &tangent)
    }
    accept(x)
    for (i, dof) in body.problem.dofs.free.enumerated() {
      free[i] = start[Int(dof)]
      body.problem.increment[Int(dof)] = known[Int(dof)]
    }
    guard body.problem.predict(at: free, residual: &r, tangent: &tangent) else { return false }
    for dof in body.problem.dofs.free { body.problem.increment[Int(dof)] = 0 }
    complete(&tangent)
    evaluate(into: &r)
    return true
  }

  /// ‖r‖ that rounding leaves in the internal forces of the present displacement, N.
  var roundingFloor: Double { rounding.norm(at: body.problem.displacement) }

  private mutating func accept(_ x: [Double]) {
    for (i, dof) in body.problem.dofs.free.enumerated() {
      lead[Int(dof)] = x[i] + (known[Int(dof)] - dt * velocity[Int(dof)])
      delta[Int(dof)] = known[Int(dof)] + x[i]
      free[i] = start[Int(dof)] + delta[Int(dof)]
    }
  }

  private func complete(_ tangent: inout CSRMatrix) {
    let share = 1 - scheme.alphaF
    for p in tangent.values.indices {
      tangent.values[p] = share * tangent.values[p] + addition.values[p]
    }
  }

  /// Velocity, acceleration, the balance on every dof, its residual on the free ones.
  private mutating func evaluate(into r: inout [Double]) {
    let (beta, gamma, am, af) = (scheme.beta, scheme.gamma, scheme.alphaM, scheme.alphaF)
    let (scale, share) = (1 / (beta * dt * dt), (0.5 - beta) / beta)
    for i in delta.indices where body.problem.dofs.freeIndex[i] < 0 {
      lead[i] = delta[i] - dt * velocity[i]
    }
    for i in delta.indices {
      let (v, a) = (velocity[i], acceleration[i])
      let new = lead[i] * scale - share * a
      newAcceleration[i] = new
      newVelocity[i] = v + dt * ((1 - gamma) * a + gamma * new)
      weighted[i] = (1 - am) * new + am * a
    }
    damping.force(of: newVelocity, mass: mass, scratch: &inertia, into: &newDampingForce)
    mass.multiply(weighted, into: &inertia)
    var (reactions, loads, inner, inertial) = (0.0, 0.0, 0.0, 0.0)
    let structure = body.problem
    for i in balance.indices {
      let q = (1 - af) * (structure.internalForce[i] + newDampingForce[i]) + af * innerStart[i]
      balance[i] = inertia[i] + q - loadOfBalance[i]
      let elastic = (1 - af) * structure.elasticForce[i] + af * elasticStart[i]
      let residual = balance[i] + elastic - structure.borderForce[i]
      if structure.dofs.freeIndex[i] < 0 {
        reactions += residual * residual
      } else {
        r[Int(structure.dofs.freeIndex[i])] = residual
        let f = loadOfBalance[i] + structure.borderForce[i]
        loads += f * f
        // Both ends on their own: what a scheme balances at an infinite frequency is nothing.
        let (old, new) = (af * (innerStart[i] + elasticStart[i]), q + elastic)
        inner += old * old + (new - old) * (new - old)
        inertial += inertia[i] * inertia[i]
      }
    }
    // First the reactions: a value that is not a number comes through a maximum only from the left.
    let largest = max(reactions, loads, inner, inertial).squareRoot()
    residualReference = largest < smallestReference ? smallestReference : largest
  }

  /// M a' + C v' + f_int + R u − f_ext − g at the end of the step on every dof, N.
  mutating func endReaction(into out: inout [Double]) {
    mass.multiply(newAcceleration, into: &out)
    for i in out.indices {
      out[i] += newDampingForce[i] + body.problem.outOfBalance(i)
    }
  }

  /// Velocity and acceleration of the end of the step become the present ones.
  mutating func advance() {
    swap(&velocity, &newVelocity)
    swap(&acceleration, &newAcceleration)
    swap(&dampingForce, &newDampingForce)
  }

  /// C v of the present velocity.
  mutating func updateDampingForce() {
    damping.force(of: velocity, mass: mass, scratch: &inertia, into: &dampingForce)
  }
}
