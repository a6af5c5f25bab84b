import ConstitutiveManifold
import FEM
import Foundation
import Geometry
import Manifold
import Mechanics
import Studies

/// The measured cases; each covers one path of the code and runs in a process of its own, so that its
/// peak memory is its own.
enum Case: String, CaseIterable {
  /// Learned law, two hidden layers of 32 on three invariants: energy, stress, 6×6 tangent.
  case law
  /// Nearest states of that law to noisy, complete observations of strain and stress.
  case projection
  /// Fit of the learned law to Treloar's 53 points, cross-validation included.
  case fit
  /// Linear hex8 cantilever of 111 843 unknowns: assembly and one factorisation.
  case cantilever
  /// The same by conjugate gradients with multigrid, to a relative residual of 1e-10.
  case multigrid
  /// Neo-Hooke cube of 14 739 unknowns, 20 Newton systems.
  case cube
  /// The same by conjugate gradients with multigrid; as many Newton systems.
  case cubeMultigrid = "cube-multigrid"
  /// Nearest neighbours among 10⁵ states in the 12-component energy metric.
  case nearest
  /// The law 2 × 32 and the map 6-64-64-6 at batches of 1 to 65 536 points.
  case learned
  /// Their training by Adam, samples per second.
  case training
  /// A case of blocks with 10⁴ drawn joints: read, cut and checked.
  case joints
  /// Maps between interfaces of 10⁵ points each.
  case mapping

  func run() throws -> Measurement {
    switch self {
    case .law: try law()
    case .projection: try projection()
    case .fit: try fit()
    case .cantilever: try cantilever(n: 16, .direct)
    case .multigrid: try cantilever(n: 16, .conjugateGradients(tolerance: 1e-10))
    case .cube: try cube(n: 16, .direct)
    case .cubeMultigrid: try cube(n: 16, .conjugateGradients(tolerance: 1e-8))
    case .nearest: NearestNeighbours.measure()
    case .learned: try LearnedMaps.inference()
    case .training: try LearnedMaps.training()
    case .joints: try JointedRock.measure()
    case .mapping: try Mapping.measure()
    }
  }

  private func law() throws -> Measurement {
    let speed = KernelSpeed.measure(try KernelSpeed.sample(widths: [32, 32]), seconds: 2)
    var m = Measurement()
    m.add("points", speed.pointsPerSecond)
    m.add("share", speed.shareOfPeak)
    m.add("peak", speed.peakOperationsPerSecond)
    return m
  }

  /// 16 384 states at Hencky strains up to 0.5, strains and stresses disturbed by about 5 %; state, distance and
  /// residual of each, to a fixed-point residual of 1e-12; then with covariance and stretching as well.
  private func projection() throws -> Measurement {
    let law = try KernelSpeed.sample(widths: [32, 32])
    let manifold = try LawManifold(law, isConvex: law.isConvexInHenckyStrain)
    let mu = law.shearModulusAtRest
    var random = SplitMix64(seed: 1)
    var batch = ManifoldBatch(groups: 2048, coordinateCount: 6, responseCount: 6)
    for p in 0..<batch.count {
      var h = (0..<6).map { _ in random.uniform(-0.5, 0.5) }
      let mean = (h[0] + h[1] + h[2]) / 3
      for i in 0..<3 { h[i] -= mean }
      for i in 0..<6 { batch.coordinates[6 * (p / 8) + i][p % 8] = h[i] }
    }
    manifold.evaluate(&batch)
    var values: [Double] = []
    for p in 0..<batch.count {
      for i in 0..<6 {
        values.append(batch.coordinates[6 * (p / 8) + i][p % 8] + random.normal(0, 0.015))
      }
      for i in 0..<6 {
        values.append(batch.responses[6 * (p / 8) + i][p % 8] + random.normal(0, 0.03 * mu))
      }
    }
    let observed = Observations(coordinateCount: 6, responseCount: 6, values: values)
    var projection = Projection()
    var (best, withCovariance) = (Double.infinity, Double.infinity)
    for _ in 0..<5 {
      projection.uncertainty = .none
      projection.measuresExpansion = false
      var start = processorSeconds()
      let states = try projection.project(observed, onto: manifold)
      best = min(best, processorSeconds() - start)
      guard states.record.converged else { throw Benchmarks.Failure(description: "not converged") }
      projection.uncertainty = .covariance
      projection.measuresExpansion = true
      start = processorSeconds()
      _ = try projection.project(observed, onto: manifold)
      withCovariance = min(withCovariance, processorSeconds() - start)
    }
    var m = Measurement()
    m.add("states", Double(batch.count) / best)
    m.add("covariances", Double(batch.count) / withCovariance)
    return m
  }

  private func fit() throws -> Measurement {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-fit-\(getpid()).h5").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let start = processorSeconds()
    let law = try FitStudy.run(
      FitStudy.Options(tests: ["datasets/treloar1944"], law: "learned"), output: file)
    var m = Measurement()
    m.add("seconds", processorSeconds() - start)
    m.add("rmse", law.rmse)
    return m
  }

  private func cantilever(n: Int, _ solver: FEMModel.Solver) throws -> Measurement {
    let start = processorSeconds()
    let mesh = try StructuredMesh.box(size: [8, 1, 1], divisions: (8 * n, n, n))
    var definition = FEMModel.Definition(
      mesh: mesh, law: try LinearElastic(young: 210e9, poisson: 0.3))
    definition.solver = solver
    definition.prescriptions = [.fixed("xmin")]
    definition.tractions = [Traction(set: "xmax", vector: [0, 0, -1e6])]
    var model = try FEMModel(definition)
    let record = model.step(to: 1)
    var m = figures(of: model, since: start)
    m.add("value", try model.displacement(at: [8, 0.5, 0.5]).z)
    m.add("solves", Double(record.iterations))
    return m
  }

  private func cube(n: Int, _ solver: FEMModel.Solver) throws -> Measurement {
    let start = processorSeconds()
    let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (n, n, n))
    var definition = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 1, lambda: 10))
    definition.solver = solver
    definition.prescriptions = [
      .fixed("zmin"),
      Prescription(set: "zmax", components: [0, 1, 2]) { X, s in
        let angle = 30 * s * .pi / 180
        let (x, y) = (X.x - 0.5, X.y - 0.5)
        return [cos(angle) * x - sin(angle) * y - x, sin(angle) * x + cos(angle) * y - y, 0.5 * s]
      },
    ]
    var model = try FEMModel(definition)
    let stepping = model.run(through: [0.2, 0.4, 0.6, 0.8, 1])
    var m = figures(of: model, since: start)
    m.add("value", try model.reaction(on: "zmax").z)
    m.add("solves", Double(stepping.steps.reduce(0) { $0 + $1.record.iterations }))
    return m
  }

  private func figures(of model: FEMModel, since start: Double) -> Measurement {
    var m = Measurement()
    m.add("total", processorSeconds() - start)
    m.add("setup", model.timings.setUp)
    m.add("assembly", model.timings.assembly)
    m.add("factors", model.timings.factorisation)
    m.add("solve", model.timings.solve)
    m.add("memory", peakMegabytes())
    return m
  }
}
