import Contact
import Coupling
import DDA
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

struct Column {
  var amplitude = 8.0, period = 0.3, window = 0.005, cells = (10, 4), onBearing = true
  func env(_ k: String, _ d: Double) -> Double {
    Double(ProcessInfo.processInfo.environment[k] ?? "") ?? d
  }
  func history() -> (times: [Double], values: [Double]) {
    if env("F0", 0) > 0 {
      let (f0, f1, D) = (env("F0", 8), env("F1", 2), env("D", 4))
      var t = [0.0, 0.2], v = [0.0, 0.0]
      let n = 2000
      for i in 1...n {
        let s = D * Double(i) / Double(n)
        let ramp = min(1, s / 0.3, (D - s) / 0.3)
        t.append(0.2 + s);
        v.append(amplitude * ramp * sin(2 * .pi * (f0 * s + 0.5 * (f1 - f0) * s * s / D)))
      }
      t.append(100); v.append(0)
      return (t, v)
    }
    let n = 60
    var t = [0.0, 0.2], v = [0.0, 0.0]
    for i in 1...n {
      t.append(0.2 + period * Double(i) / Double(n));
      v.append(amplitude * sin(2 * .pi * Double(i) / Double(n)))
    }
    t.append(100); v.append(0)
    return (t, v)
  }
  func blocks() throws -> DDADefinition {
    func box(_ x0: Double, _ x1: Double, _ y0: Double, _ y1: Double) throws -> Polygon {
      try Polygon([Point(x0, y0), Point(x1, y0), Point(x1, y1), Point(x0, y1)])
    }
    var list = [BlockDefinition(try box(-0.5 * env("BW", 1), 0.5 * env("BW", 1), 0, 0.15))]
    for i in 0..<5 {
      list.append(
        BlockDefinition(try box(-0.15, 0.15, 0.15 + 0.3 * Double(i), 0.45 + 0.3 * Double(i))))
    }
    if !onBearing { list[0].isFixed = true }
    var d = DDADefinition(
      blocks: list, materials: [try BlockMaterial(young: 5e9, poisson: 0.2, density: 2500)],
      joint: try CoulombJoint(friction: atan(0.7)))
    let h = history()
    d.baseAcceleration = (.table(times: h.times, values: h.values), .constant(0))
    return d
  }
  func bearing() throws -> DynamicModel.Definition {
    let mesh = try StructuredMesh.box(
      size: SIMD3(env("BW", 1), env("BH", 0.2), 0), divisions: (cells.0, cells.1, 0), shape: .quad4)
    var moved = mesh.mapped { $0 + SIMD3(-0.5 * env("BW", 1), -env("BH", 0.2), 0) }
    moved.addBoxSets()
    var body = FEMModel.Definition(
      mesh: moved, formulation: .planeStrain, law: try NeoHooke(mu: 0.4e6, lambda: 40e6))
    body.volumetric = .meanDilatation
    body.thickness = env("TH", 0.06)
    body.prescriptions = [.fixed("ymin", components: [0, 1])]
    body.bodyForce = { _, _ in SIMD3(0, -9.81 * 1100, 0) }
    var d = DynamicModel.Definition(body: body, density: 1100)
    d.scheme = .generalisedAlpha(spectralRadius: 0.5)
    d.damping = RayleighDamping(mass: 0, stiffness: 0.005)
    let h = history()
    d.baseAcceleration = BaseAcceleration(
      times: h.times, values: h.values, direction: SIMD3(1, 0, 0))
    return d
  }
  func system() throws -> CoupledSystem {
    let blocks = try blocks()
    let column = DDAParticipant(
      "column", blocks, borders: [DDABorder("seat", block: 0, edge: 0, of: blocks)],
      longestStep: window)
    let rubber = try DynamicFEMParticipant(
      "bearing", try bearing(), borders: ["ymax"], longestStep: window)
    var d = CouplingDefinition(
      [column, rubber],
      [
        Interface(
          .init("column", "seat"), .init("bearing", "ymax"),
          exchange: .dirichletNeumann(guided: .second))
      ], window: .fixed(window))
    d.criteria = [Criterion(.relative, 1e-6)]
    d.predictorOrder = Int(env("P", 1))
    if env("REL", 0) == 1 { d.relaxation = .constant(1) }
    if env("REL", 0) == 2 { d.relaxation = .standard(first: 1) }
    if env("REL", 0) == 3 { d.relaxation = .aitken(first: 1) }
    return try CoupledSystem(d)
  }
}

@Suite struct Scratch {
  @Test func column() throws {
    var c = Column()
    c.amplitude = c.env("A", 8); c.period = c.env("T", 0.3); c.window = c.env("W", 0.005)
    let end = c.env("END", 3)
    c.onBearing = false
    var solver = try DDASolver(try c.blocks())
    var worst = 0.0
    for i in 1...60 {
      solver.run(to: end * Double(i) / 60, dt: c.window)
      worst = max(worst, abs(solver.pose(5).angle))
      if c.env("Q", 0) == 0, i % 6 == 0 {
        print("rigid", solver.time, solver.pose(5).angle, solver.pose(5).centre)
      }
    }
    print("rigid worst", worst)
    c.onBearing = true
    var s = try c.system()
    print(s.warnings)
    var n = 0, its = 0, rej = 0; worst = 0
    let clock = ContinuousClock.now
    while s.time < end - 1e-9 {
      let r = s.step()
      n += 1; its += r.iterations
      if !r.rejections.isEmpty { rej += 1 }
      if c.env("Q", 0) == 0 && !r.rejections.isEmpty || !r.converged {
        print(
          s.time, r.iterations, r.rejections, r.failure as Any, r.convergence.reason,
          r.convergence.residuals.suffix(3))
      }
      if !r.converged { break }
      let col = s.participants[0] as! DDAParticipant
      worst = max(worst, abs(col.solver!.pose(5).angle))
      if c.env("Q", 0) == 0, n % Int(end / c.window / 15) == 0 {
        print(
          "iso", s.time, col.solver!.pose(5).angle, col.solver!.pose(5).centre,
          col.solver!.pose(0).centre, r.iterations, col.unsettled)
      }
    }
    print(
      "iso worst", worst, "rej", rej, "mean its", Double(its) / Double(n), s.timings,
      ContinuousClock.now - clock, s.work)
  }
}
