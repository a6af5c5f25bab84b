import DDA
import Glibc

extension BlockRun {
  /// Searches the factor of safety; what the result holds beside it is the run at the smallest
  /// factor that failed, from the seated blocks on: it shows how they fail.
  ///
  /// Time in the result counts from where trials begin.
  func run(_ search: StrengthReduction, progress: Progress) throws(InputError) -> BlockResult {
    let clock = Stopwatch()
    // Two ends of the range, then halvings.
    let width = search.range.upperBound - search.range.lowerBound
    let expected = 2 + max(log2(width / search.tolerance).rounded(.up), 0)
    var count = 0.0
    do {
      let outcome = try search.run(definition) { trial in
        count += 1
        progress(
          min(count / (expected + 1), 1),
          "F = \(Show.number(trial.factor)) \(trial.stands ? "stands" : "fails")")
      }
      let found = StrengthSearch(outcome)
      var result = try record(found, search, outcome.seat)
      result.strength = found
      result.provenance.seconds = clock.seconds
      return result
    } catch {
      throw study.value.need("strength-reduction").error("\(error.problem); \(error.remedy)")
    }
  }

  /// The trial at the shown factor once more, looked at as often as the case asks.
  private func record(
    _ found: StrengthSearch, _ search: StrengthReduction, _ start: DDASolver.Checkpoint
  ) throws(DDAError) -> BlockResult {
    var solver = try DDASolver(try definition.reduced(by: found.shown))
    solver.restore(start)
    let time = found.trials.first { $0.factor == found.shown }?.time ?? search.duration
    var observer = BlockObserver(self, end: time, startingAt: start.time)
    observer.context.factorOfSafety = found.factor ?? .nan
    observer.look(solver)
    var next = 0
    // The same steps as in the trial: a step shortened to an output time would be another one.
    let slack = 1e-9 * search.dt
    while solver.time < start.time + time - slack, solver.energy.total.isFinite {
      let dt = min(search.dt, start.time + search.duration - solver.time)
      observer.add([solver.step(dt, halvings: search.halvings)])
      let now = solver.time - start.time
      guard now >= min(outputs[next], time) - slack, solver.energy.total.isFinite else { continue }
      observer.look(solver)
      while next + 1 < outputs.count, now >= outputs[next] - slack { next += 1 }
    }
    return observer.finished()
  }
}
