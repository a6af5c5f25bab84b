import ConstitutiveManifold
import FEM
import Geometry

/// Asks how a body is strained compared with the data of its fitted laws.
struct CoverageCheck: Sendable {
  /// What a state of the body got.
  struct Field: Sendable {
    /// Of every cell in mesh order: the score of its mean strain (0 where no law was fitted), and the
    /// share of its volume strained as the data were (1 there).
    var scores: [Double], shares: [Double]
    /// Covered volume over the volume of all regions with a fitted law, 0 to 1.
    var share: Double
  }

  private let regions: [String: Coverage]
  private let scores: [String: LawCoverageScore]

  /// Covered regions of the laws that were fitted, by region of the mesh.
  init(_ regions: [String: Coverage]) {
    self.regions = regions
    scores = regions.compactMapValues(\.score)
  }

  /// The field of the last converged state; nil where no law was fitted.
  func coverage(of model: FEMModel) -> Field? {
    guard !regions.isEmpty else { return nil }
    let (strains, volumes) = model.pointStrains()
    var field = Field(scores: [], shares: [], share: 1)
    var (inside, all) = (0.0, 0.0)
    var point = 0
    for block in model.definition.mesh.blocks {
      let count = Quadrature.full(block.shape).points.count
      for _ in 0..<block.cellCount {
        let points = point..<point + count
        point += count
        guard let coverage = regions[block.name] else {
          field.scores.append(0)
          field.shares.append(1)
          continue
        }
        var (own, covered) = (0.0, 0.0)
        var mean = [Double](repeating: 0, count: 6)
        for p in points {
          own += volumes[p]
          for c in 0..<6 { mean[c] += volumes[p] * strains[6 * p + c] }
          if coverage.covers(Array(strains[6 * p..<6 * p + 6])) { covered += volumes[p] }
        }
        field.scores.append(scores[block.name]?(mean.map { $0 / own }).score ?? 0)
        field.shares.append(covered / own)
        inside += covered
        all += own
      }
    }
    guard all > 0 else { return nil }
    field.share = inside / all
    return field
  }
}
