import Coupling
import FEM
import FixedPoint
import Geometry

/// A finite-element body with mass in a coupling.
public struct DynamicFEMParticipant: Participant {
  /// The body's own, with the force of its borders.
  public struct Checkpoint: Codable, Sendable {
    var model: DynamicModel.Checkpoint, force: [Double]
  }

  /// Name; longest step, s.
  public let name: String, longestStep: Double
  /// The body; nil until the coupling begins.
  public private(set) var model: DynamicModel?
  private var definition: DynamicModel.Definition
  private var parts: FEMBorders
  /// Force of borders on the body at the time reached, N, on every dof.
  private var force: [Double] = []
  private let initial: (displacement: [Double]?, velocity: [Double]?, acceleration: [Double]?)

  /// - Parameters:
  ///   - borders: facet or node sets of the mesh.
  ///   - displacement, velocity, acceleration: fields over all dofs at the start, SI; at rest where not given.
  /// - Throws: `CouplingError` for sets that the mesh does not have.
  public init(
    _ name: String, _ definition: DynamicModel.Definition, borders: [String],
    longestStep: Double = .infinity, displacement: [Double]? = nil, velocity: [Double]? = nil,
    acceleration: [Double]? = nil
  ) throws(CouplingError) {
    (self.name, self.definition, self.longestStep) = (name, definition, longestStep)
    initial = (displacement, velocity, acceleration)
    parts = try FEMBorders(borders, of: definition.body, complement: false)
  }

  /// One per set.
  public var borders: [Border] { parts.borders }

  /// Guides, forces or springs on a set.
  public mutating func prepare(_ role: BorderRole, on border: String) throws(CouplingError) {
    parts.take(role, on: border, of: &definition.body)
  }

  /// Builds the body.
  public mutating func begin() throws(CouplingError) {
    do {
      model = try DynamicModel(
        definition, displacement: initial.displacement, velocity: initial.velocity,
        acceleration: initial.acceleration)
      force = model!.borderReaction
    } catch {
      throw CouplingError("participant '\(name)', \(error.place)", error.problem, error.remedy)
    }
  }

  /// One step; loads are those at the time of its balance, which generalised-α takes before its end.
  public mutating func advance(by dt: Double, under data: BorderData) -> String? {
    let n = model!.displacement.count
    let lag = definition.scheme.alphaF * dt
    model!.borderForce = parts.force(data, count: n, at: data.end - lag)
    let motion = parts.displacement(data, count: n, at: data.end)
    model!.guide(model!.guidedDofs.map { motion[$0] })
    let record = model!.step(dt)
    // The balance is (1 − α) of the force at the end and α of that before; neighbours are told the one at the end, which
    // they take α of themselves.
    let alpha = definition.scheme.alphaF
    let balanced = model!.borderReaction
    for i in force.indices { force[i] = (balanced[i] - alpha * force[i]) / (1 - alpha) }
    return record.converged ? nil : "no balance at \(data.end) s: \(record.inWords)"
  }

  /// Displacement, velocity, force or traction of a set.
  public func write(_ field: Field, on border: String) -> [Double] {
    let part = parts[border]
    guard let model else { return Array(repeating: 0, count: part.border.count) }
    switch field {
    case .displacement: return part.gather(model.displacement)
    case .velocity: return part.gather(model.velocity)
    case .traction: return part.traction(part.gather(force))
    default: return part.gather(force)
    }
  }

  /// The body's state.
  public func checkpoint() -> Checkpoint? {
    model.map { Checkpoint(model: $0.checkpoint(), force: force) }
  }

  /// Whether the state is of a body with this mesh, border and law.
  public func canRestore(_ checkpoint: Checkpoint) -> Bool {
    guard var copy = model else { return false }
    return checkpoint.force.count == force.count && (try? copy.restore(checkpoint.model)) != nil
  }

  /// Back to a state.
  public mutating func restore(_ checkpoint: Checkpoint) {
    do { try model!.restore(checkpoint.model) } catch { preconditionFailure("\(name): \(error)") }
    force = checkpoint.force
  }

  /// Stiffness, inertia and damping of a step condensed to the border; of large borders the diagonal.
  public func borderStiffness(on border: String, step dt: Double) -> BorderStiffness? {
    parts[border].stiffness(
      condensed: { try DynamicModel.condensedStiffness(of: definition, dofs: $0, step: dt) },
      diagonal: { try DynamicModel.stiffnessDiagonal(of: definition, step: dt) })
  }
}
