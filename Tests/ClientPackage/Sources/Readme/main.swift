import ConstitutiveManifold
import FEM
import Geometry
import Mechanics

// A rubber in tension: stretches and nominal stresses in Pa.
let test = try HomogeneousTest(
  name: "tension", mode: .uniaxial, stretches: [1.24, 1.585, 2.18, 3.02, 4.03, 5.36],
  stresses: [0.2256e6, 0.4081e6, 0.5886e6, 0.8633e6, 1.2263e6, 1.9522e6])
let fit = try ConstitutiveFit(.learned).fit([test])
print("the law misses the data by \(fit.rmse) Pa")

// An eighth of a perforated sheet, pulled to 1.5 times its length.
let mesh = try StructuredMesh.plateWithHole(
  halfWidth: 0.04, halfHeight: 0.04, holeRadius: 0.01, halfThickness: 0.002,
  divisions: (radial: 6, around: 8, through: 1), grading: 4, shape: .hex20)
var definition = FEMModel.Definition(mesh: mesh, law: fit.law)
definition.prescriptions = [
  .fixed("xmin", components: [0]), .fixed("ymin", components: [1]),
  .fixed("zmin", components: [2]), Prescription(set: "xmax", component: 0, to: 0.02),
]
var model = try FEMModel(definition)
print("converged:", model.run(through: [0.25, 0.5, 0.75, 1]).converged)
print("the grips pull with \(4 * (try model.reaction(on: "xmax").x)) N")
