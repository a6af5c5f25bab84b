import FEM
import Geometry
import Mechanics

/// A box of hex8 cells numbered i + (nx+1)(j + (ny+1)k).
func hexBox(_ nx: Int, _ ny: Int, _ nz: Int, size: SIMD3<Double>) -> Mesh {
  var points: [SIMD3<Double>] = []
  for k in 0...nz {
    for j in 0...ny {
      for i in 0...nx {
        points.append(
          size * SIMD3(Double(i) / Double(nx), Double(j) / Double(ny), Double(k) / Double(nz)))
      }
    }
  }
  func id(_ i: Int, _ j: Int, _ k: Int) -> Int32 { Int32(i + (nx + 1) * (j + (ny + 1) * k)) }
  var cells: [Int32] = []
  for k in 0..<nz {
    for j in 0..<ny {
      for i in 0..<nx {
        cells += [
          id(i, j, k), id(i + 1, j, k), id(i + 1, j + 1, k), id(i, j + 1, k),
          id(i, j, k + 1), id(i + 1, j, k + 1), id(i + 1, j + 1, k + 1), id(i, j + 1, k + 1),
        ]
      }
    }
  }
  var mesh = Mesh(dimension: 3, points: points, blocks: [.init(shape: .hex8, connectivity: cells)])
  for (axis, name) in ["x", "y", "z"].enumerated() {
    mesh.nodeSets[name + "min"] = points.indices.filter { points[$0][axis] == 0 }
    mesh.nodeSets[name + "max"] = points.indices.filter { points[$0][axis] == size[axis] }
    let boundary = mesh.boundaryFacets()
    for (side, value) in [("min", 0.0), ("max", size[axis])] {
      mesh.facetSets[name + side] = boundary.filter { f in
        mesh.nodes(of: f).allSatisfy { points[$0][axis] == value }
      }
    }
  }
  return mesh
}
