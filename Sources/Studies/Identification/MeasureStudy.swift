import FEM
import Geometry
import Identification
import Manifold
import Storage

/// The command `measure`: what a camera and a testing machine would have reported of a computed specimen.
public enum MeasureStudy {
  /// What a measurement needs besides the result, with usable defaults.
  public struct Options: Sendable {
    /// The set of facets that the camera sees; in plane problems nil is the whole body.
    public var view: String?
    /// Random points on it; nil: its nodes.
    public var points: Int?
    /// Measured components, such as `xy`.
    public var components = "xy"
    /// Noise of a displacement component and of a force, as shares of the largest.
    public var noise = 1e-3, forceNoise = 1e-3
    /// Seed of points and noise.
    public var seed: UInt64 = 1

    /// With the defaults above.
    public init() {}
  }

  /// Reads a result, measures, writes. The levels are those of the result, the forces its case's probes of
  /// reactions.
  /// - Throws: `InputError` for what the result does not hold, `StorageError` for a foreign file.
  public static func run(
    _ path: String, _ options: Options, output: String
  ) throws -> Measurement {
    _ = try OutputFile(output, inputs: [path])
    guard let components = Measurement.components(options.components) else {
      throw InputError(
        "--components", "is '\(options.components)'; give x, xy, xyz or the like")
    }
    for (name, value) in [("--noise", options.noise), ("--force-noise", options.forceNoise)] {
      guard value >= 0, value < 1 else {
        throw InputError(name, "is \(value); give a share from 0 to below 1, such as 0.001")
      }
    }
    if let points = options.points, !(1...1_000_000).contains(points) {
      throw InputError("--points", "is \(points); give 1 to 1000000")
    }
    let clock = Stopwatch()
    let file = try ResultFile(path)
    let forces = try Forces(file, path: path)
    let result = file.result
    guard result.course == .load else {
      throw InputError(
        path,
        "is not a body at rest under load steps, whose levels could be measured; give the result "
          + "of such a case")
    }
    guard components.allSatisfy({ $0 < result.mesh.dimension }) else {
      throw InputError("--components", "has a z, but the mesh is plane; leave it out")
    }
    var random = SplitMix64(seed: options.seed)
    let view = try View(result.mesh, options, &random)
    var levels: [FieldExperiment.Level] = []
    for (step, factor) in try times(path).enumerated() {
      guard let at = result.factors.firstIndex(of: factor) else { continue }
      let u = try displacement(path, step: step)
      levels.append(
        .init(
          factor: factor, displacements: view.displacements(u, components),
          reactions: forces.histories.map { $0[at] }))
    }
    guard !levels.isEmpty else {
      throw InputError(path, "holds no state; run the case to its end")
    }
    let deviation = noise(&levels, \.displacements, options.noise, &random)
    let forceDeviation = noise(&levels, \.reactions, options.forceNoise, &random)
    var provenance = Provenance(
      seed: Int(truncatingIfNeeded: options.seed), seconds: clock.seconds,
      citation: result.provenance.citation)
    let origin = "simulated measurement of '\(result.title)'"
    provenance.citation =
      provenance.citation.isEmpty ? origin : "\(origin); \(provenance.citation)"
    let measurement = Measurement(
      points: view.places, components: components, levels: levels, deviation: deviation,
      forceDeviation: forceDeviation, forces: forces.names, provenance: provenance)
    try measurement.write(to: output)
    return measurement
  }

  private static func times(_ path: String) throws -> [Double] {
    let file = try H5File.open(at: path)
    return try VTKHDFFile.read(file.root).times
  }

  private static func displacement(_ path: String, step: Int) throws -> [Double] {
    let file = try H5File.open(at: path)
    guard let field = try VTKHDFFile.read(file.root, step: step).pointField("displacement") else {
      throw InputError(path, "holds no displacement; run the case again")
    }
    return field.values
  }

  /// Adds seeded normal noise, a share of the largest value of all levels.
  /// - Returns: its standard deviation; never zero, or exact data could not be weighed.
  private static func noise(
    _ levels: inout [FieldExperiment.Level],
    _ part: WritableKeyPath<FieldExperiment.Level, [Double]>, _ share: Double,
    _ random: inout SplitMix64
  ) -> Double {
    let largest = levels.flatMap { $0[keyPath: part] }.reduce(0) { max($0, $1.magnitude) }
    let deviation = largest > 0 ? max(share, 1e-9) * largest : 1
    guard share > 0 else { return deviation }
    for l in levels.indices {
      for k in levels[l][keyPath: part].indices {
        levels[l][keyPath: part][k] += random.normal(0, deviation)
      }
    }
    return deviation
  }

  /// The probes of reactions.
  private struct Forces {
    var names: [NetReaction] = []
    var histories: [[Double]] = []

    init(_ file: ResultFile, path: String) throws {
      let source = try CaseSource(
        text: file.input.text, file: path, overrides: file.input.overrides, folder: ".")
      for probe in source.value["probes"]?.list ?? []
      where probe["quantity"]?.text == "reaction" {
        let letter = probe.need("component").text
        guard let set = probe["set"]?.text, let c = Measurement.axes.firstIndex(of: letter),
          let history = file.result.probes.first(where: { $0.name == probe.need("name").text })
        else { continue }
        names.append(NetReaction(set: set, component: c))
        histories.append(history.values)
      }
      guard !names.isEmpty else {
        throw InputError(
          path,
          "has no probe of a reaction, so no force was measured; add one to the case and run it again"
        )
      }
    }
  }
}

extension MeasureStudy {
  /// The measured points as weights of nodes.
  private struct View {
    private(set) var places: [SIMD3<Double>] = []
    private var nodes: [[Int]] = [], weights: [[Double]] = []

    init(_ mesh: Mesh, _ options: Options, _ random: inout SplitMix64) throws {
      let patches = try View.patches(mesh, options.view)
      guard let count = options.points else {
        for node in Set(patches.joined()).sorted() { add([node], [1], mesh) }
        return
      }
      let sizes = patches.map { View.size($0.map { mesh.points[$0] }) }
      var ends: [Double] = []
      for size in sizes { ends.append((ends.last ?? 0) + size) }
      for _ in 0..<count {
        let at = random.uniform(0, ends.last!)
        let patch = patches[
          min(ends.firstIndex { $0 > at } ?? patches.count - 1, patches.count - 1)]
        guard let shape = View.shape(of: patch.count) else { continue }
        var (a, b) = (random.uniform(0, 1), random.uniform(0, 1))
        if shape.isSimplex {
          if a + b > 1 { (a, b) = (1 - a, 1 - b) }
        } else {
          (a, b) = (2 * a - 1, 2 * b - 1)
        }
        add(patch, shape.shapeFunctions(at: SIMD3(a, b, 0)).values, mesh)
      }
    }

    private mutating func add(_ nodes: [Int], _ weights: [Double], _ mesh: Mesh) {
      var place = SIMD3<Double>.zero
      for (n, w) in zip(nodes, weights) { place += w * mesh.points[n] }
      places.append(place)
      self.nodes.append(nodes)
      self.weights.append(weights)
    }

    /// Components of the points' displacement, from nodal vectors of three.
    func displacements(_ u: [Double], _ components: [Int]) -> [Double] {
      nodes.indices.flatMap { p in
        components.map { c in
          zip(nodes[p], weights[p]).reduce(0) { $0 + $1.1 * u[3 * $1.0 + c] }
        }
      }
    }

    /// Nodes of the facets in view, or of the cells of a plane mesh.
    private static func patches(_ mesh: Mesh, _ view: String?) throws -> [[Int]] {
      let known = mesh.facetSets.keys.sorted()
      guard let view else {
        guard mesh.dimension == 2 else {
          throw InputError(
            "--view",
            "is missing; name the facets that the camera sees, "
              + (known.isEmpty
                ? "but the mesh has no set" : "one of \(known.joined(separator: ", "))")
          )
        }
        return mesh.blocks.flatMap { block in
          (0..<block.cellCount).map { block.nodes(of: $0).map { Int($0) } }
        }
      }
      guard mesh.dimension == 3 else {
        throw InputError("--view", "is for bodies in space; leave it out, the whole body is seen")
      }
      guard let facets = mesh.facetSets[view], !facets.isEmpty else {
        throw InputError(
          "--view", "the mesh has no facets '\(view)'; \(Suggestion.remedy(for: view, in: known))")
      }
      return facets.map { mesh.nodes(of: $0) }
    }

    /// The cell in the plane that has so many nodes.
    private static func shape(of count: Int) -> CellShape? {
      [CellShape.tri3, .quad4, .tri6, .quad8].first { $0.nodeCount == count }
    }

    /// Area of the corners of a facet, m².
    private static func size(_ points: [SIMD3<Double>]) -> Double {
      let corners = points.prefix(points.count == 3 || points.count == 6 ? 3 : 4).map { $0 }
      var normal = SIMD3<Double>.zero
      for i in 1..<corners.count - 1 {
        let (a, b) = (corners[i] - corners[0], corners[i + 1] - corners[0])
        normal += SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
      }
      return 0.5 * (normal * normal).sum().squareRoot()
    }
  }
}

extension Measurement {
  /// A line for people.
  public var summary: String {
    "\(points.count) points (\(components.map { Measurement.axes[$0] }.joined())) and "
      + "\(forces.count) forces at \(levels.count) levels; standard deviations "
      + "\(Show.number(1e3 * deviation, digits: 3)) mm and \(Show.number(forceDeviation, digits: 3)) N"
  }

  /// Figures of `measure --json`.
  public var json: JSONValue {
    .object([
      ("points", JSONValue(points.count)), ("levels", JSONValue(levels.count)),
      ("forces", .array(forces.map { .string("\($0.set) \(Measurement.axes[$0.component])") })),
      ("displacement_sd", .number(deviation)), ("force_sd", .number(forceDeviation)),
    ])
  }
}
