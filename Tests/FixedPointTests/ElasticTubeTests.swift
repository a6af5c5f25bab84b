import FixedPoint
import Testing

// Counts in brackets: preCICE's own log, and independent programs, with the same settings.
@Suite("The elastic tube, coupled serially and implicitly")
struct ElasticTubeTests {
  private func quasiNewton(_ memory: QuasiNewtonRelaxation.Memory, _ filter: QRFilter)
    -> QuasiNewtonRelaxation
  {
    QuasiNewtonRelaxation(memory, filter: filter, first: 0.01, columnLimit: 50)
  }

  @Test(
    "IQN-ILS that reuses eight windows: 842 iterations in 100 windows (846, 852), 20 in the first (20)"
  )
  func reuse() {
    let found = ElasticTube.run(
      quasiNewton(.leastSquares(reusedWindows: 8), .qr2(1e-3)), windows: 100)
    let total = found.iterations.reduce(0, +)
    #expect(found.converged && total >= 830 && total <= 870, "\(total)")
    #expect(found.iterations.prefix(5) == [20, 11, 10, 8, 8])
  }

  @Test("without reuse two and a half times as many (2117)")
  func noReuse() {
    let found = ElasticTube.run(
      quasiNewton(.leastSquares(reusedWindows: 0), .qr2(1e-3)), windows: 100)
    let total = found.iterations.reduce(0, +)
    #expect(found.converged && abs(total - 2117) < 60, "\(total)")
  }

  @Test("IQN-IMVJ, its inverse cut down every eight windows, as few as with reuse")
  func multiVector() {
    let found = ElasticTube.run(
      quasiNewton(.multiVector(windowsPerRestart: 8, truncation: 1e-4), .qr3(1e-2)), windows: 100)
    let total = found.iterations.reduce(0, +)
    #expect(found.converged && total <= 870, "\(total)")
  }

  // Which window takes how many hangs on rounding from the second one on, and so does whether the factor stalls.
  @Test("Aitken: 88 iterations in the first window (88), about 60 on average (64 to 66)")
  func aitken() {
    let found = ElasticTube.run(AitkenRelaxation(first: 0.1), windows: 30)
    let mean = Double(found.iterations.reduce(0, +)) / 30
    #expect(found.converged && found.iterations[0] == 88)
    #expect(mean > 55 && mean < 70, "\(mean)")
  }

  @Test(
    "unrelaxed it breaks down in the first window; by a hundredth it takes 370, 272, 267 (the same)"
  )
  func constant() {
    let plain = ElasticTube.run(ConstantRelaxation(1), windows: 1)
    #expect(!plain.converged && plain.iterations[0] < 10)
    let slow = ElasticTube.run(ConstantRelaxation(0.01), windows: 3, limit: 500)
    #expect(slow.iterations == [370, 272, 267])
  }
}
