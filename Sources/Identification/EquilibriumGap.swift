import FEM
import FixedPoint
import Glibc
import LinearAlgebra
import Mechanics

/// A measured field as the specimen itself would show it: the finite-element field nearest to the
/// measurements, in the metric of a reference law.
///
/// δu minimises ‖(B (u₀ + δu) − û)/s‖² + κ δu·K₀ δu about the equilibrium u₀ of the reference law; κ is the
/// largest smoothing that leaves no more than the noise (Morozov's discrepancy principle). Components
/// that nobody measured (across a sheet) follow through K₀.
struct AssimilatedLevel {
  /// Displacement of all dofs.
  let displacement: [Double]
  /// K₀ there, factorised.
  let linear: Linearisation
  /// K₀ e of every net reaction.
  let products: [[Double]]
}

extension Specimen {
  /// Assimilates the measurements of every level about the states of the last `solve`; nil where a
  /// tangent is singular.
  mutating func assimilate() -> [AssimilatedLevel]? {
    var out: [AssimilatedLevel] = []
    for l in experiment.levels.indices {
      let factor = experiment.levels[l].factor
      model.restart(from: states[l], at: factor)
      guard let reference = try? model.linearise(),
        let u = assimilated(l, reference)
      else { return nil }
      model.restart(from: u, at: factor)
      // A field too rough for the law to be stable on is replaced by the reference's own.
      if let linear = try? model.linearise() {
        out.append(
          AssimilatedLevel(
            displacement: u, linear: linear, products: model.tangentProducts(supports)))
      } else {
        model.restart(from: states[l], at: factor)
        out.append(
          AssimilatedLevel(
            displacement: states[l], linear: reference, products: model.tangentProducts(supports)))
      }
    }
    return out
  }

  private func assimilated(_ l: Int, _ reference: Linearisation) -> [Double]? {
    let level = experiment.levels[l]
    let d = model.dimension
    var slot = [Int32](repeating: -1, count: states[l].count)
    for (i, dof) in reference.freeDofs.enumerated() { slot[Int(dof)] = Int32(i) }
    // BᵀB/s² on the pattern of K₀ (a point couples the nodes of one cell), and Bᵀ(û − B u₀)/s².
    let weight = 1 / (experiment.deviation * experiment.deviation)
    var data = CSRMatrix(pattern: reference.tangent.pattern)
    var right = [Double](repeating: 0, count: reference.freeDofs.count)
    var k = 0
    for p in 0..<interpolation.points {
      let range = interpolation.start[p]..<interpolation.start[p + 1]
      for c in experiment.components {
        let gap = level.displacements[k] - interpolation.value(states[l], p, c, d)
        k += 1
        for a in range {
          let row = slot[Int(interpolation.nodes[a]) * d + c]
          guard row >= 0 else { continue }
          right[Int(row)] += weight * interpolation.weights[a] * gap
          for b in range {
            let column = slot[Int(interpolation.nodes[b]) * d + c]
            guard column >= row else { continue }
            data.add(
              weight * interpolation.weights[a] * interpolation.weights[b], row: Int(row),
              column: Int(column))
          }
        }
      }
    }
    func field(_ kappa: Double) -> [Double]? {
      var A = reference.tangent
      for i in A.values.indices { A.values[i] = kappa * A.values[i] + data.values[i] }
      let solver = DirectSolver(.symmetricDefinite)
      var x = right
      do {
        try solver.factorise(A)
        try solver.solve(&x)
      } catch { return nil }
      var u = states[l]
      for (i, dof) in reference.freeDofs.enumerated() { u[Int(dof)] += x[i] }
      return u
    }
    return Specimen.largestSmoothing(field) { u in
      var (sum, k) = (0.0, 0)
      for p in 0..<interpolation.points {
        for c in experiment.components {
          let gap = interpolation.value(u, p, c, d) - level.displacements[k]
          sum += gap * gap * weight
          k += 1
        }
      }
      return sum / Double(max(k, 1))
    } ?? states[l]
  }

  /// Bisects ln κ between values at which smoothing is all and nothing.
  private static func largestSmoothing(
    _ field: (Double) -> [Double]?, misfit: ([Double]) -> Double
  ) -> [Double]? {
    var (low, high) = (-30.0, 40.0)
    var best: [Double]?
    for _ in 0..<12 {
      let middle = 0.5 * (low + high)
      guard let u = field(exp(middle)) else { return best }
      if misfit(u) <= 1 {
        best = u
        low = middle
      } else {
        high = middle
      }
    }
    return best
  }
}

/// Least squares on the gap of equilibrium at the assimilated fields, read as displacement: the field
/// that one Newton step of the reference stiffness makes of it, u₁ − K₀⁻¹ f(u₁; θ), against the measured
/// one, and the reactions likewise. No nonlinear system is solved, and noise of u₁ cancels to first
/// order as K₀ approaches the tangent of the law that is looked for.
struct GapProblem<Family: ParametricLaw>: ResidualProblem {
  typealias Tangent = DenseMatrix
  let family: Family
  let strength: Double
  var specimens: [Specimen]
  let levels: [[AssimilatedLevel]]

  var unknownCount: Int { family.parameterCount }
  var measurementCount: Int { specimens.reduce(0) { $0 + $1.measurementCount } }
  var residualCount: Int { measurementCount + unknownCount }

  mutating func residual(at theta: [Double], into r: inout [Double]) -> Bool {
    var none: DenseMatrix?
    return assemble(theta, &r, &none)
  }

  mutating func linearise(
    at theta: [Double], residual r: inout [Double], tangent J: inout DenseMatrix
  ) -> Bool {
    J.setZero()
    var matrix: DenseMatrix? = J
    J = DenseMatrix(rows: 0, columns: 0)
    defer { J = matrix! }
    return assemble(theta, &r, &matrix)
  }

  private mutating func assemble(
    _ theta: [Double], _ r: inout [Double], _ J: inout DenseMatrix?
  ) -> Bool {
    guard let law = try? family.law(theta) else { return false }
    var sensitivity = family.sensitivity(theta)
    var row = 0
    for s in specimens.indices {
      do { try specimens[s].model.setLaw(law) } catch { return false }
      let rows = specimens[s].measurementCount / specimens[s].experiment.levels.count
      for (l, level) in levels[s].enumerated() {
        guard specimens[s].gap(l, level, into: &r, from: row) else { return false }
        if J != nil {
          let force = specimens[s].model.forceDerivatives(&sensitivity, parameters: theta.count)
          guard let slope = specimens[s].displacementSlope(level.linear, force, theta.count)
          else { return false }
          specimens[s].writeTangent(
            slope: slope, force: force, products: level.products, parameters: theta.count,
            into: &J!, from: row)
        }
        row += rows
      }
    }
    Prior.residual(family, strength, theta, into: &r, from: row)
    if J != nil { Prior.tangent(family, strength, into: &J!, from: row) }
    return r.allSatisfy(\.isFinite)
  }
}

extension Specimen {
  /// The residuals of one level by one step from the assimilated field.
  mutating func gap(_ l: Int, _ level: AssimilatedLevel, into r: inout [Double], from row: Int)
    -> Bool
  {
    model.restart(from: level.displacement, at: experiment.levels[l].factor)
    guard model.evaluate() else { return false }
    let f = model.reactions
    let free = level.linear.freeDofs
    var step = free.map { -f[Int($0)] }
    do { try level.linear.solve(&step) } catch { return false }
    var u = model.displacement
    for (i, dof) in free.enumerated() { u[Int(dof)] += step[i] }
    // The net reactions change by (K₀ e)·δu.
    var reactions = netReactions(f)
    for k in reactions.indices {
      for (i, dof) in free.enumerated() { reactions[k] += level.products[k][Int(dof)] * step[i] }
    }
    writeResidual(l, displacement: u, reactions: reactions, into: &r, from: row)
    return true
  }
}
