import FixedPoint
import Foundation
import LinearAlgebra

/// Flow through an elastic tube in one dimension, by two solvers that know areas and pressures of one another: the
/// test of couplers (Degroote, Bathe & Vierendeels 2009; preCICE's tutorial of that name has these numbers).
struct ElasticTube {
  /// Cells; length of a cell, m; window, s.
  let cells = 100, dx = 0.1, dt = 0.01
  /// Square of the wave speed of the tube, m²/s².
  let waveSpeed = 5000 * Double.pi.squareRoot()
  private(set) var velocity: [Double], pressure: [Double]
  private var old: (velocity: [Double], pressure: [Double], area: [Double])
  private(set) var time = 0.0

  init() {
    velocity = Array(repeating: 10, count: cells + 1)
    pressure = Array(repeating: 0, count: cells + 1)
    old = (velocity, pressure, Array(repeating: 1, count: cells + 1))
  }

  /// Areas under pressures: the wall.
  func wall(_ pressure: [Double]) -> [Double] {
    pressure.map { pow(2 * waveSpeed / (2 * waveSpeed - $0), 2) }
  }

  /// Ends a window with the areas that it came to.
  mutating func advance(area: [Double]) {
    old = (velocity, pressure, area)
    time += dt
  }

  /// Pressures where the tube has areas at the end of the window: the flow, implicit Euler by Newton.
  mutating func flow(_ area: [Double]) -> [Double]? {
    let n = cells
    var (v, p) = (velocity, pressure)
    v[0] = 10 + 3 * sin(10 * .pi * (time + dt))
    for _ in 0..<20 {
      let r = residual(v, p, area)
      let J = jacobian(v, p, area)
      guard let lu = try? LU(J) else { return nil }
      var d = r.map { -$0 }
      lu.solve(&d)
      var (change, size) = (0.0, 0.0)
      for i in 0...n {
        v[i] += d[i]
        p[i] += d[n + 1 + i]
        change += d[i] * d[i] + d[n + 1 + i] * d[n + 1 + i]
        size += v[i] * v[i] + p[i] * p[i]
      }
      guard change.isFinite else { return nil }
      if change <= 1e-24 * size { break }
    }
    (velocity, pressure) = (v, p)
    return p
  }

  /// Momentum, then mass, of every cell; the ends by extrapolation, the inlet's velocity given, no wave comes back in.
  private func residual(_ v: [Double], _ p: [Double], _ a: [Double]) -> [Double] {
    let n = cells
    var r = [Double](repeating: 0, count: 2 * n + 2)
    func face(_ i: Int) -> (area: Double, speed: Double) {
      ((a[i] + a[i + 1]) / 2, (v[i] + v[i + 1]) / 2)
    }
    r[0] = v[0] - (10 + 3 * sin(10 * .pi * (time + dt)))
    r[n + 1] = -p[0] + 2 * p[1] - p[2]
    for i in 1..<n {
      let (left, right) = (face(i - 1), face(i))
      r[i] =
        (old.velocity[i] * old.area[i] - v[i] * a[i]) * dx / dt
        + left.area * left.speed * v[i - 1] - right.area * right.speed * v[i]
        - (right.area * (p[i + 1] - p[i]) + left.area * (p[i] - p[i - 1])) / 2
      r[n + 1 + i] =
        (old.area[i] - a[i]) * dx / dt + left.area * left.speed - right.area * right.speed
    }
    r[n] = -v[n] + 2 * v[n - 1] - v[n - 2]
    let c = (waveSpeed - old.pressure[n] / 2).squareRoot() - (v[n] - old.velocity[n]) / 4
    r[2 * n + 1] = -p[n] + 2 * (waveSpeed - c * c)
    return r
  }

  private func jacobian(_ v: [Double], _ p: [Double], _ a: [Double]) -> DenseMatrix {
    let n = cells
    var J = DenseMatrix(rows: 2 * n + 2, columns: 2 * n + 2)
    J[0, 0] = 1
    (J[n + 1, n + 1], J[n + 1, n + 2], J[n + 1, n + 3]) = (-1, 2, -1)
    for i in 1..<n {
      let (left, right) = ((a[i - 1] + a[i]) / 2, (a[i] + a[i + 1]) / 2)
      J[i, i - 1] = left * (v[i - 1] + v[i] / 2)
      J[i, i] = -a[i] * dx / dt + left * v[i - 1] / 2 - right * (v[i] + v[i + 1] / 2)
      J[i, i + 1] = -right * v[i] / 2
      J[i, n + i] = left / 2
      J[i, n + 1 + i] = (right - left) / 2
      J[i, n + 2 + i] = -right / 2
      J[n + 1 + i, i - 1] = left / 2
      J[n + 1 + i, i] = (left - right) / 2
      J[n + 1 + i, i + 1] = -right / 2
    }
    (J[n, n], J[n, n - 1], J[n, n - 2]) = (-1, 2, -1)
    let c = (waveSpeed - old.pressure[n] / 2).squareRoot() - (v[n] - old.velocity[n]) / 4
    J[2 * n + 1, 2 * n + 1] = -1
    J[2 * n + 1, n] = c
    return J
  }

  /// Windows of serial implicit coupling, flow first: iterations of each, both fields relative to 1e-5; ends early
  /// where a window does not converge.
  static func run<R: Relaxation>(_ relaxation: R, windows: Int, limit: Int = 200) -> (
    iterations: [Int], converged: Bool
  ) {
    var (tube, relaxation, counts) = (ElasticTube(), relaxation, [Int]())
    var area = tube.wall(tube.pressure)
    for _ in 0..<windows {
      var before = tube.pressure
      var count = 0
      while true {
        count += 1
        guard count <= limit, let p = tube.flow(area) else { return (counts + [count], false) }
        let image = tube.wall(p)
        guard image.allSatisfy({ $0.isFinite }) else { return (counts + [count], false) }
        func change(_ a: [Double], _ b: [Double]) -> Double {
          let (d, size) = zip(a, b).reduce((0.0, 0.0)) {
            ($0.0 + ($1.0 - $1.1) * ($1.0 - $1.1), $0.1 + $1.0 * $1.0)
          }
          return (d / size).squareRoot()
        }
        let isConverged = change(image, area) <= 1e-5 && change(p, before) <= 1e-5
        before = p
        if isConverged {
          relaxation.endWindow(area, image: image)
          area = image
          break
        }
        area = relaxation.next(area, image: image)
      }
      counts.append(count)
      tube.advance(area: area)
    }
    return (counts, true)
  }
}
