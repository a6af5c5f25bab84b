import CHDF5
import CHDF5Probe
import Glibc
import Synchronization

/// An HDF5 file, owned by one variable and closed when that goes out of scope.
///
/// A new file is kept in memory (or, where it may be large, on disk under a temporary name); `commit()`
/// writes it beside its place and gives it its own name when it is whole; without `commit` nothing
/// remains. So a failure never leaves half a file and never harms a good one.
///
/// ```swift
/// let file = try H5File.create(at: "out.h5")
/// let law = try file.root.createGroup("law")
/// try law.write("stress", [1.0, 2.0, 3.0], unit: "Pa")
/// try file.commit()
/// ```
///
/// Everything that is written carries a checksum (in its object header or with its chunk), so that
/// a flipped byte is an error and never a wrong number.
public struct H5File: ~Copyable, Sendable {
  /// The file's path, as given.
  public let path: String
  /// The group `/`.
  public let root: H5Group
  private var handle: Handle
  private var temporary: String?
  /// Whether the file takes shape on disk.
  private let isOnDisk: Bool

  private static let counter = Atomic<Int>(0)

  private init(
    path: String, handle: consuming Handle, temporary: String?, isOnDisk: Bool = false
  ) throws(StorageError) {
    guard let group = Handle(H5Gopen2(handle.id, "/", dm_h5p_default())) else {
      throw .library(.damaged, file: path, path: "/", "cannot be opened")
    }
    self.path = path
    self.root = H5Group(handle: group, file: path, path: "/")
    self.handle = consume handle
    self.temporary = temporary
    self.isOnDisk = isOnDisk
  }

  deinit {
    guard let temporary else { return }
    HDF5.lock()
    if H5Iis_valid(handle.id) > 0 {
      // Discarded: what the library still holds may fail to be written, and need not be.
      _ = H5Fclose(handle.id)
      H5Eclear2(dm_h5e_default())
    }
    HDF5.unlock()
    unlink(temporary)
  }

  /// Opens a file for reading.
  /// - Throws: `StorageError` for a missing, foreign, truncated or damaged file, or one we may not
  ///   read.
  public static func open(at path: String) throws(StorageError) -> H5File {
    try checkReadable(path)
    HDF5.lock()
    defer { HDF5.unlock() }
    guard H5Fis_hdf5(path) > 0 else {
      H5Eclear2(dm_h5e_default())
      throw StorageError(
        .foreign, file: path, what: "is not an HDF5 file",
        remedy: "give a file that deepmanifold or another HDF5 program wrote")
    }
    try probe(path)
    guard let access = accessProperties(),
      let handle = Handle(H5Fopen(path, dm_h5f_acc_rdonly(), access.id))
    else {
      throw StorageError(
        .damaged, file: path, what: "cannot be opened (\(HDF5.takeErrorMessage()))",
        remedy: "the file is truncated, damaged or still being written: make it again")
    }
    return try H5File(path: path, handle: handle, temporary: nil)
  }

  /// Begins a file that will take the place of whatever is at `path` when it is committed.
  ///
  /// - Parameter onDisk: whether it takes shape on disk, because it may be larger than memory. Then call
  ///   `reserve` before every large write: with a full disk below it the library does not fail, it
  ///   crashes.
  /// - Throws: `StorageError` when the folder is missing or cannot be written, or when something
  ///   other than a regular file has that name.
  public static func create(
    at path: String, onDisk: Bool = false
  ) throws(StorageError) -> H5File {
    try checkWritable(path)
    HDF5.lock()
    defer { HDF5.unlock() }
    let n = counter.wrappingAdd(1, ordering: .relaxed).newValue
    let temporary = "\(path).partial-\(getpid())-\(n)"
    // The name is taken at once: a place that cannot be written to is refused before any work.
    let code = HDF5.writeFile([], to: temporary, isNew: true)
    guard code == 0 else { throw refused(code, path, "cannot be created") }
    if onDisk { return try createOnDisk(path, temporary) }
    // In memory until `commit`: with a full disk below it the library does not fail, it crashes.
    guard let access = accessProperties(), H5Pset_fapl_core(access.id, 1 << 20, false) >= 0,
      let handle = Handle(
        H5Fcreate("\(temporary)-memory", dm_h5f_acc_excl(), dm_h5p_default(), access.id))
    else {
      unlink(temporary)
      throw .library(file: path, path: "", "cannot be created")
    }
    return try H5File(path: path, handle: handle, temporary: temporary)
  }

  private static func createOnDisk(
    _ path: String, _ temporary: String
  ) throws(StorageError) -> H5File {
    unlink(temporary)
    guard let access = accessProperties(),
      let handle = Handle(
        H5Fcreate(temporary, dm_h5f_acc_excl(), dm_h5p_default(), access.id))
    else {
      unlink(temporary)
      throw .library(file: path, path: "", "cannot be created")
    }
    return try H5File(path: path, handle: handle, temporary: temporary, isOnDisk: true)
  }

  /// Makes sure that so many bytes more find room on the disk, for a file that takes shape there; what
  /// the library keeps back of earlier writes is allowed for.
  /// - Throws: `StorageError` where they do not.
  public func reserve(_ bytes: Int) throws(StorageError) {
    guard isOnDisk, let temporary else { return }
    let descriptor = Glibc.open(temporary, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw H5File.refused(errno, path, "cannot be written") }
    defer { close(descriptor) }
    // One mebibyte of cache per array, and headers.
    let code = posix_fallocate(descriptor, off_t(try size()), off_t(bytes + (64 << 20)))
    guard code == 0 else { throw H5File.refused(code, path, "cannot be written") }
  }

  /// Bytes of the file as the library counts them.
  private func size() throws(StorageError) -> Int {
    HDF5.lock()
    defer { HDF5.unlock() }
    var size: hsize_t = 0
    guard H5Fget_filesize(handle.id, &size) >= 0 else {
      throw .library(file: path, path: "", "cannot be written")
    }
    return Int(size)
  }

  /// Closes a file that took shape on disk and gives back what was reserved and not used.
  private func finish(onDisk temporary: String) throws(StorageError) {
    guard H5Fflush(handle.id, H5F_SCOPE_LOCAL) >= 0 else {
      throw .library(file: path, path: "", "cannot be written")
    }
    let bytes = try size()
    guard H5Fclose(handle.id) >= 0 else {
      throw .library(file: path, path: "", "cannot be written")
    }
    guard truncate(temporary, off_t(bytes)) == 0 else {
      throw H5File.refused(errno, path, "cannot be written")
    }
  }

  /// Writes what is pending, closes, and gives the file its name. Groups of the file are closed too.
  /// - Throws: `StorageError`; then nothing remains of the new file and an older one is untouched.
  public consuming func commit() throws(StorageError) {
    HDF5.lock()
    defer { HDF5.unlock() }
    guard let temporary else {
      preconditionFailure("commit() of \(path), which is open for reading only")
    }
    if isOnDisk {
      try finish(onDisk: temporary)
    } else {
      guard H5Fflush(handle.id, H5F_SCOPE_LOCAL) >= 0, let image = FileImage.of(handle.id),
        H5Fclose(handle.id) >= 0
      else {
        throw .library(file: path, path: "", "cannot be written")
      }
      let code = HDF5.writeFile(image, to: temporary, isNew: false)
      guard code == 0 else { throw Self.refused(code, path, "cannot be written") }
    }
    guard rename(temporary, path) == 0 else {
      throw StorageError(
        .refused, file: path,
        what: "cannot be put in place (\(String(cString: strerror(errno))))",
        remedy: "check that the folder can still be written to")
    }
    self.temporary = nil
  }

  /// What the system's refusal to write means.
  private static func refused(_ code: Int32, _ path: String, _ what: String) -> StorageError {
    let full = code == ENOSPC || code == EDQUOT || code == EFBIG
    return StorageError(
      full ? .noSpace : .refused, file: path, what: "\(what) (\(String(cString: strerror(code))))",
      remedy: full ? noSpaceRemedy : "choose a folder that you may write to")
  }

  /// Checksummed headers (file format 1.10), and closing the file closes all that is open in it.
  private static func accessProperties() -> Handle? {
    guard let access = Handle(H5Pcreate(dm_h5p_file_access())),
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0,
      H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0
    else { return nil }
    return access
  }

  private static func checkReadable(_ path: String) throws(StorageError) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      throw StorageError(
        errno == EACCES ? .refused : .missing, file: path,
        what: String(cString: strerror(errno)), remedy: "check the path")
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw StorageError(
        .foreign, file: path,
        what: info.st_mode & S_IFMT == S_IFDIR ? "is a folder" : "is not a regular file",
        remedy: "give the path of an HDF5 file")
    }
    guard access(path, R_OK) == 0 else {
      throw StorageError(
        .refused, file: path, what: "may not be read (\(String(cString: strerror(errno))))",
        remedy: "check its permissions")
    }
    guard info.st_size > 0 else {
      throw StorageError(.foreign, file: path, what: "is empty", remedy: "make the file again")
    }
  }

  /// Reads a file of an older format, which has no checksums, once in a child process: damage there
  /// can crash or hang the library. Files that this module wrote have checksums and are not probed.
  private static func probe(_ path: String) throws(StorageError) {
    guard !hasChecksums(path) else { return }
    let outcome = dm_hdf5_probe(path, 20)
    guard outcome == 0 else {
      throw StorageError(
        .damaged, file: path,
        what: outcome == 2
          ? "cannot be read in 20 s: its structure runs in circles"
          : "is damaged: reading it would crash the HDF5 library",
        remedy: "make the file again")
    }
  }

  /// Whether the file begins with a superblock of version 3, which only the format of HDF5 1.10 has,
  /// whose headers and indices all carry checksums.
  private static func hasChecksums(_ path: String) -> Bool {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 9)
    let got = read(descriptor, &head, 9)
    return got == 9 && head.starts(with: [0x89, 0x48, 0x44, 0x46]) && head[8] >= 3
  }

  private static func checkWritable(_ path: String) throws(StorageError) {
    var info = stat()
    if stat(path, &info) == 0, info.st_mode & S_IFMT != S_IFREG {
      throw StorageError(
        .refused, file: path,
        what: info.st_mode & S_IFMT == S_IFDIR ? "is a folder" : "is not a regular file",
        remedy: "give a file name to write to")
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard !path.isEmpty, stat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
      throw StorageError(
        .missing, file: path, what: "there is no folder \"\(folder)\"", remedy: "make it first")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw StorageError(
        .refused, file: path,
        what: "the folder cannot be written to (\(String(cString: strerror(errno))))",
        remedy: "choose a folder that you may write to")
    }
  }

  fileprivate static let noSpaceRemedy = "free some space or write to another disk"
}

extension StorageError {
  /// The failure of the library call just made on this thread, whose error stack is cleared.
  static func library(
    _ kind: Kind = .library, file: String, path: String, _ what: String,
    remedy: String = "the file may be damaged: make it again"
  ) -> StorageError {
    let message = HDF5.takeErrorMessage()
    let full = ["No space left", "File too large", "Disk quota exceeded"]
      .contains { message.contains($0) }
    return StorageError(
      full ? .noSpace : kind, file: file, path: path,
      what: message.isEmpty ? what : "\(what) (\(message))",
      remedy: full ? H5File.noSpaceRemedy : remedy)
  }
}
