import FEM
import FixedPoint
import Geometry
import Mechanics

/// Runs a finite-element case: definition, model, steps, probes.
public struct FieldRun {
  private let fem: FEMCase
  private let probes: [Probe]
  private let levels: [Double]
  private let trust: CoverageCheck
  private var model: FEMModel

  /// Validates everything that can be validated before work starts.
  /// - Throws: `InputError` or `FEMError` for a case that makes no model.
  public init(_ fem: FEMCase) throws {
    self.fem = fem
    let definition = try fem.definition()
    probes = try fem.probes(definition.mesh)
    levels = try fem.levels
    let fitted = try fem.fittedLaws()
    trust = CoverageCheck(
      Dictionary(fitted.map { ($0.region, $0.coverage) }) { first, _ in first })
    do {
      model = try FEMModel(definition)
    } catch {
      throw InputError(fem.file, error.description)
    }
    // A probe outside the body is bad input, and must be found before the work.
    let fields = model.nodalFields()
    for probe in probes { _ = try probe.value(model, fields, trust) }
  }

  /// Numbers of nodes, cells and free degrees of freedom.
  public var size: (nodes: Int, cells: Int, unknowns: Int) {
    let mesh = model.definition.mesh
    return (mesh.nodeCount, mesh.cellCount, model.unknownCount)
  }

  /// Walks to the full load with automatic cut-back.
  ///
  /// A run that does not converge is an ordinary outcome: the result holds what was reached.
  public mutating func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    let clock = Stopwatch()
    let citation = Set(try fem.fittedLaws().map(\.citation)).sorted().joined(separator: " ")
    var result = FieldResult(
      mesh: model.definition.mesh, title: fem.title, states: [], steps: [], converged: false,
      factors: [], probes: probes.map { .init(name: $0.name, unit: $0.unit, values: []) },
      output: fem.value.need("output").list.map(\.text), provenance: Provenance(seconds: 0))
    let smallest = fem.value.need("newton").need("smallest-step").number
    var stepping = LoadStepping(levels: levels, smallestIncrement: smallest)
    progress(0, "step 1 of \(levels.count)")
    while let (_, factor) = stepping.next() {
      let record = model.step(to: factor)
      guard record.converged else {
        stepping.refuse(record)
        continue
      }
      stepping.accept(record)
      let fields = model.nodalFields()
      result.factors.append(factor)
      for (i, probe) in probes.enumerated() {
        result.probes[i].values.append(try probe.value(model, fields, trust))
      }
      let coverage = trust.coverage(of: model)
      if levels.contains(factor) { result.states.append(state(fields, coverage)) }
      result.coveredShare = coverage?.share
      warn(&result, at: factor)
      progress(factor, "load factor \(Show.number(factor))")
    }
    result.steps = stepping.steps
    result.converged = stepping.converged
    result.provenance.seconds = clock.seconds
    result.provenance.citation = citation
    return result
  }

  /// Says once, and again with the last figure, that too much of the volume is strained beyond the data.
  private func warn(_ result: inout FieldResult, at factor: Double) {
    guard let share = result.coveredShare else { return }
    let limit = fem.value.need("coverage").need("warn-share").number
    guard 1 - share > limit else {
      result.uncovered = nil
      return
    }
    let first = result.uncovered?.from ?? factor
    result.uncovered = .init(share: 1 - share, limit: limit, from: first, at: factor)
  }

  private func state(
    _ fields: NodalFields, _ coverage: CoverageCheck.Field?
  ) -> FieldResult.State {
    let nodes = 0..<model.definition.mesh.nodeCount
    return FieldResult.State(
      factor: model.loadFactor,
      displacement: nodes.flatMap { n in
        let u = model.displacement(of: n)
        return [u.x, u.y, u.z]
      },
      stress: plain(fields.stress), vonMises: fields.vonMises, strain: plain(fields.strain),
      energy: fields.energy, coverageScore: coverage?.scores, coveredShare: coverage?.shares)
  }

  /// Mandel order to plain tensor components.
  private func plain(_ mandel: [Double]) -> [Double] {
    mandel.indices.map { $0 % 6 < 3 ? mandel[$0] : mandel[$0] * Mandel.halfRoot2 }
  }
}
