import Contact
import Glibc
import LinearAlgebra
import Mechanics

/// Mass and stiffness of every block for one length of the time step, in registers of eight.
///
/// Columns of block b begin at `b * unknowns * lanes`; vectors at `b * lanes`.
struct BlockMatrices: Sendable {
  let geometry: BlockGeometry
  let dt: Double
  let lanes: Int
  /// mass-weight M + force-weight K; M; K; reciprocal of the first one's diagonal.
  /// Nothing writes to them once they are made.
  private let sum: LaneBuffer, mass: LaneBuffer, stiffness: LaneBuffer, reciprocal: LaneBuffer
  /// −∫ B σ₀ of the stress that a block carries from the start.
  private let initialForce: LaneBuffer

  init(_ model: DDAModel, dt: Double) {
    geometry = model.geometry
    self.dt = dt
    lanes = geometry.lanes
    let (n, lanes) = (geometry.unknownCount, geometry.lanes)
    let weights = model.definition.scheme.weights(dt)
    let count = geometry.shapes.count
    (mass, stiffness) = (.zeros(count * n * lanes), .zeros(count * n * lanes))
    (reciprocal, initialForce) = (.zeros(count * lanes), .zeros(count * lanes))
    sum = LaneBuffer(count * n * lanes)
    for (b, shape) in geometry.shapes.enumerated() {
      func place(_ i: Int, _ j: Int) -> Int { (b * n + j) * lanes + i / 8 }
      mass[place(0, 0)][0] = shape.mass
      mass[place(1, 1)][1] = shape.mass
      mass[place(2, 2)][2] = shape.inertia
      let k = shape.modeCount
      let initial = model.definition.blocks[b].initialStress
      for i in 0..<k {
        for j in 0..<k {
          mass[place(3 + i, 3 + j)][(3 + i) % 8] = shape.modeMass[k * i + j]
          stiffness[place(3 + i, 3 + j)][(3 + i) % 8] = shape.modeStiffness[k * i + j]
        }
        for s in 0..<3 {
          initialForce[b * lanes + (3 + i) / 8][(3 + i) % 8] -=
            shape.strainIntegral[3 * i + s] * initial[s]
        }
      }
    }
    for k in 0..<mass.count { sum[k] = weights.mass * mass[k] + weights.force * stiffness[k] }
    model.acting.dashpots.add(
      weights.force * model.definition.scheme.rate(dt), to: sum, lanes: lanes)
    for b in 0..<count {
      for i in 0..<n {
        reciprocal[b * lanes + i / 8][i % 8] = 1 / sum[(b * n + i) * lanes + i / 8][i % 8]
      }
    }
  }

  /// Copies the matrix of a block.
  @inline(__always)
  func copyMatrix(_ b: Int, to out: LaneBuffer, at place: Int) {
    let width = geometry.unknownCount * lanes
    for c in 0..<width { out[place + c] = sum[b * width + c] }
  }

  /// About how far a unit force along a row moves a block, m/N.
  @inline(__always)
  func mobility(_ b: Int, _ rows: LaneBuffer, _ start: Int) -> Double {
    var sum = 0.0
    for l in 0..<lanes {
      sum += (rows[start + l] * rows[start + l] * reciprocal[b * lanes + l]).sum()
    }
    return sum
  }

  /// Which product of a block.
  enum Part { case mass, stiffness, sum }

  /// M v, K v or the step's matrix times v, of a block.
  @inline(__always)
  func times(_ part: Part, _ b: Int, _ v: LanePair) -> LanePair {
    switch part {
    case .mass: product(mass, b, v)
    case .stiffness: product(stiffness, b, v)
    case .sum: product(sum, b, v)
    }
  }

  @inline(__always)
  private func product(_ B: LaneBuffer, _ b: Int, _ v: LanePair) -> LanePair {
    BlockKernels.apply(B, b * geometry.unknownCount * lanes, v, lanes: lanes)
  }

  /// −K q − ∫B σ₀ of a block at its modes.
  @inline(__always)
  func elasticForce(_ b: Int, _ state: BlockState) -> LanePair {
    initialForce.pair(b, lanes) - product(stiffness, b, strained(b, state))
  }

  /// ½ q·K q + q·∫B σ₀ of a block, J.
  func strainEnergy(_ b: Int, _ state: BlockState) -> Double {
    let q = strained(b, state)
    return 0.5 * q.dot(product(stiffness, b, q)) - q.dot(initialForce.pair(b, lanes))
  }

  /// The modes of a block in the places of its unknowns.
  @inline(__always)
  private func strained(_ b: Int, _ state: BlockState) -> LanePair {
    var q = LanePair()
    let k = geometry.modeCount
    if lanes == 1 {
      for i in 0..<3 { q.first[3 + i] = state.modes[3 * b + i] }
    } else {
      for i in 0..<k { q[3 + i] = state.modes[k * b + i] }
    }
    return q
  }

  /// M⁻¹ f of a block.
  func massSolve(_ b: Int, _ f: LanePair) -> LanePair {
    let shape = geometry.shapes[b]
    let k = shape.modeCount
    var out = LanePair()
    out[0] = f[0] / shape.mass
    out[1] = f[1] / shape.mass
    out[2] = f[2] / shape.inertia
    var L = DenseMatrix(rows: k, columns: k, values: shape.modeMass)
    var q = (0..<k).map { f[3 + $0] }
    let isDefinite = Cholesky.factorise(&L)
    precondition(isDefinite, "block \(b) has no mass in one of its modes")
    Cholesky.solve(factor: L, &q)
    for i in 0..<k { out[3 + i] = q[i] }
    return out
  }
}

/// Weight, the ground's acceleration and loads on blocks at a time.
struct OuterForces {
  private let model: DDAModel
  private let state: BlockState
  private let time: Double
  private let pull: Point
  /// Sums of loads of the blocks that have any.
  private var loads: [Int: LanePair] = [:]

  init(_ model: DDAModel, _ state: BlockState, _ time: Double) {
    (self.model, self.state, self.time) = (model, state, time)
    let base = model.definition.baseAcceleration
    pull = model.definition.gravity - Point(base.x(time), base.y(time))
    for (index, load) in model.definition.loads.enumerated() {
      let f = load.history(time) * load.force
      loads[load.block, default: LanePair()] += model.geometry.row(
        load.block, at: model.loadPoints[index], state, along: f)
    }
    for (index, border) in model.definition.border.enumerated() where border.mode == .loaded {
      loads[border.block, default: LanePair()] += model.geometry.row(
        border.block, at: model.borderPoints[index], state, along: state.border[index].ramp(time))
    }
  }

  /// Generalised force on a block.
  @inline(__always)
  func force(_ b: Int) -> LanePair {
    let mass = model.geometry.mass[b]
    var out = loads.isEmpty ? LanePair() : loads[b] ?? LanePair()
    out.first[0] += mass * pull.x
    out.first[1] += mass * pull.y
    if !model.acting.isEmpty { out += model.acting.force(b, model.geometry, state, time: time) }
    return out
  }
}
