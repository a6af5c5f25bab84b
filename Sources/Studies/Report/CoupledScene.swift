import Contact
import Geometry
import Storage

/// The participants of a coupled run in one picture: blocks as they are, cells of plane bodies as polygons among them.
struct CoupledScene {
  /// All polygons at the output times; nil where there is nothing plane to draw.
  let result: BlockResult?
  /// Which polygons are whose, for captions.
  let parts: [(name: String, count: Int, what: String)]

  /// Reads what stands beside a coupling file; what is not there any more is left out.
  init(_ file: CouplingFile) {
    var scene = BlockResult(
      title: file.result.title, isFixed: [], corners: [], probes: [], end: file.result.end,
      provenance: file.result.provenance)
    var parts: [(name: String, count: Int, what: String)] = []
    for (name, path) in zip(file.result.names, file.parts) where !path.isEmpty {
      guard let part = try? CoupledScene.polygons(path) else { continue }
      let (count, isFirst) = (part.corners.count, scene.states.isEmpty)
      guard isFirst || scene.states.count == part.states.count else { continue }
      let offset = scene.corners.count
      scene.corners += part.corners
      scene.isFixed += part.isFixed
      if isFirst {
        scene.states = part.states
      } else {
        for k in scene.states.indices { scene.states[k].join(part.states[k], after: offset) }
      }
      parts.append((name, count, part.isBody ? "cells" : "blocks"))
    }
    result = scene.states.isEmpty ? nil : scene
    self.parts = parts
  }

  private struct Polygons {
    var corners: [Int], isFixed: [Bool], states: [BlockResult.State], isBody: Bool
  }

  private static func polygons(_ path: String) throws -> Polygons? {
    let isBlocks = try {
      let file = try H5File.open(at: path)
      return BlockResultFile.isResult(file.root)
    }()
    if isBlocks {
      let result = try BlockResultFile(path).result
      return Polygons(
        corners: result.corners, isFixed: result.isFixed, states: result.states, isBody: false)
    }
    return try cells(path)
  }

  /// Cells of a plane body at all its times.
  private static func cells(_ path: String) throws -> Polygons? {
    let file = try H5File.open(at: path)
    let first = try VTKHDFFile.read(file.root, step: 0)
    guard first.mesh.dimension == 2 else { return nil }
    let outlines = first.mesh.blocks.flatMap { block in
      (0..<block.cellCount).map { cell in
        let nodes = Array(block.nodes(of: cell))
        return block.shape.outline.map { Int(nodes[$0]) }
      }
    }
    var states: [BlockResult.State] = []
    for k in first.times.indices {
      let step = k == 0 ? first : try VTKHDFFile.read(file.root, step: k)
      func field(_ name: String, _ width: Int) -> [Double] {
        step.pointField(name)?.values
          ?? [Double](repeating: 0, count: width * first.mesh.nodeCount)
      }
      let (u, v, s) = (field("displacement", 3), field("velocity", 3), field("von_mises", 1))
      var state = BlockResult.State(time: first.times[k], energy: .init())
      for outline in outlines {
        var (speed, stress) = (SIMD2<Double>.zero, 0.0)
        for n in outline {
          let p = first.mesh.points[n]
          state.points += [p.x + u[3 * n], p.y + u[3 * n + 1], 0]
          state.displacement += [u[3 * n], u[3 * n + 1], 0]
          speed += SIMD2(v[3 * n], v[3 * n + 1])
          stress += s[n]
        }
        let count = Double(outline.count)
        state.velocity += [speed.x / count, speed.y / count, 0]
        state.vonMises.append(stress / count)
        state.spin.append(0)
        state.rotation.append(0)
        state.stress += [0, 0, 0, 0, 0, 0]
      }
      states.append(state)
    }
    return Polygons(
      corners: outlines.map(\.count), isFixed: outlines.map { _ in false }, states: states,
      isBody: true)
  }
}

extension BlockResult.State {
  /// More polygons, which come after those that are there.
  fileprivate mutating func join(_ other: BlockResult.State, after offset: Int) {
    points += other.points
    displacement += other.displacement
    velocity += other.velocity
    spin += other.spin
    rotation += other.rotation
    stress += other.stress
    vonMises += other.vonMises
    contacts += other.contacts.map { contact in
      var moved = contact
      let key = contact.key
      moved.key = ContactKey(
        vertexBlock: key.vertexBlock + offset, vertex: key.vertex,
        edgeBlock: key.edgeBlock + offset,
        edge: key.edge)
      return moved
    }
  }
}

extension CellShape {
  /// Nodes around a plane cell, one after another.
  fileprivate var outline: [Int] {
    switch self {
    case .quad8: [0, 4, 1, 5, 2, 6, 3, 7]
    case .tri6: [0, 3, 1, 4, 2, 5]
    default: Array(0..<cornerCount)
    }
  }
}
