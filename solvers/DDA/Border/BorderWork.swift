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

  /// Spring of a tie beside that of the point it is tied to.
  private static let tieFirmness = 10.0

  /// Rows and springs of guided, elastic and tied points, and how firmly their blocks are held.
  func startBorder() {
    let firmness = guideStiffness
    for index in island.border {
      let border = model.definition.border[Int(index)]
      guard border.mode != .loaded, border.lead == nil else { continue }
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
    startTies(firmness)
    holdFirmly()
  }

  /// Tied points: a bolt along x and one along y each, behind the bolts themselves.
  private func startTies(_ firmness: Double) {
    for index in island.border {
      let border = model.definition.border[Int(index)]
      guard let number = border.lead else { continue }
      let lead = model.definition.border[number]
      let (i, j) = (local[lead.block], local[border.block])
      let (X, Y) = (model.borderPoints[number], model.borderPoints[Int(index)])
      let apart =
        model.geometry.position(border.block, Y, state)
        - model.geometry.position(lead.block, X, state)
      for axis in 0..<2 {
        let direction = axis == 0 ? Point(1, 0) : Point(0, 1)
        let n = 2 * bolts.count
        boltRows.set(n, lanes, model.geometry.row(lead.block, at: X, state, along: -direction))
        boltRows.set(n + 1, lanes, model.geometry.row(border.block, at: Y, state, along: direction))
        let mobility =
          base.mobility(lead.block, boltRows, n * lanes)
          + base.mobility(border.block, boltRows, (n + 1) * lanes)
        let stiffness = max(
          Self.massFirmness / mobility, firmness, Self.tieFirmness * lead.stiffness[axis])
        var tie = BoltWork(
          index: index, i: i, j: j, stiffness: stiffness,
          tension: -state.border[Int(index)].force[axis])
        (tie.isTie, tie.gap) = (true, apart[axis])
        isStiff = isStiff || stiffness * mobility > Self.singleLimit
        forceScale = max(forceScale, abs(tie.tension))
        bolts.append(tie)
      }
    }
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
      // Where it is tied it gives way like the point that it moves with.
      for q in bolts.indices where bolts[q].isTie && bolts[q].j == first.i {
        let lead = model.definition.border[model.definition.border[Int(bolts[q].index)].lead!]
        let n = (2 * q + 1) * lanes
        let p = (1 - scheme.alphaForce) * lead.stiffness[(q - island.bolts.count) % 2]
        BlockKernels.addOuter(matrix, 0, boltRows, n, n, p, n, n, 0, lanes: lanes)
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
    for q in stride(from: island.held.count, to: held.count, by: 2) {
      let start = held[q].place
      let (place, noise) = trialPlace(of: Int(held[q].index))
      for axis in 0..<2 {
        let gap = held[q + axis].start + (place[axis] - start[axis] - held[q + axis].moved)
        if abs(gap - held[q + axis].gap) > noise { held[q + axis].gap = gap }
      }
    }
    for q in stride(from: island.bolts.count, to: bolts.count, by: 2) {
      let index = Int(bolts[q].index)
      let (own, lead) = (
        trialPlace(of: index), trialPlace(of: model.definition.border[index].lead!)
      )
      for axis in 0..<2 {
        let gap = own.place[axis] - lead.place[axis] - bolts[q + axis].stretched
        if abs(gap - bolts[q + axis].gap) > own.noise + lead.noise { bolts[q + axis].gap = gap }
      }
    }
  }

  /// Where a border point would be, exactly turned, and what rounding makes of that: springs would feel it.
  private func trialPlace(of index: Int) -> (place: Point, noise: Double) {
    let (g, b, X) = (
      model.geometry, model.definition.border[index].block, model.borderPoints[index]
    )
    let D = x.pair(Int(local[b]), lanes)
    var Y = X
    for (k, m) in g.shapes[b].modes.enumerated() {
      Y += (state.modes[b * g.modeCount + k] + D[3 + k]) * m.value(X)
    }
    let place = state.centre[b] + Point(D[0], D[1]) + g.turned(Y, state.angle[b] + D[2])
    return (place, 0x1p-50 * (abs(place.x) + abs(place.y) + X.length))
  }

  /// Forces and works of border points after the step, the block's unknowns having moved by x.
  ///
  /// Work is by the trapezoidal rule over the way as exact turns have it, like that of the body on the other side: so what
  /// one end of a border loses the other gains. The equations of the step have the force of its end alone, and the linear
  /// way: what they make of it more is the scheme's loss.
  func finishBorder(_ state: inout BlockState, _ work: inout EnergyAccount) {
    func add(_ index: Int, _ new: Point, _ way: Point, linear: Double) {
      let done = (0.5 * (state.border[index].force + new)).dot(way)
      state.border[index].force = new
      state.border[index].work += done
      work.external += done
      work.algorithmic += done - linear
      state.balance.border += new
    }
    for q in stride(from: island.held.count, to: held.count, by: 2) {
      let (x, y) = (held[q], held[q + 1])
      add(
        Int(x.index), Point(x.T, y.T),
        Point(x.moved + (x.gap - x.start), y.moved + (y.gap - y.start)),
        linear: x.T * x.moved + y.T * y.moved)
    }
    // What blocks do to one another is not from outside.
    for q in stride(from: island.bolts.count, to: bolts.count, by: 2) {
      let (x, y) = (bolts[q], bolts[q + 1])
      state.border[Int(x.index)].force = Point(-x.T, -y.T)
      work.algorithmic += x.T * x.stretched + y.T * y.stretched
    }
    for index in island.border.map(Int.init) {
      let border = model.definition.border[index]
      guard border.mode == .loaded else { continue }
      let (X, f) = (model.borderPoints[index], state.border[index].ramp(time + dt))
      let row = model.geometry.row(border.block, at: X, self.state, along: f)
      let linear = row.dot(x.pair(Int(local[border.block]), lanes))
      let way =
        trialPlace(of: index).place - model.geometry.position(border.block, X, self.state)
      add(index, f, way, linear: linear)
      // It is among the loads already.
      work.external -= linear
      state.balance.outer -= f
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
