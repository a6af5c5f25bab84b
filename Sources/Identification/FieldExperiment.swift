import FEM
import Geometry

/// What is wrong with measurements or options of an identification, and the remedy: one line.
public struct IdentificationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part that is wrong ("point 17 of 'plate'"), what is wrong, what to do.
  public let place: String, problem: String, remedy: String
  /// Whose mistake it is.
  public let cause: Cause

  /// What lies behind an error.
  public enum Cause: Sendable, Equatable {
    /// Measurements, specimen or options.
    case input
    /// A search or an equilibrium that did not come to its end.
    case notConverged
  }

  /// By its parts.
  public init(_ place: String, _ problem: String, _ remedy: String, cause: Cause = .input) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
    self.cause = cause
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}

/// A net force that a machine reports: the sum of the reactions of a support in one direction.
public struct NetReaction: Sendable, Equatable {
  /// Name of the set of nodes, and the direction (0, 1, 2); the displacement is prescribed there.
  public let set: String, component: Int

  /// Any support.
  public init(set: String, component: Int) {
    self.set = set
    self.component = component
  }
}

/// One specimen as it was measured: displacements of points on it and net reactions, level by level.
/// No stress anywhere.
///
/// The model says what is known: geometry (m), supports and what the machine prescribes; its law is
/// what is looked for, and what it names is ignored. Forces are those of the modelled part: of a
/// quarter of a plate in half its thickness, an eighth of what the machine reads.
public struct FieldExperiment: Sendable {
  /// What was measured at one load level.
  public struct Level: Sendable, Equatable {
    /// Load factor of the model's prescriptions.
    public var factor: Double
    /// Displacement in m, `[point · components.count + component]`.
    public var displacements: [Double]
    /// Net reactions in N, as `FieldExperiment.reactions` lists them.
    public var reactions: [Double]

    /// Any values.
    public init(factor: Double, displacements: [Double], reactions: [Double]) {
      self.factor = factor
      self.displacements = displacements
      self.reactions = reactions
    }
  }

  /// Name for people.
  public let name: String
  /// Mesh, supports, loads.
  public let definition: FEMModel.Definition
  /// Undeformed places of the measured points, m.
  public let points: [SIMD3<Double>]
  /// Which components of the displacement were measured.
  public let components: [Int]
  /// Standard deviation of a displacement component, m.
  public let deviation: Double
  /// Which net reactions were measured.
  public let reactions: [NetReaction]
  /// Standard deviation of a net reaction, N.
  public let reactionDeviation: Double
  /// The measurements, in the order of loading.
  public let levels: [Level]

  /// - Throws: `IdentificationError` for counts that do not match, values that are not finite,
  ///   deviations that are not positive, and an experiment without a net reaction: fields alone leave the
  ///   scale of the stress open.
  public init(
    name: String, definition: FEMModel.Definition, points: [SIMD3<Double>], components: [Int],
    deviation: Double, reactions: [NetReaction], reactionDeviation: Double, levels: [Level]
  ) throws(IdentificationError) {
    self.name = name
    self.definition = definition
    self.points = points
    self.components = components
    self.deviation = deviation
    self.reactions = reactions
    self.reactionDeviation = reactionDeviation
    self.levels = levels
    try check()
  }

  private func check() throws(IdentificationError) {
    func fail(_ problem: String, _ remedy: String) -> IdentificationError {
      IdentificationError("experiment '\(name)'", problem, remedy)
    }
    guard definition.strain == .finite, definition.formulation != .planeStress else {
      throw fail(
        "is not one of finite strain", "model it in finite strain, a sheet as a thin solid")
    }
    guard deviation > 0, deviation.isFinite, reactionDeviation > 0, reactionDeviation.isFinite
    else {
      throw fail(
        "has deviations of \(deviation) m and \(reactionDeviation) N",
        "give positive standard deviations of the measurements")
    }
    guard !levels.isEmpty else { throw fail("has no load level", "give at least one") }
    guard !reactions.isEmpty else {
      throw fail("has no net reaction", "give one: fields alone leave the scale of stress open")
    }
    for c in components where c < 0 || c >= definition.formulation.dimension {
      throw fail("has no displacement component \(c)", "give 0, 1 (and 2 in space)")
    }
    for (l, level) in levels.enumerated() {
      let expected = points.count * components.count
      guard level.displacements.count == expected, level.reactions.count == reactions.count else {
        throw IdentificationError(
          "experiment '\(name)', level \(l + 1)",
          "has \(level.displacements.count) displacements and \(level.reactions.count) reactions",
          "give \(expected) and \(reactions.count)")
      }
      for value in level.displacements + level.reactions + [level.factor] where !value.isFinite {
        throw IdentificationError(
          "experiment '\(name)', level \(l + 1)", "holds the value \(value)",
          "leave out points that were not measured")
      }
    }
  }
}

/// Where the measured points lie in the mesh: û = B u.
struct FieldInterpolation: Sendable {
  let points: Int
  /// Nodes and shape functions of point p: from `start[p]` to `start[p + 1]`.
  let start: [Int], nodes: [Int32], weights: [Double]

  init(_ experiment: FieldExperiment) throws(IdentificationError) {
    let mesh = experiment.definition.mesh
    var (start, nodes, weights): ([Int], [Int32], [Double]) = ([0], [], [])
    for (p, point) in experiment.points.enumerated() {
      guard let place = mesh.locate(point) else {
        throw IdentificationError(
          "experiment '\(experiment.name)', point \(p + 1)",
          "(\(point.x), \(point.y), \(point.z)) m is outside of the mesh",
          "leave it out, or mend the mesh")
      }
      let block = mesh.blocks[place.block]
      nodes += block.nodes(of: place.cell)
      weights += block.shape.shapeFunctions(at: place.reference).values
      start.append(nodes.count)
    }
    points = experiment.points.count
    self.start = start
    self.nodes = nodes
    self.weights = weights
  }

  /// Component `c` of a nodal field of `d` components at point p.
  @inline(__always)
  func value(_ u: [Double], _ p: Int, _ c: Int, _ d: Int) -> Double {
    var sum = 0.0
    for k in start[p]..<start[p + 1] { sum += weights[k] * u[Int(nodes[k]) * d + c] }
    return sum
  }
}
