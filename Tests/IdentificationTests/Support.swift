import ConstitutiveManifold
import FEM
import Foundation
import Geometry
import Identification
import Manifold
import Mechanics

/// Whether the long validations run (`make verify` and whoever sets the variable).
let verifies = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil

/// An eighth of a square sheet with a hole, pulled in both directions, by twice as much in the first.
func plate(
  radial: Int, around: Int, stretch: Double = 0.6, law: any ConstitutiveLaw
) throws -> FEMModel.Definition {
  let mesh = try StructuredMesh.plateWithHole(
    halfWidth: 0.04, halfHeight: 0.04, holeRadius: 0.012, halfThickness: 0.001,
    divisions: (radial: radial, around: around, through: 1), grading: 3, shape: .hex20)
  var definition = FEMModel.Definition(mesh: mesh, law: law)
  definition.prescriptions = [
    .fixed("xmin", components: [0]), .fixed("ymin", components: [1]),
    .fixed("zmin", components: [2]),
    Prescription(set: "xmax", component: 0, to: 0.04 * stretch),
    Prescription(set: "ymax", component: 1, to: 0.02 * stretch),
  ]
  return definition
}

/// Seeded points on the face of the sheet, clear of the hole's edge.
func facePoints(_ count: Int) -> [SIMD3<Double>] {
  var random = SplitMix64(seed: 7)
  var points: [SIMD3<Double>] = []
  while points.count < count {
    let p = SIMD3(random.uniform(0, 0.04), random.uniform(0, 0.04), 0.001)
    if hypot(p.x, p.y) > 0.01225 { points.append(p) }
  }
  return points
}

/// Both grips.
let grips = [NetReaction(set: "xmax", component: 0), NetReaction(set: "ymax", component: 1)]

/// A small measurement for the quick tests, simulated on the mesh that identifies.
func smallExperiment(
  _ truth: any ConstitutiveLaw, noise: Double, points: Int = 100, factors: [Double] = [0.5, 1]
) throws -> FieldExperiment {
  try .simulated(
    name: "small plate", definition: plate(radial: 3, around: 4, law: truth),
    points: facePoints(points), reactions: grips, factors: factors, noise: noise,
    reactionNoise: noise, seed: 11)
}
