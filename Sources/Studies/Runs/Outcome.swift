import FEM
import Glibc
import LinearAlgebra
import Storage

/// How the command line begins and ends.
public enum Outcome {
  /// To be called first in `main`: starts the program again, once, where OpenBLAS fell back to slow
  /// kernels (see `BLASCore`).
  /// A limit on file sizes then shows as an error of the write, not as the death of the process.
  public static func prepareProcess() {
    BLASCore.reexecuteIfNeeded()
    signal(SIGXFSZ, SIG_IGN)
  }

  /// The exit code of an error of ours: 1 did not converge, 2 bad input; nil for any other error.
  public static func exitCode(of error: any Error) -> Int32? {
    switch error {
    case is NotConverged: 1
    case is InputError, is StorageError, is FEMError: 2
    default: nil
    }
  }
}
