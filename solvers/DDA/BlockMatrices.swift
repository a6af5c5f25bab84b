import Contact
import Glibc
import LinearAlgebra
import Mechanics

/// Mass and stiffness of every block for one length of the time step, in registers of eight.
struct BlockMatrices: Sendable {
  let geometry: BlockGeometry
  let dt: Double
  let lanes: Int
  /// mass-weight M + force-weight K, columns; reciprocal of its diagonal.
  private var matrix: [Lanes] = [], reciprocal: [Lanes] = []
  private let definition: DDADefinition

  init(_ model: DDAModel, dt: Double) {
    geometry = model.geometry
    definition = model.definition
    self.dt = dt
    lanes = geometry.lanes
    let n = geometry.unknownCount
    let weights = model.definition.scheme.weights(dt)
    matrix = Array(repeating: Lanes(), count: geometry.shapes.count * n * lanes)
    reciprocal = Array(repeating: Lanes(), count: geometry.shapes.count * lanes)
    let rate = weights.force * model.definition.scheme.rate(dt)
    for (b, shape) in geometry.shapes.enumerated() {
      func set(_ i: Int, _ j: Int, _ value: Double) {
        matrix[(b * n + j) * lanes + i / 8][i % 8] = value
        if i == j { reciprocal[b * lanes + i / 8][i % 8] = 1 / value }
      }
      set(0, 0, weights.mass * shape.mass)
      set(1, 1, weights.mass * shape.mass)
      set(2, 2, weights.mass * shape.inertia)
      let k = shape.modeCount
      for i in 0..<k {
        for j in 0..<k {
          set(
            3 + i, 3 + j,
            weights.mass * shape.modeMass[k * i + j] + weights.force
              * shape.modeStiffness[k * i + j])
        }
      }
      guard model.acting.dashpots.touches(b) else { continue }
      let C = model.acting.dashpots.matrix(b)
      for i in 0..<n {
        for j in 0..<n {
          set(i, j, matrix[(b * n + j) * lanes + i / 8][i % 8] + rate * C[n * i + j])
        }
      }
    }
  }

  func copyMatrix(_ b: Int, into out: inout [Lanes], at start: Int) {
    let width = geometry.unknownCount * lanes
    for c in 0..<width { out[start + c] = matrix[b * width + c] }
  }

  /// About how far a unit force along a row moves a block, m/N.
  func mobility(_ b: Int, _ rows: [Lanes], _ start: Int) -> Double {
    var sum = 0.0
    for l in 0..<lanes {
      sum += (rows[start + l] * rows[start + l] * reciprocal[b * lanes + l]).sum()
    }
    return sum
  }

  /// M v of a block.
  func massTimes(_ b: Int, _ v: [Lanes]) -> [Lanes] {
    let shape = geometry.shapes[b]
    var out = [Lanes](repeating: Lanes(), count: lanes)
    out[0][0] = shape.mass * v[0][0]
    out[0][1] = shape.mass * v[0][1]
    out[0][2] = shape.inertia * v[0][2]
    for i in 0..<shape.modeCount {
      var sum = 0.0
      for j in 0..<shape.modeCount {
        sum += shape.modeMass[shape.modeCount * i + j] * v[(3 + j) / 8][(3 + j) % 8]
      }
      out[(3 + i) / 8][(3 + i) % 8] = sum
    }
    return out
  }

  /// M⁻¹ f of a block.
  func massSolve(_ b: Int, _ f: [Lanes]) -> [Lanes] {
    let shape = geometry.shapes[b]
    let k = shape.modeCount
    var out = [Lanes](repeating: Lanes(), count: lanes)
    out[0][0] = f[0][0] / shape.mass
    out[0][1] = f[0][1] / shape.mass
    out[0][2] = f[0][2] / shape.inertia
    var L = DenseMatrix(rows: k, columns: k, values: shape.modeMass)
    var q = [Double](repeating: 0, count: k)
    for i in 0..<k { q[i] = f[(3 + i) / 8][(3 + i) % 8] }
    let isDefinite = Cholesky.factorise(&L)
    precondition(isDefinite, "block \(b) has no mass in one of its modes")
    Cholesky.solve(factor: L, &q)
    for i in 0..<k { out[(3 + i) / 8][(3 + i) % 8] = q[i] }
    return out
  }

  /// −K q − ∫B σ₀ of a block at its modes.
  func elasticForce(_ b: Int, _ state: BlockState) -> [Lanes] {
    let shape = geometry.shapes[b]
    let k = shape.modeCount
    let initial = definition.blocks[b].initialStress
    var out = [Lanes](repeating: Lanes(), count: lanes)
    for i in 0..<k {
      var sum = 0.0
      for j in 0..<k { sum -= shape.modeStiffness[k * i + j] * state.modes[k * b + j] }
      for s in 0..<3 { sum -= shape.strainIntegral[3 * i + s] * initial[s] }
      out[(3 + i) / 8][(3 + i) % 8] = sum
    }
    return out
  }

  /// K D of a block for a displacement D.
  func stiffnessTimes(_ b: Int, _ D: [Lanes]) -> [Lanes] {
    let shape = geometry.shapes[b]
    let k = shape.modeCount
    var out = [Lanes](repeating: Lanes(), count: lanes)
    for i in 0..<k {
      var sum = 0.0
      for j in 0..<k { sum += shape.modeStiffness[k * i + j] * D[(3 + j) / 8][(3 + j) % 8] }
      out[(3 + i) / 8][(3 + i) % 8] = sum
    }
    return out
  }

  /// ½ q·K q + q·∫B σ₀ of a block, J.
  func strainEnergy(_ b: Int, _ state: BlockState) -> Double {
    let shape = geometry.shapes[b]
    let k = shape.modeCount
    let initial = definition.blocks[b].initialStress
    var sum = 0.0
    for i in 0..<k {
      let q = state.modes[k * b + i]
      for j in 0..<k { sum += 0.5 * q * shape.modeStiffness[k * i + j] * state.modes[k * b + j] }
      for s in 0..<3 { sum += q * shape.strainIntegral[3 * i + s] * initial[s] }
    }
    return sum
  }
}

/// Weight, the ground's acceleration and loads on blocks at a time.
struct OuterForces {
  private let model: DDAModel
  private let state: BlockState
  private let time: Double
  private let pull: Point
  private let loads: [(block: Int, index: Int)]

  init(_ model: DDAModel, _ state: BlockState, _ time: Double) {
    (self.model, self.state, self.time) = (model, state, time)
    let base = model.definition.baseAcceleration
    pull = model.definition.gravity - Point(base.x(time), base.y(time))
    loads = model.definition.loads.indices.map { (model.definition.loads[$0].block, $0) }
  }

  /// Generalised force on a block.
  func force(_ b: Int, _ lanes: Int) -> [Lanes] {
    var out = [Lanes](repeating: Lanes(), count: lanes)
    let mass = model.geometry.shapes[b].mass
    out[0][0] = mass * pull.x
    out[0][1] = mass * pull.y
    for load in loads where load.block == b {
      let given = model.definition.loads[load.index]
      let f = given.history(time) * given.force
      model.geometry.addRow(
        b, at: model.loadPoints[load.index], state, along: f, sign: 1, into: &out, at: 0)
    }
    model.acting.add(b, model.geometry, state, time: time, into: &out)
    return out
  }
}
