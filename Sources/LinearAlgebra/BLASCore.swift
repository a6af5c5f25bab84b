import COpenBLAS
import Glibc

/// One BLAS thread from the first use on: parallelism lies above the matrices, threads that spin for small
/// ones cost more than they bring, and results keep their bits. Who sets `OPENBLAS_NUM_THREADS` decides.
let blasThreads: Void = {
  if getenv("OPENBLAS_NUM_THREADS") == nil { openblas_set_num_threads(1) }
}()

/// The kernels that OpenBLAS picked for this processor, and whether it should have known better.
///
/// OpenBLAS chooses by processor model. A release older than the processor falls back to kernels of 2004
/// (`Prescott`), several times slower than what the processor can run. The choice is made when the
/// library is loaded, so the only cure is to start the program again with `OPENBLAS_CORETYPE` set.
public struct BLASCore: Sendable, Equatable {
  /// The kernels in use, in OpenBLAS's words.
  public let current: String
  /// The kernels this processor can run at least: `SkylakeX` with AVX-512, `Haswell` with AVX2 and FMA;
  /// nil where neither is known (then OpenBLAS is left to its choice).
  public let best: String?

  /// Kernels without AVX2: the ones nobody wants on a processor that has it.
  private static let olderThanAVX2: Set<String> = [
    "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Nano", "Sandybridge", "Athlon",
    "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Bulldozer", "Piledriver", "Steamroller",
    "Katmai", "Coppermine", "Northwood", "Banias", "Generic", "generic", "Unknown",
  ]

  /// Set before the program starts itself again, so that it does so once at most.
  private static let guardVariable = "DEEPMANIFOLD_BLAS_REEXECUTED"

  /// What is in use in this process.
  public static func check() -> BLASCore {
    let best =
      deepmanifold_cpu_has_avx512() != 0
      ? "SkylakeX" : deepmanifold_cpu_has_avx2() != 0 ? "Haswell" : nil
    return BLASCore(current: String(cString: openblas_get_corename()), best: best)
  }

  /// Whether OpenBLAS runs kernels older than the processor deserves.
  public var fellBack: Bool { best != nil && Self.olderThanAVX2.contains(current) }

  /// One line for the user of a library whose process cannot be started again; nil where all is well.
  public var warning: String? {
    guard fellBack, let best else { return nil }
    return "OpenBLAS does not know this processor and runs its \(current) kernels, several times "
      + "slower than need be: set OPENBLAS_CORETYPE=\(best) before the program starts"
  }

  /// Uses one BLAS thread: parallelism lies above the matrices, and results stay the same bits.
  public static func useOneThread() { openblas_set_num_threads(1) }

  /// For command lines, first thing in `main`: where OpenBLAS fell back, starts this program again, once,
  /// with the right kernels; returns where there is nothing to do or it cannot be done.
  ///
  /// The process keeps its identity, arguments, environment and open files.
  public static func reexecuteIfNeeded(arguments: [String] = CommandLine.arguments) {
    useOneThread()
    let core = check()
    guard core.fellBack, let best = core.best, getenv(guardVariable) == nil else { return }
    setenv(guardVariable, "1", 1)
    setenv("OPENBLAS_CORETYPE", best, 1)
    if getenv("OPENBLAS_NUM_THREADS") == nil { setenv("OPENBLAS_NUM_THREADS", "1", 1) }
    var argv = arguments.map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    execv("/proc/self/exe", &argv)
    // Only reached where the system refused: carry on with slow kernels.
  }
}
