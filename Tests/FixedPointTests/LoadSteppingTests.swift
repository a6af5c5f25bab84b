import FixedPoint
import Testing

@Suite struct LoadSteppingTests {
  static func record(_ reason: ConvergenceRecord.Reason, iterations: Int = 4) -> ConvergenceRecord {
    ConvergenceRecord(residuals: [1, 0.1], iterations: iterations, reason: reason)
  }

  @Test("easy increments are taken as listed")
  func asListed() {
    var stepping = LoadStepping(levels: [0.25, 0.5, 1])
    stepping.run { _, _ in Self.record(.converged) }
    #expect(stepping.converged)
    #expect(stepping.steps.map(\.to) == [0.25, 0.5, 1])
    #expect(stepping.cutBacks == 0)
    #expect(stepping.summary.iterations == 12)
  }

  @Test("a refused increment is halved, every listed level is still hit, and growth returns")
  func cutBack() {
    // Between 0.2 and 0.3 only increments of at most 0.1 succeed.
    var stepping = LoadStepping(levels: [0.5, 1])
    stepping.run { from, to in
      from < 0.3 && to > 0.2 && to - from > 0.1
        ? Self.record(.diverged, iterations: 9) : Self.record(.converged)
    }
    #expect(stepping.converged && stepping.reached == 1)
    #expect(stepping.cutBacks > 0)
    let accepted = stepping.steps.filter(\.record.converged)
    #expect(accepted.contains { $0.to == 0.5 } && accepted.last?.to == 1)
    #expect(zip(accepted, accepted.dropFirst()).allSatisfy { $0.to == $1.from })
    let smallest = accepted.map { $0.to - $0.from }.min()!
    #expect(accepted.last!.to - accepted.last!.from > smallest)
    #expect(stepping.summary.cutBacks == stepping.cutBacks)
  }

  @Test("increments that always fail end in a reason, not in a loop")
  func tooSmall() {
    var stepping = LoadStepping(count: 4)
    var attempts = 0
    stepping.run { _, to in
      attempts += 1
      return to > 0.5 ? Self.record(.notFinite) : Self.record(.converged)
    }
    #expect(stepping.reason == .stepTooSmall)
    #expect(stepping.reached == 0.5)
    // 1/4 halves to 1/1024 in eight refusals; that one is tried as well.
    #expect(attempts == 2 + 9)
  }

  @Test("an error of the caller passes through")
  func throwing() {
    struct Stop: Error {}
    var stepping = LoadStepping(count: 2)
    #expect(throws: Stop.self) { try stepping.run { _, _ throws(Stop) in throw Stop() } }
  }
}
