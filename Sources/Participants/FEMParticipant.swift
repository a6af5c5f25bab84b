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
  private var parts: FEMBorders
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
    parts = try FEMBorders(borders, of: definition, complement: !complement.isEmpty)
  }

  /// One per set.
  public var borders: [Border] { parts.borders }

  /// Guides, forces or springs on a set.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    parts.take(role, on: border, of: &definition)
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
    let motion = parts.displacement(data, count: n, at: data.end)
    model!.borderForce = parts.force(data, count: n, at: data.end)
    model!.guide(model!.guidedDofs.map { motion[$0] })
    let record = model!.step(to: data.end)
    return record.converged ? nil : "no equilibrium at \(data.end): \(record.inWords)"
  }

  /// Displacement, force or traction of a set, or what the regions outside a local model take from it.
  public func write(_ field: Field, on border: String) -> [Double] {
    let part = parts[border]
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
    parts[border].stiffness(
      condensed: { try FEMModel.condensedStiffness(of: definition, dofs: $0) },
      diagonal: { try FEMModel.stiffnessDiagonal(of: definition) })
  }
}

extension ConvergenceRecord {
  /// Why and after how much.
  var inWords: String {
    "\(reason.rawValue) after \(iterations) iterations" + (message.map { " (\($0))" } ?? "")
  }
}
