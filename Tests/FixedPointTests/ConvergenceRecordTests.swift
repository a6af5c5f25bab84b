import FixedPoint
import Testing

@Suite struct ConvergenceRecordTests {
  @Test("a geometric sequence has its ratio as contraction rate and order one")
  func linear() {
    let record = ConvergenceRecord(
      residuals: [1, 0.25, 0.0625, 0.015625, 0.00390625], iterations: 4, reason: .converged)
    #expect(abs(record.contractionRate! - 0.25) < 1e-15)
    #expect(abs(record.observedOrder()! - 1) < 1e-12)
  }

  @Test("a squared sequence has order two; what round-off flattens is left out")
  func quadratic() {
    let record = ConvergenceRecord(
      residuals: [1e-1, 1e-2, 1e-4, 1e-8, 3e-16], iterations: 4, reason: .converged)
    #expect(abs(record.observedOrder()! - 2) < 1e-12)
  }

  @Test("too little history says nothing rather than something")
  func short() {
    #expect(ConvergenceRecord(residuals: [1], reason: .iterationLimit).contractionRate == nil)
    #expect(ConvergenceRecord(residuals: [1, 0], reason: .converged).contractionRate == nil)
    #expect(ConvergenceRecord(residuals: [1, 0.1], reason: .converged).observedOrder() == nil)
  }
}
