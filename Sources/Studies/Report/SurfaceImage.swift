import Foundation
import Geometry

/// The facets that a picture shows: the boundary of a body, or the cells of a plane one.
struct VisibleFacets {
  /// Node numbers: 3, 4, 6 or 8 (corners counter-clockwise seen from outside, then mid-edges).
  private(set) var nodes: [[Int]]
  /// Edges of two facets that meet at an angle, or of one facet only: the drawn outline.
  let isPlane: Bool

  /// `limit` bounds the number of facets by merging nodes on an ever coarser grid.
  init(_ mesh: Mesh, limit: Int) {
    isPlane = mesh.dimension == 2
    if isPlane {
      nodes = mesh.blocks.flatMap { block in
        (0..<block.cellCount).map { block.nodes(of: $0).map(Int.init) }
      }
    } else {
      nodes = mesh.boundaryFacets().map { mesh.nodes(of: $0) }
    }
    guard nodes.count > limit else { return }
    let fine = nodes.map { Array($0.prefix($0.count == 3 || $0.count == 6 ? 3 : 4)) }
    let extent = SurfaceView.extent(mesh.points)
    var spacing = max(extent.x, extent.y, extent.z) / 160
    repeat {
      nodes = VisibleFacets.merged(fine, mesh.points, spacing: spacing)
      spacing *= 1.3
    } while nodes.count > limit
  }

  private static func merged(
    _ facets: [[Int]], _ points: [SIMD3<Double>], spacing: Double
  ) -> [[Int]] {
    var first: [SIMD3<Int32>: Int] = [:]
    func representative(_ node: Int) -> Int {
      let cell = SIMD3<Int32>((points[node] / spacing).rounded(.down))
      if let known = first[cell] { return known }
      first[cell] = node
      return node
    }
    var seen: Set<[Int]> = []
    var out: [[Int]] = []
    for facet in facets {
      var merged: [Int] = []
      for node in facet.map(representative) where !merged.contains(node) { merged.append(node) }
      if merged.count >= 3, seen.insert(merged.sorted()).inserted { out.append(merged) }
    }
    return out
  }
}

/// A surface projected, ready to be painted at any scale.
struct SurfaceImage {
  struct Bounds {
    var low = SIMD2(repeating: Double.infinity)
    var high = SIMD2(repeating: -Double.infinity)
    var size: SIMD2<Double> { high - low }

    func union(_ other: Bounds) -> Bounds {
      Bounds(low: pointwiseMin(low, other.low), high: pointwiseMax(high, other.high))
    }
  }

  private struct Face {
    let nodes: [Int]
    let depth: Double
    let shade: Int
  }

  private let facets: VisibleFacets
  private let points: [SIMD2<Double>]
  private let values: [Double]?
  private let range: (low: Double, high: Double)
  private var faces: [Face] = []
  private var edges: [[Int]] = []
  private(set) var bounds = Bounds()

  /// Number of steps of the colour scale and of the shading.
  private static let colours = 64, shades = 24

  init(
    _ facets: VisibleFacets, at positions: [SIMD3<Double>], values: [Double]?,
    range: (Double, Double), _ camera: Camera
  ) {
    self.facets = facets
    self.values = values
    self.range = range
    points = positions.map(camera.project)
    let light = Camera.unit(camera.toEye + 0.55 * camera.up - 0.35 * camera.right)
    for nodes in facets.nodes {
      let normal = SurfaceImage.normal(nodes, positions)
      guard facets.isPlane || (normal * camera.toEye).sum() > 1e-9 else { continue }
      let brightness = facets.isPlane ? 1 : 0.74 + 0.26 * max(0, (normal * light).sum())
      let depth =
        nodes.reduce(0) { $0 + (positions[$1] * camera.toEye).sum() } / Double(nodes.count)
      let shade = Int((brightness * Double(SurfaceImage.shades)).rounded())
      faces.append(Face(nodes: nodes, depth: depth, shade: shade))
      for node in nodes {
        bounds.low = pointwiseMin(bounds.low, points[node])
        bounds.high = pointwiseMax(bounds.high, points[node])
      }
    }
    faces.sort { ($0.depth, $0.nodes[0]) < ($1.depth, $1.nodes[0]) }
    edges = outlineEdges(positions, camera)
  }

  private static func normal(_ nodes: [Int], _ x: [SIMD3<Double>]) -> SIMD3<Double> {
    let corners = corners(nodes)
    if corners == 3 {
      return Camera.unit(
        Camera.cross(x[nodes[1]] - x[nodes[0]], x[nodes[2]] - x[nodes[0]]))
    }
    return Camera.unit(Camera.cross(x[nodes[2]] - x[nodes[0]], x[nodes[3]] - x[nodes[1]]))
  }

  private static func corners(_ nodes: [Int]) -> Int { nodes.count % 4 == 0 ? 4 : 3 }

  /// Edges at which the surface turns by more than 35° or ends, seen from the eye.
  private func outlineEdges(_ positions: [SIMD3<Double>], _ camera: Camera) -> [[Int]] {
    var normals: [[Int]: (SIMD3<Double>, path: [Int], sharp: Bool)] = [:]
    for nodes in facets.nodes {
      let n = facets.isPlane ? SIMD3(0.0, 0, 1) : SurfaceImage.normal(nodes, positions)
      let corners = SurfaceImage.corners(nodes)
      for i in 0..<corners {
        let (a, b) = (nodes[i], nodes[(i + 1) % corners])
        let path = nodes.count > corners ? [a, nodes[corners + i], b] : [a, b]
        let key = [min(a, b), max(a, b)]
        if let known = normals[key] {
          normals[key] = (n, path, (known.0 * n).sum() < 0.82)
        } else {
          normals[key] = (n, path, true)
        }
      }
    }
    var out: [[Int]] = []
    for key in normals.keys.sorted(by: { ($0[0], $0[1]) < ($1[0], $1[1]) }) {
      if let edge = normals[key], edge.sharp { out.append(edge.path) }
    }
    return out
  }

  /// Path data of the outline.
  func outline(scale: Double, offset: SIMD2<Double>) -> String {
    edges.map { path in
      "M" + path.map { text(points[$0] * scale + offset) }.joined(separator: "L")
    }.joined()
  }

  /// The painted facets: SVG paths, and the colour of every class they use.
  func paint(scale: Double, offset: SIMD2<Double>) -> (paths: String, classes: [String: String]) {
    var out = ""
    var classes: [String: String] = [:]
    var current = ""
    let parts = max(1, min(6, Int((5000 / Double(max(1, faces.count))).squareRoot())))
    let showsEdges = faces.count <= 3500
    func open(_ name: String) {
      guard name != current else { return }
      if !current.isEmpty { out += "\"/>\n" }
      out += "<path class=\"\(name)\" d=\""
      current = name
    }
    for face in faces {
      for (polygon, value) in pieces(of: face.nodes, parts: values == nil ? 1 : parts) {
        let (name, colour) = fill(value, face.shade)
        classes[name] = colour
        open(name)
        out += path(polygon, scale, offset)
      }
      guard showsEdges else { continue }
      open("edge")
      out += path(boundary(of: face.nodes), scale, offset)
    }
    if !current.isEmpty { out += "\"/>" }
    return (out, classes)
  }

  private func fill(_ value: Double, _ shade: Int) -> (String, String) {
    let brightness = Double(shade) / Double(SurfaceImage.shades)
    guard values != nil else {
      let g = SIMD3(198.0, 204, 215) * brightness
      return ("g\(shade)", "rgb(\(Int(g.x)),\(Int(g.y)),\(Int(g.z)))")
    }
    let span = range.high - range.low
    let t = span > 0 ? (value - range.low) / span : 0.5
    let level = min(max(Int(t * Double(SurfaceImage.colours)), 0), SurfaceImage.colours - 1)
    let colour = ColourScale.hex(
      (Double(level) + 0.5) / Double(SurfaceImage.colours), shade: brightness)
    return ("v\(level)s\(shade)", colour)
  }

  /// The corners of a facet with its mid-edge nodes between them.
  private func boundary(of nodes: [Int]) -> [SIMD2<Double>] {
    let corners = SurfaceImage.corners(nodes)
    guard nodes.count > corners else { return nodes.map { points[$0] } }
    return (0..<corners).flatMap { [points[nodes[$0]], points[nodes[corners + $0]]] }
  }

  /// A facet divided into `parts`² pieces, each with the value at its middle.
  private func pieces(of nodes: [Int], parts n: Int) -> [([SIMD2<Double>], Double)] {
    let h = 1 / Double(n)
    var out: [([SIMD2<Double>], Double)] = []
    for i in 0..<n {
      for j in 0..<n {
        let (a, b) = (Double(i) * h, Double(j) * h)
        if SurfaceImage.corners(nodes) == 4 {
          out.append(piece(nodes, [(a, b), (a + h, b), (a + h, b + h), (a, b + h)]))
        } else if i + j < n {
          out.append(piece(nodes, [(a, b), (a + h, b), (a, b + h)]))
          if i + j < n - 1 { out.append(piece(nodes, [(a + h, b), (a + h, b + h), (a, b + h)])) }
        }
      }
    }
    return out
  }

  private func piece(
    _ nodes: [Int], _ at: [(Double, Double)]
  ) -> ([SIMD2<Double>], Double) {
    var polygon: [SIMD2<Double>] = []
    var middle = 0.0
    for (s, t) in at {
      let N = SurfaceImage.shapeFunctions(nodes.count, s, t)
      var p = SIMD2<Double>()
      for (i, node) in nodes.enumerated() {
        p += N[i] * points[node]
        if let values { middle += N[i] * values[node] }
      }
      polygon.append(p)
    }
    return (polygon, middle / Double(at.count))
  }

  /// Shape functions of a facet in coordinates from 0 to 1.
  private static func shapeFunctions(_ count: Int, _ s: Double, _ t: Double) -> [Double] {
    let r = 1 - s - t
    switch count {
    case 3: return [r, s, t]
    case 6:
      return [r * (2 * r - 1), s * (2 * s - 1), t * (2 * t - 1), 4 * r * s, 4 * s * t, 4 * t * r]
    case 4: return [(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t]
    default:
      let (x, y) = (2 * s - 1, 2 * t - 1)
      let corner = { (a: Double, b: Double) in
        0.25 * (1 + a * x) * (1 + b * y) * (a * x + b * y - 1)
      }
      return [
        corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1),
        0.5 * (1 - x * x) * (1 - y), 0.5 * (1 + x) * (1 - y * y),
        0.5 * (1 - x * x) * (1 + y), 0.5 * (1 - x) * (1 - y * y),
      ]
    }
  }

  private func path(_ p: [SIMD2<Double>], _ scale: Double, _ offset: SIMD2<Double>) -> String {
    "M" + p.map { text($0 * scale + offset) }.joined(separator: "L") + "Z"
  }

  private func text(_ p: SIMD2<Double>) -> String { "\(Show.pixel(p.x)) \(Show.pixel(p.y))" }
}
