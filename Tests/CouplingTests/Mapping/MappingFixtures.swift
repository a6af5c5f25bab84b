import Coupling
import Glibc
import Testing

/// A pair of interfaces that do not match.
struct InterfacePair: Sendable, CustomTestStringConvertible {
  let name: String
  let source: InterfaceMesh, target: InterfaceMesh
  var testDescription: String { name }
  var dimension: Int { source.dimension }

  static func cylinder(_ u: Double, _ v: Double) -> SIMD3<Double> {
    [sin(1.2 * u), v, cos(1.2 * u)]
  }

  static func sphere(_ u: Double, _ v: Double) -> SIMD3<Double> {
    let (a, b) = (u - 0.5, 0.9 * v - 0.4)
    return [sin(a) * cos(b), sin(b), cos(a) * cos(b)]
  }

  static func arc(_ u: Double) -> SIMD3<Double> { [cos(2 * u), sin(2 * u), 0] }

  static func patches(
    _ name: String, _ n: Int, _ m: Int, _ source: InterfaceMesh.PatchFacets = .quadrilaterals,
    _ target: InterfaceMesh.PatchFacets = .quadrilaterals,
    place: (Double, Double) -> SIMD3<Double> = { [$0, $1, 0] }, shift: SIMD3<Double> = .zero
  ) -> InterfacePair {
    InterfacePair(
      name: name,
      source: .patch(name: "source", columns: n, rows: n, facets: source, place: place),
      target: .patch(name: "target", columns: m, rows: m, facets: target) { place($0, $1) + shift })
  }

  static func lines(
    _ name: String, _ n: Int, _ m: Int, place: (Double) -> SIMD3<Double> = { [$0, 0, 0] },
    shift: SIMD3<Double> = .zero
  ) -> InterfacePair {
    InterfacePair(
      name: name, source: .line(name: "source", segments: n, place: place),
      target: .line(name: "target", segments: m) { place($0) + shift })
  }

  static let flat: [InterfacePair] = [
    lines("lines", 4, 6), lines("lines, sloping", 6, 4, place: { [2 * $0, 1 - 0.7 * $0, 0] }),
    patches("quadrilaterals", 4, 6), patches("triangles", 6, 4, .triangles, .triangles),
    patches("triangles to quadrilaterals", 4, 6, .triangles),
    patches("quadrilaterals to triangles", 6, 9, .quadrilaterals, .triangles) { u, v in
      [1 + u, 2 * v - u, 0.3 * u + 0.8 * v]
    },
  ]

  static let curved: [InterfacePair] = [
    lines("arcs", 12, 17, place: arc), patches("cylinder", 6, 9, place: cylinder),
    patches("cylinder, triangles", 9, 7, .triangles, .triangles, place: cylinder),
    patches("sphere", 8, 11, place: sphere),
    patches("sphere, triangles to quadrilaterals", 10, 7, .triangles, place: sphere),
  ]

  static let apart: [InterfacePair] = [
    lines("lines with a gap", 4, 6, shift: [0, 0.02, 0]),
    patches("patches with a gap", 4, 6, shift: [0, 0, 0.03]),
    patches("spheres with a gap", 8, 11, place: sphere, shift: [0, 0.0, 0.01]),
  ]

  static let all = flat + curved + apart
}

extension Transfer.Kind {
  static let projections: [Transfer.Kind] = [.nearestProjection, .barycentric]
  static let radial: [Transfer.Kind] = RadialBasis.Family.allCases.map {
    .radialBasis(RadialBasis($0))
  }
  static let every: [Transfer.Kind] = [.nearestNeighbour, .mortar] + projections + radial
}

extension InterfaceMesh {
  /// Values of some functions at every point, `[point * width + component]`.
  func sample(_ fields: [(SIMD3<Double>) -> Double]) -> [Double] {
    points.flatMap { x in fields.map { $0(x) } }
  }

  /// Force and moment about a point of nodal forces.
  func resultant(_ f: [Double]) -> (force: SIMD3<Double>, moment: SIMD3<Double>, size: Double) {
    let about = SIMD3(0.3, -1.1, dimension == 3 ? 2.0 : 0)
    var (force, moment, size) = (SIMD3<Double>.zero, SIMD3<Double>.zero, 0.0)
    for (i, x) in points.enumerated() {
      let v = SIMD3(
        f[i * dimension], f[i * dimension + 1], dimension == 3 ? f[i * dimension + 2] : 0)
      let r = x - about
      force += v
      moment += SIMD3(r.y * v.z - r.z * v.y, r.z * v.x - r.x * v.z, r.x * v.y - r.y * v.x)
      size += abs(v).max()
    }
    return (force, moment, size)
  }
}

func abs(_ v: SIMD3<Double>) -> SIMD3<Double> { pointwiseMax(v, -v) }

/// Numbers in [−1, 1) from a seed.
func randomValues(_ count: Int, seed: UInt64 = 1) -> [Double] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }
}

func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count)
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
