/// A problem r(x) = 0 (or min ‖r‖²): it offers its residual and its tangent, `FixedPoint` owns the
/// iterations.
///
/// Newton takes problems whose `Tangent` is a `CSRMatrix`, Levenberg–Marquardt problems whose
/// `Tangent` is a `DenseMatrix` with one row per residual and one column per unknown.
public protocol ResidualProblem {
  /// The matrix that holds ∂r/∂x.
  associatedtype Tangent
  /// Number of unknowns.
  var unknownCount: Int { get }
  /// Number of residuals; equal to the unknowns for Newton.
  var residualCount: Int { get }

  /// r(x). False where the residual cannot be computed (NaN, an inverted cell).
  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool

  /// r(x) and ∂r/∂x in one pass. False where they cannot be computed.
  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout Tangent
  ) -> Bool

  /// The first linear system of an increment: like `linearise`, but about the last converged state,
  /// with the coming increment of prescribed values and loads on its right-hand side. From the next
  /// call on the problem counts them as applied. The default is `linearise`.
  mutating func predict(
    at x: [Double], residual r: inout [Double], tangent: inout Tangent
  ) -> Bool

  /// What ‖r‖ is compared with, after the latest residual: for a structure the norm of its reactions
  /// and loads. The default is 1.
  var residualReference: Double { get }

  /// Whether r is affine in x: then one correction is exact and the tangent is not built again.
  var isLinear: Bool { get }
}

extension ResidualProblem {
  /// No prescribed values: the tangent and residual of the state itself.
  public mutating func predict(
    at x: [Double], residual r: inout [Double], tangent: inout Tangent
  ) -> Bool { linearise(at: x, residual: &r, tangent: &tangent) }
  /// Residuals are compared with 1, in their own unit.
  public var residualReference: Double { 1 }
  /// Nonlinear unless the problem says otherwise.
  public var isLinear: Bool { false }
}
