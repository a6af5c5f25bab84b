import ArgumentParser
import Studies

/// `deepmanifold geometry`
struct Geometry: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Measures the manifold of a law's states: dimension, loss, stability, path of training.",
    discussion: """
      With --output the law is written again with its geometry, which 'report' then shows.
      """)

  @Argument(help: "A law's file.")
  var law: String

  @Option(name: [.short, .long], help: "A file for the law with its geometry (HDF5).")
  var output: String?

  @Option(help: "Seed of states, directions and noise.")
  var seed: UInt64 = 1

  @Option(help: "States per estimate of a dimension.")
  var points = 2000

  @OptionGroup var common: CommonOptions

  func run() throws {
    let study = try GeometryStudy(law, output: output, seed: seed, points: points)
    common.show(
      study.summary + (output.map { "\nwrote \($0)" } ?? ""), study.json)
  }
}
