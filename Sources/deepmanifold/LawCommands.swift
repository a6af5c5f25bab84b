import ArgumentParser
import Studies

/// `deepmanifold fit`
struct Fit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fits a law to material tests.",
    discussion: """
      Tests are CSV files, or folders of them: lines that start with # say where the data come from; \
      the columns are mode (uniaxial, equibiaxial, pure-shear, simple-shear, biaxial), stretch [-] \
      or shear [-], nominal_stress [MPa] or true_stress [MPa], and if you like test, stretch_2, \
      nominal_stress_2, true_stress_2, volume_ratio.
      """)

  @Argument(help: "Files of tests, or folders of .csv files.")
  var tests: [String]

  @Option(help: "learned, neo-hooke, mooney-rivlin, yeoh, ogden-1 to ogden-6, gent or carroll.")
  var law: String

  @Option(name: [.short, .long], help: "The law's file (HDF5).")
  var output: String

  @Option(help: "A test to judge by, not to learn from. May be repeated.")
  var holdOut: [String] = []

  @Option(help: "Seed of starts and folds.")
  var seed: UInt64 = 1

  @Option(help: "What reports call the law.")
  var name: String?

  @Option(help: "Bulk modulus over shear modulus, where the tests measured no volume.")
  var bulkRatio: Double?

  @Option(help: "Width of the hidden layers of a learned law.")
  var width: Int?

  @Option(help: "Number of hidden layers of a learned law.")
  var layers: Int?

  @Flag(inversion: .prefixedNo, help: "Whether a learned law is polyconvex by construction.")
  var polyconvex = true

  @Option(
    help: "Fit so many members of an ensemble besides: their spread is what the data leave open.")
  var ensemble = 0

  @Option(
    help: """
      Keep this share of the points from the fit and calibrate error bands on them; without it the \
      bands come from cross-validation.
      """)
  var calibrate = 0.0

  @OptionGroup var common: CommonOptions

  func run() throws {
    var options = FitStudy.Options(tests: tests, law: law)
    options.holdOut = holdOut
    options.seed = seed
    options.name = name
    options.bulkRatio = bulkRatio
    options.width = width
    options.layers = layers
    options.polyconvex = polyconvex
    options.ensemble = ensemble
    options.calibration = calibrate
    let bar = ProgressBar()
    let law: LawFile
    do {
      defer { bar.show(nil) }
      law = try FitStudy.run(options, output: output, progress: { bar.show($0, $1) })
    }
    common.show("\(law.summary)\nwrote \(output)", law.json)
  }
}

/// `deepmanifold evaluate`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Evaluates a law along a homogeneous path, with error bands and what its data covered.",
    discussion: """
      The score is near 0.5 for states like the data, rises to 1 in gaps between them and beyond 1 \
      outside; coverage_p is the share of the data that lie as far out. The band holds a measurement \
      like those of the data with the level's probability; outside of the data it promises nothing.
      """)

  @Argument(help: "A law's file.")
  var law: String

  @Option(help: "uniaxial, equibiaxial, pure-shear, simple-shear or biaxial.")
  var path: String

  @Option(help: "Stretches (in simple shear shears), FROM:TO:COUNT.")
  var stretch: String

  @Option(help: "Stretches along 2 of a biaxial path, FROM:TO:COUNT.")
  var second: String?

  @Flag(help: "Let the volume change as in a finite-element run; otherwise it is kept.")
  var compressible = false

  @Option(help: "Level of the error bands, between 0 and 1; the law's own (0.9) if not given.")
  var level: Double?

  @Flag(help: "Print a table with commas and all digits.")
  var csv = false

  @Option(name: [.short, .long], help: "Write that table to a file.")
  var output: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let evaluation = try Evaluation(
      law, path: path, stretch: stretch, second: second, compressible: compressible,
      level: level)
    if let output {
      try OutputFile(output, inputs: [law]).write(text: evaluation.csv + "\n")
      common.show("wrote \(output)", evaluation.json)
    } else {
      common.show(csv ? evaluation.csv : evaluation.text, evaluation.json)
    }
  }
}
