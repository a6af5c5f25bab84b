import LinearAlgebra

/// The intensive embedding of probabilistic models (InPCA): how the checkpoints of a training lie to each
/// other, measured by what they predict and not by their weights.
///
/// With pairwise distances D between m models, W = −½ L D L with L = 1 − 11ᵀ/m has eigenpairs (λ, u);
/// axis k has the coordinates u √|λ|. Distances between distributions are not Euclidean, so some λ may be
/// negative: those axes are kept and are imaginary (a Minkowski space, d² = Σ sign(λ) Δx²). Axes stand in
/// the order of |λ|.
///
/// Source: Quinn, Clement, De Bernardis, Niemack & Sethna, PNAS 116 (2019) 13762; Mao, Griniasty, Teoh,
/// Ramesh, Yang, Transtrum, Sethna & Chaudhari, PNAS 121 (2024) e2310002121.
public struct IntensiveEmbedding: Sendable, Equatable {
  /// All m eigenvalues of W, largest magnitude first.
  public let eigenvalues: [Double]
  /// m × m: row i the model, column k its coordinate u √|λ| on axis k.
  public let coordinates: DenseMatrix
  /// Tr W, which the sum of the eigenvalues must equal.
  public let trace: Double

  /// Embeds models by their pairwise distances, symmetric with zero diagonal (for Euclidean points:
  /// squared ones; then this is classical scaling).
  ///
  /// - Throws: `LinearSolverError` for distances that are not finite.
  public init(distances D: DenseMatrix) throws(LinearSolverError) {
    precondition(D.rows == D.columns && D.rows > 0, "distances of \(D.rows)×\(D.columns)")
    let m = D.rows
    let rows = (0..<m).map { i in (0..<m).reduce(0) { $0 + D[i, $1] } / Double(m) }
    let mean = rows.reduce(0, +) / Double(m)
    var W = DenseMatrix(rows: m, columns: m)
    for j in 0..<m { for i in 0..<m { W[i, j] = -0.5 * (D[i, j] - rows[i] - rows[j] + mean) } }
    trace = (0..<m).reduce(0) { $0 + W[$1, $1] }
    let (values, vectors) = try W.symmetricEigen()
    let order = values.indices.sorted {
      (-abs(values[$0]), $0) < (-abs(values[$1]), $1)
    }
    eigenvalues = order.map { values[$0] }
    var coordinates = DenseMatrix(rows: m, columns: m)
    for (k, source) in order.enumerated() {
      // The sign of an eigenvector is arbitrary: its largest entry is made positive.
      let column = Array(vectors.column(source))
      let largest = column.max { abs($0) < abs($1) } ?? 1
      let scale = abs(values[source]).squareRoot() * (largest < 0 ? -1 : 1)
      for i in 0..<m { coordinates[i, k] = scale * column[i] }
    }
    self.coordinates = coordinates
  }

  /// From what a file holds: eigenvalues in the order of their magnitude, and as many columns.
  public init(eigenvalues: [Double], coordinates: DenseMatrix) {
    precondition(
      coordinates.columns == eigenvalues.count,
      "\(eigenvalues.count) eigenvalues, \(coordinates.columns) axes")
    self.eigenvalues = eigenvalues
    self.coordinates = coordinates
    trace = eigenvalues.reduce(0, +)
  }

  /// Models that predict N numbers each with fixed standard deviations: the Bhattacharyya distance per
  /// number of two Gaussian families, Σ_n (Δμ_n/σ_n)²/(8 N).
  ///
  /// - Parameter predictions: μ of every model, all of the same length; `deviations` σ > 0, one per
  ///   number.
  /// - Throws: `LinearSolverError` for predictions that are not finite.
  public init(
    predictions: [[Double]], deviations: [Double]
  ) throws(LinearSolverError) {
    try self.init(
      distances: IntensiveEmbedding.distances(predictions: predictions, deviations: deviations))
  }

  /// The pairwise distances of the Gaussian family.
  public static func distances(predictions: [[Double]], deviations: [Double]) -> DenseMatrix {
    precondition(
      predictions.allSatisfy { $0.count == deviations.count } && !deviations.isEmpty,
      "every model predicts \(deviations.count) numbers")
    let m = predictions.count
    var D = DenseMatrix(rows: m, columns: m)
    for i in 0..<m {
      for j in 0..<i {
        var sum = 0.0
        for n in deviations.indices {
          let d = (predictions[i][n] - predictions[j][n]) / deviations[n]
          sum += d * d
        }
        D[i, j] = sum / (8 * Double(deviations.count))
        D[j, i] = D[i, j]
      }
    }
    return D
  }

  /// Whether axis k is imaginary: distances along it count negatively.
  public func isImaginary(_ axis: Int) -> Bool { eigenvalues[axis] < 0 }

  /// 1 − √(Σ(W − W_d)²/Σ W²): the share of W that the first d axes explain, 0 to 1. All of it where the
  /// models are one.
  public func explainedStress(_ dimensions: Int) -> Double {
    let all = eigenvalues.reduce(0) { $0 + $1 * $1 }
    guard all > 0 else { return 1 }
    let rest = eigenvalues.dropFirst(dimensions).reduce(0) { $0 + $1 * $1 }
    return 1 - (rest / all).squareRoot()
  }
}
