import Manifold
import Testing

@Suite("The metric of a state")
struct StateMetricTests {
  @Test("coordinates and responses add up to half the squared length")
  func halfSquares() {
    let metric = StateMetric(coordinates: [2, 1, 1, 3], responses: [0.5])
    #expect(metric.squareDistance([1, 2], [4]) == 0.5 * (2 + 4 + 12) + 0.5 * 8)
  }
}
