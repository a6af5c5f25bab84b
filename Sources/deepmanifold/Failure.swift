import ArgumentParser
import Foundation
import Studies

/// An error as the shell sees it: one line and an exit code.
struct Failure {
  let line: String
  let code: Int32

  init(_ error: any Error) {
    let text: String
    if let known = Outcome.exitCode(of: error) {
      (text, code) = ("\(error)", known)
    } else {
      let isArgument = DeepManifold.exitCode(for: error) == .validationFailure
      (text, code) = (DeepManifold.message(for: error), isArgument ? 2 : 3)
    }
    line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}

/// A bar on stderr while a command works, when stderr is a terminal.
struct ProgressBar {
  private let isTerminal = isatty(2) == 1

  /// Draws the bar; `nil` wipes it.
  func show(_ fraction: Double?, _ what: String = "") {
    guard isTerminal else { return }
    var text = "\r\u{1B}[K"
    if let fraction {
      let filled = Int((30 * min(max(fraction, 0), 1)).rounded())
      text += String(repeating: "━", count: filled) + String(repeating: "·", count: 30 - filled)
      text += " \(what)"
    }
    FileHandle.standardError.write(Data(text.utf8))
  }
}
