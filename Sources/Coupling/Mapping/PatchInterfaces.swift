import Glibc

extension InterfaceMesh {
  /// How a rectangular patch is divided.
  public enum PatchFacets: Sendable { case triangles, quadrilaterals }

  /// A patch of columns × rows facets over the unit square, bent by a map of it into space: for tests,
  /// benchmarks and examples.
  public static func patch(
    name: String, columns: Int, rows: Int, facets: PatchFacets = .quadrilaterals,
    place: (_ u: Double, _ v: Double) -> SIMD3<Double> = { SIMD3($0, $1, 0) }
  ) -> InterfaceMesh {
    var points: [SIMD3<Double>] = []
    for j in 0...rows {
      for i in 0...columns {
        points.append(place(Double(i) / Double(columns), Double(j) / Double(rows)))
      }
    }
    var cells: [[Int32]] = []
    for j in 0..<rows {
      for i in 0..<columns {
        let a = Int32(j * (columns + 1) + i)
        let (b, c, d) = (a + 1, a + Int32(columns) + 2, a + Int32(columns) + 1)
        switch facets {
        case .quadrilaterals: cells.append([a, b, c, d])
        case .triangles: cells += [[a, b, c], [a, c, d]]
        }
      }
    }
    return InterfaceMesh(name: name, dimension: 3, points: points, cells: cells)
  }

  /// A line of segments over the unit interval, bent by a map of it into the plane.
  public static func line(
    name: String, segments: Int, place: (_ u: Double) -> SIMD3<Double> = { SIMD3($0, 0, 0) }
  ) -> InterfaceMesh {
    InterfaceMesh(
      name: name, dimension: 2, points: (0...segments).map { place(Double($0) / Double(segments)) },
      cells: (0..<Int32(segments)).map { [$0, $0 + 1] })
  }
}
