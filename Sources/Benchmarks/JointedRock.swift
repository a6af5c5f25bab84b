import Contact
import DDA
import Foundation
import Manifold
import Studies

/// Rock of 200 m × 100 m with 10⁴ drawn joints of two families, in a case file: what it costs to
/// read it, cut it into blocks, check them and list their contacts.
enum JointedRock {
  static let count = 10_000
  private static let width = 200.0, height = 100.0

  /// Two points a joint, 3 to 5.5 m long at 30 and 110 degrees, scattered by 2.
  private static func traces() -> [[Point]] {
    var random = SplitMix64(seed: 3)
    return (0..<count).map { k in
      let angle = ((k % 2 == 0 ? 30 : 110) + random.normal(0, 2)) * .pi / 180
      let middle = Point(random.uniform(0, width), random.uniform(0, height))
      let arm = 0.5 * random.uniform(3, 5.5) * Point(cos(angle), sin(angle))
      return [middle - arm, middle + arm]
    }
  }

  /// Processor time of the whole command and of cutting alone, s; blocks.
  static func measure() throws -> Measurement {
    let traces = traces()
    let outline = [Point(0, 0), Point(width, 0), Point(width, height), Point(0, height)]
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-joints-\(getpid()).yaml").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    try text(traces, outline).write(toFile: file, atomically: true, encoding: .utf8)
    var m = Measurement()
    var start = processorSeconds()
    _ = try CaseCheck.validate(file)
    m.add("seconds", processorSeconds() - start)
    start = processorSeconds()
    var cutting = try BlockCutting(outline: outline)
    cutting.traces = traces
    let cut = try cutting.cut()
    m.add("cut", processorSeconds() - start)
    m.add("blocks", Double(cut.blocks.count))
    m.add("memory", peakMegabytes())
    return m
  }

  private static func text(_ traces: [[Point]], _ outline: [Point]) -> String {
    func list(_ points: [Point]) -> String {
      "[" + points.map { "[\($0.x), \($0.y)]" }.joined(separator: ", ") + "]"
    }
    return """
      kind: block-system
      materials: {rock: {young: 5 GPa, poisson: 0.25, density: 2600}}
      joints: {friction: 35}
      domain: {outline: \(list(outline))}
      traces:
      \(traces.map { "  - " + list($0) }.joined(separator: "\n"))
      assign: [{along: [[0, 0], [\(width), 0]], fixed: true}]
      time: {end: 1, step: 0.01}

      """
  }
}
