import ArgumentParser
import Foundation
import Studies

/// `deepmanifold run`
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a case and writes fields, probes and convergence to a VTKHDF file.")

  @Argument(help: "A case in YAML, or a result file, whose case is run again.")
  var `case`: String

  @Option(name: [.short, .long], help: "The result file, which ParaView opens.")
  var output: String

  @Option(name: .customLong("set"), help: "Replaces a value of the case: key=value.")
  var overrides: [String] = []

  @Option(
    name: .customLong("continue"),
    help: ArgumentHelp(
      "Goes on from a checkpoint of a coupled run.",
      discussion:
        "A case with 'checkpoint: {every: N}' writes RESULT.checkpoint beside its result; a run "
        + "that reaches its end removes it."))
  var checkpoint: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let bar = ProgressBar()
    let result: any RunResult
    do {
      defer { bar.show(nil) }
      result = try RunStudy.run(
        `case`, overrides: overrides, output: output, from: checkpoint,
        progress: { bar.show($0, $1) })
    }
    common.warn(result.warnings, of: `case`)
    common.show("\(result.summary)\nwrote \(output)", result.json)
    if let failure = result.failure { throw NotConverged("\(`case`): \(failure)") }
  }
}

/// `deepmanifold report`
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes one self-contained page about a law or a result.")

  @Argument(help: "A law or a result file.")
  var file: String

  @Option(name: [.short, .long], help: "The page.")
  var output: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let figures = try ReportStudy.write(file, to: output)
    common.show("wrote \(output)", figures)
  }
}

/// `deepmanifold inspect`
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints groups, arrays, shapes, units and attributes of an HDF5 file.")

  @Argument(help: "An HDF5 file.")
  var file: String

  @Flag(help: "Instead, the probes of a result over time or load, as comma-separated values.")
  var probes = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    if probes {
      let table = try ProbeTable(file)
      return common.show(table.csv, table.json)
    }
    let inspection = try Inspection(file)
    common.show(inspection.text, inspection.json)
  }
}

/// `deepmanifold validate`
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a case without running it; names line, key and remedy of a mistake.")

  @Argument(help: "A case.")
  var `case`: String

  @Option(name: .customLong("set"), help: "Replaces a value of the case: key=value.")
  var overrides: [String] = []

  @OptionGroup var common: CommonOptions

  func run() throws {
    let figures = try CaseCheck.validate(`case`, overrides: overrides)
    common.warn(figures.warnings, of: `case`)
    common.show("\(`case`): valid", figures)
  }
}

/// `deepmanifold schema`
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of case files.")

  @OptionGroup var common: CommonOptions

  func run() throws { common.show(CaseCheck.schema.pretty(), CaseCheck.schema) }
}

/// `deepmanifold verify`
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs validation folders and compares every probe with its expected value.")

  @Argument(help: "Validation folders, or a folder of them.")
  var folders: [String] = ["datasets/validation"]

  @Flag(help: "Only the short cases.")
  var quick = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    var rows: [Verification.Row] = []
    for path in folders {
      let isOne = FileManager.default.fileExists(atPath: path + "/case.yaml")
      for folder in isOne ? [path] : try Verification.folders(in: path) {
        let verification = try Verification(folder: folder)
        if quick && !verification.isQuick { continue }
        let fresh = try verification.run()
        for row in fresh { print(row.line) }
        rows += fresh
      }
    }
    let failed = rows.count { !$0.passed }
    common.show(
      "\(rows.count - failed) of \(rows.count) passed",
      .object([("passed", JSONValue(rows.count - failed)), ("rows", .array(rows.map(\.json)))]))
    if failed > 0 { throw NotConverged("\(failed) of \(rows.count) values are out of tolerance") }
  }
}
