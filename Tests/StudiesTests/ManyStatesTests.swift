import Foundation
import Manifold
import Storage
import Studies
import Testing

private let verifies = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil

@Suite("Files of many observations") struct ManyStatesTests {
  /// A folder with a law and N noisy observations about it, a part of their components not seen.
  private func observed(_ N: Int, gaps: Bool) throws -> CommandLineTool {
    let tool = try CommandLineTool()
    let rows = [1.2, 1.5, 2, 3].map { l in "uniaxial,\(l),\(l - 1 / (l * l))" }
    try tool.write(
      "t.csv", "mode,stretch [-],nominal_stress [MPa]\n" + rows.joined(separator: "\n") + "\n")
    let fit = try tool.run(["fit", "t.csv", "--law", "neo-hooke", "-o", "law.h5"])
    #expect(fit.code == 0, "\(fit.error)")
    var random = SplitMix64(seed: 5)
    let file = try H5File.create(at: tool.folder + "/o.h5")
    // Part by part here as well, so that the test itself stays small.
    for start in stride(from: 0, to: N, by: 10_000) {
      let count = min(10_000, N - start)
      let seen = { (x: Double) in gaps && random.uniform(0, 1) < 0.1 ? Double.nan : x }
      let strain = (0..<6 * count).map { _ in seen(random.normal(0, 0.1)) }
      let stress = strain.map { seen(2 * ($0.isNaN ? 0 : $0) + random.normal(0, 0.05)) }
      try file.root.append("strain", strain, rowShape: [6], unit: "1")
      try file.root.append("stress", stress, rowShape: [6], unit: "MPa")
    }
    try file.commit()
    return tool
  }

  private func bits(_ path: String) throws -> [String: [UInt64]] {
    let file = try H5File.open(at: path)
    var out: [String: [UInt64]] = [:]
    for name in [
      "strain", "stress", "square_distance", "distance_from_data", "covariance", "expansion",
      "singular_values", "undetermined", "degrees_of_freedom", "converged", "iterations",
      "residual", "observed/strain", "observed/stress",
    ] {
      out[name] = try file.root.readDoubles(name).values.map(\.bitPattern)
    }
    out["scatter"] = [try file.root.doubleAttribute("scatter").bitPattern]
    return out
  }

  @Test("parts of any size give the bits of the whole", arguments: [[], ["--starts", "3"]])
  func parts(extra: [String]) throws {
    let tool = try observed(1003, gaps: true)
    defer { tool.remove() }
    func project(_ chunk: Int, _ name: String) throws -> [String: [UInt64]] {
      let run = try tool.run(
        ["project", "o.h5", "--law", "law.h5", "-o", name, "--chunk", "\(chunk)"] + extra)
      #expect(run.code == 0 || run.code == 1, "\(run.error)")
      return try bits(tool.folder + "/" + name)
    }
    let whole = try project(8192, "whole.h5")
    for chunk in [64, 500] {
      let parts = try project(chunk, "parts.h5")
      for (name, values) in whole { #expect(parts[name] == values, "\(name), \(chunk)") }
    }
    #expect(try tool.run(["report", "parts.h5", "-o", "p.html"]).code == 0)
  }

  @Test("a table in parts prints the lines of the whole; a full disk is one line and no file")
  func tableAndDisk() throws {
    let tool = try observed(100, gaps: false)
    defer { tool.remove() }
    let bare = ["project", "o.h5", "--law", "law.h5", "-o", "s.h5", "--csv", "--chunk"]
    #expect(try tool.run(bare + ["8"]).out == tool.run(bare + ["8192"]).out)
    let many = ["project", "o.h5", "--law", "law.h5", "-o", "big.h5", "--chunk", "8"]
    let full = try tool.run(many, shell: "ulimit -f 100;")
    #expect(full.code == 2 && full.errorLines.count == 1, "\(full.error)")
    #expect(!tool.contents().contains { $0.hasPrefix("big.h5") })
  }

  @Test("10⁶ observations take the memory of a part, not of the file", .enabled(if: verifies))
  func memory() throws {
    let tool = try observed(1_000_000, gaps: false)
    defer { tool.remove() }
    let start = Date()
    let run = try tool.run(["project", "o.h5", "--law", "law.h5", "-o", "s.h5", "--json"])
    #expect(run.code == 0, "\(run.error)")
    #expect(run.json?["observations"] as? Int == 1_000_000)
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    let size =
      (try FileManager.default.attributesOfItem(atPath: tool.folder + "/s.h5")[.size] as? Int) ?? 0
    print(
      "10⁶ observations: \(Int(-start.timeIntervalSinceNow)) s, a file of \(size / 1_000_000) MB, "
        + "at most \(usage.ru_maxrss / 1024) MiB in memory")
    #expect(usage.ru_maxrss < 300 * 1024)
  }
}
