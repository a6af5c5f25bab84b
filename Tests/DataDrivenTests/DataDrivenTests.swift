import DataDriven
import FEM
import Foundation
import Geometry
import Manifold
import Mechanics
import Testing

/// σ = D ε in a metric that need not be D: a flat manifold.
private struct Flat: Manifold {
  let D: [Double]
  let metric: StateMetric
  var coordinateCount: Int { Int(Double(D.count).squareRoot()) }
  var responseCount: Int { coordinateCount }
  var isPotential: Bool { true }
  var isConvex: Bool { true }
  func evaluate(_ batch: inout ManifoldBatch) {
    let m = coordinateCount
    for g in 0..<batch.groups {
      for i in 0..<m {
        var sum = Lanes()
        for j in 0..<m {
          sum += D[m * i + j] * batch.coordinates[m * g + j]
          batch.tangents[(m * g + i) * m + j] = Lanes(repeating: D[m * i + j])
        }
        batch.responses[m * g + i] = sum
      }
    }
  }
  func distanceFromData(_ coordinates: [Double]) -> Double { 0 }
}

/// A tripod over a triangle: three bars, statically determinate.
private func tripod() -> Truss {
  var truss = Truss(
    dimension: 3, joints: [[1, 0, 0], [-0.5, 0.8, 0], [-0.5, -0.8, 0.1], [0, 0, 1.5]],
    bars: [.init(0, 3, area: 2e-4), .init(1, 3, area: 2e-4), .init(2, 3, area: 3e-4)])
  for joint in 0..<3 { truss.fix(joint) }
  truss.loads = [(3, [1e3, 2e3, -5e3])]
  return truss
}

@Suite struct EquilibriumSetTests {
  @Test("the projection on equilibrium is idempotent and orthogonal in the energy metric")
  func orthogonal() throws {
    var truss = ReferenceTruss.truss()
    truss.supports.append((14, 1, 0.003))
    let metric = try EnergyMetric(young: 70)
    var E = try EquilibriumSet(truss.structure(), metric: metric)
    var random = SplitMix64(seed: 1)
    let given = (0..<76).map { _ in random.normal(0, 0.1) }
    let other = (0..<76).map { _ in random.normal(0, 0.1) }
    var (near, again, elsewhere) = (given, given, given)
    try E.project(given, into: &near)
    try E.project(near, into: &again)
    #expect(E.distance(near, again) < 1e-13 * E.norm(near))
    try E.project(other, into: &elsewhere)
    // (z − Pz)·(Pz − e) = 0 for every e in E.
    var product = 0.0
    for p in 0..<38 {
      for i in 2 * p..<2 * p + 2 {
        product += E.weights[p] * (given[i] - near[i]) * (near[i] - elsewhere[i])
      }
    }
    #expect(abs(product) < 1e-13)
    #expect(E.displacement[2 * 14 + 1] == 0.003)
    // Joint forces balance the loads where nothing is held.
    let block = E.structure.blocks[0]
    var forces = [Double](repeating: 0, count: 30)
    for (bar, stress) in metric.stresses(near).enumerated() {
      for j in 0..<4 {
        forces[Int(block.dofs[4 * bar + j])] += block.weights[bar] * block.B[4 * bar + j] * stress
      }
    }
    for dof in 0..<30 where E.structure.prescribed[dof] == nil {
      #expect(abs(forces[dof] - E.structure.forces[dof]) < 1e-13)
    }
  }

  @Test("a determinate tripod carries what statics says, whatever its bars are made of")
  func determinate() throws {
    let metric = try EnergyMetric(young: 200e9)
    let data = try MaterialData(
      strains: [-1e-3, 0, 2e-3], stresses: [-1e8, 5e6, 3e8], metric: metric)
    var solver = try DataDrivenSolver(tripod().structure(), NearestData(data))
    #expect(solver.run().converged)
    let truss = tripod()
    var force = SIMD3<Double>(1e3, 2e3, -5e3)
    for (bar, stress) in zip(truss.bars, solver.stresses) {
      let axis = truss.joints[bar.to] - truss.joints[bar.from]
      force -= bar.area * stress / (axis * axis).sum().squareRoot() * axis
    }
    #expect((force * force).sum().squareRoot() < 1e-8)
  }

  @Test("what cannot be solved is said in one line with its remedy")
  func refusals() throws {
    let metric = try EnergyMetric(young: 1)
    var truss = ReferenceTruss.truss()
    truss.supports = [(0, 0, 0)]
    #expect {
      try EquilibriumSet(truss.structure(), metric: metric)
    } throws: {
      "\($0)" == "structure: can move without straining; add supports, bars or cells"
    }
    truss = ReferenceTruss.truss()
    truss.bars[5].to = 99
    #expect { try truss.structure() } throws: { "\($0)".hasPrefix("bar 5: connects") }
    truss.bars[5] = .init(4, 4)
    #expect { try truss.structure() } throws: { "\($0)".hasPrefix("bar 5: has length 0.0 m") }
    truss = ReferenceTruss.truss()
    truss.loads.append((0, [.nan, 0, 0]))
    #expect { try truss.structure() } throws: { "\($0)".hasPrefix("load 3: is not finite") }
    #expect(throws: DataDrivenError.self) { try EnergyMetric(stiffness: [1, 2, 2, 1]) }
    #expect(throws: DataDrivenError.self) { try EnergyMetric(stiffness: [1, 2, 3, 9]) }
    #expect(throws: DataDrivenError.self) {
      try MaterialData(strains: [1, .nan], stresses: [1, 2], metric: metric)
    }
    let data = try MaterialData(strains: [1, 2], stresses: [1, 2], metric: metric)
    #expect(throws: DataDrivenError.self) { try TangentData(data, neighbours: 3) }
    #expect(throws: DataDrivenError.self) { try TangentData(data, neighbours: 1) }
  }
}

@Suite struct MaterialSetTests {
  @Test("metric coordinates give states back, and lengths are energies")
  func coordinates() throws {
    let C = [4, 1, 0.5, 1, 3, -0.2, 0.5, -0.2, 2]
    let metric = try EnergyMetric(stiffness: C)
    let (e, s) = ([0.1, -0.2, 0.3, 1, 2, 3], [5.0, 6, -7, 0.3, 0.2, 0.1])
    let z = metric.coordinates(strains: e, stresses: s)
    for (a, b) in zip(metric.strains(z) + metric.stresses(z), e + s) { #expect(abs(a - b) < 1e-13) }
    for p in 0..<2 {
      let half = 0.5 * z[6 * p..<6 * p + 6].reduce(0) { $0 + $1 * $1 }
      let d2 = metric.stateMetric.squareDistance(
        Array(e[3 * p..<3 * p + 3]), Array(s[3 * p..<3 * p + 3]))
      #expect(abs(half - d2) < 1e-12 * half)
    }
  }

  @Test("a tangent space of data on a plane is that plane", arguments: ["uniform", "smooth"])
  func plane(weighting: String) throws {
    let D = [5, 1, 0.4, 1, 4, 0, 0.4, 0, 1.5]
    let metric = try EnergyMetric(stiffness: [3, 0, 0, 0, 3, 0, 0, 0, 1])
    var random = SplitMix64(seed: 9)
    let strains = (0..<600).map { _ in random.uniform(-1, 1) }
    let stresses = (0..<200).flatMap { p in
      (0..<3).map { i in (0..<3).reduce(0.0) { $0 + D[3 * i + $1] * strains[3 * p + $1] } }
    }
    let data = try MaterialData(strains: strains, stresses: stresses, metric: metric)
    var set = try TangentData(
      data, neighbours: 12, weighting: TangentData.Weighting(rawValue: weighting)!)
    let given = (0..<60).map { _ in random.normal(0, 1) }
    var (near, again) = (given, given)
    #expect(set.project(given, into: &near))
    let (e, s) = (metric.strains(near), metric.stresses(near))
    for p in 0..<10 {
      for i in 0..<3 {
        let law = (0..<3).reduce(0.0) { $0 + D[3 * i + $1] * e[3 * p + $1] }
        #expect(abs(s[3 * p + i] - law) < 1e-11)
      }
    }
    #expect(set.project(near, into: &again))
    for (a, b) in zip(near, again) { #expect(abs(a - b) < 1e-12) }
  }

  @Test("the same bits for any number of workers, and from any start of the search")
  func determinism() throws {
    let truss = try ReferenceTruss()
    let data = try truss.data(2000, noise: 0.02, seed: 4)
    let results = try [1, 2, 4, 8].map { workers in
      var nearest = NearestData(data)
      nearest.workers = workers
      var tangent = try TangentData(data, neighbours: 50, weighting: .smooth)
      tangent.workers = workers
      var a = try DataDrivenSolver(truss.structure, nearest)
      var b = try DataDrivenSolver(truss.structure, tangent)
      _ = (a.run(), b.run())
      return (a.states + b.states).map(\.bitPattern)
    }
    for other in results { #expect(other == results[0]) }
  }
}

@Suite struct DataDrivenSolverTests {
  @Test("what did not converge says so, and why")
  func honesty() throws {
    let truss = try ReferenceTruss()
    let data = try truss.data(1000)
    var short = try DataDrivenSolver(truss.structure, TangentData(data, neighbours: 6))
    short.iterationLimit = 3
    let record = short.run()
    #expect(record.reason == .iterationLimit && record.residuals.count == 3)
    var stopped = try DataDrivenSolver(truss.structure, TangentData(data, neighbours: 6))
    #expect(stopped.run { turn, _ in turn < 2 }.reason == .stagnated)
    let nowhere = Flat(D: [.nan], metric: truss.metric.stateMetric)
    var lost = try DataDrivenSolver(truss.structure, ManifoldStates(nowhere))
    #expect(lost.run().reason == .notFinite)
    #expect(lost.states.allSatisfy { $0.isFinite })
  }

  @Test("smooth weights make tangent spaces of noisy data converge", arguments: 0..<4)
  func smoothWeights(seed: Int) throws {
    let truss = try ReferenceTruss()
    let data = try truss.data(1000, noise: 0.02, seed: UInt64(seed))
    var solver = try DataDrivenSolver(
      truss.structure, TangentData(data, neighbours: 190, weighting: .smooth))
    let record = solver.run()
    #expect(record.converged)
    #expect(record.contractionRate! < 0.85)
  }

  @Test("several starts end no farther from the data than one")
  func starts() throws {
    let truss = try ReferenceTruss()
    let data = try truss.data(60, noise: 0.02, seed: 2)
    var one = try DataDrivenSolver(truss.structure, NearestData(data))
    _ = one.run()
    var many = try DataDrivenSolver(truss.structure, NearestData(data))
    let (records, kept) = many.run(starts: 8, seed: 1)
    #expect(records.count == 8 && records[kept].converged)
    #expect(many.distance <= one.distance)
    #expect(
      abs(
        many.distance * many.distance
          - zip(many.pointDistances, many.equilibrium.weights).reduce(0) { $0 + $1.1 * $1.0 * $1.0 }
      )
        < 1e-12)
  }
}

@Suite struct ContinuumTests {
  private static let true3 = try! LinearElastic(young: 3e9, poisson: 0.25)

  /// D of a linear law, 6 × 6.
  private static func matrix(_ law: LinearElastic) -> [Double] {
    var batch = PointBatch(groups: 1)
    law.evaluate(&batch)
    return batch.tangent(of: 0)
  }

  private static func definition(
    _ mesh: Mesh, _ formulation: Formulation, law: LinearElastic
  ) -> FEMModel.Definition {
    var definition = FEMModel.Definition(mesh: mesh, formulation: formulation, law: law)
    definition.prescriptions = [
      .fixed("xmin", components: formulation == .threeDimensional ? [0, 1, 2] : [0, 1])
    ]
    definition.tractions = [Traction(set: "xmax", vector: [1e6, -2e5, 0])]
    return definition
  }

  private static func difference(_ a: [Double], _ b: [Double]) -> Double {
    let size = b.reduce(0) { max($0, abs($1)) }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } / size
  }

  @Test("M_θ of a linear law gives the finite-element solution, in a metric of another stiffness")
  func linearManifold() throws {
    let mesh = try StructuredMesh.box(size: [2, 1, 1], divisions: (4, 2, 2))
    let law = ContinuumTests.true3
    var exact = try FEMModel(ContinuumTests.definition(mesh, .threeDimensional, law: law))
    #expect(exact.step(to: 1).converged)
    let softer = try LinearElastic(young: 2e9, poisson: 0.1)
    let continuum = try Continuum(
      ContinuumTests.definition(mesh, .threeDimensional, law: softer))
    let flat = Flat(D: ContinuumTests.matrix(law), metric: continuum.metric.stateMetric)
    var solver = try DataDrivenSolver(continuum.structure, ManifoldStates(flat))
    solver.tolerance = 1e-12
    let record = solver.run()
    #expect(record.converged)
    #expect(ContinuumTests.difference(solver.displacement, exact.displacement) < 1e-10)
    #expect(solver.distance < 1e-9 * solver.equilibrium.norm(solver.states))
  }

  @Test(
    "a linear law that is its own metric gives the finite-element solution in every formulation",
    arguments: [Formulation.planeStrain, .planeStress, .axisymmetric, .threeDimensional])
  func sameOperator(formulation: Formulation) throws {
    let mesh =
      formulation == .threeDimensional
      ? try StructuredMesh.box(size: [2, 1, 1], divisions: (3, 2, 1), shape: .hex20)
      : try StructuredMesh.rectangle(size: [2, 1], divisions: (4, 3), shape: .quad8)
    let definition = ContinuumTests.definition(mesh, formulation, law: ContinuumTests.true3)
    var exact = try FEMModel(definition)
    #expect(exact.step(to: 1).converged)
    let continuum = try Continuum(definition)
    let m = continuum.components.count
    let flat = Flat(D: continuum.metric.stiffness, metric: continuum.metric.stateMetric)
    var solver = try DataDrivenSolver(continuum.structure, ManifoldStates(flat))
    solver.tolerance = 1e-12
    #expect(solver.run().converged)
    #expect(ContinuumTests.difference(solver.displacement, exact.displacement) < 1e-10)
    // ½ Σ w σ·ε is the strain energy.
    var energy = 0.0
    for (p, w) in solver.equilibrium.weights.enumerated() {
      for i in m * p..<m * (p + 1) { energy += 0.5 * w * solver.strains[i] * solver.stresses[i] }
    }
    #expect(abs(energy / exact.strainEnergy - 1) < 1e-10)
  }

  @Test("data of a linear law, refined: nearest data converge to the finite-element solution")
  func refinedData() throws {
    let mesh = try StructuredMesh.rectangle(size: [2, 1], divisions: (4, 2), shape: .quad4)
    let law = ContinuumTests.true3
    var exact = try FEMModel(ContinuumTests.definition(mesh, .planeStress, law: law))
    #expect(exact.step(to: 1).converged)
    let lawful = try Continuum(ContinuumTests.definition(mesh, .planeStress, law: law))
    var reference = try DataDrivenSolver(
      lawful.structure,
      ManifoldStates(Flat(D: lawful.metric.stiffness, metric: lawful.metric.stateMetric)))
    #expect(reference.run().converged)
    let reach = (0..<3).map { i in
      stride(from: i, to: reference.strains.count, by: 3).reduce(0) {
        max($0, 1.2 * abs(reference.strains[$1]))
      }
    }
    let softer = try LinearElastic(young: 2e9, poisson: 0.1)
    let continuum = try Continuum(ContinuumTests.definition(mesh, .planeStress, law: softer))
    var errors: [Double] = []
    for n in [9, 17, 33] {
      var (strains, stresses): ([Double], [Double]) = ([], [])
      for i in 0..<n * n * n {
        let place = [i % n, i / n % n, i / (n * n)]
        let e = (0..<3).map { reach[$0] * (2 * Double(place[$0]) / Double(n - 1) - 1) }
        strains += e
        stresses += (0..<3).map { r in
          (0..<3).reduce(0.0) { $0 + lawful.metric.stiffness[3 * r + $1] * e[$1] }
        }
      }
      let data = try MaterialData(
        strains: strains, stresses: stresses, metric: continuum.metric)
      var solver = try DataDrivenSolver(continuum.structure, NearestData(data))
      #expect(solver.run().converged)
      errors.append(ContinuumTests.difference(solver.displacement, exact.displacement))
      if n == 17 {
        // The tangent space of a linear law is the law, if the neighbours span all three strains.
        var tangent = try DataDrivenSolver(
          continuum.structure, TangentData(data, neighbours: 60))
        #expect(tangent.run().converged)
        #expect(ContinuumTests.difference(tangent.displacement, exact.displacement) < 1e-8)
      }
    }
    // Spacing halves twice.
    #expect(errors[2] < 0.4 * errors[0])
    #expect(errors[2] < 0.05)
  }

  @Test("what cannot be solved data-driven is refused")
  func refusals() throws {
    let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (1, 1, 1))
    var definition = ContinuumTests.definition(
      mesh, .threeDimensional, law: ContinuumTests.true3)
    definition.volumetric = .meanDilatation
    #expect(throws: DataDrivenError.self) { try Continuum(definition) }
    definition.volumetric = .standard
    definition.prescriptions = []
    #expect(throws: FEMError.self) { try Continuum(definition) }
    var finite = FEMModel.Definition(mesh: mesh, law: try NeoHooke(mu: 1, lambda: 1))
    finite.prescriptions = [.fixed("xmin")]
    #expect(throws: DataDrivenError.self) { try Continuum(finite) }
  }
}
