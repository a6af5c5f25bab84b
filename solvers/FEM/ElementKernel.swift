import Geometry
import Mechanics

/// Residual, tangent and energy of eight cells at a time, one cell per lane.
///
/// For each quadrature point q the kernel keeps the gradients ∇N_a with respect to the undeformed
/// (small strain: the only) configuration, F, and, with mean dilatation, the spatial gradients
/// g_a = F⁻ᵀ∇N_a. The law then sees all quadrature points of the eight cells as one batch.
///
/// Virtual work: R_a = Σ_q dV B_aᵀ S, K_ab = Σ_q dV (B_aᵀ 𝔻 B_b + ∇N_a·S·∇N_b 1)
/// (Bonet & Wood 2008, §9.2–9.4), with B_a the derivative of the Mandel vector of E = ½(C − 1).
/// Mean dilatation replaces C by C̄ = α C, α = (θ/J)^⅔, in the energy; its first and second
/// variations are derived in README.md.
final class ElementKernel {
  let shape: CellShape
  let formulation: Formulation
  let strainKind: StrainKind
  let volumetric: VolumetricTreatment
  let law: any ConstitutiveLaw
  let nodes: Int, dimension: Int, components: [Int], points: Int
  let thickness: Double

  // Reference shape functions, [point * nodes + node].
  let N: [Double]
  let dN: [SIMD3<Double>]
  let weights: [Double]

  // Eight cells: coordinates and displacements, [node * dimension + i].
  let X: LaneBuffer, u: LaneBuffer, increment: LaneBuffer
  // Per point: [point * nodes * dimension + …] or [point * 9 + …] or [point].
  let gradient: LaneBuffer, spatial: LaneBuffer, F: LaneBuffer, J: LaneBuffer, dV: LaneBuffer
  let alpha: LaneBuffer, hoop: LaneBuffer
  // Mean dilatation: ∂θ/∂u, θ, V, and the pressure-like scalar P = Σ ⅔ w h.
  let thetaGradient: LaneBuffer
  var theta = Lanes(repeating: 1), volume = Lanes(), P = Lanes()
  // B, dV·𝔻·B and dV·𝔻 at one point, [(node * components + c) * dimension + i]; l_a and s_a.
  let B: LaneBuffer, DB: LaneBuffer, D: LaneBuffer, l: LaneBuffer, s: LaneBuffer
  /// Internal force, [node * dimension + i].
  let force: LaneBuffer
  /// Tangent blocks for a ≤ b, [pair(a, b) * dimension² + i * dimension + j].
  let stiffness: LaneBuffer
  var batch: PointBatch

  init(
    shape: CellShape, formulation: Formulation, strainKind: StrainKind,
    volumetric: VolumetricTreatment, law: any ConstitutiveLaw, thickness: Double,
    rule: Quadrature? = nil
  ) {
    self.shape = shape
    self.formulation = formulation
    self.strainKind = strainKind
    self.volumetric = volumetric
    self.law = law
    self.thickness = thickness
    let rule = rule ?? Quadrature.full(shape)
    nodes = shape.nodeCount
    dimension = formulation.dimension
    components = formulation.strainComponents
    points = rule.points.count
    weights = rule.weights
    let tables = rule.points.map { shape.shapeFunctions(at: $0) }
    N = tables.flatMap { $0.values }
    dN = tables.flatMap { $0.gradients }
    let (n, d, q, m) = (nodes, dimension, points, components.count)
    X = LaneBuffer(n * d)
    u = LaneBuffer(n * d)
    increment = LaneBuffer(n * d)
    gradient = LaneBuffer(q * n * d)
    spatial = LaneBuffer(q * n * d)
    F = LaneBuffer(q * 9)
    J = LaneBuffer(q)
    dV = LaneBuffer(q)
    alpha = LaneBuffer(q)
    hoop = LaneBuffer(q)
    thetaGradient = LaneBuffer(n * d)
    B = LaneBuffer(n * m * d)
    DB = LaneBuffer(n * m * d)
    D = LaneBuffer(m * m)
    l = LaneBuffer(n * d)
    s = LaneBuffer(n * d)
    force = LaneBuffer(n * d)
    stiffness = LaneBuffer(n * (n + 1) / 2 * d * d)
    batch = PointBatch(groups: q, stateCount: law.stateCount)
  }

  /// Position of the block of nodes a ≤ b among the tangent blocks.
  @inline(__always)
  static func pair(_ a: Int, _ b: Int) -> Int { b * (b + 1) / 2 + a }

  /// Loads eight cells; lanes past the last cell repeat it and are never scattered.
  func gather(
    cells: Range<Int>, connectivity: [Int32], points: [SIMD3<Double>], displacement: [Double]
  ) {
    let d = dimension
    for lane in 0..<8 {
      let cell = min(cells.lowerBound + lane, cells.upperBound - 1)
      for a in 0..<nodes {
        let node = Int(connectivity[cell * nodes + a])
        for i in 0..<d {
          X[a * d + i][lane] = points[node][i]
          u[a * d + i][lane] = displacement[node * d + i]
        }
      }
    }
  }

  /// Loads the coming increment of the displacements; false where it is zero on all eight cells.
  func gatherIncrement(cells: Range<Int>, connectivity: [Int32], increment values: [Double]) -> Bool
  {
    let d = dimension
    var any = false
    for lane in 0..<8 {
      let cell = min(cells.lowerBound + lane, cells.upperBound - 1)
      for a in 0..<nodes {
        let node = Int(connectivity[cell * nodes + a])
        for i in 0..<d {
          let value = values[node * d + i]
          any = any || value != 0
          increment[a * d + i][lane] = value
        }
      }
    }
    return any
  }

  /// Kinematics at all points and the response of the law; the state of the batch must be set.
  func respond() {
    for q in 0..<points { configuration(q) }
    if volumetric == .meanDilatation { averageDilatation() }
    for q in 0..<points { writeStrain(q) }
    if formulation == .planeStress { respondInPlaneStress() } else { law.evaluate(&batch) }
  }

  /// Gradients ∇N_a, dV, F and J at one point.
  private func configuration(_ q: Int) {
    let d = dimension
    let at = q * nodes * d
    var radius = Lanes(repeating: 1)
    if d == 3 {
      undeformedGradients3(q, at)
    } else {
      undeformedGradients2(q, at)
      if formulation == .axisymmetric {
        radius = Lanes()
        for a in 0..<nodes { radius += N[q * nodes + a] * X[a * d] }
        dV[q] = dV[q] * radius * (2 * Double.pi)
        hoop[q] = 1 / radius
      } else {
        dV[q] = dV[q] * thickness
      }
    }
    deformationGradient(q, at)
  }

  private func undeformedGradients3(_ q: Int, _ at: Int) {
    var (a, b, c, e, f, g, h, m, n) = (
      Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes(), Lanes()
    )
    for node in 0..<nodes {
      let r = dN[q * nodes + node]
      let (x, y, z) = (X[3 * node], X[3 * node + 1], X[3 * node + 2])
      a += r.x * x
      b += r.y * x
      c += r.z * x
      e += r.x * y
      f += r.y * y
      g += r.z * y
      h += r.x * z
      m += r.y * z
      n += r.z * z
    }
    let (c00, c01, c02) = (f * n - g * m, g * h - e * n, e * m - f * h)
    let (c10, c11, c12) = (c * m - b * n, a * n - c * h, b * h - a * m)
    let (c20, c21, c22) = (b * g - c * f, c * e - a * g, a * f - b * e)
    let det = a * c00 + b * c01 + c * c02
    let inverse = 1 / det
    dV[q] = weights[q] * det
    for node in 0..<nodes {
      let r = dN[q * nodes + node]
      gradient[at + 3 * node] = (r.x * c00 + r.y * c01 + r.z * c02) * inverse
      gradient[at + 3 * node + 1] = (r.x * c10 + r.y * c11 + r.z * c12) * inverse
      gradient[at + 3 * node + 2] = (r.x * c20 + r.y * c21 + r.z * c22) * inverse
    }
  }

  private func undeformedGradients2(_ q: Int, _ at: Int) {
    var (a, b, c, e) = (Lanes(), Lanes(), Lanes(), Lanes())
    for node in 0..<nodes {
      let r = dN[q * nodes + node]
      a += r.x * X[2 * node]
      b += r.y * X[2 * node]
      c += r.x * X[2 * node + 1]
      e += r.y * X[2 * node + 1]
    }
    let det = a * e - b * c
    let inverse = 1 / det
    dV[q] = weights[q] * det
    for node in 0..<nodes {
      let r = dN[q * nodes + node]
      gradient[at + 2 * node] = (r.x * e - r.y * c) * inverse
      gradient[at + 2 * node + 1] = (r.y * a - r.x * b) * inverse
    }
  }

  /// F = 1 + Σ u_a ⊗ ∇N_a (row by row), J = det F, and the spatial gradients. In small strain F
  /// holds ∇u and J its trace plus one.
  private func deformationGradient(_ q: Int, _ at: Int) {
    let d = dimension
    for i in 0..<9 { F[9 * q + i] = Lanes() }
    for a in 0..<nodes {
      for i in 0..<d {
        let ui = u[a * d + i]
        for j in 0..<d {
          F[9 * q + 3 * i + j] = F[9 * q + 3 * i + j] + ui * gradient[at + a * d + j]
        }
      }
    }
    if formulation == .axisymmetric {
      var radial = Lanes()
      for a in 0..<nodes { radial += N[q * nodes + a] * u[a * d] }
      F[9 * q + 8] = radial * hoop[q]
    }
    alpha[q] = Lanes(repeating: 1)
    guard strainKind == .finite else {
      J[q] = 1 + F[9 * q] + F[9 * q + 4] + F[9 * q + 8]
      return
    }
    for i in [0, 4, 8] { F[9 * q + i] = F[9 * q + i] + 1 }
    let k = 9 * q
    let c00 = F[k + 4] * F[k + 8] - F[k + 5] * F[k + 7]
    let c01 = F[k + 5] * F[k + 6] - F[k + 3] * F[k + 8]
    let c02 = F[k + 3] * F[k + 7] - F[k + 4] * F[k + 6]
    J[q] = F[k] * c00 + F[k + 1] * c01 + F[k + 2] * c02
  }

  /// The Mandel strain the law sees: ε or C, with the mean dilatation where asked.
  private func writeStrain(_ q: Int) {
    let (k, t) = (9 * q, 6 * q)
    let r = Mandel.root2
    let h = Mandel.halfRoot2
    if strainKind == .small {
      let shift =
        volumetric == .meanDilatation
        ? (theta - (F[k] + F[k + 4] + F[k + 8])) * (1 / 3.0) : Lanes()
      batch.strain[t] = F[k] + shift
      batch.strain[t + 1] = F[k + 4] + shift
      batch.strain[t + 2] = F[k + 8] + shift
      batch.strain[t + 3] = h * (F[k + 5] + F[k + 7])
      batch.strain[t + 4] = h * (F[k + 2] + F[k + 6])
      batch.strain[t + 5] = h * (F[k + 1] + F[k + 3])
      return
    }
    let s = alpha[q]
    batch.strain[t] = s * (F[k] * F[k] + F[k + 3] * F[k + 3] + F[k + 6] * F[k + 6])
    batch.strain[t + 1] = s * (F[k + 1] * F[k + 1] + F[k + 4] * F[k + 4] + F[k + 7] * F[k + 7])
    batch.strain[t + 2] = s * (F[k + 2] * F[k + 2] + F[k + 5] * F[k + 5] + F[k + 8] * F[k + 8])
    batch.strain[t + 3] =
      s * r * (F[k + 1] * F[k + 2] + F[k + 4] * F[k + 5] + F[k + 7] * F[k + 8])
    batch.strain[t + 4] = s * r * (F[k] * F[k + 2] + F[k + 3] * F[k + 5] + F[k + 6] * F[k + 8])
    batch.strain[t + 5] = s * r * (F[k] * F[k + 1] + F[k + 3] * F[k + 4] + F[k + 6] * F[k + 7])
  }
}
