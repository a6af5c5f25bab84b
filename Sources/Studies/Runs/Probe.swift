import FEM
import Geometry

/// A quantity that a case asks for, evaluated after every converged step or at every output time.
struct Probe: Sendable {
  enum Quantity: Sendable {
    case displacement(component: Int, at: SIMD3<Double>)
    case reaction(component: Int, set: String)
    case moment(component: Int, set: String, about: SIMD3<Double>)
    case stressAt(StressComponent, SIMD3<Double>)
    case stressOver(StressComponent, Statistic)
    case energy
    case coverage
    case velocity(component: Int, at: SIMD3<Double>)
    case acceleration(component: Int, at: SIMD3<Double>)
    case momentum(component: Int)
    case kineticEnergy, energyBalance
  }

  /// What a probe looks at.
  struct Sight {
    let view: BodyView
    let fields: NodalFields
    /// nil where no law was fitted.
    let coverage: CoverageCheck.Field?
    /// Largest energy so far, J.
    let energyScale: Double
  }

  enum Statistic: Sendable {
    case max, min, mean
    case percentile(Double)

    /// The statistic of nodal values.
    func of(_ values: [Double]) -> Double {
      switch self {
      case .max: return values.max() ?? .nan
      case .min: return values.min() ?? .nan
      case .mean: return values.reduce(0, +) / Double(values.count)
      case .percentile(let p):
        let sorted = values.sorted()
        let at = p / 100 * Double(sorted.count - 1)
        let i = Swift.min(Int(at), sorted.count - 2)
        guard i >= 0 else { return sorted.first ?? .nan }
        return sorted[i] + (at - Double(i)) * (sorted[i + 1] - sorted[i])
      }
    }
  }

  let name: String
  let quantity: Quantity
  /// For the message when it cannot be evaluated.
  let source: CaseValue

  /// Unit of the value.
  var unit: String {
    switch quantity {
    case .displacement: "m"
    case .reaction: "N"
    case .moment: "N*m"
    case .stressAt, .stressOver: "Pa"
    case .energy, .kineticEnergy: "J"
    case .coverage, .energyBalance: "1"
    case .velocity: "m/s"
    case .acceleration: "m/s2"
    case .momentum: "N*s"
    }
  }

  /// Whether it is a quantity of bodies in motion alone.
  var needsMotion: Bool {
    switch quantity {
    case .velocity, .acceleration, .momentum, .kineticEnergy, .energyBalance: true
    default: false
    }
  }

  /// The value in a state.
  /// - Throws: `InputError` for a point outside the body, or a quantity that the body has not.
  func value(_ sight: Sight) throws(InputError) -> Double {
    let (model, fields, reactions) = (sight.view.body, sight.fields, sight.view.reactions)
    do {
      switch quantity {
      case .displacement(let i, let point): return try model.displacement(at: point)[i]
      case .reaction(let i, let set): return try model.resultant(of: reactions, on: set)[i]
      case .moment(let i, let set, let about):
        return try model.moment(of: reactions, on: set, about: about)[i]
      case .stressAt(let component, let point):
        return try model.interpolate(component.values(fields), width: 1, at: point)[0]
      case .stressOver(let component, let statistic):
        return statistic.of(component.values(fields))
      case .energy: return model.strainEnergy
      case .coverage:
        guard let share = sight.coverage?.share else {
          throw source.error("no material of the case is a fitted law; remove the probe")
        }
        return share
      case .velocity, .acceleration, .momentum, .kineticEnergy, .energyBalance:
        guard let motion = sight.view.motion else {
          throw source.error("is a quantity of a body in motion; give the case 'dynamics'")
        }
        return try value(motion, model, sight.energyScale)
      }
    } catch let error as InputError {
      throw error
    } catch {
      throw source.error("\(error)")
    }
  }
}

extension Probe {
  private func value(
    _ motion: BodyView.Motion, _ model: FEMModel, _ energyScale: Double
  ) throws(FEMError) -> Double {
    let d = model.dimension
    switch quantity {
    case .velocity(let i, let point):
      return i < d ? try model.interpolate(motion.velocity, width: d, at: point)[i] : 0
    case .acceleration(let i, let point):
      return i < d ? try model.interpolate(motion.acceleration, width: d, at: point)[i] : 0
    case .momentum(let i): return motion.momentum[i]
    case .kineticEnergy: return motion.energy.kinetic
    default: return energyScale > 0 ? motion.energy.defect / energyScale : 0
    }
  }
}

/// One number of the Cauchy stress.
enum StressComponent: String, Sendable, CaseIterable {
  case vonMises = "von-mises"
  case xx, yy, zz, yz, zx, xy
  case hydrostatic

  /// The number at every node, Pa.
  func values(_ fields: NodalFields) -> [Double] {
    let s = fields.stress
    func component(_ i: Int, _ factor: Double) -> [Double] {
      stride(from: i, to: s.count, by: 6).map { factor * s[$0] }
    }
    // Off-diagonal entries are stored times √2.
    let half = 0.5.squareRoot()
    switch self {
    case .vonMises: return fields.vonMises
    case .xx: return component(0, 1)
    case .yy: return component(1, 1)
    case .zz: return component(2, 1)
    case .yz: return component(3, half)
    case .zx: return component(4, half)
    case .xy: return component(5, half)
    case .hydrostatic:
      let (x, y, z) = (component(0, 1), component(1, 1), component(2, 1))
      return x.indices.map { i -> Double in (x[i] + y[i] + z[i]) / 3 }
    }
  }
}

extension FEMCase {
  /// The probes of the case.
  /// - Throws: `InputError` for an unknown set, a repeated name or contradictory keys.
  func probes(_ mesh: Mesh) throws(InputError) -> [Probe] {
    var out: [Probe] = []
    for row in value.need("probes").list {
      let name = row.need("name")
      guard !out.contains(where: { $0.name == name.text }) else {
        throw name.error("two probes are named '\(name.text)'; rename one")
      }
      let probe = Probe(name: name.text, quantity: try quantity(row, mesh), source: row)
      guard isDynamic || !probe.needsMotion else {
        throw row.need("quantity").error(
          "is that of a body in motion; give the case 'dynamics', or remove the probe")
      }
      out.append(probe)
    }
    return out
  }

  private func quantity(_ row: CaseValue, _ mesh: Mesh) throws(InputError) -> Probe.Quantity {
    let axes = ["x": 0, "y": 1, "z": 2]
    let component = row["component"].flatMap { axes[$0.text] } ?? 0
    if let set = row["set"] { try body.check(set, in: mesh, facets: false) }
    switch row.need("quantity").text {
    case "displacement": return .displacement(component: component, at: row.need("at").vector)
    case "reaction": return .reaction(component: component, set: row.need("set").text)
    case "moment":
      return .moment(
        component: component, set: row.need("set").text, about: row.need("about").vector)
    case "energy", "strain-energy": return .energy
    case "velocity": return .velocity(component: component, at: row.need("at").vector)
    case "acceleration": return .acceleration(component: component, at: row.need("at").vector)
    case "momentum": return .momentum(component: component)
    case "kinetic-energy": return .kineticEnergy
    case "energy-balance": return .energyBalance
    case "coverage": return .coverage
    default: return try stress(row)
    }
  }

  private func stress(_ row: CaseValue) throws(InputError) -> Probe.Quantity {
    let component = StressComponent(rawValue: row.need("component").text)!
    switch (row["at"], row["statistic"]?.text) {
    case (let at?, nil): return .stressAt(component, at.vector)
    case (nil, "max"): return .stressOver(component, .max)
    case (nil, "min"): return .stressOver(component, .min)
    case (nil, "mean"): return .stressOver(component, .mean)
    case (nil, "percentile"):
      guard let p = row["percentile"] else {
        throw row.error("the statistic percentile needs 'percentile:', from 0 to 100")
      }
      return .stressOver(component, .percentile(p.number))
    case (nil, nil): throw row.error("give either 'at' (a point) or 'statistic'")
    default: throw row.error("give either 'at' or 'statistic', not both")
    }
  }
}
