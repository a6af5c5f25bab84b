import LinearAlgebra
import Manifold
import Testing

@Suite("Intensive embedding: where checkpoints of a training lie")
struct IntensiveEmbeddingTests {
  private func squares(_ x: [[Double]]) -> DenseMatrix {
    DenseMatrix(
      x.map { a in x.map { b in zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } } })
  }

  @Test("squared Euclidean distances give back the points (classical scaling)")
  func classical() throws {
    var random = SplitMix64(seed: 5)
    let x = (0..<12).map { _ in (0..<3).map { _ in random.normal(0, 1) } }
    let D = squares(x)
    let embedding = try IntensiveEmbedding(distances: D)
    #expect(embedding.eigenvalues.dropFirst(3).allSatisfy { abs($0) < 1e-12 })
    #expect(embedding.eigenvalues.prefix(3).allSatisfy { $0 > 0 })
    let y = (0..<12).map { i in (0..<3).map { embedding.coordinates[i, $0] } }
    let E = squares(y)
    #expect(zip(D.values, E.values).allSatisfy { abs($0 - $1) < 1e-11 })
    #expect(abs(embedding.explainedStress(3) - 1) < 1e-7)
    #expect(embedding.explainedStress(1) < embedding.explainedStress(2))
  }

  @Test("models with fixed deviations: coordinates are affine in the predictions")
  func affine() throws {
    // Predictions on a line μ = a + t b: the embedding is the line t, scaled by |b/σ|/√(8 N).
    let t = [0.0, 0.3, 1.1, 2, -0.7]
    let (a, b, sigma) = ([1.0, 2, 3, 4], [0.5, -1, 2, 0.1], [1.0, 0.5, 2, 0.1])
    let models = t.map { s in zip(a, b).map { $0 + s * $1 } }
    let embedding = try IntensiveEmbedding(predictions: models, deviations: sigma)
    #expect(embedding.eigenvalues.dropFirst().allSatisfy { abs($0) < 1e-14 })
    let length = zip(b, sigma).reduce(0) { $0 + ($1.0 / $1.1) * ($1.0 / $1.1) } / 32
    let mean = t.reduce(0, +) / 5
    let sign = embedding.coordinates[3, 0] > embedding.coordinates[0, 0] ? 1.0 : -1
    for (i, s) in t.enumerated() {
      let expected = sign * (s - mean) * length.squareRoot()
      #expect(abs(embedding.coordinates[i, 0] - expected) < 1e-12)
    }
  }

  @Test("negative eigenvalues are kept, largest magnitude first, and sum to the trace")
  func negative() throws {
    // Three points that violate the triangle inequality have no place in Euclidean space.
    let D = DenseMatrix([[0, 1, 9], [1, 0, 1], [9, 1, 0]])
    let embedding = try IntensiveEmbedding(distances: D)
    let l = embedding.eigenvalues
    #expect(l.contains { $0 < -0.1 })
    #expect(zip(l, l.dropFirst()).allSatisfy { abs($0) >= abs($1) })
    #expect(abs(l.reduce(0, +) - embedding.trace) < 1e-12)
    // Signed squares of the coordinates restore the distances exactly.
    for i in 0..<3 {
      for j in 0..<3 {
        let d = (0..<3).reduce(0.0) { sum, k in
          let x = embedding.coordinates[i, k] - embedding.coordinates[j, k]
          return sum + (embedding.isImaginary(k) ? -x * x : x * x)
        }
        #expect(abs(d - D[i, j]) < 1e-12)
      }
    }
  }
}
