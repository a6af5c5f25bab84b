import ArgumentParser
import Studies

/// `deepmanifold project`
struct Project: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the nearest states of a law to incomplete, noisy observations.",
    discussion: """
      Observations are an HDF5 file with arrays strain [N, 6] and stress [N, 6] (NaN: not seen), a table with \
      columns such as strain_xx [-], stress_xy [MPa], stress_xx - stress_yy [MPa] and stress_xx_sd [MPa] (an \
      empty cell: not seen), or a table of material tests as 'fit' takes them. Strains are small strains, or \
      Hencky strains for a law of finite strain, where stresses are the rotated Kirchhoff stresses.
      """)

  @Argument(help: "The observations: HDF5 or a table.")
  var observations: String

  @Option(help: "A law's file.")
  var law: String

  @Option(name: [.short, .long], help: "The file of states (HDF5).")
  var output: String

  @Option(
    help:
      "What every state meets exactly: 'stress_yy = 0', 'strain_xx + strain_yy + strain_zz = 0'.")
  var hold: [String] = []

  @Option(help: "Standard deviation of all strains: 0.01, 3 %, or both with a +.")
  var strainSd: String?

  @Option(help: "Standard deviation of all stresses: 5 kPa, 3 %, or both with a +.")
  var stressSd: String?

  @Option(help: "Starts per observation; by default one where the law is convex, else four.")
  var starts: Int?

  @Option(help: "Seed of the starts.")
  var seed: UInt64 = 1

  @Option(help: "Observations in memory at a time; the states do not depend on it.")
  var chunk = 8192

  @Flag(help: "Print the states as a table with commas and all digits.")
  var csv = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    var options = ProjectionStudy.Options(observations: observations, law: law)
    options.holds = hold
    options.strainDeviation = strainSd
    options.stressDeviation = stressSd
    options.starts = starts
    options.seed = seed
    options.chunk = chunk
    let bar = ProgressBar()
    let record: ProjectionRecord
    do {
      defer { bar.show(nil) }
      record = try ProjectionStudy.run(
        options, output: output, progress: { bar.show($0, $1) },
        table: csv ? { print($0) } : nil)
    }
    common.show(csv ? "" : "\(record.summary)\nwrote \(output)", record.json)
    if let failure = record.failure { throw NotConverged("\(observations): \(failure)") }
  }
}
