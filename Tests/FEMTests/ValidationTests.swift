import FEM
import Geometry
import Mechanics
import Testing

private func valid() throws -> FEMModel.Definition {
  var definition = FEMModel.Definition(
    mesh: hexBox(2, 2, 2, size: [1, 1, 1]), law: try NeoHooke(mu: 1, lambda: 10))
  definition.prescriptions = [.fixed("zmin")]
  return definition
}

private func complaint(_ edit: (inout FEMModel.Definition) throws -> Void) throws -> FEMError? {
  var definition = try valid()
  try edit(&definition)
  do {
    _ = try FEMModel(definition)
    return nil
  } catch { return error }
}

@Test("a sound model is accepted")
func sound() throws { #expect(try complaint { _ in } == nil) }

@Test("a body that can still move is refused, and the motion is named")
func rigidBody() throws {
  let free = try complaint { $0.prescriptions = [] }
  #expect(free?.problem.contains("move along x") == true)
  let sliding = try complaint {
    $0.prescriptions = [.fixed("zmin", components: [2]), .fixed("ymin", components: [1])]
  }
  #expect(sliding?.problem == "the body can still move along x")
  let turning = try complaint { d in
    // Held along one edge: it can turn about that edge.
    d.mesh.nodeSets["edge"] = d.mesh.points.indices.filter {
      d.mesh.points[$0].x == 0 && d.mesh.points[$0].y == 0
    }
    d.prescriptions = [.fixed("edge")]
  }
  #expect(turning?.problem == "the body can still turn about z")
}

@Test("two bodies, one of them free, are told apart")
func looseBody() throws {
  let free = try complaint { d in
    let other = hexBox(1, 1, 1, size: [1, 1, 1])
    let base = Int32(d.mesh.nodeCount)
    d.mesh.points += other.points.map { $0 + SIMD3(3, 0, 0) }
    d.mesh.blocks[0].connectivity += other.blocks[0].connectivity.map { $0 + base }
  }
  #expect(free?.problem.contains("the part that holds node 28") == true)
}

@Test("unknown sets, missing laws, wrong pairs, inverted cells and contradictions are named")
func namedErrors() throws {
  #expect(try complaint { $0.prescriptions.append(.fixed("left")) }?.place == "boundary set 'left'")
  #expect(
    try complaint { $0.tractions = [Traction(set: "lid", pressure: 1)] }?.place == "load set 'lid'")
  #expect(try complaint { $0.laws = [:] }?.problem == "has no law")
  #expect(try complaint { $0.strain = .small }?.problem.contains("small strain needs") == true)
  #expect(
    try complaint { $0.mesh.blocks[0].connectivity.swapAt(0, 1) }?.place == "region 'body', cell 1")
  #expect(
    try complaint { $0.prescriptions.append(Prescription(set: "zmin", component: 0, to: 1)) }?
      .problem.contains("at the same node") == true)
  #expect(
    try complaint { $0.mesh.points[4].x = .nan }?.problem == "has a coordinate that is not finite")
  #expect(try complaint { $0.formulation = .axisymmetric }?.problem.contains("2-D") == true)
}
