import ArgumentParser
import Studies

/// `deepmanifold identify`
struct Identify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds a law from displacement fields and net forces, without any stress.",
    discussion: """
      The case (kind: identification) names specimens: mesh, supports, what the machine prescribes, and a \
      measurement each. That is an HDF5 file: points [N, 3]; displacement [levels, N, c] with the attribute \
      components, such as xy; displacement_sd; load_factor [levels]; force [levels, R] with force_set and \
      force_component [R]; force_sd; each with units. 'measure' writes such a file from a computed result.
      """)

  @Argument(help: "A case of kind identification.")
  var `case`: String

  @Option(name: [.short, .long], help: "The law's file (HDF5).")
  var output: String

  @Option(name: .customLong("set"), help: "Replaces a value of the case: key=value.")
  var overrides: [String] = []

  @OptionGroup var common: CommonOptions

  func run() throws {
    let bar = ProgressBar()
    let law: LawFile
    do {
      defer { bar.show(nil) }
      law = try IdentificationStudy.run(
        `case`, overrides: overrides, output: output, progress: { bar.show($0, $1) })
    }
    common.show("\(law.summary)\nwrote \(output)", law.json)
    if let failure = law.fields?.failure { throw NotConverged("\(`case`): \(failure)") }
  }
}

/// `deepmanifold measure`
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures a computed specimen: displacements of points and net forces, with noise.",
    discussion: """
      The load levels are those of the result, the forces the probes of reactions in its case. What is \
      written is a measurement as 'identify' reads it.
      """)

  @Argument(help: "A result of 'run'.")
  var result: String

  @Option(name: [.short, .long], help: "The measurement (HDF5).")
  var output: String

  @Option(help: "The facets that the camera sees (a body in space).")
  var view: String?

  @Option(help: "So many random points there; without it the nodes.")
  var points: Int?

  @Option(help: "Which components are measured: x, xy, xyz, ...")
  var components = "xy"

  @Option(help: "Standard deviation of a displacement, a share of the largest one.")
  var noise = 1e-3

  @Option(help: "Standard deviation of a force, a share of the largest one.")
  var forceNoise = 1e-3

  @Option(help: "Seed of points and noise.")
  var seed: UInt64 = 1

  @OptionGroup var common: CommonOptions

  func run() throws {
    var options = MeasureStudy.Options()
    options.view = view
    options.points = points
    options.components = components
    options.noise = noise
    options.forceNoise = forceNoise
    options.seed = seed
    let measurement = try MeasureStudy.run(result, options, output: output)
    common.show("\(measurement.summary)\nwrote \(output)", measurement.json)
  }
}
