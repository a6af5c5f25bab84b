import Contact
import Foundation
import Testing

private let degree = Double.pi / 180

/// Shear strength of one contact.
private func shear(
  _ law: some InterfaceLaw, normal: Double = 1000, length: Double = 0.5, slip: Double = 0,
  rate: Double = 0, variable: Double = 0
) -> Double {
  var batch = InterfaceBatch()
  batch.resize(2)
  batch.normal = [7, normal]
  batch.length = [1, length]
  batch.slip = [0, slip]
  batch.slipRate = [0, rate]
  batch.variable = [0, variable]
  batch.isBonded = [true, true]
  law.strength(&batch)
  #expect(batch.tensileStrength == [0, 0])
  return batch.shearStrength[1]
}

@Suite("Friction laws")
struct FrictionTests {
  @Test("slip weakening starts at the peak, ends at the residual and has lost 1 − 1/e at L")
  func slip() throws {
    let law = try SlipWeakening(peak: 26 * degree, residual: 18 * degree, length: 0.02)
    let (p, r) = (1000 * tan(26 * degree), 1000 * tan(18 * degree))
    #expect(abs(shear(law) - p) < 1e-10)
    #expect(abs(shear(law, slip: 10) - r) < 1e-10)
    for s in [-0.02, 0.02] {
      #expect(abs(shear(law, slip: s) - (r + (p - r) * exp(-1))) < 1e-10)
    }
    // Work lost beyond residual friction in all slip: N (tan φ_p − tan φ_r) L.
    let h = 1e-4
    let work = (0..<6000).reduce(0.0) { $0 + h * (shear(law, slip: (Double($1) + 0.5) * h) - r) }
    #expect(abs(work - (p - r) * 0.02) < 1e-5 * work)
  }

  @Test("velocity weakening is static at rest, half-way at its rate and dynamic at speed")
  func velocity() throws {
    let law = try VelocityWeakening(still: 35 * degree, fast: 10 * degree, rate: 0.1)
    let (p, r) = (1000 * tan(35 * degree), 1000 * tan(10 * degree))
    #expect(abs(shear(law) - p) < 1e-10)
    #expect(abs(shear(law, rate: -0.1) - 0.5 * (p + r)) < 1e-10)
    #expect(abs(shear(law, rate: 1e12) - r) < 1e-8)
  }

  @Test("Barton–Bandis adds JRC degrees per decade below JCS, none above, and ends at 70°")
  func barton() throws {
    let law = try BartonBandis(roughness: 10, wallStrength: 100e6, basicAngle: 30 * degree)
    // σ = N/l: 10 MPa one decade below, 1 MPa two.
    for (stress, angle) in [
      (1e8, 30.0), (1e7, 40), (1e6, 50), (1e5, 60), (1e4, 70), (1, 70), (1e9, 30),
    ] {
      let N = stress * 0.5
      #expect(abs(shear(law, normal: N) / N - tan(angle * degree)) < 1e-12)
    }
    let smooth = try BartonBandis(roughness: 0, wallStrength: 1e6, basicAngle: 30 * degree)
    #expect(abs(shear(smooth) - 1000 * tan(30 * degree)) < 1e-10)
  }

  @Test("rate and state: steady friction μ₀ + (a − b) ln(v/v₀), the jump a ln of a jump in rate")
  func steady() throws {
    let law = try RateAndState(
      friction: 0.6, direct: 0.01, evolution: 0.015, length: 1e-5, rate: 1e-6)
    #expect(abs(shear(law, rate: 1e-6) - 600) < 1e-10)
    for v in [1e-8, 1e-5, 1e-2] {
      let jump = shear(law, rate: v) - 600
      #expect(abs(jump - 10 * log(v / 1e-6)) < 1e-9)
      let psi = law.advanced(0, rate: v, dt: 1e6)
      #expect(abs(shear(law, rate: -v, variable: psi) - (600 - 5 * log(v / 1e-6))) < 1e-8)
    }
  }

  @Test(
    "rate and state: ageing is exact for a constant rate, whatever the step, and at rest θ grows by dt"
  )
  func ageing() throws {
    let law = try RateAndState(
      friction: 0.6, direct: 0.01, evolution: 0.015, length: 1e-3, rate: 1e-2)
    let unit = law.length / law.rate
    for v in [0, 1e-12, 1e-4, 1e-2, -0.3] {
      var batch = InterfaceBatch()
      batch.resize(1)
      batch.slipRate = [v]
      batch.variable = [1.5]
      for _ in 0..<100 { law.advance(&batch, dt: 0.002) }
      let theta = unit * exp(batch.variable[0])
      let start = unit * exp(1.5)
      let exact =
        abs(v) < 1e-9
        ? start + 0.2
        : law.length / abs(v) + (start - law.length / abs(v)) * exp(-abs(v) * 0.2 / law.length)
      #expect(abs(theta - exact) < 1e-9 * exact)
      #expect(abs(law.advanced(1.5, rate: v, dt: 0.2) - batch.variable[0]) < 1e-11)
    }
  }

  @Test("no law resists where nothing presses, and none gives NaN there")
  func unpressed() throws {
    let laws: [any InterfaceLaw] = [
      try SlipWeakening(peak: 0.5, residual: 0.3, length: 1),
      try VelocityWeakening(still: 0.5, fast: 0.3, rate: 1),
      try BartonBandis(roughness: 5, wallStrength: 1e7, basicAngle: 0.5),
      try RateAndState(friction: 0.6, direct: 0.01, evolution: 0.02, length: 1, rate: 1),
    ]
    for law in laws {
      for N in [0, -5.0] { #expect(shear(law, normal: N, length: 0) == 0) }
      #expect(shear(law, normal: 1, length: 0).isFinite)
    }
  }

  @Test("parameters that describe no joint are refused")
  func refused() {
    #expect(throws: ContactError.self) { try SlipWeakening(peak: 0.3, residual: 0.4, length: 1) }
    #expect(throws: ContactError.self) { try SlipWeakening(peak: 0.3, residual: 0.2, length: 0) }
    #expect(throws: ContactError.self) { try VelocityWeakening(still: 1.6, fast: 0.2, rate: 1) }
    #expect(throws: ContactError.self) { try VelocityWeakening(still: 0.6, fast: 0.2, rate: .nan) }
    #expect(throws: ContactError.self) {
      try BartonBandis(roughness: 21, wallStrength: 1e6, basicAngle: 0.5)
    }
    #expect(throws: ContactError.self) {
      try BartonBandis(roughness: 5, wallStrength: -1, basicAngle: 0.5)
    }
    #expect(throws: ContactError.self) {
      try RateAndState(friction: 0.6, direct: .nan, evolution: 0, length: 1, rate: 1)
    }
    #expect(throws: ContactError.self) {
      try RateAndState(friction: 0.6, direct: 0, evolution: 0, length: 1, rate: 1, restRate: 0)
    }
  }
}
