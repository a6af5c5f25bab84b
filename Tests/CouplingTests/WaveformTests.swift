import Coupling
import Foundation
import Testing

@Suite("What lies between the samples of a window")
struct WaveformTests {
  /// Uneven sites from 0.3 to 1.7, ascending.
  private static func sites(_ n: Int) -> [Double] {
    let gaps = randomValues(n - 1, seed: UInt64(n)).map { 1.1 + $0 }
    let sum = gaps.reduce(0, +)
    var sites = [0.3]
    for gap in gaps { sites.append(sites.last! + 1.4 * gap / sum) }
    sites[n - 1] = 1.7
    return sites
  }

  private static let between = (0...140).map { 0.3 + 0.01 * Double($0) }

  /// Largest error of the wave through samples of tᵈ.
  private func error(_ sites: [Double], power d: Int, _ kind: TimeInterpolation) -> Double {
    let wave = Waveform(
      times: sites, samples: sites.map { [pow($0, Double(d))] }, interpolation: kind)
    return WaveformTests.between.map { abs(wave.value(at: $0)[0] - pow($0, Double(d))) }.max()!
  }

  @Test("splines reproduce polynomials of their degree through any sites", arguments: 2...9)
  func polynomials(count: Int) {
    let sites = WaveformTests.sites(count)
    let degree = min(3, count - 1)
    for d in 0...degree { #expect(error(sites, power: d, .cubicSpline) < 1e-12, "t^\(d)") }
    #expect(error(sites, power: degree + 1, .cubicSpline) > 1e-5)
    for d in 0...1 { #expect(error(sites, power: d, .linear) < 1e-14) }
  }

  @Test("a smooth field is approached at the fourth order by splines, the second by lines")
  func order() {
    for (kind, order) in [(TimeInterpolation.cubicSpline, 4.0), (.linear, 2.0)] {
      let errors = [8, 32].map { n -> Double in
        let sites = (0...n).map { 0.3 + 1.4 * Double($0) / Double(n) }
        let wave = Waveform(times: sites, samples: sites.map { [sin(5 * $0)] }, interpolation: kind)
        return WaveformTests.between.map { abs(wave.value(at: $0)[0] - sin(5 * $0)) }.max()!
      }
      #expect(abs(log2(errors[0] / errors[1]) / 2 - order) < 0.4, "\(kind): \(errors)")
    }
  }

  @Test("weights of the samples add up to one, and each sample has its own value", arguments: 2...9)
  func weights(count: Int) {
    let sites = WaveformTests.sites(count)
    let unit = sites.indices.map { i in sites.indices.map { $0 == i ? 1.0 : 0 } }
    for kind in [TimeInterpolation.linear, .cubicSpline] {
      let wave = Waveform(times: sites, samples: unit, interpolation: kind)
      for t in WaveformTests.between { #expect(abs(wave.value(at: t).reduce(0, +) - 1) < 1e-13) }
      for (i, t) in sites.enumerated() {
        #expect(largestDifference(wave.value(at: t), unit[i]) < 1e-13)
      }
    }
  }

  @Test("a constant wave has its last value all through, a lone sample for ever")
  func constant() {
    let wave = Waveform(times: [1, 2, 3], samples: [[5], [6], [7]], interpolation: .constant)
    for t in [1, 1.5, 2, 3] { #expect(wave.value(at: t) == [7]) }
    for kind in TimeInterpolation.allCases {
      let lone = Waveform(times: [1], samples: [[5]], interpolation: kind)
      #expect(lone.value(at: 0) == [5] && lone.value(at: 9) == [5])
    }
  }

  @Test("times that are a rounding off a sample, or beyond the window, have the sample's value")
  func rounding() {
    let times = [0, 0.1, 0.2, 0.30000000000000004, 0.4]
    let samples = times.map { [1e6 * cos(9 * $0)] }
    for kind in [TimeInterpolation.linear, .cubicSpline] {
      let wave = Waveform(times: times, samples: samples, interpolation: kind)
      for (t, sample) in zip(times, samples) {
        for off in [t.nextDown, t.nextUp, t - 1e-13, t + 1e-13] {
          #expect(abs(wave.value(at: off)[0] - sample[0]) < 1e-5)
        }
      }
      // The ends exactly: what a window begins with is what the one before ended with.
      #expect(wave.value(at: 1e-12) == samples[0] && wave.value(at: -1) == samples[0])
      #expect(wave.value(at: 0.1 + 0.2 + 0.1) == samples[4] && wave.value(at: 2) == samples[4])
    }
  }
}
