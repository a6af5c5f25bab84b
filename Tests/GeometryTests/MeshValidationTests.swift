import Geometry
import Testing

private func bar() throws -> Mesh {
  try StructuredMesh.box(size: [2, 1, 1], divisions: (2, 1, 1))
}

private func refused(_ mesh: Mesh, _ part: String) {
  let error = #expect(throws: MeshError.self) { try mesh.validate() }
  #expect(error?.description.contains(part) == true, "\(String(describing: error))")
}

@Test("an inverted, flat or collapsed cell is named", arguments: CellShape.allCases)
func badCells(shape: CellShape) throws {
  let good = try StructuredMesh.box(size: [2, 1, 1], divisions: (2, 1, 1), shape: shape)
  try good.validate()
  let last = good.cellCount - 1
  var mirrored = good
  for n in mirrored.points.indices { mirrored.points[n].x *= -1 }
  refused(mirrored, "cell 0 of block 'body': is inverted at node")
  var flat = good
  for n in flat.points.indices { flat.points[n].y = 0 }
  refused(flat, "is flat at node")
  var collapsed = good
  let at = last * shape.nodeCount
  collapsed.blocks[0].connectivity[at] = collapsed.blocks[0].connectivity[at + 1]
  refused(collapsed, "cell \(last) of block 'body': has node")
  var lost = good
  lost.points[0].x = .nan
  refused(lost, "not a number")
}

@Test("a mid-edge node far from its edge inverts the cell")
func badMiddle() throws {
  var mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (1, 1, 1), shape: .quad8)
  mesh.points[4].x = -0.2
  refused(mesh, "is inverted at node 0")
}

@Test("a bent corner outside the quadrature points is accepted, as the standard patch test has one")
func bentCorner() throws {
  var mesh = try StructuredMesh.rectangle(size: [1, 1], divisions: (1, 1))
  // The corner opens to slightly more than a straight angle.
  mesh.points[3] = [0.45, 0.45, 0]
  try mesh.validate()
  // Further in, a quadrature point is inside out as well.
  mesh.points[3] = [0.1, 0.1, 0]
  refused(mesh, "is inverted at node 3")
}

@Test("wrong numbers, lost nodes, coincident nodes and doubled cells are found")
func badNumbers() throws {
  var wrong = try bar()
  wrong.blocks[0].connectivity[3] = 99
  refused(wrong, "has node 99 of 12")
  var unused = try bar()
  unused.points.append([5, 5, 5])
  refused(unused, "node 12: belongs to no cell")
  var doubled = try bar()
  doubled.blocks.append(doubled.blocks[0])
  refused(doubled, "cells overlap")
  var sets = try bar()
  sets.nodeSets["load"] = [12]
  refused(sets, "node set 'load'")
  sets = try bar()
  sets.facetSets["load"] = [.init(block: 0, cell: 2, facet: 0)]
  refused(sets, "facet set 'load'")
}

@Test("two parts that only touch have coincident nodes, which may be meant")
func coincidence() throws {
  let left = try StructuredMesh.box(size: [1, 1, 1], divisions: (1, 1, 1))
  let right = try StructuredMesh.box(size: [1, 1, 1], divisions: (1, 1, 1), origin: [1, 0, 0])
  let both = Mesh(
    dimension: 3, points: left.points + right.points,
    blocks: [
      left.blocks[0],
      .init(shape: .hex8, connectivity: right.blocks[0].connectivity.map { $0 + 8 }),
    ])
  refused(both, "node 8: lies where node 1 is")
  try both.validate(coincidentNodes: true)
}

@Test("every inner facet has two cells, every boundary facet one", arguments: CellShape.allCases)
func facetCounts(shape: CellShape) throws {
  let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (4, 3, 2), shape: shape)
  let total = mesh.cellCount * shape.facets.count
  let boundary = mesh.boundaryFacets()
  #expect(Set(boundary).count == boundary.count)
  let faces: Int
  switch shape {
  case .tri3, .tri6, .quad4, .quad8: faces = 2 * (4 + 3)
  case .hex8, .hex20: faces = 2 * (12 + 8 + 6)
  case .tet4, .tet10: faces = 4 * (12 + 8 + 6)
  }
  #expect(boundary.count == faces)
  #expect((total - faces) % 2 == 0)
}
