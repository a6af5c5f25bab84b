import FixedPoint
import Foundation
import Testing

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}
private func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
private func minus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

@Suite("Relaxation of fixed points")
struct RelaxationTests {
  /// x + F(x) of four equations, whose roots are (±2, 0, ±2, ±2).
  private func four(_ x: [Double]) -> [Double] {
    [
      x[0] + 2 * x[0] * x[0] - x[1] * x[2] - 8,
      x[1] + x[0] * x[0] * x[1] + 2 * x[0] * x[1] * x[2] + x[1] * x[2] * x[2] + x[1],
      x[2] + x[2] * x[2] - 4, x[3] + x[3] * x[3] - 4,
    ]
  }

  /// A contraction or expansion of n dimensions: H(x) = A x + b, seeded.
  private func linear(_ n: Int, _ size: Double, seed: Int) -> (A: [[Double]], b: [Double]) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 0x1p52 - 1
    }
    return (
      (0..<n).map { _ in (0..<n).map { _ in size * random() } }, (0..<n).map { _ in random() }
    )
  }

  private func times(_ A: [[Double]], _ x: [Double]) -> [Double] { A.map { dot($0, x) } }

  private func relative(_ n: Int, _ limit: Double) -> FixedPointIteration {
    FixedPointIteration([ConvergenceMeasure(0..<n, .relative, limit)])
  }

  @Test(
    "four nonlinear equations from zero: at most 14 iterations (an independent program takes 12)",
    arguments: [0.1, 0.5])
  func fourEquations(first: Double) {
    for memory in [
      QuasiNewtonRelaxation.Memory.leastSquares(reusedWindows: 0),
      .multiVector(windowsPerRestart: 8, truncation: 1e-4),
    ] {
      var relaxation = QuasiNewtonRelaxation(memory, filter: .qr3(1e-2), first: first)
      var x = [0.0, 0, 0, 0]
      let record = relative(4, 1e-7).run(&x, &relaxation) { four($0) }
      #expect(record.converged && record.iterations <= 14, "\(record.iterations)")
      #expect(zip(x, [-2.0, 0, -2, -2]).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  // Eigenvalues are far outside the unit circle: without acceleration the iteration diverges.
  @Test(
    "a linear map of n dimensions takes at most n + 2 iterations", arguments: [1, 2, 5, 10, 20])
  func linearMap(n: Int) {
    for seed in 1...5 {
      let (A, b) = linear(n, 2, seed: seed)
      for name in ["ils", "imvj", "anderson"] {
        var x = [Double](repeating: 0, count: n)
        let map = { (x: [Double]) -> [Double]? in zip(times(A, x), b).map { $0 + $1 } }
        var iteration = relative(n, 1e-8)
        iteration.limit = n + 2
        let record: ConvergenceRecord
        switch name {
        case "ils":
          var r = QuasiNewtonRelaxation(.leastSquares(reusedWindows: 0), filter: .none)
          record = iteration.run(&x, &r, map)
        case "imvj":
          var r = QuasiNewtonRelaxation(
            .multiVector(windowsPerRestart: 8, truncation: 1e-4), filter: .none)
          record = iteration.run(&x, &r, map)
        default:
          var r = AndersonRelaxation(depth: n, filter: .none)
          record = iteration.run(&x, &r, map)
        }
        #expect(record.converged, "\(name), \(seed): \(record.residuals)")
      }
    }
  }

  @Test(
    "a second window of the same linear map takes two iterations where the first one is remembered")
  func memory() {
    let (A, b) = linear(6, 2, seed: 3)
    for memory in [
      QuasiNewtonRelaxation.Memory.leastSquares(reusedWindows: 1),
      .multiVector(windowsPerRestart: 1, truncation: 1e-12),
      .multiVector(windowsPerRestart: 8, truncation: 1e-4),
    ] {
      var relaxation = QuasiNewtonRelaxation(memory, filter: .none)
      var x = [Double](repeating: 0, count: 6)
      let first = relative(6, 1e-9).run(&x, &relaxation) { zip(times(A, $0), b).map { $0 + $1 } }
      let second = relative(6, 1e-9).run(&x, &relaxation) {
        zip(times(A, $0), b).map { $0 - 3 * $1 }
      }
      #expect(first.converged && second.converged)
      #expect(first.iterations > 6 && second.iterations <= 3, "\(second.iterations)")
    }
  }

  @Test(
    "Aitken's factor is that of its formula, and carried into the next window, at most the first")
  func aitken() {
    var relaxation = AitkenRelaxation(first: 0.5)
    // H(x) = −3 x: residual −4 x. The secant of a line is exact: ω = 1/4.
    var x = [1.0]
    x = relaxation.next(x, image: [-3 * x[0]])
    #expect(x == [-1] && relaxation.report.factor == 0.5)
    x = relaxation.next(x, image: [-3 * x[0]])
    #expect(abs(relaxation.report.factor! - 0.25) < 1e-15 && abs(x[0]) < 1e-15)
    relaxation.endWindow(x, image: x)
    x = relaxation.next([2], image: [-6])
    #expect(abs(relaxation.report.factor! - 0.25) < 1e-15 && abs(x[0]) < 1e-15)
  }

  @Test("filters drop the same planted near-dependent column, QR1 by its own measure")
  func filters() {
    let n = 12
    let (A, noise) = linear(n, 1, seed: 7)
    var columns = (0..<4).map { A[$0] }
    // The third is the first two together with a thousandth of another; the fifth a millionth of one of its own.
    columns[2] = zip(zip(columns[0], columns[1]), noise).map { $0.0 + 2 * $0.1 + 1e-4 * $1 }
    columns.append(A[6].map { 1e-6 * $0 })
    #expect(FilteredQR(columns, filter: .none).dropped.isEmpty)
    #expect(FilteredQR(columns, filter: .qr2(1e-3)).dropped == [2])
    #expect(FilteredQR(columns, filter: .qr3(1e-3)).dropped == [2])
    // Beside all of R the short one is nothing, although it is independent.
    #expect(FilteredQR(columns, filter: .qr1(1e-3)).dropped == [2, 4])
    #expect(FilteredQR(columns, filter: .qr3(1e-7)).dropped.isEmpty)
  }

  @Test("Q is orthonormal and Q R is V to rounding, also where columns are nearly dependent")
  func factors() {
    let (A, noise) = linear(20, 1, seed: 2)
    var columns = (0..<6).map { A[$0] }
    columns[3] = zip(columns[1], noise).map { $0 + 1e-9 * $1 }
    let qr = FilteredQR(columns, filter: .none)
    for i in qr.Q.indices {
      for j in 0...i { #expect(abs(dot(qr.Q[i], qr.Q[j]) - (i == j ? 1 : 0)) < 1e-14) }
      var v = [Double](repeating: 0, count: 20)
      for k in 0...i { for m in v.indices { v[m] += qr.R[i][k] * qr.Q[k][m] } }
      #expect(length(minus(v, columns[i])) < 1e-14 * length(columns[i]) * 10)
    }
  }

  @Test("zero data, zero start: converged at once; a stalled step is noticed and left")
  func zeros() {
    var relaxation = QuasiNewtonRelaxation()
    var x = [0.0, 0]
    #expect(relative(2, 1e-6).run(&x, &relaxation) { $0 }.iterations == 1)
    // Differences from a map that has changed under way: they lead to where it already is.
    var stalled = QuasiNewtonRelaxation(filter: .none, first: 0.1)
    _ = stalled.next([0], image: [1])
    let next = stalled.next([0], image: [2])
    #expect(stalled.report.refusal == .stalled && abs(next[0] - 0.2) < 1e-15)
    // Equal images are no difference, and a residual of zero ends where it is.
    var still = QuasiNewtonRelaxation()
    _ = still.next([0, 0], image: [0, 1])
    #expect(still.next([0, 0], image: [0, 1]) == [0, 0.1])
    #expect(still.next([3, 4], image: [3, 4]) == [3, 4])
  }

  @Test("the unrelaxed iteration of an expanding map diverges and says so")
  func diverges() {
    var relaxation = ConstantRelaxation(1)
    var x = [1.0]
    let record = relative(1, 1e-6).run(&x, &relaxation) { [-3 * $0[0]] }
    #expect(record.reason == .diverged)
    var y = [1.0]
    var none = ConstantRelaxation(1)
    #expect(relative(1, 1e-6).run(&y, &none) { _ in nil }.reason == .notFinite)
  }

  @Test("fields of different size count alike: iterations do not depend on the unit of one")
  func scaling() {
    let (A, b) = linear(8, 1.5, seed: 11)
    func iterations(_ unit: Double) -> Int {
      let s = (0..<8).map { $0 < 4 ? 1 : unit }
      var relaxation = QuasiNewtonRelaxation(
        .leastSquares(reusedWindows: 0), filter: .qr2(1e-10), fields: [0..<4, 4..<8])
      var x = [Double](repeating: 0, count: 8)
      var iteration = FixedPointIteration([
        ConvergenceMeasure(0..<4, .relative, 1e-8), ConvergenceMeasure(4..<8, .relative, 1e-8),
      ])
      iteration.limit = 30
      let record = iteration.run(&x, &relaxation) { x in
        let y = times(A, zip(x, s).map { $0 / $1 })
        return zip(zip(y, b), s).map { ($0.0 + $0.1) * $1 }
      }
      return record.converged ? record.iterations : 99
    }
    #expect(iterations(1) <= 10)
    #expect(abs(iterations(1e6) - iterations(1)) <= 1)
    #expect(abs(iterations(1e-6) - iterations(1)) <= 1)
  }
}
