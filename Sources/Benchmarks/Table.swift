import Foundation
import LinearAlgebra

/// The machine a table was measured on.
struct Machine {
  let processor: String, cores: Int, date: String, blas: String

  static var current: Machine {
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let name =
      cpu.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    let widest = ["avx512f", "avx2", "sse2"].first { cpu.contains($0) } ?? ""
    let format = DateFormatter()
    format.dateFormat = "yyyy-MM-dd"
    return Machine(
      processor: "\(name) (\(widest))", cores: ProcessInfo.processInfo.processorCount,
      date: format.string(from: Date()), blas: BLASCore.check().current)
  }
}

/// The figures as people read them: medians of the rounds.
struct Table {
  let results: [Case: [Measurement]]
  let machine: Machine

  private func middle(_ one: Case, _ name: String) -> Double {
    median((results[one] ?? []).map { $0[name] })
  }

  private func text(_ value: Double, _ digits: Int = 2) -> String {
    String(format: "%.\(digits)f", value)
  }

  private func structure(_ one: Case) -> String {
    "set-up \(text(middle(one, "setup"))) + assembly \(text(middle(one, "assembly"))) + "
      + "factors \(text(middle(one, "factors"))) + solves \(text(middle(one, "solve"))) s; "
      + "**\(text(middle(one, "total"))) s** in all, \(text(middle(one, "memory"), 0)) MB"
  }

  private func nearest() -> String {
    func thousands(_ name: String) -> String { text(middle(.nearest, name) / 1e3, 1) + " k" }
    return "**\(thousands("manifold")) and \(thousands("cloud")) queries/s**; "
      + "\(thousands("manifoldWarm")) and \(thousands("cloudWarm")) from the last neighbour; "
      + "build \(text(middle(.nearest, "manifoldBuild"))) s"
  }

  private func rate(_ one: Case, _ name: String) -> String {
    let value = middle(one, name)
    return value < 1e6 ? text(value / 1e3, 0) + " k" : text(value / 1e6) + " M"
  }

  private func learned() -> String {
    "\(rate(.learned, "law1")) at batch 1, \(rate(.learned, "law65536")) at 65 536 points/s; map in "
      + "single precision **\(rate(.learned, "single4096"))**"
  }

  private func map() -> String {
    "value **\(rate(.learned, "map4096"))**, with Jacobian **\(rate(.learned, "jacobian4096"))** points/s"
  }

  private func training(_ name: String) -> String {
    "**\(rate(.training, name + "256")) and \(rate(.training, name + "4096")) samples/s**"
  }

  var markdown: String {
    let rounds = results.values.first?.count ?? 0
    return """
      Measured on \(machine.date): \(machine.processor), one of \(machine.cores) cores, OpenBLAS \
      kernels \(machine.blas); medians of \(rounds) rounds. Peers: one core of a server-class \
      machine with AVX-512 (solvers/FEM/README.md).

      | case | here | peers |
      |---|---|---|
      | learned law 2 × 32, energy + stress + tangent, batches of 4096 | \
      **\(text(middle(.law, "points") / 1e6)) M points/s**, \
      \(text(100 * middle(.law, "share"), 0)) % of a measured peak of \
      \(text(middle(.law, "peak") / 1e9, 0)) GFLOP/s | 0.45 M (compiled, hand-derived), \
      0.27 M (automatic) |
      | projection onto that law, complete strain and stress with 5 % noise, to 1e-12 | \
      **\(text(middle(.projection, "states") / 1e3, 0)) 000 states/s**; with covariances \
      \(text(middle(.projection, "covariances") / 1e3, 0)) 000 | – |
      | the same, other batches | \(learned()) | 0.02 M (batch 1), 0.42 M (65 536) |
      | map 6-64-64-6 (tanh), batches of 4096 | \(map()) | 1.59 M, 0.25 M |
      | its training by Adam, batches of 256 and 4096 | \(training("trainMap")) | 0.75 M, 0.65 M |
      | training of the law 2 × 32 on stresses, the same | \(training("trainLaw")) | – |
      | fit of the learned law to 53 points, files included | \
      **\(text(middle(.fit, "seconds"))) s**, RMSE \(text(middle(.fit, "rmse") / 1e6, 4)) MPa | 0.03 \
      (Ogden-3), 0.01 + compilation (12 to 104 weights, to R² 0.99 only) |
      | cantilever, 111 843 unknowns, direct | \(structure(.cantilever)) | assembly 0.82; total \
      7.39 (MKL PARDISO, 1589 MB), 16.7 (MUMPS, 1018 MB) |
      | cantilever, 111 843 unknowns, conjugate gradients + multigrid | \(structure(.multigrid)) | \
      assembly 0.82; total 6.31 (CG + smoothed aggregation, 285 MB), 11.2 (CG + incomplete \
      Cholesky, 164 MB) |
      | cube, 14 739 unknowns, \(text(middle(.cube, "solves"), 0)) systems | \
      \(structure(.cube)) | assembly 2.68; total 10.1 (MKL PARDISO, 313 MB), 25.7 (279 MB) |
      | the same, conjugate gradients + multigrid | \(structure(.cubeMultigrid)) | – |
      | nearest of 10⁵ states, 12 components, 6-d manifold with noise; full 12-d cloud | \(nearest()) | \
      15.5 k and 5.1 k queries/s (cKDTree) |
      | case of blocks with 10⁴ joints: read, cut, checked, contacts listed | \
      **\(text(middle(.joints, "seconds"))) s**, of which cutting into \
      \(text(middle(.joints, "blocks"), 0)) blocks \(text(middle(.joints, "cut"))) s; \
      \(text(middle(.joints, "memory"), 0)) MB | – |
      | maps between interfaces of 10⁵ points each (curved, 2 : 3): build + apply to three components | \
      \(Mapping.text { middle(.mapping, $0) }) | – |
      """
  }
}
