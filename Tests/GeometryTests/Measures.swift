import Geometry

/// Volume (in 2-D area) of a mesh by quadrature.
func measure(_ mesh: Mesh) -> Double {
  var total = 0.0
  for block in mesh.blocks {
    let rule = Quadrature.rich(block.shape)
    for cell in 0..<block.cellCount {
      for (x, w) in zip(rule.points, rule.weights) {
        let (_, dN) = block.shape.shapeFunctions(at: x)
        var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
        for (k, n) in block.nodes(of: cell).enumerated() {
          a += dN[k].x * mesh.points[Int(n)]
          b += dN[k].y * mesh.points[Int(n)]
          c += dN[k].z * mesh.points[Int(n)]
        }
        let area = cross(a, b)
        total += w * (mesh.dimension == 2 ? area.z : (area * c).sum())
      }
    }
  }
  return total
}

/// Sum of the outward area vectors of facets, from their corners; exact for flat facets.
func areaVector(_ mesh: Mesh, _ facets: [Mesh.Facet]) -> SIMD3<Double> {
  var total = SIMD3<Double>.zero
  for facet in facets {
    let shape = mesh.blocks[facet.block].shape
    let p = mesh.nodes(of: facet).prefix(shape.facetCornerCount).map { mesh.points[$0] }
    if mesh.dimension == 2 {
      let t = p[1] - p[0]
      total += SIMD3(t.y, -t.x, 0)
    } else {
      for i in 1..<p.count - 1 {
        let (a, b) = (p[i] - p[0], p[i + 1] - p[0])
        total += 0.5 * cross(a, b)
      }
    }
  }
  return total
}

func norm(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }

func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
  let x = a.y * b.z - a.z * b.y
  let y = a.z * b.x - a.x * b.z
  return SIMD3(x, y, a.x * b.y - a.y * b.x)
}
