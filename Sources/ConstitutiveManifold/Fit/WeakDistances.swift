import FixedPoint
import LinearAlgebra
import Manifold

/// Least squares of a classical law on points with uncertain strains: the residuals are the distances of
/// the points to the law's curve (see `LatentPoint`).
package struct WeakDistances: ResidualProblem {
  package typealias Tangent = DenseMatrix
  private var points: [LatentPoint]
  /// Per observation: the factor of a distance that is in standard deviations already.
  private let factors: [Double]
  private var law: WeakLaw

  init(_ model: WeakModel, _ points: [LatentPoint], _ factors: [Double]) {
    self.points = points
    self.factors = factors
    law = WeakLaw(model)
  }

  /// A law on all points of data.
  package init(_ family: WeakFamily, _ data: FitData, _ noise: PointNoise) {
    let ones = data.observations.map { _ in 1.0 }
    self.init(
      WeakModel(family: family, fitsBulk: false, largest: data.largestIsochoricI1),
      data.latentPoints(Array(ones.indices), noise), ones)
  }

  /// A seeded start.
  package func start(_ random: inout SplitMix64) -> [Double] {
    law.model.start(&random, number: 0, bulk: 1)
  }

  package var unknownCount: Int { law.model.count }
  package var residualCount: Int { factors.count }

  package mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    var none = DenseMatrix(rows: 0, columns: 0)
    return project(x, &r, &none, false)
  }

  package mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent: inout DenseMatrix
  ) -> Bool {
    tangent.setZero()
    return project(x, &r, &tangent, true)
  }

  private mutating func project(
    _ x: [Double], _ r: inout [Double], _ J: inout DenseMatrix, _ derivatives: Bool
  ) -> Bool {
    law.x = x
    var row = 0
    for k in points.indices {
      guard points[k].project(&law, factors[row], row, &r, &J, derivatives) else { return false }
      row += points[k].observations.count
    }
    return r.allSatisfy(\.isFinite)
  }
}

/// A classical law with its unknowns: what a projection asks of it.
private struct WeakLaw: PathEnergy {
  let model: WeakModel
  var x: [Double]
  private var gradient: [Double]

  init(_ model: WeakModel) {
    self.model = model
    x = Array(repeating: 0, count: model.count)
    gradient = x
  }

  mutating func energy(along path: PathPoint) -> (first: Double, second: Double) {
    (model.power(x, path, gradient: &gradient), model.curvature(x, path))
  }

  mutating func addGradient(
    along path: PathPoint, scale: Double, row: Int, to J: inout DenseMatrix
  ) {
    _ = model.power(x, path, gradient: &gradient)
    for j in x.indices { J[row, j] += scale * gradient[j] }
  }
}
