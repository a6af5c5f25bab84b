import Coupling
import FixedPoint
import Testing

// Counts in brackets: preCICE's own log, and independent programs, with the same settings.
@Suite("The elastic tube, two participants coupled serially and implicitly")
struct ElasticTubeTests {
  private func tube(_ relaxation: RelaxationChoice, limit: Int = 200) throws -> CoupledSystem {
    var definition = CouplingDefinition(
      [ElasticTubeFlow(), ElasticTubeWall()],
      [
        Interface(
          .init("flow", "tube"), .init("wall", "tube"),
          exchange: .fields([
            Flow("pressure", from: .first), Flow("cross-section", from: .second),
          ]))
      ], window: .fixed(0.01))
    definition.criteria = [Criterion(.relative, 1e-5)]
    definition.relaxation = relaxation
    definition.iterationLimit = limit
    definition.halvings = 0
    return try CoupledSystem(definition)
  }

  private func quasiNewton(reused: Int) -> RelaxationChoice {
    .quasiNewton(
      .leastSquares(reusedWindows: reused), filter: .qr2(1e-3), first: 0.01, columnLimit: 50,
      scaled: false)
  }

  @Test(
    "IQN-ILS that reuses eight windows: 830 to 870 iterations in 100 windows (846, 852), 20 in the first (20)"
  )
  func reuse() throws {
    var system = try tube(quasiNewton(reused: 8))
    let records = system.run(to: 1)
    let total = records.reduce(0) { $0 + $1.iterations }
    let settled = records.allSatisfy(\.converged)
    #expect(records.count == 100 && settled)
    #expect(total >= 830 && total <= 870, "\(total)")
    #expect(records.prefix(5).map(\.iterations) == [20, 11, 10, 8, 8])
  }

  @Test("without reuse two and a half times as many (2117)")
  func noReuse() throws {
    var system = try tube(quasiNewton(reused: 0))
    let records = system.run(to: 1)
    let total = records.reduce(0) { $0 + $1.iterations }
    #expect(records.count == 100 && abs(total - 2117) < 60, "\(total)")
  }

  @Test("Aitken: 88 iterations in the first window (88), about 60 on average (64 to 66)")
  func aitken() throws {
    var system = try tube(.aitken(first: 0.1))
    let records = system.run(to: 0.3)
    let mean = Double(records.reduce(0) { $0 + $1.iterations }) / 30
    #expect(records.count == 30 && records[0].iterations == 88)
    #expect(mean > 55 && mean < 70, "\(mean)")
  }

  @Test(
    "unrelaxed the first window fails and nothing has moved; by a hundredth it takes 370, 272, 267 (the same)"
  )
  func constant() throws {
    var plain = try tube(.constant(1))
    let before = plain.participants[1].write("cross-section", on: "tube")
    let record = plain.run(to: 1).last!
    #expect(!record.converged && record.iterations < 10 && plain.time == 0)
    #expect(plain.participants[1].write("cross-section", on: "tube") == before)
    var slow = try tube(.constant(0.01), limit: 500)
    let counts = slow.run(to: 0.03).map(\.iterations)
    // The last is one less where flows start from their own last state.
    #expect(counts.prefix(2) == [370, 272] && abs(counts[2] - 267) <= 1, "\(counts)")
  }

  @Test(
    "killed in mid-window and gone on from the last checkpoint, it has the same bits",
    arguments: [
      RelaxationChoice.aitken(first: 0.1), .standard(),
      .quasiNewton(
        .multiVector(windowsPerRestart: 4, truncation: 1e-4), filter: .qr3(1e-2), first: 0.01,
        columnLimit: 50, scaled: false),
    ])
  func restart(relaxation: RelaxationChoice) throws {
    var whole = try tube(relaxation)
    whole.run(to: 0.1)
    var killed = try tube(relaxation)
    killed.run(to: 0.05)
    let saved = try killed.checkpoint()
    killed.step()
    var next = try tube(relaxation)
    try next.restore(saved)
    next.run(to: 0.1)
    for (p, field) in [(0, Field("pressure")), (1, "cross-section")] {
      let (a, b) = (whole.participants[p], next.participants[p])
      #expect(a.write(field, on: "tube") == b.write(field, on: "tube"))
    }
    #expect(whole.windows == 10 && next.windows == 10)
  }
}
