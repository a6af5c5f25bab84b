import Mechanics

/// What acts on blocks from outside besides weight and point loads, prepared once.
struct ActingModel: Sendable {
  let edges: EdgeLoads, water: WetFaces, dashpots: Dashpots

  init(_ definition: DDADefinition, _ geometry: BlockGeometry) {
    edges = EdgeLoads(definition)
    water = WetFaces(definition)
    dashpots = Dashpots(definition, geometry)
  }

  /// Adds the generalised force on a block at a time, the block being where the state has it.
  func add(
    _ b: Int, _ geometry: BlockGeometry, _ state: BlockState, time: Double,
    into out: inout [Lanes]
  ) {
    edges.add(b, geometry, state, time: time, into: &out)
    water.add(b, geometry, state, time: time, into: &out)
  }
}

/// Forces of a step on an island that are no single block's: water in joints.
struct IslandActing: Sendable {
  /// On every block of the island at the end of the step; empty where there are none.
  var force: [Lanes] = []
}

extension IslandStep {
  /// Adds what acts in the island to the loads of the step.
  mutating func startActing(_ contacts: [ContactSet.Contact], _ island: ContactSet.Island) {
    startDashpots()
    guard model.acting.water.areJointsWet else { return }
    acting.force = Array(repeating: Lanes(), count: blocks.count * lanes)
    var joints = island.contacts.map { contacts[Int($0)].joint }
    joints.sort()
    for n in joints.indices where n == 0 || joints[n] != joints[n - 1] {
      model.acting.water.add(
        joint: joints[n], model.geometry, state, time: time + dt,
        opening: WaterPressure.drainedOpening * model.size, local: local, into: &acting.force)
    }
    var square = forceScale * forceScale
    for k in fixedLoads.indices {
      fixedLoads[k] += (1 - scheme.alphaForce) * acting.force[k]
      square += (acting.force[k] * acting.force[k]).sum()
    }
    forceScale = square.squareRoot()
  }

  /// Adds it to the forces at the end of the step: in all, and from outside.
  func addActing(_ total: inout [Lanes], _ outer: inout [Lanes]) {
    for k in acting.force.indices {
      total[k] += acting.force[k]
      outer[k] += acting.force[k]
    }
  }
}
