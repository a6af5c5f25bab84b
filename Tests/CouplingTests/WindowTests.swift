import Coupling
import FixedPoint
import Foundation
import Testing

@Suite("Windows: their lengths, their steps, and those that fail")
struct WindowTests {
  private static let schemes: [CouplingScheme] = [
    .serialExplicit, .parallelExplicit, .serialImplicit, .parallelImplicit,
  ]

  /// A chain whose middle mass refuses steps longer than 0.03 s up to a time.
  private func refusing(until: Double, halvings: Int = 4) -> MassChain {
    MassChain(
      edit: { $0.halvings = halvings },
      editMass: { i, mass in if i == 1 { (mass.refused, mass.until) = (0.03, until) } })
  }

  private func masses(_ system: CoupledSystem) -> [ChainMass] {
    system.participants.map { $0 as! ChainMass }
  }

  @Test("a participant's step is the window, where it is to give it")
  func given() throws {
    let chain = MassChain(
      edit: { $0.window = .given(by: "right") },
      editMass: { i, mass in mass.longestStep = [0.02, 0.04, 0.08][i] })
    var system = try chain.system()
    let record = system.step()
    #expect(record.length == 0.08 && system.time == 0.08)
    #expect(masses(system).map(\.steps.count) == [4, 2, 1])
  }

  @Test("steps within a window are equal, as long as they may be, and need not be the others'")
  func substeps() throws {
    let chain = MassChain(editMass: { i, mass in mass.longestStep = [0.04, 0.051, .infinity][i] })
    var system = try chain.system()
    system.step()
    let steps = masses(system).map(\.steps)
    #expect(steps.map(\.count) == [3, 2, 1])
    for (own, count) in zip(steps, [3.0, 2, 1]) {
      #expect(own.allSatisfy { abs($0 - 0.1 / count) < 1e-15 })
      #expect(abs(own.reduce(0, +) - 0.1) < 1e-15)
    }
  }

  @Test(
    "where a participant cannot go on the window is halved until it can, and later doubled again",
    arguments: schemes)
  func halving(scheme: CouplingScheme) throws {
    var system = try refusing(until: 0.15).system(scheme)
    let records = system.run(to: 0.6)
    let whole = records.allSatisfy(\.converged)
    #expect(whole && system.time == 0.6)
    let lengths = records.map { ($0.length * 1e4).rounded() / 1e4 }
    // 0.1 and 0.05 are refused; 0.05 again; from 0.15 s on nothing is.
    #expect(lengths.prefix(8) == [0.025, 0.025, 0.025, 0.025, 0.025, 0.025, 0.05, 0.1])
    #expect(records.prefix(8).map(\.rejections.count) == [2, 1, 1, 1, 1, 1, 0, 0])
    let why = records[0].rejections
    #expect(why.allSatisfy { $0.hasPrefix("participant 'middle': cannot go by 0.") })
    #expect(why[0].contains("0.1 s") && why[1].contains("0.05 s"))
    #expect(records.allSatisfy { $0.failure == nil })
    #expect(abs(records.reduce(0) { $0 + $1.length } - 0.6) < 1e-14)
  }

  @Test("a refused window leaves no trace: the answer is that of short windows, bit for bit")
  func trace() throws {
    // Of these windows every second length is tried in vain first.
    var halved = try refusing(until: .infinity).system()
    halved.run(to: 0.1)
    var short = try MassChain(window: 0.025).system()
    short.run(to: 0.1)
    #expect(MassChain.displacements(halved) == MassChain.displacements(short))
    #expect(masses(halved).map(\.steps) == masses(short).map(\.steps))
    #expect(halved.work == short.work && halved.windows == short.windows)
  }

  @Test(
    "where it fails for good everything is as it was, and the record says why", arguments: schemes)
  func failure(scheme: CouplingScheme) throws {
    for halvings in [0, 1] {
      var system = try refusing(until: .infinity, halvings: halvings).system(scheme)
      // So far by windows that it does not refuse.
      for n in 1...4 { #expect(system.step(limit: 0.025 * Double(n)).converged) }
      let (before, work) = (masses(system), system.work)
      var untried = system
      let record = system.step()
      #expect(!record.converged && record.rejections.count == halvings)
      #expect(record.failure?.hasPrefix("participant 'middle': cannot go by 0.") == true)
      #expect(record.start == 0.1 && abs(record.length - (halvings == 0 ? 0.1 : 0.05)) < 1e-15)
      #expect(masses(system) == before && system.work == work)
      #expect(system.time == 0.1 && system.windows == 4)
      // Nor is anything else different: both go on alike.
      for _ in 0..<2 {
        let limit = system.time + 0.03
        #expect(system.step(limit: limit) == untried.step(limit: limit))
        #expect(masses(system) == masses(untried))
      }
    }
  }

  @Test("a window that does not converge is halved, too")
  func divergent() throws {
    // Of two masses the lighter one is loaded: unrelaxed this diverges in long windows.
    let chain = MassChain(
      mass: [1, 0.02], wall: [10, 0], between: [8], order: [0, 1],
      edit: {
        $0.relaxation = .constant(1)
        $0.criteria = [Criterion(.relative, 1e-10)]
      })
    var system = try MassChain(
      mass: chain.mass, wall: chain.wall, between: chain.between, order: chain.order, window: 0.4,
      edit: chain.edit
    ).system()
    let record = system.step()
    #expect(record.converged && record.length < 0.4 && !record.rejections.isEmpty)
    let reasons = [ConvergenceRecord.Reason.diverged, .iterationLimit].map(\.rawValue)
    #expect(record.rejections.allSatisfy { reasons.contains($0) })
    let whole = try chain.monolithic(to: record.length, step: record.length)
    #expect(largestDifference(MassChain.displacements(system), whole) < 1e-9)
  }

  @Test("the end is hit exactly, whatever the length of windows", arguments: [0.1, 0.07, 1.0 / 3])
  func end(window: Double) throws {
    for scheme in [CouplingScheme.serialExplicit, .serialImplicit] {
      var system = try MassChain(window: window).system(scheme)
      let ends = [0.3, 0.30000000000000004 + 0.7, 4.7]
      for end in ends {
        let records = system.run(to: end)
        #expect(system.time == end && records.allSatisfy { $0.length <= window * (1 + 1e-8) })
      }
    }
  }

  @Test("a run ends where its caller says")
  func until() throws {
    var system = try MassChain().system()
    let records = system.run(to: 10) { system, record in
      record.converged && MassChain.displacements(system)[0] < 0
    }
    #expect(records.count == system.windows && system.time < 1)
    #expect(MassChain.displacements(system)[0] < 0)
  }
}
