import FEM
import Identification
import Mechanics

/// An identification: specimens with their measurements, and which law to look for.
struct IdentificationCase: Sendable {
  let source: CaseSource

  init(_ source: CaseSource) { self.source = source }

  private var experimentBlocks: [CaseValue] { source.value.need("experiments").list }

  /// Paths of the files that the case names, with the places that name them.
  var files: [CaseValue] {
    experimentBlocks.flatMap { block in
      [block.need("measurement"), block.need("mesh")["file"]].compactMap { $0 }
    }
  }

  /// An experiment, ready to be identified from.
  struct Prepared {
    let experiment: FieldExperiment
    /// Points of the measurement that lie outside of the mesh and were left out.
    let outside: Int
    let citation: String
  }

  /// Experiments and options, checked.
  struct Preparation {
    let title: String
    let experiments: [Prepared]
    let options: FieldIdentification

    /// Figures of `validate --json`.
    var figures: JSONValue {
      .object([
        ("title", .string(title)), ("experiments", JSONValue(experiments.count)),
        ("points", JSONValue(experiments.reduce(0) { $0 + $1.experiment.points.count })),
        ("outside", JSONValue(experiments.reduce(0) { $0 + $1.outside })),
        ("levels", JSONValue(experiments.reduce(0) { $0 + $1.experiment.levels.count })),
        ("forces", JSONValue(experiments.reduce(0) { $0 + $1.experiment.reactions.count })),
      ])
    }
  }

  /// Reads all measurements and validates everything that can be validated before work starts.
  /// - Throws: `InputError` with line and key, or with the array of a measurement.
  func prepare() throws -> Preparation {
    var names: Set<String> = []
    let experiments = try experimentBlocks.map { block in
      let name = block.need("name")
      guard names.insert(name.text).inserted else {
        throw name.error("two experiments are named '\(name.text)'; rename one")
      }
      return try prepare(block)
    }
    let options = try options()
    for (block, each) in zip(experimentBlocks, experiments)
    where options.shearModulus == nil {
      let definition = each.experiment.definition
      guard definition.tractions.isEmpty, definition.bodyForce == nil else {
        throw block.need("loads").error(
          "drive the specimen, so that its stiffness has no scale yet; add law.shear-modulus, a first guess"
        )
      }
    }
    return Preparation(title: source.title, experiments: experiments, options: options)
  }

  private func prepare(_ block: CaseValue) throws -> Prepared {
    let body = BodyInput(value: block, folder: source.folder)
    let definition = try body.definition()
    let file = block.need("measurement")
    let path = try source.path(file)
    let measured = try Measurement(path)
    for component in measured.components where component >= definition.mesh.dimension {
      throw InputError(
        path, key: "displacement", "has a component z, but the mesh is plane; leave it out")
    }
    let inside = measured.points.indices.filter {
      definition.mesh.locate(measured.points[$0]) != nil
    }
    let outside = measured.points.count - inside.count
    // A few points beside a coarser mesh are its business; many are another place or unit.
    guard outside <= max(1, measured.points.count / 10) else {
      throw InputError(
        path, key: "points",
        "\(outside) of \(measured.points.count) points lie outside of the mesh; check units and origin"
      )
    }
    let c = measured.components.count
    let experiment: FieldExperiment
    do {
      experiment = try FieldExperiment(
        name: block.need("name").text, definition: definition,
        points: inside.map { measured.points[$0] }, components: measured.components,
        deviation: measured.deviation, reactions: measured.forces,
        reactionDeviation: measured.forceDeviation,
        levels: measured.levels.map { level in
          .init(
            factor: level.factor,
            displacements: inside.flatMap { level.displacements[c * $0..<c * ($0 + 1)] },
            reactions: level.reactions)
        })
      try validate(experiment)
    } catch {
      throw InputError(source.file, line: block.place.line, key: block.key, "\(error)")
    }
    return Prepared(
      experiment: experiment, outside: outside, citation: measured.provenance.citation)
  }

  /// What can be said of supports and sets without a search: the specimen makes a model with some law.
  private func validate(_ experiment: FieldExperiment) throws {
    var definition = experiment.definition
    let law = try NeoHooke(mu: 1, lambda: 1)
    for block in definition.mesh.blocks { definition.laws[block.name] = law }
    _ = try FEMModel(definition)
    for level in zip(experiment.levels, experiment.levels.dropFirst())
    where level.0.factor >= level.1.factor {
      throw InputError(
        experiment.name, "load_factor must rise from level to level; sort the measurement")
    }
    for reaction in experiment.reactions where definition.mesh.nodes(in: reaction.set) == nil {
      let known = Set(definition.mesh.nodeSets.keys).union(definition.mesh.facetSets.keys)
      throw InputError(
        "force_set",
        "the mesh has no set '\(reaction.set)'; "
          + Suggestion.remedy(for: reaction.set, in: known.sorted()))
    }
  }

  private func options() throws(InputError) -> FieldIdentification {
    let law = source.value.need("law")
    var out = FieldIdentification()
    out.widths = law.need("widths").list.map(\.integer)
    out.polyconvex = law.need("polyconvex").flag
    for fibre in law["fibres"]?.list ?? [] {
      do {
        out.directions.append(try PreferredDirection(fibre.numbers))
      } catch {
        throw fibre.error("\(error)")
      }
    }
    out.starts = law.need("starts").integer
    out.strengths = law.need("prior").numbers
    out.fieldIterations = law.need("iterations").integer
    out.bulkRatio = law.need("bulk-ratio").number
    out.shearModulus = law["shear-modulus"]?.number
    out.seed = UInt64(source.value.need("seed").integer)
    return out
  }
}
