import ArgumentParser
import Foundation
import Studies

// Exit codes: 0 done, 1 did not converge, 2 bad input, 3 anything else. Errors are one line on stderr.
Outcome.prepareProcess()

do {
  var command = try DeepManifold.parseAsRoot()
  try command.run()
} catch {
  let code = DeepManifold.exitCode(for: error)
  if code == .success {
    print(DeepManifold.fullMessage(for: error))
    exit(0)
  }
  let failure = Failure(error)
  FileHandle.standardError.write(Data("deepmanifold: \(failure.line)\n".utf8))
  exit(failure.code)
}
