import Foundation
import Geometry
import LinearAlgebra

/// Flow through an elastic tube in one dimension: the standard test of couplers (Degroote, Bathe & Vierendeels, Comput.
/// Struct. 87 (2009); preCICE's elastic-tube-1d has these equations).
///
/// κ and τ of the literature are made dimensionless by the inlet's speed and the tube's length; here density and resting
/// area are 1 and pressure is kinematic, as in that test.
public struct ElasticTube: Sendable, Codable, Equatable {
  /// Cells; length of the tube, m; mean speed at the inlet, m/s.
  public var cells = 100, length = 10.0, speed = 10.0
  /// Young's modulus times wall thickness over 2 radius: square of the wave speed, m²/s².
  public var waveSpeed = 5000 * Double.pi.squareRoot()
  /// Amplitude of the speed at the inlet, m/s, and its period, s.
  public var amplitude = 3.0, period = 0.2

  /// The numbers of the test: N = 100, τ = 0.01 for a step of 0.01 s, κ = 100.
  public init() {}

  var pointCount: Int { cells + 1 }
  /// Area under a pressure.
  func area(_ p: Double) -> Double { pow(2 * waveSpeed / (2 * waveSpeed - p), 2) }

  func border(reads: Field, writes: Field) -> Border {
    let points = (0...cells).map {
      SIMD3(length * Double($0) / Double(cells), 0, 0)
    }
    let mesh = InterfaceMesh(
      name: "tube", dimension: 2, points: points,
      cells: (0..<cells).map { [Int32($0), Int32($0 + 1)] })
    return Border(mesh, reads: [reads], writes: [writes], width: 1)
  }
}

/// The wall of the tube: its area follows the pressure at once.
public struct ElasticTubeWall: Participant, Codable {
  /// All of it is its state.
  public typealias Checkpoint = Self
  /// Name.
  public let name: String
  /// The tube, and its area now.
  private let tube: ElasticTube
  private var areas: [Double]

  /// At rest under no pressure.
  public init(name: String = "wall", tube: ElasticTube = ElasticTube()) {
    (self.name, self.tube) = (name, tube)
    areas = Array(repeating: 1, count: tube.pointCount)
  }

  /// Pressure in, cross-section out.
  public var borders: [Border] { [tube.border(reads: "pressure", writes: "cross-section")] }

  /// Areas under the pressure.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    areas = data("pressure", on: "tube").map(tube.area)
    return areas.allSatisfy { $0.isFinite } ? nil : "the tube is blown up"
  }

  /// The area.
  public func write(_ field: Field, on border: String) -> [Double] { areas }
}

/// The flow in the tube: finite volumes, implicit Euler, Newton; the inlet's speed is given, no wave comes back in at
/// the outlet.
public struct ElasticTubeFlow: Participant, Codable {
  /// All of it is its state.
  public typealias Checkpoint = Self
  /// Name.
  public let name: String
  private let tube: ElasticTube
  private var time = 0.0
  private var velocity: [Double], pressure: [Double], area: [Double]

  /// Uniform flow.
  public init(name: String = "flow", tube: ElasticTube = ElasticTube()) {
    (self.name, self.tube) = (name, tube)
    velocity = Array(repeating: tube.speed, count: tube.pointCount)
    pressure = Array(repeating: 0, count: tube.pointCount)
    area = Array(repeating: 1, count: tube.pointCount)
  }

  /// Cross-section in, pressure out.
  public var borders: [Border] { [tube.border(reads: "cross-section", writes: "pressure")] }

  /// The pressure.
  public func write(_ field: Field, on border: String) -> [Double] { pressure }

  /// One step with the areas at its end.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    let a = data("cross-section", on: "tube")
    let n = tube.cells
    let inlet = tube.speed + tube.amplitude * sin(2 * .pi * (time + dt) / tube.period)
    var (v, p) = (velocity, pressure)
    v[0] = inlet
    for _ in 0..<20 {
      guard let lu = try? LU(jacobian(v, a, dt)) else { return "its equations are singular" }
      var d = residual(v, p, a, dt, inlet).map { -$0 }
      lu.solve(&d)
      var (change, size) = (0.0, 0.0)
      for i in 0...n {
        v[i] += d[i]
        p[i] += d[n + 1 + i]
        change += d[i] * d[i] + d[n + 1 + i] * d[n + 1 + i]
        size += v[i] * v[i] + p[i] * p[i]
      }
      guard change.isFinite else { return "its flow is no number any more" }
      if change <= 1e-24 * size { break }
    }
    (velocity, pressure, area) = (v, p, a)
    time += dt
    return nil
  }

  /// Momentum, then mass, of every cell; the ends by extrapolation.
  private func residual(
    _ v: [Double], _ p: [Double], _ a: [Double], _ dt: Double, _ inlet: Double
  ) -> [Double] {
    let (n, dx) = (tube.cells, tube.length / Double(tube.cells))
    var r = [Double](repeating: 0, count: 2 * n + 2)
    func face(_ i: Int) -> (area: Double, speed: Double) {
      ((a[i] + a[i + 1]) / 2, (v[i] + v[i + 1]) / 2)
    }
    r[0] = v[0] - inlet
    r[n + 1] = -p[0] + 2 * p[1] - p[2]
    for i in 1..<n {
      let (left, right) = (face(i - 1), face(i))
      r[i] =
        (velocity[i] * area[i] - v[i] * a[i]) * dx / dt
        + left.area * left.speed * v[i - 1] - right.area * right.speed * v[i]
        - (right.area * (p[i + 1] - p[i]) + left.area * (p[i] - p[i - 1])) / 2
      r[n + 1 + i] =
        (area[i] - a[i]) * dx / dt + left.area * left.speed - right.area * right.speed
    }
    r[n] = -v[n] + 2 * v[n - 1] - v[n - 2]
    let c = outlet(v)
    r[2 * n + 1] = -p[n] + 2 * (tube.waveSpeed - c * c)
    return r
  }

  /// Speed of the wave that leaves.
  private func outlet(_ v: [Double]) -> Double {
    let n = tube.cells
    return (tube.waveSpeed - pressure[n] / 2).squareRoot() - (v[n] - velocity[n]) / 4
  }

  private func jacobian(_ v: [Double], _ a: [Double], _ dt: Double) -> DenseMatrix {
    let (n, dx) = (tube.cells, tube.length / Double(tube.cells))
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
    J[2 * n + 1, 2 * n + 1] = -1
    J[2 * n + 1, n] = outlet(v)
    return J
  }
}
