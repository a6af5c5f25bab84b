import FEM
import Foundation
import Geometry

// Boundary rows, symmetry planes and loads of a body.
extension BodyInput {
  /// What one row of `boundary` prescribes.
  func prescriptions(_ row: CaseValue, _ mesh: Mesh) throws(InputError) -> [Prescription] {
    let set = row.need("set")
    try check(set, in: mesh, facets: false)
    let all = Array(0..<mesh.dimension)
    if let fixed = row["fixed"] {
      guard fixed.flag else { throw fixed.error("can only be true; remove the row to let go") }
      return [Prescription.fixed(set.text, components: all)]
    }
    if let motion = row["motion"] {
      let rigid = try RigidMotion(motion)
      return [
        Prescription(set: set.text, components: all) { X, s in rigid.displacement(of: X, at: s) }
      ]
    }
    if let gradient = row["gradient"] {
      let G = gradient.list.map(\.numbers)
      guard G.count == mesh.dimension, G.allSatisfy({ $0.count == mesh.dimension }) else {
        throw gradient.error("needs \(mesh.dimension) rows of \(mesh.dimension) numbers")
      }
      return [
        Prescription(set: set.text, components: all) { X, s in
          var u = SIMD3<Double>()
          for i in G.indices { for j in G.indices { u[i] += s * G[i][j] * X[j] } }
          return u
        }
      ]
    }
    var out: [Prescription] = []
    for (i, name) in ["ux", "uy", "uz"].enumerated() {
      guard let component = row[name] else { continue }
      guard i < mesh.dimension else { throw component.error("the mesh is plane; remove it") }
      out.append(Prescription(set: set.text, component: i, to: component.number))
    }
    guard !out.isEmpty else {
      throw row.error("prescribes nothing; give ux, uy, uz, fixed, motion or gradient")
    }
    return out
  }

  /// Zero normal displacement on a flat side that is perpendicular to an axis.
  func symmetry(_ set: CaseValue, _ mesh: Mesh) throws(InputError) -> Prescription {
    try check(set, in: mesh, facets: false)
    let nodes =
      mesh.nodeSets[set.text] ?? mesh.facetSets[set.text]!.flatMap { mesh.nodes(of: $0) }
    let extent = SurfaceView.extent(nodes.map { mesh.points[$0] })
    let whole = SurfaceView.extent(mesh.points)
    let size = max(whole.x, whole.y, whole.z)
    let flat = (0..<mesh.dimension).filter { extent[$0] <= 1e-6 * size }
    guard flat.count == 1 else {
      throw set.error(
        "the set '\(set.text)' is not a flat side perpendicular to an axis; "
          + "prescribe its components in 'boundary'")
    }
    return .fixed(set.text, components: flat)
  }

  /// Adds one row of `loads`.
  func add(
    _ row: CaseValue, _ mesh: Mesh, to definition: inout FEMModel.Definition
  ) throws(InputError) {
    if let force = row["body-force"] {
      try checkLength(force, mesh)
      guard definition.bodyForce == nil else {
        throw force.error("is given twice; add the two up")
      }
      let b = force.vector
      definition.bodyForce = { _, s in s * b }
      return
    }
    let set = row.need("set")
    try check(set, in: mesh, facets: true)
    if let pressure = row["pressure"] {
      definition.tractions.append(Traction(set: set.text, pressure: pressure.number))
    } else {
      let traction = row.need("traction")
      try checkLength(traction, mesh)
      definition.tractions.append(Traction(set: set.text, vector: traction.vector))
    }
  }

  private func checkLength(_ vector: CaseValue, _ mesh: Mesh) throws(InputError) {
    guard vector.list.count == mesh.dimension else {
      throw vector.error("needs \(mesh.dimension) numbers in a \(mesh.dimension)-D mesh")
    }
  }
}

/// x = R(s·angle) S(s) (X − c) + c + s·t, with S growing from 1 to the scale.
private struct RigidMotion: Sendable {
  let centre: SIMD3<Double>, axis: SIMD3<Double>, translation: SIMD3<Double>
  let angle: Double, scale: Double

  init(_ motion: CaseValue) throws(InputError) {
    centre = motion.need("point").vector
    translation = motion.need("translation").vector
    angle = motion.need("angle").number
    scale = motion.need("scale").number
    let direction = motion.need("axis").vector
    let length = (direction * direction).sum().squareRoot()
    guard length > 0 else { throw motion.need("axis").error("is zero; give a direction") }
    axis = direction / length
  }

  /// Rodrigues' rotation, then the translation.
  func displacement(of X: SIMD3<Double>, at s: Double) -> SIMD3<Double> {
    let r = (1 + s * (scale - 1)) * (X - centre)
    let (c, d) = (cos(s * angle), sin(s * angle))
    let turned = c * r + d * cross(axis, r) + (1 - c) * (axis * r).sum() * axis
    return turned + centre + s * translation - X
  }

  private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}
