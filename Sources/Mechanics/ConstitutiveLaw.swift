/// The pair of work-conjugate measures a law speaks: what its batch holds as strain and as stress.
public enum WorkPair: String, Sendable {
  /// Small strain ε and Cauchy stress σ; the tangent is ∂σ/∂ε.
  case smallStrain = "small strain & Cauchy stress"
  /// Right Cauchy–Green tensor C = FᵀF and second Piola–Kirchhoff stress S; the tangent is
  /// 2 ∂S/∂C = ∂S/∂E.
  case rightCauchyGreen = "C & S"
}

/// A constitutive law as a value: parameters inside, history passed in and returned.
///
/// A law works on batches (see `PointBatch` for shapes, order and units). It never allocates while
/// evaluating and never traps on an inadmissible strain (such as J ≤ 0): it answers NaN there, and
/// the solver cuts its step.
public protocol ConstitutiveLaw: Sendable {
  /// The strain and stress measures of this law.
  var pair: WorkPair { get }
  /// Number of state variables per point.
  var stateCount: Int { get }
  /// Whether the stress is linear in the strain: then one linear solve is exact.
  var isLinear: Bool { get }
  /// Fills energy, stress, tangent and `stateOut` of every point from `strain` and `stateIn`.
  func evaluate(_ batch: inout PointBatch)
}

extension ConstitutiveLaw {
  /// No history unless a law says otherwise.
  public var stateCount: Int { 0 }

  /// Not linear unless a law says so.
  public var isLinear: Bool { false }

  /// Energy, stress and tangent at one point: convenient, but it allocates a batch.
  public func evaluate(strain: [Double]) -> (energy: Double, stress: [Double], tangent: [Double]) {
    precondition(strain.count == 6, "a strain has 6 Mandel components, not \(strain.count)")
    var batch = PointBatch(points: 1, stateCount: stateCount)
    // Laws of any kind may look at the whole group: all of it is a state that exists.
    for i in 0..<6 { batch.strain[i] = Lanes(repeating: strain[i]) }
    evaluate(&batch)
    return (batch.energy(of: 0), batch.stress(of: 0), batch.tangent(of: 0))
  }

  /// The 6×6 tangent of the undeformed state, row by row, Pa: the reference stiffness of the
  /// energy metric.
  public var stiffnessAtRest: [Double] {
    switch pair {
    case .smallStrain: evaluate(strain: [0, 0, 0, 0, 0, 0]).tangent
    case .rightCauchyGreen: evaluate(strain: [1, 1, 1, 0, 0, 0]).tangent
    }
  }

  /// Shear modulus of the undeformed state, Pa (for an isotropic law).
  public var shearModulusAtRest: Double { 0.5 * stiffnessAtRest[35] }

  /// Bulk modulus of the undeformed state, Pa (for an isotropic law).
  public var bulkModulusAtRest: Double {
    let D = stiffnessAtRest
    return (D[0] + D[1] + D[2] + D[6] + D[7] + D[8] + D[12] + D[13] + D[14]) / 9
  }
}

/// A parameter that no law of this kind can have.
public struct ParameterError: Error, CustomStringConvertible, Sendable, Equatable {
  /// Name of the parameter, its value and what is wrong with it.
  public let name: String, value: Double, problem: String

  /// `problem` reads on after the value: "must be positive, in Pa".
  public init(_ name: String, _ value: Double, _ problem: String) {
    self.name = name
    self.value = value
    self.problem = problem
  }

  /// Name, value and what the value must be, one line.
  public var description: String { "parameter '\(name)' = \(value) \(problem)" }
}
