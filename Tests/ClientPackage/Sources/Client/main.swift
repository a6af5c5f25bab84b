import ConstitutiveManifold
import FEM
import Geometry
import Manifold
import Mechanics

// A rubber block pulled to twice its length, and the speed of a learned law as this package was built.
let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (2, 2, 2))
var definition = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 0.4e6, lambda: 4e6))
definition.prescriptions = [.fixed("xmin"), Prescription(set: "xmax", component: 0, to: 1)]
var model = try FEMModel(definition)
guard model.run(through: [0.5, 1]).converged else { fatalError("the block did not converge") }
let speed = KernelSpeed.measure(try KernelSpeed.sample(widths: [32, 32]))
print("force \(try model.reaction(on: "xmax").x) N, law \(speed.pointsPerSecond) points/s")
