import Mechanics

/// What acts on blocks from outside besides weight and point loads, prepared once.
struct ActingModel: Sendable {
  let edges: EdgeLoads

  init(_ definition: DDADefinition, _ geometry: BlockGeometry) {
    edges = EdgeLoads(definition)
  }

  /// Adds the generalised force on a block at a time, the block being where the state has it.
  func add(
    _ b: Int, _ geometry: BlockGeometry, _ state: BlockState, time: Double,
    into out: inout [Lanes]
  ) {
    edges.add(b, geometry, state, time: time, into: &out)
  }
}
