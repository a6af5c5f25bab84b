import ConstitutiveManifold
import DataDriven
import FEM
import FixedPoint
import Geometry
import Manifold
import Mechanics

/// Runs a data-driven case: structure, material, turns, probes.
struct DataDrivenRun {
  private let study: DataDrivenCase
  private let truss: Truss?
  private let continuum: Continuum?
  private let structure: Structure
  private let probes: [DataDrivenProbe]
  private let material: DataDrivenMaterial

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` for a case that makes no structure or no material.
  init(_ study: DataDrivenCase) throws {
    self.study = study
    do {
      truss = try study.truss()
      continuum = truss == nil ? try study.continuum() : nil
      structure = try truss?.structure() ?? continuum!.structure
      material = try DataDrivenMaterial(study, continuum: continuum)
      probes = try study.probes(truss: truss, continuum: continuum)
      // Supports that let the structure move are bad input, and are found before the work.
      _ = try EquilibriumSet(structure, metric: material.metric)
    } catch let error as DataDrivenError {
      throw InputError(study.source.file, error.description)
    } catch let error as FEMError {
      throw InputError(study.source.file, error.description)
    }
  }

  /// Figures of `validate --json`.
  var figures: JSONValue {
    .object([
      ("title", .string(study.source.title)), ("points", JSONValue(structure.pointCount)),
      ("unknowns", JSONValue(structure.prescribed.count { $0 == nil })),
      ("states", JSONValue(material.stateCount)), ("probes", JSONValue(probes.count)),
    ])
  }

  /// Turns until the state rests.
  ///
  /// A run that does not converge is an ordinary outcome: the result holds what was reached.
  func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    switch material {
    case .nearest(let set): return try run(set, progress)
    case .tangent(let set): return try run(set, progress)
    case .curve(let set): return try run(set, progress)
    case .law(let set, _): return try run(set, progress)
    }
  }

  private func run<M: MaterialSet>(_ set: M, _ progress: Progress) throws -> FieldResult {
    let clock = Stopwatch()
    let options = study.value.need("solver")
    var solver = try DataDrivenSolver(structure, set)
    solver.tolerance = options.need("tolerance").number
    solver.iterationLimit = options.need("max-turns").integer
    let (starts, seed) = (options.need("starts").integer, options.need("seed").integer)
    let record: ConvergenceRecord
    progress(0, "projecting in turn")
    if starts == 1 {
      record = withoutActuallyEscaping(progress) { progress in
        solver.run { turn, movement in
          progress(
            Double(turn) / Double(turn + 20), "turn \(turn): moved by \(Show.number(movement))")
          return true
        }
      }
    } else {
      let (records, kept) = solver.run(starts: starts, seed: UInt64(seed))
      record = records[kept]
    }
    let solution = DataDrivenSolution(solver, structure: structure)
    var provenance = Provenance(seed: seed, seconds: clock.seconds, citation: material.citation)
    provenance.seconds = clock.seconds
    return FieldResult(
      kind: .dataDriven, mesh: mesh,
      bars: truss?.bars.map { SIMD2(Int32($0.from), Int32($0.to)) } ?? [],
      title: study.source.title, states: [state(solution)],
      steps: [.init(from: 0, to: 1, record: record)], converged: record.converged, factors: [1],
      probes: probes.map {
        .init(name: $0.name, unit: $0.unit, values: [$0.value(solution, continuum)])
      },
      output: ["displacement"], provenance: provenance)
  }

  private var mesh: Mesh {
    if let continuum { return continuum.model.definition.mesh }
    return Mesh(dimension: truss!.dimension, points: truss!.joints, blocks: [])
  }

  /// Displacement at the nodes and, in every bar or cell, the states (means over its points).
  private func state(_ s: DataDrivenSolution) -> FieldResult.State {
    let d = structure.dimension
    let nodes = s.displacement.count / d
    let u = (0..<nodes).flatMap { n in
      (0..<3).map { $0 < d ? s.displacement[d * n + $0] : 0 }
    }
    var state = FieldResult.State(
      factor: 1, displacement: u, stress: [], vonMises: [], strain: [], energy: [])
    if truss != nil {
      state.cells = [
        .init("admissible_strain", .scalar, s.admissibleStrains, unit: "1"),
        .init("admissible_stress", .scalar, s.admissibleStresses, unit: "Pa"),
        .init("distance", .scalar, s.pointDistances, unit: "sqrt(J/m^3)"),
        .init("strain", .scalar, s.strains, unit: "1"),
        .init("stress", .scalar, s.stresses, unit: "Pa"),
      ]
      return state
    }
    let (strain, stress) = (means(s.strains), means(s.stresses))
    state.cells = [
      .init("distance", .scalar, cellMeans(s.pointDistances, width: 1), unit: "sqrt(J/m^3)"),
      .init("strain", .symmetricTensor, strain, unit: "1"),
      .init("stress", .symmetricTensor, stress, unit: "Pa"),
      .init("von_mises", .scalar, vonMises(stress), unit: "Pa"),
    ]
    return state
  }

  /// Means over the points of every cell as plain tensor components.
  private func means(_ values: [Double]) -> [Double] {
    let mandel = cellMeans(continuum!.mandel(values), width: 6)
    return mandel.indices.map { $0 % 6 < 3 ? mandel[$0] : mandel[$0] * Mandel.halfRoot2 }
  }

  private func cellMeans(_ values: [Double], width: Int) -> [Double] {
    var out: [Double] = []
    var point = 0
    for block in structure.blocks {
      let n = block.pointsPerCell
      for cell in 0..<block.pointCount / n {
        let weights = block.weights[cell * n..<(cell + 1) * n]
        let whole = weights.reduce(0, +)
        for c in 0..<width {
          var sum = 0.0
          for (q, w) in weights.enumerated() { sum += w * values[width * (point + q) + c] }
          out.append(sum / whole)
        }
        point += n
      }
    }
    return out
  }

  private func vonMises(_ plain: [Double]) -> [Double] {
    stride(from: 0, to: plain.count, by: 6).map { p in
      let (x, y, z) = (plain[p], plain[p + 1], plain[p + 2])
      let shear = (3..<6).reduce(0.0) { $0 + plain[p + $1] * plain[p + $1] }
      let normal = (x - y) * (x - y) + (y - z) * (y - z) + (z - x) * (z - x)
      return (0.5 * normal + 3 * shear).squareRoot()
    }
  }
}

/// What is known of a material, by one of four sets.
enum DataDrivenMaterial {
  case nearest(NearestData)
  case tangent(TangentData)
  case curve(ManifoldStates<MonotoneCurve>)
  case law(ManifoldStates<LawManifold<Law>>, citation: String)

  /// The set that a case asks for.
  /// - Throws: `InputError`, `DataDrivenError`.
  init(_ study: DataDrivenCase, continuum: Continuum?) throws {
    let block = study.value.need("material")
    if let file = try study.learnedLaw() {
      guard continuum?.components.count == 6 else {
        throw block.need("law").error(
          "a learned law has six components; take formulation: three-dimensional")
      }
      let manifold = try LawManifold(file.law, coverage: file.coverage)
      self = .law(try ManifoldStates(manifold), citation: file.provenance.citation)
      return
    }
    let metric = try DataDrivenMaterial.metric(block, continuum)
    let (strains, stresses) = try study.measuredStates(continuum?.components)
    switch block.need("method").text {
    case "nearest":
      self = .nearest(
        NearestData(try MaterialData(strains: strains, stresses: stresses, metric: metric)))
    case "tangent":
      let m = metric.componentCount
      self = .tangent(
        try TangentData(
          MaterialData(strains: strains, stresses: stresses, metric: metric),
          neighbours: block["neighbours"]?.integer ?? (m == 1 ? 6 : 4 * m),
          weighting: .init(rawValue: block.need("weighting").text)!))
    default:
      guard metric.componentCount == 1 else {
        throw block.error("'method: manifold' of a body needs 'law', a law of small strains")
      }
      do {
        let fit = try CurveFit().fit(x: strains, y: stresses, metric: metric.stateMetric)
        self = .curve(try ManifoldStates(fit.curve))
      } catch let error as CurveFitError {
        throw block.need("data").error(error.description)
      }
    }
  }

  private static func metric(
    _ block: CaseValue, _ continuum: Continuum?
  ) throws -> EnergyMetric {
    if let continuum { return continuum.metric }
    guard let young = block["young"] else {
      throw block.error("needs young: it says how far states are apart")
    }
    return try EnergyMetric(young: young.number)
  }

  /// The metric of the set.
  var metric: EnergyMetric {
    switch self {
    case .nearest(let set): set.metric
    case .tangent(let set): set.metric
    case .curve(let set): set.metric
    case .law(let set, _): set.metric
    }
  }

  /// Number of measured states; 0 for learned manifolds.
  var stateCount: Int {
    switch self {
    case .nearest(let set): set.data.count
    case .tangent(let set): set.data.count
    case .curve, .law: 0
    }
  }

  /// Where a learned law comes from.
  var citation: String {
    if case .law(_, let citation) = self { return citation }
    return ""
  }
}
