/// Runs a finite-element case, whatever it asks for.
extension FEMCase {
  /// The run from start to end.
  /// - Throws: `InputError` or `FEMError` before any work.
  func run(progress: Progress = { _, _ in }) throws -> FieldResult {
    if isDynamic {
      var run = try MotionRun(self)
      return try run.run(progress: progress)
    }
    var run = try FieldRun(self)
    return try run.run(progress: progress)
  }

  /// Checks everything that can be checked before the work; figures of `validate --json`.
  /// - Throws: `InputError` or `FEMError`.
  func figures() throws -> JSONValue {
    let figures = try isDynamic ? MotionRun(self).figures : FieldRun(self).figures
    return .object([("title", .string(title))] + figures)
  }
}
