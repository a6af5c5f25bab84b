import FixedPoint
import Geometry
import LinearAlgebra
import Mechanics

/// What is wrong with a model, where, and what to do: one line.
public struct FEMError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The part of the definition that is wrong ("boundary set 'left'"), what is wrong with it, and
  /// the remedy.
  public let place: String, problem: String, remedy: String

  /// By its three parts.
  public init(_ place: String, _ problem: String, _ remedy: String) {
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }

  /// Place, problem and remedy, one line.
  public var description: String { "\(place): \(problem); \(remedy)" }
}

/// A displacement given on a named set of nodes.
public struct Prescription: Sendable {
  /// Name of a node set, or of a facet set (then its nodes).
  public var set: String
  /// Which of ux, uy, uz are given.
  public var components: [Int]
  /// Displacement in m at an undeformed point and a load factor; only `components` are used.
  public var value: @Sendable (_ point: SIMD3<Double>, _ factor: Double) -> SIMD3<Double>

  /// Any motion, a function of place and load factor.
  public init(
    set: String, components: [Int],
    value: @escaping @Sendable (_ point: SIMD3<Double>, _ factor: Double) -> SIMD3<Double>
  ) {
    self.set = set
    self.components = components
    self.value = value
  }

  /// One component that grows in proportion to the load factor, `full` in m at factor 1.
  public init(set: String, component: Int, to full: Double) {
    self.init(set: set, components: [component]) { _, factor in SIMD3(repeating: factor * full) }
  }

  /// All given components held at zero.
  public static func fixed(_ set: String, components: [Int] = [0, 1, 2]) -> Prescription {
    Prescription(set: set, components: components) { _, _ in .zero }
  }
}

/// A dead load on a named set of facets: force per undeformed area, in Pa, at a point and load factor.
public struct Traction: Sendable {
  /// Name of a facet set.
  public var set: String
  /// Pa at an undeformed point with the outward unit normal there.
  public var value:
    @Sendable (_ point: SIMD3<Double>, _ normal: SIMD3<Double>, _ factor: Double) -> SIMD3<Double>

  /// Any traction field.
  public init(
    set: String,
    value:
      @escaping @Sendable (
        _ point: SIMD3<Double>, _ normal: SIMD3<Double>, _ factor: Double
      ) -> SIMD3<Double>
  ) {
    self.set = set
    self.value = value
  }

  /// A uniform vector, Pa, in proportion to the load factor.
  public init(set: String, vector: SIMD3<Double>) {
    self.init(set: set) { _, _, factor in factor * vector }
  }

  /// A pressure on the undeformed surface, Pa, positive into the body, in proportion to the factor.
  public init(set: String, pressure: Double) {
    self.init(set: set) { _, normal, factor in (-factor * pressure) * normal }
  }
}

extension FEMModel {
  /// How the linear systems are solved.
  public enum Solver: Sendable, Equatable {
    /// MUMPS, symmetric.
    case direct
    /// Conjugate gradients with smoothed-aggregation multigrid, to a relative residual: less memory and, for
    /// large compressible bodies, several times faster than factors.
    case conjugateGradients(tolerance: Double)
  }

  /// Everything a run needs, with usable defaults; edited, then validated once by `FEMModel.init`.
  public struct Definition: Sendable {
    /// The mesh; lengths in m.
    public var mesh: Mesh
    /// What the coordinates mean.
    public var formulation: Formulation
    /// Small or finite strain; every law must speak the matching `WorkPair`.
    public var strain: StrainKind = .finite
    /// How elements treat their volume.
    public var volumetric: VolumetricTreatment = .standard
    /// Thickness in m of plane formulations.
    public var thickness = 1.0
    /// The law of each region (`Mesh.Block.name`).
    public var laws: [String: any ConstitutiveLaw] = [:]
    /// Given displacements.
    public var prescriptions: [Prescription] = []
    /// Displacements that the caller gives from step to step by `guide(_:)`.
    public var guided: [Guide] = []
    /// A stiffness between dofs beside that of the cells.
    public var elasticBorder: ElasticBorder?
    /// Dead loads on facets.
    public var tractions: [Traction] = []
    /// Dead force per undeformed volume, N/m³, at a point and load factor.
    public var bodyForce: (@Sendable (SIMD3<Double>, Double) -> SIMD3<Double>)?
    /// Tolerances of Newton's method.
    public var newton = Newton()
    /// Linear solver.
    public var solver = Solver.direct

    /// A body of one law everywhere, or of none yet.
    public init(
      mesh: Mesh, formulation: Formulation? = nil, law: (any ConstitutiveLaw)? = nil
    ) {
      self.mesh = mesh
      self.formulation = formulation ?? (mesh.dimension == 3 ? .threeDimensional : .planeStrain)
      if let law {
        for block in mesh.blocks { laws[block.name] = law }
        strain = law.pair == .smallStrain ? .small : .finite
      }
    }
  }
}
