/// A coupled case from its start, or from a checkpoint, to its files.
enum CouplingStudy {
  /// Runs it; checkpoints stand beside the output, and the last one is removed when the run is done.
  /// - Parameter checkpoint: a file to go on from.
  static func run(
    _ study: CouplingCase, from checkpoint: String?, output: String, progress: Progress
  ) throws -> CouplingResult {
    for name in study.names {
      _ = try OutputFile(CouplingFile.path(of: name, beside: output), inputs: [study.source.file])
    }
    var run = try CouplingRun(study)
    let saved = try checkpoint.map { try CheckpointFile.read($0, of: study) }
    let target = CheckpointFile.path(for: output)
    return try run.run(
      from: saved, save: { try CheckpointFile.write($0, of: study, to: target) }, progress: progress
    )
  }
}
