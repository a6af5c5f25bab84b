import Coupling
import FEM
import FixedPoint
import Geometry

/// A finite-element body at rest in a coupling: every step is an equilibrium at the load factor that is the time reached.
public struct FEMParticipant: Participant {
  /// The body's own.
  public typealias Checkpoint = FEMModel.Checkpoint

  /// Name.
  public let name: String
  /// Longest step of the load factor.
  public let longestStep: Double
  /// The body; nil until the coupling begins.
  public private(set) var model: FEMModel?
  private var definition: FEMModel.Definition
  private var parts: [FEMBorder]
  private var roles: [BorderRole?]
  /// Regions outside a local model, and what acts on them.
  private let outside: Set<String>
  private var outsideLoads: OutsideLoads?

  /// - Parameters:
  ///   - borders: facet or node sets of the mesh.
  ///   - complement: regions that no local model replaces, where this is the global model of a global–local coupling.
  /// - Throws: `CouplingError` for sets and regions that the mesh does not have.
  public init(
    _ name: String, _ definition: FEMModel.Definition, borders: [String],
    longestStep: Double = .infinity, complement: [String] = []
  ) throws(CouplingError) {
    (self.name, self.definition, self.longestStep) = (name, definition, longestStep)
    let regions = definition.mesh.blocks.map(\.name)
    for region in complement where !regions.contains(region) {
      throw CouplingError(
        "participant '\(name)'", "has no region '\(region)'",
        "name one of: \(Set(regions).sorted().joined(separator: ", "))")
    }
    outside = Set(complement)
    parts = []
    for border in borders {
      parts.append(try FEMBorder(border, of: definition, complement: !complement.isEmpty))
    }
    roles = borders.map { _ in nil }
  }

  /// One per set.
  public var borders: [Border] { parts.map(\.border) }

  private func index(_ border: String) -> Int {
    parts.firstIndex { $0.border.mesh.name == border }!
  }

  /// Guides, forces or springs on a set.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    let b = index(border)
    roles[b] = role
    definition.take(role, on: parts[b])
  }

  /// Builds the body.
  public mutating func begin() throws(CouplingError) {
    do {
      model = try FEMModel(definition)
      outsideLoads = outside.isEmpty ? nil : try OutsideLoads(definition, outside)
    } catch {
      throw CouplingError("participant '\(name)', \(error.place)", error.problem, error.remedy)
    }
  }

  /// Equilibrium at the end of the step.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    let n = model!.displacement.count
    let given = BorderInput(parts, roles, data, count: n, at: data.end)
    model!.borderForce = given.force
    model!.guide(model!.guidedDofs.map { given.displacement[$0] })
    let record = model!.step(to: data.end)
    return record.converged ? nil : "no equilibrium at \(data.end): \(record.inWords)"
  }

  /// Displacement, force or traction of a set, or what the regions outside a local model take from it.
  public func write(_ field: Field, on border: String) -> [Double] {
    let part = parts[index(border)]
    guard let model else { return Array(repeating: 0, count: part.border.count) }
    switch field {
    case .displacement: return part.gather(model.displacement)
    case .velocity: return Array(repeating: 0, count: part.border.count)
    case .complement:
      let inner = part.gather(model.internalForce(in: outside))
      guard let outsideLoads else { return inner }
      let loads = part.gather(outsideLoads(at: model.loadFactor, count: model.displacement.count))
      return inner.indices.map { inner[$0] - loads[$0] }
    case .traction: return part.traction(part.gather(model.borderReaction))
    default: return part.gather(model.borderReaction)
    }
  }

  /// The body's state.
  public func checkpoint() -> FEMModel.Checkpoint? {
    model?.checkpoint()
  }

  /// Whether the state is of a body with this mesh, border and law.
  public func canRestore(_ checkpoint: FEMModel.Checkpoint) -> Bool {
    guard var copy = model else { return false }
    return (try? copy.restore(checkpoint)) != nil
  }

  /// Back to a state.
  public mutating func restore(_ checkpoint: FEMModel.Checkpoint) {
    do { try model!.restore(checkpoint) } catch { preconditionFailure("\(name): \(error)") }
  }

  /// The body's stiffness condensed to the border; of large borders its diagonal.
  public func borderStiffness(on border: String, step dt: Double) -> BorderStiffness? {
    parts[index(border)].stiffness(
      condensed: { try FEMModel.condensedStiffness(of: definition, dofs: $0) },
      diagonal: { try FEMModel.stiffnessDiagonal(of: definition) })
  }
}

extension FEMModel.Definition {
  /// What a role asks of a body.
  mutating func take(_ role: BorderRole, on part: FEMBorder) {
    switch role {
    case .loaded: break
    case .guided: guided += part.guides(in: &mesh)
    case .elastic(let springs):
      let entries = springs.entries.map {
        ElasticBorder.Entry(part.dof($0.row), part.dof($0.column), $0.value)
      }
      elasticBorder = ElasticBorder((elasticBorder?.entries ?? []) + entries)
    }
  }
}

/// What neighbours give a body at a time, on all its dofs.
struct BorderInput {
  private(set) var force: [Double], displacement: [Double]

  init(
    _ parts: [FEMBorder], _ roles: [BorderRole?], _ data: BorderData, count: Int,
    at time: Double
  ) {
    force = Array(repeating: 0, count: count)
    displacement = force
    for (part, role) in zip(parts, roles) {
      guard let role else { continue }
      let name = part.border.mesh.name
      if case .guided = role {
        for (i, u) in data(.displacement, on: name, at: time).enumerated() {
          displacement[part.dof(i)] = u
        }
        continue
      }
      for (i, f) in data(.force, on: name, at: time).enumerated() { force[part.dof(i)] += f }
      for (i, g) in data(.elastic, on: name, at: time).enumerated() { force[part.dof(i)] += g }
      let traction = data(.traction, on: name, at: time)
      if !traction.isEmpty {
        for (i, f) in part.force(traction).enumerated() { force[part.dof(i)] += f }
      }
    }
  }
}

extension ConvergenceRecord {
  /// Why and after how much.
  var inWords: String {
    "\(reason.rawValue) after \(iterations) iterations" + (message.map { " (\($0))" } ?? "")
  }
}
