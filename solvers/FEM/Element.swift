import Geometry
import Mechanics

/// One finite element on its own: for users who write their own loop, and for tests of the tangent.
///
/// `FEMModel` uses the same kernel, eight cells at a time.
public struct Element {
  private let kernel: ElementKernel

  /// An element of a shape with its full quadrature rule.
  public init(
    shape: CellShape, formulation: Formulation, law: any ConstitutiveLaw,
    volumetric: VolumetricTreatment = .standard, thickness: Double = 1
  ) {
    precondition(
      shape.dimension == formulation.dimension,
      "\(shape.rawValue) is not a cell of the formulation \(formulation.rawValue)")
    kernel = ElementKernel(
      shape: shape, formulation: formulation,
      strainKind: law.pair == .smallStrain ? .small : .finite, volumetric: volumetric, law: law,
      thickness: thickness)
  }

  /// Energy in J, internal force in N and stiffness in N/m (row by row, symmetric) of one cell.
  /// - Parameters:
  ///   - points: undeformed coordinates of the nodes, m.
  ///   - displacement: `[node * dimension + component]`, m.
  /// - Returns: nil where the cell is turned inside out.
  public func response(
    points: [SIMD3<Double>], displacement: [Double]
  ) -> (energy: Double, force: [Double], stiffness: [Double])? {
    let (n, d) = (kernel.nodes, kernel.dimension)
    precondition(
      points.count == n && displacement.count == n * d,
      "\(points.count) points and \(displacement.count) displacements for \(n) nodes")
    kernel.gather(
      cells: 0..<1, connectivity: (0..<n).map { Int32($0) }, points: points,
      displacement: displacement)
    kernel.respond()
    kernel.integrate(tangent: true)
    guard kernel.isAdmissible else { return nil }
    var stiffness = [Double](repeating: 0, count: n * d * n * d)
    for b in 0..<n {
      for a in 0...b {
        for i in 0..<d {
          for j in 0..<d {
            let entry = kernel.stiffness[d * d * ElementKernel.pair(a, b) + d * i + j][0]
            stiffness[(a * d + i) * n * d + b * d + j] = entry
            stiffness[(b * d + j) * n * d + a * d + i] = entry
          }
        }
      }
    }
    return (kernel.energy[0], (0..<n * d).map { kernel.force[$0][0] }, stiffness)
  }
}
