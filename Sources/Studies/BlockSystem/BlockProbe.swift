import Contact
import DDA

/// A term of the energy account, J.
enum BlockEnergy: String, Sendable, CaseIterable {
  case kinetic, strain, potential, bolts, friction, joint, algorithmic, external, damped,
    radiated, total

  /// Its value; `total` is what is stored and lost less what was brought in.
  func value(_ e: EnergyAccount) -> Double {
    switch self {
    case .kinetic: e.kinetic
    case .strain: e.strain
    case .potential: e.potential
    case .bolts: e.bolts
    case .friction: e.friction
    case .joint: e.joint
    case .algorithmic: e.algorithmic
    case .external: e.external
    case .damped: e.damped
    case .radiated: e.radiated
    case .total: e.total
    }
  }
}

/// A quantity that a case of blocks asks for.
struct BlockProbe: Sendable {
  enum Quantity: Sendable {
    case displacement(Int, Point, of: Point?), velocity(Int, Point), rotation(Int), spin(Int)
    case stress(Int, Int), momentum(Point), energy(BlockEnergy)
    case contacts(JointState), overlap, largestDisplacement, heldForce(Int),
      factorOfSafety
  }

  let name: String
  let quantity: Quantity
  /// Number of the output time whose value is taken off, 0 the start; nil: none.
  let since: Int?

  /// Unit of the value.
  var unit: String {
    switch quantity {
    case .displacement, .overlap, .largestDisplacement: "m"
    case .velocity: "m/s"
    case .rotation, .contacts, .factorOfSafety: "1"
    case .spin: "1/s"
    case .stress: "Pa"
    case .momentum: "kg m/s"
    case .energy: "J"
    case .heldForce: "N"
    }
  }

  /// What probes need to know of a run besides its solver.
  struct Context: Sendable {
    /// Centroids of the outlines as they are given; those as the run begins.
    var given: [Point] = [], begun: [Point] = []
    /// Largest overlap that a step has left, m.
    var overlap = 0.0
    /// What a search came to.
    var factorOfSafety = Double.nan
  }

  /// The value now.
  func value(_ solver: DDASolver, _ run: Context) -> Double {
    switch quantity {
    case .displacement(let b, let d, nil): (solver.pose(b).centre - run.given[b]).dot(d)
    case .displacement(let b, let d, let p?): (solver.position(b, of: p) - p).dot(d)
    case .velocity(let b, let d): solver.velocity(b).centre.dot(d)
    case .rotation(let b): solver.pose(b).angle
    case .spin(let b): solver.velocity(b).spin
    case .stress(let b, let component): solver.stress(b)[component]
    case .momentum(let d): solver.momentum.dot(d)
    case .energy(let term): term.value(solver.energy)
    case .contacts(let state): Double(solver.contactReports.count { $0.state == state })
    case .overlap: run.overlap
    case .largestDisplacement:
      run.begun.indices.reduce(0) {
        max($0, (solver.pose($1).centre - run.begun[$1]).length)
      }
    case .heldForce(let i): solver.heldForce(i)
    case .factorOfSafety: run.factorOfSafety
    }
  }

  /// The history with the value of `since` taken off.
  func relative(_ values: [Double]) -> [Double] {
    guard let since, values.indices.contains(since) else { return values }
    return values.map { $0 - values[since] }
  }
}

extension BlockCase {
  /// The probes of the case.
  /// - Parameter outputs: Output times after the start, s.
  /// - Throws: `InputError` for a repeated name, an unknown block or held point, a `since` that is no output
  ///   time.
  func probes(_ outputs: [Double], _ table: BlockTable) throws(InputError) -> [BlockProbe] {
    var out: [BlockProbe] = []
    for row in value.need("probes").list {
      let name = row.need("name")
      guard !out.contains(where: { $0.name == name.text }) else {
        throw name.error("two probes are named '\(name.text)'; rename one")
      }
      var since: Int?
      if let given = row["since"] {
        guard value["strength-reduction"] == nil || given.number == 0 else {
          throw given.error("may lie behind the end of a trial that fails; give 0")
        }
        since = ([0] + outputs).firstIndex { abs($0 - given.number) <= 1e-9 * outputs.last! }
        guard since != nil else {
          throw given.error(
            "is no output time; give a multiple of time.output, "
              + "\(Show.number(outputs[0])) s, up to the end")
        }
      }
      out.append(BlockProbe(name: name.text, quantity: try quantity(row, table), since: since))
    }
    return out
  }

  private func quantity(
    _ row: CaseValue, _ table: BlockTable
  ) throws(InputError) -> BlockProbe.Quantity {
    func block() throws(InputError) -> Int { try table.block(row.need("block")) }
    switch row.need("quantity").text {
    case "displacement":
      return .displacement(
        try block(), try direction(row.need("along")), of: row["point"].map(vector))
    case "velocity":
      return .velocity(try block(), try direction(row.need("along")))
    case "rotation": return .rotation(try block())
    case "spin": return .spin(try block())
    case "stress":
      let components = ["xx", "yy", "xy"]
      return .stress(try block(), components.firstIndex(of: row.need("component").text)!)
    case "momentum": return .momentum(try direction(row.need("along")))
    case "energy": return .energy(BlockEnergy(rawValue: row.need("term").text)!)
    case "sliding-contacts": return .contacts(.sliding)
    case "locked-contacts": return .contacts(.locked)
    case "overlap": return .overlap
    case "largest-displacement": return .largestDisplacement
    case "factor-of-safety":
      guard value["strength-reduction"] != nil else {
        throw row.need("quantity").error("is searched under 'strength-reduction'; give that block")
      }
      return .factorOfSafety
    default:
      let held = row.need("held")
      let count = value.need("held").list.count
      guard held.integer < count else {
        throw held.error("there is no held point \(held.integer); there are \(count), from 0")
      }
      return .heldForce(held.integer)
    }
  }
}
