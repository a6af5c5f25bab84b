/// A joint law whose strengths are divided by a factor F: tan φ, cohesion and tensile strength at
/// once.
///
/// It works on what the law answers, not on its parameters: so every law can be reduced, also a
/// learned one. Where shear strength is N tan φ + c l, that is the reduction of tan φ and c
/// (Zienkiewicz, Humpheson & Lewis, Géotechnique 25 (1975)). The law's own variable moves as it
/// would unreduced.
public struct ReducedStrength: InterfaceLaw {
  /// The law, and F > 0: above 1 the joint is weaker than its law.
  public let base: any InterfaceLaw, factor: Double

  /// - Throws: `ContactError` unless F is positive and finite.
  public init(_ base: any InterfaceLaw, factor: Double) throws(ContactError) {
    try checkPositive("factor of strength reduction", factor, "(no unit)")
    (self.base, self.factor) = (base, factor)
  }

  /// As the law has it.
  public var hasBond: Bool { base.hasBond }

  /// The law's strengths over F.
  public func strength(_ batch: inout InterfaceBatch) {
    base.strength(&batch)
    for i in 0..<batch.count {
      batch.shearStrength[i] /= factor
      batch.tensileStrength[i] /= factor
    }
  }

  /// As the law has it.
  public func advance(_ batch: inout InterfaceBatch, dt: Double) { base.advance(&batch, dt: dt) }
}
