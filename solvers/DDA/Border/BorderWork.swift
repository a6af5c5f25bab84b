import Contact
import Glibc
import Mechanics

// Border points in a step. A loaded one is a load like any other (`OuterForces`). Guided and elastic ones are two rows
// each, along x and y, behind those of the held points: a guided row has multipliers over a stiff spring, an elastic one is
// the spring r itself, whose force at displacement 0 is g. Unlike held points they are measured where the block would be,
// exactly turned, so that a guided point is where it was told to be, and an elastic force is g − r u, to rounding.
extension IslandStep {
  /// Spring under a guided point, beside what the heaviest block of the island opposes by its mass in a step, and the
  /// stiffest one as a body. A firmer one takes fewer rounds of multipliers and leaves fewer digits to forces.
  private static let massFirmness = 1e3, bodyFirmness = 100.0

  /// Rows and springs of guided and elastic points, and how firmly their blocks are held.
  func startBorder() {
    let firmness = guideStiffness
    for index in island.border {
      let border = model.definition.border[Int(index)]
      guard border.mode != .loaded else { continue }
      let (i, X) = (local[border.block], model.borderPoints[Int(index)])
      let place = model.geometry.position(border.block, X, state)
      let moved = place - border.point
      let told = state.border[Int(index)]
      let value = told.ramp(time + dt)
      for axis in 0..<2 {
        let n = held.count
        let direction = axis == 0 ? Point(1, 0) : Point(0, 1)
        heldRows.set(n, lanes, model.geometry.row(border.block, at: X, state, along: direction))
        let mobility = base.mobility(border.block, heldRows, n * lanes)
        var work = HeldWork(
          kind: .elastic, index: index, i: i, gap: moved[axis], force: value[axis],
          stiffness: border.stiffness[axis])
        if border.mode == .guided {
          (work.kind, work.gap) = (.guided, moved[axis] - value[axis])
          work.force = told.force[axis]
          work.stiffness = max(Self.massFirmness / mobility, firmness)
          forceScale = max(
            forceScale, abs(work.force), work.stiffness * abs(work.gap) / Self.massFirmness)
        } else {
          forceScale = max(forceScale, abs(work.force - work.stiffness * work.gap))
        }
        (work.start, work.place) = (work.gap, place)
        isStiff = isStiff || work.stiffness * mobility > Self.singleLimit
        held.append(work)
      }
    }
    holdFirmly()
  }

  /// N/m that are firm for every block of the island: a skin is light and soft, what leans on it is not.
  private var guideStiffness: Double {
    let inertia = scheme.weights(dt).mass
    var most = 0.0
    for b in blocks.map(Int.init) {
      let shape = model.geometry.shapes[b]
      most = max(most, Self.massFirmness * inertia * shape.mass)
      for k in 0..<shape.modeCount {
        let stiffness = shape.modeStiffness[(shape.modeCount + 1) * k]
        most = max(most, Self.bodyFirmness * stiffness / (shape.radius * shape.radius))
      }
    }
    return most
  }

  /// Inverse matrices of blocks with their guides, by which contacts find how much such a block gives way: beside its mass
  /// alone the springs of contacts would be far too soft.
  private func holdFirmly() {
    let width = model.geometry.unknownCount * lanes
    for first in held where first.kind != .held && guidedInverse[first.i] == nil {
      let matrix = LaneBuffer(width)
      base.copyMatrix(Int(blocks[Int(first.i)]), to: matrix, at: 0)
      for q in held.indices where held[q].i == first.i {
        let (n, p) = (q * lanes, (1 - scheme.alphaForce) * held[q].stiffness)
        BlockKernels.addOuter(matrix, 0, heldRows, n, n, p, n, n, 0, lanes: lanes)
      }
      if BlockKernels.invert(matrix, lanes: lanes) { guidedInverse[first.i] = matrix }
    }
  }

  /// How far a unit force along a row moves a block, its guides included, m/N.
  func guidedMobility(_ i: Int32, _ b: Int, _ row: LanePair, _ start: Int) -> Double {
    guard let inverse = guidedInverse[i] else { return base.mobility(b, rows, start) }
    return row.dot(BlockKernels.apply(inverse, 0, row, lanes: lanes))
  }

  /// What exact turns add to the linear way of guided and elastic points.
  func measureBorder() {
    let g = model.geometry
    for q in stride(from: island.held.count, to: held.count, by: 2) {
      let (i, index) = (Int(held[q].i), Int(held[q].index))
      let (b, X) = (Int(blocks[i]), model.borderPoints[index])
      let start = held[q].place
      let D = x.pair(i, lanes)
      var Y = X
      for (k, m) in g.shapes[b].modes.enumerated() {
        Y += (state.modes[b * g.modeCount + k] + D[3 + k]) * m.value(X)
      }
      let place =
        state.centre[b] + Point(D[0], D[1]) + g.turned(Y, state.angle[b] + D[2])
      // Rounding of places would be felt by the springs.
      let noise = 0x1p-50 * (abs(place.x) + abs(place.y) + X.length)
      for axis in 0..<2 {
        let gap = held[q + axis].start + (place[axis] - start[axis] - held[q + axis].moved)
        if abs(gap - held[q + axis].gap) > noise { held[q + axis].gap = gap }
      }
    }
  }

  /// Forces and works of border points after the step, the block's unknowns having moved by x.
  func finishBorder(_ state: inout BlockState) {
    for q in stride(from: island.held.count, to: held.count, by: 2) {
      let index = Int(held[q].index)
      state.border[index].force = Point(held[q].T, held[q + 1].T)
      state.border[index].work += held[q].T * held[q].moved + held[q + 1].T * held[q + 1].moved
    }
    for index in island.border.map(Int.init) {
      let border = model.definition.border[index]
      if border.mode == .loaded {
        let f = state.border[index].ramp(time + dt)
        let row = model.geometry.row(
          border.block, at: model.borderPoints[index], self.state, along: f)
        state.border[index].force = f
        state.balance.outer -= f
        state.border[index].work += row.dot(x.pair(Int(local[border.block]), lanes))
      }
      state.balance.border += state.border[index].force
    }
  }

  /// Forces of fixed blocks, held points and bolts to the ground on the blocks of the island, N.
  var supportForce: Point {
    var sum = Point()
    func add(_ r: LaneBuffer, _ row: Int, _ f: Double) {
      sum += f * Point(r[row * lanes][0], r[row * lanes][1])
    }
    for q in 0..<liveCount where live[q].state != .open && (live[q].i < 0 || live[q].j < 0) {
      let side = live[q].i < 0 ? 1 : 0
      add(rows, 4 * q + side, live[q].N)
      add(rows, 4 * q + 2 + side, live[q].T)
    }
    for q in held.indices where held[q].kind == .held { add(heldRows, q, held[q].T) }
    for q in bolts.indices where bolts[q].i < 0 || bolts[q].j < 0 {
      add(boltRows, 2 * q + (bolts[q].i < 0 ? 1 : 0), -bolts[q].T)
    }
    return sum
  }
}
