import Coupling
import FixedPoint
import Foundation
import Testing

@Suite("Chains of masses, cut at every mass")
struct SchemeTests {
  private static let orders = [
    [0, 1], [1, 0], [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ]

  @Test(
    "in any order, one after another or at once, they go as all masses together", arguments: orders)
  func fixedPoint(order: [Int]) throws {
    var chain = MassChain(order: order)
    let whole = try chain.monolithic(to: 2, step: 0.1)
    for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
      for substeps in [1.0, 4] {
        // Windows of four steps with linear waves between them have the same fixed point as windows of one.
        chain.window = 0.1 * substeps
        chain.editMass = { $1.longestStep = 0.1 }
        var system = try chain.system(scheme)
        let records = system.run(to: 2)
        let settled = records.allSatisfy(\.converged)
        #expect(settled && records.count == Int(20 / substeps))
        let error = largestDifference(MassChain.displacements(system), whole)
        #expect(error < 1e-10, "\(scheme.order), \(substeps): \(error)")
      }
    }
  }

  @Test("serial schemes need fewer sweeps than parallel ones, unrelaxed")
  func sweeps() throws {
    let counts = try [CouplingScheme.serialImplicit, .parallelImplicit].map { scheme in
      var system = try MassChain(edit: { $0.relaxation = .constant(1) }).system(scheme)
      return system.run(to: 1).reduce(0) { $0 + $1.iterations }
    }
    #expect(counts[0] < counts[1], "\(counts)")
  }

  @Test(
    "explicit schemes converge with the window, at first order, with one sweep a window",
    arguments: [[0, 1], [0, 1, 2]])
  func explicit(order: [Int]) throws {
    let exact = try MassChain(order: order).monolithic(to: 1, step: 1e-4)
    for scheme in [CouplingScheme.serialExplicit, .parallelExplicit] {
      let errors = try [0.02, 0.01, 0.005].map { window in
        var system = try MassChain(order: order, window: window).system(scheme)
        let records = system.run(to: 1)
        let isOnce = records.allSatisfy { $0.iterations == 1 && $0.converged }
        #expect(isOnce)
        return largestDifference(MassChain.displacements(system), exact)
      }
      let observed = log2(errors[0] / errors[2]) / 2
      #expect(abs(observed - 1) < 0.2, "\(scheme.order): \(observed)")
      var system = try MassChain(order: order, window: 0.02).system(
        CouplingScheme(scheme.order, isImplicit: true))
      let sweeps = system.run(to: 1).reduce(0) { $0 + $1.iterations }
      #expect(sweeps > 2 * 50)
      let implicit = largestDifference(MassChain.displacements(system), exact)
      #expect(implicit < 0.25 * errors[0])
    }
  }

  @Test("one worker or two, at once: the same bits", arguments: [true, false])
  func workers(isImplicit: Bool) throws {
    let answers = try [1, 2, 4].map { workers in
      var system = try MassChain(edit: { $0.workers = workers }).system(
        CouplingScheme(.parallel, isImplicit: isImplicit))
      system.run(to: 2)
      return system.participants.map { $0 as! ChainMass }
    }
    #expect(answers[0] == answers[1] && answers[0] == answers[2])
  }

  @Test("what goes one way only needs a sweep, and one to see that nothing changes")
  func oneWay() throws {
    let leader = PointMass(name: "leader", mass: 1, stiffness: 20, velocity: 1)
    let follower = PointMass(name: "follower", mass: 2, velocity: 1)
    var d = CouplingDefinition(
      [leader, follower],
      [
        Interface(
          .init("leader", "mass"), .init("follower", "mass"),
          exchange: .fields([Flow(.displacement, from: .first)]))
      ], window: .fixed(0.1))
    d.criteria = [Criterion(.relative, 1e-14)]
    var system = try CoupledSystem(d)
    for record in system.run(to: 1) { #expect(record.converged && record.iterations == 2) }
    let ends = system.participants.map { ($0 as! PointMass).displacement }
    #expect(ends[0] == ends[1] && ends[0] != 0)
  }
}

@Suite("When a window has converged")
struct CriterionTests {
  private func iterations(_ criteria: [Criterion], start: Double = 1) throws -> Int {
    var system = try MassChain(
      start: start,
      edit: {
        $0.criteria = criteria
        $0.relaxation = .constant(1)
      }
    ).system()
    let record = system.step()
    #expect(record.converged && record.convergence.residuals.last! <= 1)
    #expect(record.convergence.residuals.dropLast().allSatisfy { $0 > 1 })
    return record.iterations
  }

  @Test("relative measures do not see the unit, absolute ones do")
  func units() throws {
    for kind in [ConvergenceMeasure.Kind.relative, .residualRelative] {
      let counts = try [1, 1e6].map { try iterations([Criterion(kind, 1e-8)], start: $0) }
      #expect(counts[0] == counts[1], "\(kind)")
    }
    let counts = try [1, 1e6].map { try iterations([Criterion(.absolute, 1e-8)], start: $0) }
    #expect(counts[1] > counts[0])
  }

  @Test("a stricter limit is met by more iterations")
  func limits() throws {
    for kind in [ConvergenceMeasure.Kind.absolute, .relative, .residualRelative] {
      let counts = try [1e-3, 1e-6, 1e-9].map { try iterations([Criterion(kind, $0)]) }
      #expect(counts[0] < counts[1] && counts[1] < counts[2], "\(kind): \(counts)")
    }
  }

  @Test("all must hold, each for its own field")
  func fields() throws {
    let loose = try iterations([Criterion(.relative, 1e-2)])
    let strict = try iterations([Criterion(.relative, 1e-10)])
    for field in [Field.displacement, .force] {
      let other: Field = field == .force ? .displacement : .force
      let both = try iterations([
        Criterion(.relative, 1e-10, field: field), Criterion(.relative, 1e-2, field: other),
      ])
      #expect(both > loose && both <= strict)
      let alone = try iterations([Criterion(.relative, 1e-10, field: field)])
      #expect(alone == both)
    }
  }

  @Test("so many iterations are demanded, and so many permitted")
  func counts() throws {
    let whole = try MassChain().monolithic(to: 0.1, step: 0.1)
    var least = try MassChain(edit: {
      $0.criteria = [Criterion(.relative, 1e-2)]
      $0.leastIterations = 9
    }).system()
    #expect(least.step().iterations == 9)
    #expect(largestDifference(MassChain.displacements(least), whole) < 1e-9)
    var most = try MassChain(edit: {
      $0.iterationLimit = 3
      $0.halvings = 0
    }).system()
    let record = most.step()
    #expect(record.iterations == 3 && record.convergence.reason == .iterationLimit)
    #expect(!record.converged && most.time == 0)
    #expect(MassChain.displacements(most) == [1, 0, 0])
  }
}

@Suite("Ways to the fixed point")
struct RelaxationChoiceTests {
  static let all: [RelaxationChoice] = [
    .constant(0.8), .aitken(first: 0.5), .anderson(depth: 5, mixing: 1), .standard(),
    .quasiNewton(
      .leastSquares(reusedWindows: 0), filter: .qr2(1e-6), first: 0.5, columnLimit: 20,
      scaled: false),
    .quasiNewton(
      .multiVector(windowsPerRestart: 4, truncation: 1e-3), filter: .qr2(1e-6), first: 0.5,
      columnLimit: 20, scaled: true),
  ]

  @Test("all reach the same answer, serially and in parallel", arguments: all)
  func answer(relaxation: RelaxationChoice) throws {
    let whole = try MassChain().monolithic(to: 2, step: 0.1)
    for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
      var system = try MassChain(edit: {
        $0.relaxation = relaxation
        $0.iterationLimit = 100
      }).system(scheme)
      let records = system.run(to: 2)
      let settled = records.allSatisfy { $0.converged && $0.rejections.isEmpty }
      #expect(settled)
      let error = largestDifference(MassChain.displacements(system), whole)
      #expect(error < 1e-9, "\(error)")
    }
  }

  @Test("from rest nothing moves, in one iteration, until something pulls", arguments: all)
  func rest(relaxation: RelaxationChoice) throws {
    let chain = MassChain(
      start: 0, edit: { $0.relaxation = relaxation },
      editMass: { i, mass in if i == 2 { (mass.pull, mass.from) = (3, 0.45) } })
    var system = try chain.system()
    let still = system.run(to: 0.4)
    #expect(still.allSatisfy { $0.iterations == 1 && $0.converged } && still.count == 4)
    #expect(MassChain.displacements(system) == [0, 0, 0])
    let moving = system.run(to: 1)
    #expect(moving.allSatisfy { $0.converged && $0.rejections.isEmpty } && moving.count == 6)
    #expect(MassChain.displacements(system).allSatisfy { $0 > 0 })
  }

  @Test("none given is the interface quasi-Newton method over eight windows")
  func standard() throws {
    let answers = try [nil, RelaxationChoice.standard(first: 0.5)].map { choice in
      var system = try MassChain(edit: { $0.relaxation = choice }).system()
      system.run(to: 1)
      return system.participants.map { $0 as! ChainMass }
    }
    #expect(answers[0] == answers[1])
  }
}
