import Foundation
import Storage
import Testing

/// A file with every kind of content.
private func sample(at path: String) throws {
  let file = try H5File.create(at: path)
  let group = try file.root.createGroup("law")
  try group.setAttribute("seed", 42)
  try group.setAttribute("citation", "Treloar 1944")
  try group.write("weights", (0..<300).map { Double($0) / 7 }, shape: [100, 3], unit: "Pa")
  try group.write("field", (0..<9000).map { Double($0).squareRoot() }, shape: [3000, 3])
  try group.write("cells", (0..<4000).map { Int32($0) })
  try group.write("names", ["a", "bc"])
  for step in 0..<4 { try group.append("u", (0..<900).map { Double($0 * step) }, rowShape: [3]) }
  for i in 0..<20 { try file.root.createGroup("case\(i)").setAttribute("i", i) }
  try file.commit()
}

/// All that can be read, as text; throws at the first thing that cannot.
private func dump(_ group: borrowing H5Group) throws -> String {
  var out = ""
  func attributes(of child: String) throws {
    for name in try group.attributeNames(of: child) {
      out += "@\(name)=\(try group.attribute(name, of: child)) "
    }
  }
  try attributes(of: ".")
  for child in try group.children() {
    out += "\(child.name): "
    switch child.kind {
    case .group: out += "{\(try dump(group.group(child.name)))}"
    case .array(let shape, let element):
      try attributes(of: child.name)
      out += "\(shape) "
      out +=
        element == "string"
        ? "\(try group.readStrings(child.name).values)"
        : "\(try group.readDoubles(child.name).values)"
    case .other("link"): out += "link"
    case .other(let what):
      throw StorageError(.damaged, file: group.file, what: what, remedy: "")
    }
  }
  return out
}

private func rounds(_ standard: Int) -> Int {
  ProcessInfo.processInfo.environment["STORAGE_FUZZ_ROUNDS"].flatMap(Int.init) ?? standard
}

/// The bytes with one to `most` of them replaced.
private func damaged(_ good: [UInt8], most: Int, using random: inout SplitMix) -> [UInt8] {
  var bytes = good
  for _ in 0...Int.random(in: 0..<most, using: &random) {
    let at = Int.random(in: 0..<bytes.count, using: &random)
    bytes[at] = UInt8.random(in: 0...255, using: &random)
  }
  return bytes
}

@Test("a flipped byte anywhere is an error or harmless, never another number, crash or hang")
func flippedBytes() throws {
  let scratch = Scratch()
  try sample(at: scratch.path("good.h5"))
  let good = scratch.bytes("good.h5")
  let truth = try dump(H5File.open(at: scratch.path("good.h5")).root)
  var random = SplitMix(state: 20_240_521)
  var refused = 0
  for round in 0..<rounds(600) {
    scratch.write("bad.h5", damaged(good, most: 3, using: &random))
    do {
      let file = try H5File.open(at: scratch.path("bad.h5"))
      #expect(try dump(file.root) == truth, "round \(round)")
    } catch {
      refused += 1
    }
  }
  #expect(refused > 0)
}

@Test("a truncated file is refused")
func truncatedFiles() throws {
  let scratch = Scratch()
  try sample(at: scratch.path("good.h5"))
  let good = scratch.bytes("good.h5")
  var random = SplitMix(state: 7)
  for length in [1, 8, 48, good.count / 2, good.count - 1]
    + (0..<rounds(60)).map({ _ in Int.random(in: 0..<good.count, using: &random) })
  {
    scratch.write("bad.h5", Array(good[..<length]))
    let error = #expect(throws: StorageError.self, "\(length) bytes") {
      _ = try H5File.open(at: scratch.path("bad.h5"))
    }
    #expect(error?.description.contains("\n") == false)
  }
}

/// A file that h5py wrote in HDF5's first format, without checksums.
private func oldFormat() throws -> [UInt8] {
  let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("files/old-format.h5")
  return [UInt8](try Data(contentsOf: path))
}

@Test("files of other programs are read: older format, texts of variable length, links")
func otherPrograms() throws {
  let scratch = Scratch()
  scratch.write("old.h5", try oldFormat())
  let file = try H5File.open(at: scratch.path("old.h5"))
  let law = try file.root.group("law")
  #expect(try law.stringAttribute("citation") == "Treloar 1944")
  #expect(try law.intAttribute("seed") == 42)
  let weights = try law.readDoubles("weights")
  #expect(weights.values == (0..<12).map { Double($0) } && weights.shape == [4, 3])
  #expect(weights.unit == "Pa")
  #expect(try law.readStrings("names").values == ["a", "bc", "def"])
  #expect(try law.read("count", as: Int32.self).values == [7])
  #expect(try law.readDoubles("field").values[4] == 1 + 1)
  #expect(try file.root.readDoubles("soft").values == weights.values)
  #expect(try file.root.children().last == .init(name: "soft", kind: .other("link")))
}

@Test("damage to a file without checksums, which can crash the HDF5 library, does not crash us")
func damagedOldFormat() throws {
  let scratch = Scratch()
  let good = try oldFormat()
  var random = SplitMix(state: 11)
  var refused = 0
  for _ in 0..<rounds(250) {
    scratch.write("bad.h5", damaged(good, most: 4, using: &random))
    do {
      _ = try dump(H5File.open(at: scratch.path("bad.h5")).root)
    } catch {
      #expect(error is StorageError && !"\(error)".contains("\n"))
      refused += 1
    }
  }
  #expect(refused > 0)
}

/// Whether this process may mount a small file system.
private let mayMount: Bool = {
  let scratch = Scratch()
  guard mount("tmpfs", scratch.folder, "tmpfs", 0, "size=64k") == 0 else { return false }
  umount(scratch.folder)
  return true
}()

/// A full disk is simulated by a small tmpfs where we may mount one.
@Test(
  "a full disk is an error that says so, and leaves nothing behind",
  .enabled(if: mayMount, "needs the right to mount a tmpfs"))
func fullDisk() throws {
  let scratch = Scratch()
  let folder = scratch.path("small")
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try #require(mount("tmpfs", folder, "tmpfs", 0, "size=256k") == 0)
  defer { umount(folder) }
  var random = SplitMix(state: 1)
  let noise = (0..<100_000).map { _ in Double.random(in: 0..<1, using: &random) }
  for attempt in 0..<3 {
    let error = #expect(throws: StorageError.self) {
      let file = try H5File.create(at: "\(folder)/a.h5")
      if attempt < 2 {
        try file.root.write("noise", noise)
      } else {
        for i in 0..<100 { try file.root.append("noise", Array(noise[i * 900..<(i + 1) * 900])) }
      }
      try file.commit()
    }
    #expect(error?.kind == .noSpace, "\(String(describing: error))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }
  let file = try H5File.create(at: "\(folder)/a.h5")
  try file.root.write("x", [1.0])
  try file.commit()
  #expect(try H5File.open(at: "\(folder)/a.h5").root.readDoubles("x").values == [1])
}
