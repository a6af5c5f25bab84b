import Geometry
import LinearAlgebra

/// Finds rigid motions that no prescribed displacement prevents, before any system is factorised.
///
/// For each connected part of the mesh the rigid modes (three translations and three rotations in
/// space, two and one in the plane, the axial translation in axisymmetry) are restricted to the
/// prescribed dofs; their 6×6 Gram matrix, with the work of an elastic border added, must have full rank.
enum RigidModes {
  /// A sentence naming the free motion of the first part that can move, or nil.
  static func freeMotion(
    of mesh: Mesh, formulation: Formulation, isPrescribed: [Bool], elastic: ElasticBorder? = nil
  ) -> String? {
    let parts = connectedParts(mesh)
    let names = modeNames(formulation)
    let d = formulation.dimension
    for nodes in parts {
      let (centre, size) = extent(of: nodes, mesh)
      var gram = [Double](repeating: 0, count: names.count * names.count)
      for n in nodes {
        let modes = rigidModes(at: (mesh.points[n] - centre) / size, formulation)
        for i in 0..<d where isPrescribed[n * d + i] {
          for p in names.indices {
            for q in names.indices { gram[p * names.count + q] += modes[p][i] * modes[q][i] }
          }
        }
      }
      if let elastic { add(elastic, over: nodes, of: mesh, formulation, to: &gram) }
      if let free = nullVector(&gram, count: names.count) {
        let largest = free.indices.max { abs(free[$0]) < abs(free[$1]) }!
        return "the body can still \(names[largest])"
          + (parts.count > 1 ? " (the part that holds node \(nodes[0] + 1))" : "")
      }
    }
    return nil
  }

  /// Adds modeᵀ R mode of the entries within a part, R scaled to a largest entry of one.
  private static func add(
    _ elastic: ElasticBorder, over nodes: [Int], of mesh: Mesh, _ formulation: Formulation,
    to gram: inout [Double]
  ) {
    let d = formulation.dimension
    let (centre, size) = extent(of: nodes, mesh)
    let largest = elastic.entries.reduce(0) { max($0, abs($1.stiffness)) }
    let isMember = Set(nodes)
    guard largest > 0 else { return }
    for entry in elastic.entries where isMember.contains(entry.a / d) {
      guard isMember.contains(entry.b / d) else { continue }
      let a = rigidModes(at: (mesh.points[entry.a / d] - centre) / size, formulation)
      let b = rigidModes(at: (mesh.points[entry.b / d] - centre) / size, formulation)
      let k = entry.stiffness / largest
      for p in a.indices {
        for q in a.indices {
          gram[p * a.count + q] += k * a[p][entry.a % d] * b[q][entry.b % d]
          if entry.a != entry.b {
            gram[p * a.count + q] += k * b[p][entry.b % d] * a[q][entry.a % d]
          }
        }
      }
    }
  }

  private static func modeNames(_ formulation: Formulation) -> [String] {
    switch formulation {
    case .threeDimensional:
      [
        "move along x", "move along y", "move along z", "turn about x", "turn about y",
        "turn about z",
      ]
    case .planeStrain, .planeStress: ["move along x", "move along y", "turn in its plane"]
    case .axisymmetric: ["move along its axis"]
    }
  }

  private static func rigidModes(
    at x: SIMD3<Double>, _ formulation: Formulation
  ) -> [SIMD3<Double>] {
    switch formulation {
    case .threeDimensional:
      [
        [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -x.z, x.y], [x.z, 0, -x.x], [-x.y, x.x, 0],
      ]
    case .planeStrain, .planeStress: [[1, 0, 0], [0, 1, 0], [-x.y, x.x, 0]]
    case .axisymmetric: [[0, 1, 0]]
    }
  }

  private static func extent(of nodes: [Int], _ mesh: Mesh) -> (SIMD3<Double>, Double) {
    var (low, high) = (mesh.points[nodes[0]], mesh.points[nodes[0]])
    for n in nodes {
      low = pointwiseMin(low, mesh.points[n])
      high = pointwiseMax(high, mesh.points[n])
    }
    return (0.5 * (low + high), max((high - low).max(), .leastNormalMagnitude))
  }

  /// A unit vector of the null space of a symmetric positive semidefinite matrix, by elimination
  /// with diagonal pivots; nil where the rank is full.
  private static func nullVector(_ A: inout [Double], count n: Int) -> [Double]? {
    let scale = (0..<n).map { A[$0 * n + $0] }.max() ?? 0
    guard scale > 0 else { return [1] + Array(repeating: 0, count: n - 1) }
    var pivots: [Int] = []
    for _ in 0..<n {
      let rest = (0..<n).filter { !pivots.contains($0) }
      let p = rest.max { A[$0 * n + $0] < A[$1 * n + $1] }!
      if A[p * n + p] <= 1e-10 * scale {
        // Remaining diagonal is zero: solve for the pivots with this component set to one.
        var v = [Double](repeating: 0, count: n)
        v[p] = 1
        for q in pivots.reversed() {
          var sum = 0.0
          for j in 0..<n where j != q { sum += A[q * n + j] * v[j] }
          v[q] = -sum / A[q * n + q]
        }
        return v
      }
      pivots.append(p)
      for i in rest where i != p {
        let factor = A[i * n + p] / A[p * n + p]
        for j in 0..<n where !pivots.dropLast().contains(j) {
          A[i * n + j] -= factor * A[p * n + j]
        }
      }
    }
    return nil
  }

  /// Nodes of every part of the mesh that hangs together, ascending.
  private static func connectedParts(_ mesh: Mesh) -> [[Int]] {
    var parent = Array(0..<mesh.nodeCount)
    func root(_ n: Int) -> Int {
      var n = n
      while parent[n] != n {
        parent[n] = parent[parent[n]]
        n = parent[n]
      }
      return n
    }
    for block in mesh.blocks {
      for cell in 0..<block.cellCount {
        let nodes = block.nodes(of: cell)
        let first = root(Int(nodes.first!))
        for n in nodes.dropFirst() { parent[root(Int(n))] = first }
      }
    }
    var parts: [Int: [Int]] = [:]
    for n in 0..<mesh.nodeCount { parts[root(n), default: []].append(n) }
    return parts.values.sorted { $0[0] < $1[0] }
  }
}
