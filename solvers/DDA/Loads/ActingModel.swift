import Mechanics

/// What acts on blocks from outside besides weight and point loads, prepared once.
struct ActingModel: Sendable {
  let edges: EdgeLoads, water: WetFaces, dashpots: Dashpots

  init(_ definition: DDADefinition, _ geometry: BlockGeometry) {
    edges = EdgeLoads(definition)
    water = WetFaces(definition)
    dashpots = Dashpots(definition, geometry)
  }

  /// Whether nothing acts on a block of its own.
  var isEmpty: Bool { edges.isEmpty && water.areFacesDry }

  /// Generalised force on a block at a time, the block being where the state has it.
  func force(
    _ b: Int, _ geometry: BlockGeometry, _ state: BlockState, time: Double
  ) -> LanePair {
    var out = [Lanes](repeating: Lanes(), count: geometry.lanes)
    edges.add(b, geometry, state, time: time, into: &out)
    water.add(b, geometry, state, time: time, into: &out)
    return out.pair(0, geometry.lanes)
  }
}

/// Forces of a step on an island that are no single block's: water in joints.
struct IslandActing: Sendable {
  /// On every block of the island at the end of the step; empty where there are none.
  var force: [Lanes] = []
}

extension IslandStep {
  /// Adds what acts in the island to the loads of the step.
  func startActing() {
    startDashpots()
    guard model.acting.water.areJointsWet else { return }
    var force = Array(repeating: Lanes(), count: count * lanes)
    var joints = island.contacts.map { list[Int($0)].joint }
    joints.sort()
    for n in joints.indices where n == 0 || joints[n] != joints[n - 1] {
      model.acting.water.add(
        joint: joints[n], model.geometry, state, time: time + dt,
        opening: WaterPressure.drainedOpening * model.size, local: local, into: &force)
    }
    var square = forceScale * forceScale
    for k in force.indices {
      fixedLoads[k] += (1 - scheme.alphaForce) * force[k]
      square += (force[k] * force[k]).sum()
    }
    acting.force = force
    forceScale = square.squareRoot()
  }

  /// It on a block of the island.
  @inline(__always)
  func actingForce(_ i: Int) -> LanePair {
    acting.force.isEmpty ? LanePair() : acting.force.pair(i, lanes)
  }
}
