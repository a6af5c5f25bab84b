import ConstitutiveManifold
import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

// MARK: Weak

extension FieldRun {
  /// Neo-Hooke from fields and reactions.
  mutating func findReference(_ experiments: [FieldExperiment]) throws(IdentificationError) {
    let loaded = experiments.first {
      !$0.definition.tractions.isEmpty || $0.definition.bodyForce != nil
    }
    if let loaded, options.shearModulus == nil {
      throw IdentificationError(
        "experiment '\(loaded.name)'", "is driven by loads", "give a shear modulus to begin with")
    }
    let unit = options.shearModulus ?? 1
    guard let first = try? NeoHooke(mu: unit, lambda: options.bulkRatio * unit) else {
      throw failure(
        "reference", "cannot begin with a shear modulus of \(unit) Pa", cause: .input)
    }
    for experiment in experiments { specimens.append(try Specimen(experiment, law: first)) }
    for s in specimens.indices {
      guard specimens[s].solve(first, theta: []) else {
        throw failure("reference", "neo-Hooke finds no equilibrium at the measured levels")
      }
    }
    let mu = unit * (loaded == nil ? try scaleOfReactions() : 1)
    guard let family = try? NeoHookeFamily(mu: mu, lambda: options.bulkRatio * mu) else {
      throw failure(
        "reference", "the reactions work against the displacements", cause: .input)
    }
    var problem = FieldProblem(family, specimens, strength: 1)
    guard
      let end = minimise(
        "reference", &problem, from: family.centre, iterations: 20,
        bounds: (family.lowerBounds, family.upperBounds))
    else { throw failure("reference", "neo-Hooke finds no equilibrium at the measured levels") }
    specimens = problem.specimens
    reference = (family, end.theta)
    let moved = zip(end.theta, family.centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let rows = Double(measurementCount)
    stages.append(
      StageRecord(
        stage: .weak, states: measurementCount,
        description: "neo-Hooke's moduli from fields and net reactions",
        misfitBefore: end.firstNorm / rows.squareRoot(), misfitAfter: misfit(end.r),
        misfitUnit: "standard deviations", parameterMovement: moved.squareRoot(),
        responseMovement: 0, record: end.record))
    guard let law = try? family.law(end.theta) else {
      throw failure("reference", "ended at moduli that no law has")
    }
    simulated = (law, exp(end.theta[0]), exp(end.theta[1]))
    if !options.directions.isEmpty { try reinforceReference() }
  }

  /// Neo-Hooke's fit carried on with fibres that bear tension in proportion: an isotropic reference takes
  /// them for a stiffer ground, and a learned law that begins there hardly finds its way back.
  private mutating func reinforceReference() throws(IdentificationError) {
    let family = ReinforcedFamily(ground: reference.family, directions: options.directions)
    let start = reference.theta + family.centre.dropFirst(2)
    var problem = FieldProblem(family, specimens, strength: 1)
    guard
      let end = minimise(
        "fibres", &problem, from: start, iterations: 20,
        bounds: (family.lowerBounds, family.upperBounds)),
      let law = try? family.law(end.theta)
    else { throw failure("fibres", "the reinforced reference finds no equilibrium") }
    specimens = problem.specimens
    let before = simulated.law
    simulated = (law, exp(end.theta[0]), exp(end.theta[1]))
    let moved = zip(end.theta, start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let strains = specimens.flatMap { $0.strains() }
    probes = stride(from: 0, to: strains.count / 6, by: 1 + strains.count / 1200).map {
      Array(strains[6 * $0..<6 * $0 + 6])
    }
    stages.append(
      StageRecord(
        stage: .weak, states: measurementCount,
        description: "neo-Hooke's moduli and one for each family of fibres",
        misfitBefore: end.firstNorm / Double(measurementCount).squareRoot(),
        misfitAfter: misfit(end.r), misfitUnit: "standard deviations",
        parameterMovement: moved.squareRoot(), responseMovement: responseChange(law, before),
        record: end.record))
  }

  /// The factor by which the modulus of the law just solved for misses the measured reactions.
  private func scaleOfReactions() throws(IdentificationError) -> Double {
    var (dot, square) = (0.0, 0.0)
    for specimen in specimens {
      let w = 1 / (specimen.experiment.reactionDeviation * specimen.experiment.reactionDeviation)
      for (l, level) in specimen.experiment.levels.enumerated() {
        for (value, measured) in zip(specimen.netReactions(specimen.forces[l]), level.reactions) {
          dot += w * value * measured
          square += w * value * value
        }
      }
    }
    guard dot > 0, square > 0 else {
      throw failure(
        "reference", "the reactions work against the displacements", cause: .input)
    }
    return dot / square
  }

  /// Trains the learned law on the reference's stresses; one θ per start.
  mutating func trainOnReference() throws(IdentificationError) -> [[Double]] {
    let strains = specimens.flatMap { $0.strains() }
    let (mu, lambda) = (simulated.mu, simulated.lambda)
    do {
      family = try options.family(stressScale: mu, bulkRatio: lambda / mu, strains: strains)
    } catch {
      throw IdentificationError("options", error.description, "choose other widths or directions")
    }
    var random = SplitMix64(seed: options.seed)
    var ends: [(start: [Double], end: End)] = []
    for _ in 0..<options.starts {
      let start = family.start(&random)
      var problem = SimulatedStress(
        family, reference: simulated.law, strains: strains, unit: mu)
      probes = problem.strains
      guard
        let end = minimise(
          "simulated", &problem, from: start, iterations: 100,
          bounds: (family.lowerBounds, family.upperBounds))
      else { throw failure("simulated", "a start of the learned law has no stress") }
      ends.append((start, end))
    }
    let best = ends.min {
      distanceFromReference($0.end.theta) < distanceFromReference($1.end.theta)
    }!
    trained = best.end.theta
    let moved = zip(best.start, trained).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let change =
      if let a = try? family.law(trained), let b = try? family.law(best.start) {
        responseChange(a, b)
      } else { Double.infinity }
    stages.append(
      StageRecord(
        stage: .weak, states: probes.count,
        description: "stresses of that law at the strains of the specimens",
        misfitBefore: distanceFromReference(best.start),
        misfitAfter: distanceFromReference(trained), misfitUnit: "share of the stress",
        parameterMovement: moved.squareRoot(), responseMovement: change, record: best.end.record))
    return ends.map { $0.end.theta }
  }
}

// MARK: Intended

extension FieldRun {
  /// Closes the equilibrium gap of the assimilated fields from every start; the best one is returned.
  mutating func closeGap(_ candidates: [[Double]]) throws(IdentificationError) -> [Double] {
    var levels: [[AssimilatedLevel]] = []
    for s in specimens.indices {
      guard let assimilated = specimens[s].assimilate() else {
        throw failure("gap", "the reference is unstable at the measured levels")
      }
      levels.append(assimilated)
    }
    var best: (start: [Double], end: End)?
    for candidate in candidates {
      var problem = GapProblem(
        family: family!, strength: options.strengths.max()!, specimens: specimens, levels: levels)
      guard
        let end = minimise(
          "gap", &problem, from: candidate, iterations: options.gapIterations,
          bounds: (family.lowerBounds, family.upperBounds))
      else { continue }
      func cost(_ r: [Double]) -> Double { r.reduce(0) { $0 + $1 * $1 } }
      if best == nil || cost(end.r) < cost(best!.end.r) { best = (candidate, end) }
    }
    guard let best else { throw failure("gap", "the learned law has no stress at the fields") }
    let first = best.end.firstNorm / Double(measurementCount).squareRoot()
    note("equilibrium gap of the assimilated fields", before: best.start, first, best.end)
    return best.end.theta
  }

  /// Least squares in equilibrium, from strong to weak priors until the evidence falls.
  mutating func fitFields(
    from theta: [Double]
  ) throws(IdentificationError) -> (end: End, strength: Double) {
    let bounds = (family.lowerBounds, family.upperBounds)
    let strengths = options.strengths.sorted(by: >)
    var best: (end: End, strength: Double, evidence: Double)?
    var start = theta
    var firstNorm: Double?
    for strength in strengths {
      var found: End?
      // A law of the gap that has no equilibrium is drawn back towards the trained one, which has.
      for pull in best == nil ? [0, 0.5, 0.8, 1] : [0] {
        let x = zip(start, trained).map { $0 + pull * ($1 - $0) }
        var problem = FieldProblem(family!, specimens, strength: strength)
        found = minimise(
          "fields", &problem, from: x, iterations: options.strengthIterations, bounds: bounds)
        if found != nil {
          specimens = problem.specimens
          break
        }
      }
      guard let end = found else { break }
      firstNorm = firstNorm ?? end.firstNorm
      let evidence = logEvidence(end.r, end.J, strength)
      trials.append(.init(strength: strength, logEvidence: evidence))
      guard evidence > best?.evidence ?? -.infinity else { break }
      best = (end, strength, evidence)
      start = end.theta
    }
    guard var best else { throw failure("fields", "the learned law finds no equilibrium") }
    if best.end.record.reason == .iterationLimit {
      var problem = FieldProblem(family!, specimens, strength: best.strength)
      if let end = minimise(
        "fields", &problem, from: best.end.theta, iterations: options.fieldIterations,
        bounds: bounds)
      {
        best.end = end
      }
      specimens = problem.specimens
    }
    var problem = FieldProblem(family!, specimens, strength: best.strength)
    var r = best.end.r
    if problem.residual(at: best.end.theta, into: &r) { specimens = problem.specimens }
    let first = firstNorm! / Double(measurementCount).squareRoot()
    note("fields and net reactions in equilibrium", before: theta, first, best.end)
    return (best.end, best.strength)
  }

  /// ln ∫ exp(−½‖r‖²) dθ by Laplace's method, with the normalised prior.
  private func logEvidence(_ r: [Double], _ J: DenseMatrix, _ strength: Double) -> Double {
    var H = DenseMatrix(rows: J.columns, columns: J.columns)
    J.gram(of: .columns, intoLowerTriangleOf: &H)
    guard Cholesky.factorise(&H) else { return -.infinity }
    var value = -0.5 * r.reduce(0) { $0 + $1 * $1 }
    for (k, s) in family.stiffness.enumerated() { value += 0.5 * log(strength * s) - log(H[k, k]) }
    return value
  }
}
