import Foundation
import Storage
import Testing

@Test("a file exists only once it is committed, and a discarded one leaves nothing")
func commitOrNothing() throws {
  let scratch = Scratch()
  do {
    let file = try H5File.create(at: scratch.path("a.h5"))
    try file.root.write("x", [1.0, 2.0])
    #expect(!scratch.names.contains("a.h5"))
  }
  #expect(scratch.names == [])
  let file = try H5File.create(at: scratch.path("a.h5"))
  try file.root.write("x", [1.0, 2.0])
  try file.commit()
  #expect(scratch.names == ["a.h5"])
}

@Test("a failed successor leaves the older file as it was")
func olderFileSurvives() throws {
  let scratch = Scratch()
  func make(_ value: Double, commit: Bool) throws {
    let file = try H5File.create(at: scratch.path("a.h5"))
    try file.root.write("x", [value])
    if commit { try file.commit() }
  }
  try make(1, commit: true)
  try make(2, commit: false)
  #expect(try H5File.open(at: scratch.path("a.h5")).root.readDoubles("x").values == [1])
  try make(3, commit: true)
  #expect(try H5File.open(at: scratch.path("a.h5")).root.readDoubles("x").values == [3])
}

@Test("what is not a readable HDF5 file is refused in one line that names it")
func foreignFiles() throws {
  let scratch = Scratch()
  scratch.write("text.h5", Array("stretch,stress\n1,2\n".utf8))
  scratch.write("empty.h5", [])
  scratch.write("signature.h5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])
  try FileManager.default.createDirectory(
    atPath: scratch.path("folder.h5"), withIntermediateDirectories: true)
  mkfifo(scratch.path("pipe.h5"), 0o600)
  let kinds: [(String, StorageError.Kind)] = [
    ("text.h5", .foreign), ("empty.h5", .foreign), ("folder.h5", .foreign), ("pipe.h5", .foreign),
    ("missing.h5", .missing), ("signature.h5", .damaged), ("text.h5/inside", .missing),
  ]
  for (name, kind) in kinds {
    let error = #expect(throws: StorageError.self) {
      _ = try H5File.open(at: scratch.path(name))
    }
    #expect(error?.kind == kind, "\(name)")
    let line = error?.description ?? ""
    #expect(line.hasPrefix(scratch.path(name)) && !line.contains("\n"), "\(line)")
  }
}

@Test("an output path that cannot work is refused before anything is computed")
func outputPaths() throws {
  let scratch = Scratch()
  try FileManager.default.createDirectory(
    atPath: scratch.path("folder"), withIntermediateDirectories: true)
  let cases: [(String, StorageError.Kind)] = [
    (scratch.path("folder"), .refused), (scratch.path("nowhere/a.h5"), .missing),
    ("/dev/null", .refused), ("", .missing), ("/proc/a.h5", .refused),
  ]
  for (path, kind) in cases {
    let error = #expect(throws: StorageError.self) { _ = try H5File.create(at: path) }
    #expect(error?.kind == kind, "\(path): \(String(describing: error))")
  }
  #expect(scratch.names == ["folder"])
}

@Test("a folder without write permission is refused", .enabled(if: getuid() != 0))
func readOnlyFolder() throws {
  let scratch = Scratch()
  chmod(scratch.folder, 0o500)
  defer { chmod(scratch.folder, 0o700) }
  let error = #expect(throws: StorageError.self) {
    _ = try H5File.create(at: scratch.path("a.h5"))
  }
  #expect(error?.kind == .refused)
}

@Test("groups nest, are listed with their arrays, and outlive nothing")
func groups() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  let inner = try file.root.createGroup("a/b")
  try inner.write("x", [1.0, 2, 3, 4, 5, 6], shape: [2, 3], unit: "MPa")
  try inner.write("n", [Int32(1)], shape: [])
  try inner.write("names", ["ux", "uy"])
  #expect(
    try inner.children() == [
      .init(name: "n", kind: .array(shape: [], element: "int32")),
      .init(name: "names", kind: .array(shape: [2], element: "string")),
      .init(name: "x", kind: .array(shape: [2, 3], element: "float64")),
    ])
  #expect(try file.root.children() == [.init(name: "a", kind: .group)])
  #expect(file.root.contains("a/b/x") && !file.root.contains("a/c/x"))
  let missing = #expect(throws: StorageError.self) { _ = try file.root.group("a/c") }
  #expect(missing?.kind == .missing && missing?.path == "/a/c")
  #expect(throws: StorageError.self) { _ = try file.root.group("a/b/x") }
  try file.commit()
  let stale = #expect(throws: StorageError.self) { try inner.write("late", [1.0]) }
  #expect(stale?.path == "/a/b/late")
}

@Test("many threads may use files at once")
func threads() async throws {
  let scratch = Scratch()
  let sums = try await withThrowingTaskGroup(of: Double.self) { group in
    for i in 0..<16 {
      let path = scratch.path("\(i).h5")
      group.addTask {
        let file = try H5File.create(at: path)
        try file.root.write("x", (0..<5000).map { Double($0 * i) })
        #expect(throws: StorageError.self) { _ = try file.root.group("none") }
        try file.commit()
        return try H5File.open(at: path).root.readDoubles("x").values.reduce(0, +)
      }
    }
    return try await group.reduce(into: []) { $0.append($1) }
  }
  #expect(sums.sorted() == (0..<16).map { Double($0) * 4999 * 2500 })
}
