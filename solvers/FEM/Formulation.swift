import Geometry

/// What the two or three coordinates of a mesh mean.
public enum Formulation: String, Sendable, CaseIterable {
  case threeDimensional = "three-dimensional"
  /// ε_zz = 0 (or F_zz = 1); forces are per metre of thickness.
  case planeStrain = "plane-strain"
  /// σ_zz = 0, small strain only; forces are per metre of thickness.
  case planeStress = "plane-stress"
  /// x is the radius, y the axis; forces are of the whole ring, 2π.
  case axisymmetric

  /// Number of displacement components.
  public var dimension: Int { self == .threeDimensional ? 3 : 2 }
  /// The Mandel components that a displacement of this formulation can strain.
  var strainComponents: [Int] { self == .threeDimensional ? [0, 1, 2, 3, 4, 5] : [0, 1, 2, 5] }
}

/// Small strain ε with Cauchy stress, or finite strain C with S in the total Lagrangian form.
public enum StrainKind: String, Sendable, CaseIterable { case small, finite }

/// How an element treats its volume.
public enum VolumetricTreatment: String, Sendable, CaseIterable {
  /// The displacement's own dilatation at every point: locks when nearly incompressible.
  case standard
  /// The element's mean dilatation θ = (1/V) ∫ J dV replaces J through F̄ = (θ/J)^⅓ F in the energy
  /// (B-bar in small strain): a displacement–pressure mixed method with constant pressure, condensed.
  /// Source: Hughes (1980); Simo, Taylor & Pister (1985), in the variational form for any W(C).
  case meanDilatation = "mean-dilatation"
}
