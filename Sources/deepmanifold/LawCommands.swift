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
      nominal_stress_2, true_stress_2, volume_ratio. Where only true stress 1 less true stress 2 was \
      measured, give stress_difference [MPa]. An empty cell was not observed. Free faces carry no \
      stress unless there is a column lateral_stress; an empty cell of it leaves their stress open.

      Instead of tests, one HDF5 file of many states: arrays strain and stress [N, 6] in Mandel order \
      (and energy [N], if known) with units, and the attribute pair, 'C & S' or 'small strain & Cauchy \
      stress'. From states learn 'learned' and 'stress-map', by mini-batches.
      """)

  @Argument(help: "Files of tests, or folders of .csv files.")
  var tests: [String]

  @Option(
    help: """
      learned, learned-transverse, learned-orthotropic, neo-hooke, mooney-rivlin, yeoh, ogden-1 to \
      ogden-6, gent or carroll; of states learned or stress-map.
      """)
  var law: String

  @Option(
    help: """
      A preferred direction: its angle in degrees from axis 1 towards axis 2, a dispersion (0 to 1/3) \
      after a colon if you like. May be repeated; learned if not given.
      """)
  var fibre: [String] = []

  @Flag(help: "Learn how far the fibres are dispersed, too.")
  var learnDispersion = false

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

  @Flag(help: "Choose the shape of a learned law by held-out error.")
  var chooseSize = false

  @Flag(
    inversion: .prefixedNo,
    help: "Whether a learned law is polyconvex by construction; unless the data refuse it.")
  var polyconvex: Bool?

  @Flag(inversion: .prefixedNo, help: "Pre-train on states that classical laws simulate.")
  var weakStage = true

  @Option(
    help: """
      Standard deviation of the measured stretches, a share of stretch - 1 such as 3%: the fit then \
      finds the true stretches too.
      """)
  var strainNoise: String?

  @Option(help: "Standard deviation of the stresses, a share such as 5%; estimated if not given.")
  var stressNoise: String?

  @Option(help: "Weigh outliers down and list them: geman-mcclure or student-t.")
  var robust: String?

  @Option(help: "Keep the path of training at every so many steps; 0 keeps none.")
  var checkpoints = 0

  @Option(
    help: "Fit so many members of an ensemble besides: their spread is what the data leave open.")
  var ensemble = 0

  @Option(
    help: """
      Keep this share of the points from the fit and calibrate error bands on them; without it the \
      bands come from cross-validation.
      """)
  var calibrate = 0.0

  @Option(help: "How a law of states is trained: adam, lbfgs or muon.")
  var optimizer = "adam"

  @Option(help: "Passes over the states; of lbfgs iterations.")
  var epochs: Int?

  @Option(help: "States per step of adam and muon.")
  var batchSize: Int?

  @Option(help: "Largest learning rate of adam and muon.")
  var learningRate: Double?

  @OptionGroup var common: CommonOptions

  func run() throws {
    var options = FitStudy.Options(tests: tests, law: law)
    options.states.optimizer = optimizer
    options.states.epochs = epochs
    options.states.batchSize = batchSize
    options.states.learningRate = learningRate
    options.holdOut = holdOut
    options.seed = seed
    options.name = name
    options.bulkRatio = bulkRatio
    options.width = width
    options.layers = layers
    options.polyconvex = polyconvex
    options.choosesSize = chooseSize
    options.weakStage = weakStage
    options.strainNoise = strainNoise
    options.stressNoise = stressNoise
    options.robust = robust
    options.checkpoints = checkpoints
    options.fibres = fibre
    options.learnsDispersion = learnDispersion
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
