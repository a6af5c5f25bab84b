import Foundation

/// A coupled case from its start, or from a checkpoint, to its files.
enum CouplingStudy {
  /// Runs it and writes its files. Checkpoints stand beside the output, and the last one is removed when the end has been
  /// reached and everything is written.
  /// - Parameter checkpoint: a file to go on from.
  static func run(
    _ study: CouplingCase, input: EmbeddedInput, from checkpoint: String?, output: String,
    progress: Progress
  ) throws -> CouplingResult {
    let target = CouplingCheckpoint.path(for: output)
    let makesCheckpoints = study.value["checkpoint"] != nil
    var inputs = [study.source.file]
    for file in study.files { inputs.append(try study.source.path(file)) }
    for name in study.names {
      _ = try OutputFile(CouplingFile.path(of: name, beside: output), inputs: inputs)
    }
    if makesCheckpoints { _ = try OutputFile(target, inputs: inputs) }
    let saved = try checkpoint.map { try CouplingCheckpoint.read($0, of: input) }
    var run = try CouplingRun(study)
    var result = try run.run(
      from: saved, save: { try CouplingCheckpoint.write($0, of: input, to: target) },
      progress: progress)
    result.files = try CouplingFile.write(result, study, input: input, to: output)
    if makesCheckpoints, result.converged { try? FileManager.default.removeItem(atPath: target) }
    return result
  }
}
