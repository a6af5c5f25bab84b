import ConstitutiveManifold
import LinearAlgebra
import Manifold
import Storage

/// The group `geometry` of a law's file.
///
///     @seed, @noise
///     dimensions/k   @states, @expected (0: unknown), @levina_bickel, @mackay_ghahramani, @neighbours,
///                    @discarded; log_ratios [n]
///     slice          offsets [n], loss [n, n]
///     stability      @prior, @observed_rate, @observed_order; curvatures [parameters]
///     expansions     [states]
///     path           stages, iterations [m], eigenvalues [m], coordinates [m, m]
enum GeometryGroup {
  static func write(_ g: LawGeometry, to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("seed", Int(truncatingIfNeeded: g.seed))
    try group.setAttribute("noise", g.noise)
    for (k, d) in g.dimensions.enumerated() {
      let own = try group.createGroup("dimensions/\(k)")
      try own.setAttribute("states", d.states)
      try own.setAttribute("expected", d.expected ?? 0)
      try own.setAttribute("two_nn", d.estimate.twoNN)
      try own.setAttribute("two_nn_likelihood", d.estimate.twoNNLikelihood)
      try own.setAttribute("levina_bickel", d.estimate.levinaBickel)
      try own.setAttribute("mackay_ghahramani", d.estimate.mackayGhahramani)
      try own.setAttribute("neighbours", d.estimate.neighbours)
      try own.setAttribute("discarded", d.estimate.discarded)
      try own.write("log_ratios", d.estimate.logRatios, unit: "1")
    }
    if let slice = g.slice {
      let n = slice.offsets.count
      try group.write("slice/offsets", slice.offsets, unit: "1")
      try group.write("slice/loss", slice.values, shape: [n, n], unit: "1")
    }
    if let stability = g.stability {
      let own = try group.createGroup("stability")
      try own.setAttribute("prior", stability.prior)
      if let rate = stability.observedRate { try own.setAttribute("observed_rate", rate) }
      if let order = stability.observedOrder { try own.setAttribute("observed_order", order) }
      try own.write("curvatures", stability.curvatures, unit: "1")
    }
    if !g.expansions.isEmpty { try group.write("expansions", g.expansions, unit: "1") }
    if let path = g.path {
      let m = path.embedding.eigenvalues.count
      let own = try group.createGroup("path")
      try own.write("stages", path.stages.map(\.rawValue))
      try own.write("iterations", path.iterations.map { Int64($0) })
      try own.write("eigenvalues", path.embedding.eigenvalues, unit: "1")
      // Row by row in the file, column by column in memory.
      try own.write(
        "coordinates", path.embedding.coordinates.transposed.values, shape: [m, m], unit: "1")
    }
  }

  static func read(_ group: borrowing H5Group) throws -> LawGeometry {
    var g = LawGeometry(
      dimensions: [], slice: nil, stability: nil, expansions: [],
      noise: try group.doubleAttribute("noise"), path: nil,
      seed: UInt64(truncatingIfNeeded: try group.intAttribute("seed")))
    if group.contains("dimensions") {
      let folder = try group.group("dimensions")
      for k in try folder.children().indices {
        g.dimensions.append(try readDimension(folder.group("\(k)")))
      }
    }
    if group.contains("slice") {
      let offsets = try group.readDoubles("slice/offsets").values
      let values = try group.readDoubles("slice/loss").values
      guard offsets.count > 1, values.count == offsets.count * offsets.count else {
        throw LawGroup.damaged(group, "its slice has \(values.count) values")
      }
      guard offsets.allSatisfy({ $0.isFinite }), zip(offsets, offsets.dropFirst()).allSatisfy(<)
      else { throw LawGroup.damaged(group, "the offsets of its slice do not rise") }
      g.slice = LossSlice(offsets: offsets, values: values)
    }
    if group.contains("stability") {
      let own = try group.group("stability")
      func optional(_ name: String) throws -> Double? {
        own.hasAttribute(name) ? try own.doubleAttribute(name) : nil
      }
      g.stability = FixedPointStability(
        curvatures: try own.readDoubles("curvatures").values,
        prior: try own.doubleAttribute("prior"), observedRate: try optional("observed_rate"),
        observedOrder: try optional("observed_order"))
    }
    if group.contains("expansions") { g.expansions = try group.readDoubles("expansions").values }
    if group.contains("path") { g.path = try readPath(group.group("path")) }
    return g
  }

  private static func readDimension(
    _ group: borrowing H5Group
  ) throws -> LawGeometry.Dimension {
    let expected = try group.intAttribute("expected")
    guard
      let estimate = IntrinsicDimension(
        logRatios: try group.readDoubles("log_ratios").values,
        levinaBickel: try group.doubleAttribute("levina_bickel"),
        mackayGhahramani: try group.doubleAttribute("mackay_ghahramani"),
        neighbours: try group.intAttribute("neighbours"),
        discarding: try group.doubleAttribute("discarded"))
    else { throw LawGroup.damaged(group, "its ratios say nothing") }
    return .init(
      states: try group.stringAttribute("states"), expected: expected > 0 ? expected : nil,
      estimate: estimate)
  }

  private static func readPath(_ group: borrowing H5Group) throws -> LawGeometry.Path {
    let stages = try group.readStrings("stages").values.map { name in
      guard let stage = TrainingStage(rawValue: name) else {
        throw LawGroup.damaged(group, "'\(name)' is not a stage")
      }
      return stage
    }
    let iterations = try group.read("iterations", as: Int64.self).values.map { Int($0) }
    let eigenvalues = try group.readDoubles("eigenvalues").values
    let coordinates = try group.readDoubles("coordinates").values
    let m = eigenvalues.count
    guard m > 0, stages.count == m, iterations.count == m, coordinates.count == m * m else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    return .init(
      embedding: IntensiveEmbedding(
        eigenvalues: eigenvalues,
        coordinates: DenseMatrix(rows: m, columns: m, values: coordinates).transposed),
      stages: stages, iterations: iterations)
  }
}
