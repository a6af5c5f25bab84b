import ArgumentParser
import Foundation
import Studies

/// The root of the command line.
struct DeepManifold: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deepmanifold",
    abstract: "Learns material laws from test data and drives finite-element runs with them.",
    version: Provenance.programVersion,
    subcommands: [
      Fit.self, Identify.self, Project.self, Evaluate.self, Geometry.self, Run.self, Measure.self,
      Report.self, Inspect.self, Validate.self, SchemaCommand.self, Verify.self,
    ])
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Flag(help: "End stdout with one line of JSON that holds the figures.")
  var json = false

  /// What a person should know although the command did its work: a line each on stderr.
  func warn(_ warnings: [String], of file: String) {
    for warning in warnings {
      FileHandle.standardError.write(Data("deepmanifold: warning: \(file): \(warning)\n".utf8))
    }
  }

  /// The readable summary, then the JSON line where it was asked for.
  func show(_ text: String, _ figures: JSONValue) {
    if !text.isEmpty { print(text) }
    if json { print(figures.line) }
  }
}
