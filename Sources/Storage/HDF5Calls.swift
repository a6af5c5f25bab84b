import CHDF5
import Glibc

// Everything unsafe of this target: the lock, the owned identifiers, pointers to arrays and strings.
//
// HDF5 keeps global state and one error stack per thread. So every public operation of this module
// holds `HDF5.lock` for its whole duration, the library prints nothing, and after a failed call the
// error stack is read and cleared on the same thread (a thread that ends with a filled stack makes
// the library complain at exit).

/// One lock for all HDF5 calls; recursive, because owners close their identifiers in `deinit`.
final class RecursiveLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }
}

enum HDF5 {
  private static let mutex: RecursiveLock = {
    // Files are closed by their owners; the library's own clean-up at exit would try again to
    // write what a full disk refused.
    H5dont_atexit()
    H5open()
    return RecursiveLock()
  }()

  /// Takes the lock and silences the library on this thread. Pair with `unlock`.
  static func lock() {
    mutex.lock()
    H5Eset_auto2(dm_h5e_default(), nil, nil)
  }

  static func unlock() { mutex.unlock() }

  /// The innermost message of this thread's error stack, which is cleared.
  ///
  /// Where the operating system refused, HDF5 quotes its words as `error message = '…'`.
  static func takeErrorMessage() -> String {
    var message = ""
    withUnsafeMutablePointer(to: &message) { pointer in
      _ = H5Ewalk2(
        dm_h5e_default(), H5E_WALK_DOWNWARD,
        { _, entry, context in
          guard let entry, let text = entry.pointee.desc, let context else { return 0 }
          let out = context.assumingMemoryBound(to: String.self)
          let line = String(cString: text)
          if out.pointee.contains("error message = '") { return 0 }
          out.pointee = line
          return 0
        }, pointer)
    }
    H5Eclear2(dm_h5e_default())
    guard let start = message.firstRange(of: "error message = '")?.upperBound,
      let end = message[start...].firstIndex(of: "'")
    else { return message }
    return String(message[start..<end])
  }
}

/// An owned HDF5 identifier, closed when it goes out of scope.
struct Handle: ~Copyable, Sendable {
  let id: hid_t

  /// Nil where the library returned a negative identifier.
  init?(_ id: hid_t) {
    guard id >= 0 else { return nil }
    self.id = id
  }

  /// Closes and says whether that worked: compressed chunks are written at this moment.
  consuming func close() -> Bool {
    HDF5.lock()
    defer { HDF5.unlock() }
    let status = H5Idec_ref(id)
    discard self
    return status >= 0
  }

  deinit {
    HDF5.lock()
    // A group that outlives its file finds its identifier closed already.
    if H5Iis_valid(id) > 0, H5Idec_ref(id) < 0 { H5Eclear2(dm_h5e_default()) }
    HDF5.unlock()
  }
}

/// A number that an array in a file can hold.
public protocol H5Element: Sendable, BitwiseCopyable, Equatable {
  /// Zero, to fill arrays before they are read.
  static var zero: Self { get }
  /// The library's number of the type in memory.
  static var _h5Type: Int64 { get }
}

extension Double: H5Element {
  /// The library's number of the type in memory.
  public static var _h5Type: Int64 { dm_h5t_double() }
}

extension Float: H5Element {
  /// The library's number of the type in memory.
  public static var _h5Type: Int64 { dm_h5t_float() }
}

extension Int32: H5Element {
  /// The library's number of the type in memory.
  public static var _h5Type: Int64 { dm_h5t_int32() }
}

extension Int64: H5Element {
  /// The library's number of the type in memory.
  public static var _h5Type: Int64 { dm_h5t_int64() }
}

extension UInt8: H5Element {
  /// The library's number of the type in memory.
  public static var _h5Type: Int64 { dm_h5t_uint8() }
}

/// Where numbers or strings sit: a dataset or an attribute.
enum Cell { case dataset, attribute }

extension HDF5 {
  /// Writes whole arrays, or the part of a dataset that `space` selects.
  static func write<T: H5Element>(
    _ values: [T], to id: hid_t, _ cell: Cell, space: hid_t? = nil
  ) -> Bool {
    guard !values.isEmpty else { return true }
    return values.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return true }
      guard cell == .dataset else { return H5Awrite(id, T._h5Type, base) >= 0 }
      guard let space else {
        return H5Dwrite(id, T._h5Type, dm_h5s_all(), dm_h5s_all(), dm_h5p_default(), base) >= 0
      }
      guard let memory = simpleSpace([values.count]) else { return false }
      return H5Dwrite(id, T._h5Type, memory.id, space, dm_h5p_default(), base) >= 0
    }
  }

  /// Reads `count` numbers: all of them, or those that `space` selects.
  static func read<T: H5Element>(
    _ count: Int, from id: hid_t, _ cell: Cell, space: hid_t? = nil
  ) -> [T]? {
    // An empty array still has an address, and the library would fill the whole dataset there.
    guard count > 0 else { return [] }
    var values = [T](repeating: .zero, count: count)
    let ok = values.withUnsafeMutableBytes { raw -> Bool in
      guard let base = raw.baseAddress else { return true }
      guard cell == .dataset else { return H5Aread(id, T._h5Type, base) >= 0 }
      guard let space else {
        return H5Dread(id, T._h5Type, dm_h5s_all(), dm_h5s_all(), dm_h5p_default(), base) >= 0
      }
      guard let memory = simpleSpace([count]) else { return false }
      return H5Dread(id, T._h5Type, memory.id, space, dm_h5p_default(), base) >= 0
    }
    return ok ? values : nil
  }

  /// Writes strings of a fixed length of `width` bytes, padded with zeros.
  static func writeFixed(
    _ values: [String], width: Int, type: hid_t, to id: hid_t, _ cell: Cell
  ) -> Bool {
    guard !values.isEmpty else { return true }
    var bytes = [UInt8](repeating: 0, count: width * values.count)
    for (i, value) in values.enumerated() {
      for (j, byte) in value.utf8.prefix(width).enumerated() { bytes[i * width + j] = byte }
    }
    return bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return true }
      return cell == .attribute
        ? H5Awrite(id, type, base) >= 0
        : H5Dwrite(id, type, dm_h5s_all(), dm_h5s_all(), dm_h5p_default(), base) >= 0
    }
  }

  /// Writes one string of variable length to an attribute.
  static func writeVariable(_ value: String, type: hid_t, to id: hid_t) -> Bool {
    value.withCString { text in
      var pointer: UnsafePointer<CChar>? = text
      return H5Awrite(id, type, &pointer) >= 0
    }
  }

  /// Reads `count` strings of fixed length.
  static func readFixed(
    _ count: Int, width: Int, type: hid_t, from id: hid_t, _ cell: Cell
  ) -> [String]? {
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: width * count)
    let ok = bytes.withUnsafeMutableBytes { raw -> Bool in
      guard let base = raw.baseAddress else { return true }
      return cell == .attribute
        ? H5Aread(id, type, base) >= 0
        : H5Dread(id, type, dm_h5s_all(), dm_h5s_all(), dm_h5p_default(), base) >= 0
    }
    guard ok else { return nil }
    return (0..<count).map { i in
      String(decoding: bytes[i * width..<(i + 1) * width].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Reads `count` strings of variable length; the library's copies are given back to it.
  static func readVariable(
    _ count: Int, type: hid_t, space: hid_t, from id: hid_t, _ cell: Cell
  ) -> [String]? {
    guard count > 0 else { return [] }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    return pointers.withUnsafeMutableBytes { raw -> [String]? in
      guard let base = raw.baseAddress else { return [] }
      let status =
        cell == .attribute
        ? H5Aread(id, type, base)
        : H5Dread(id, type, dm_h5s_all(), dm_h5s_all(), dm_h5p_default(), base)
      guard status >= 0 else { return nil }
      let texts = raw.bindMemory(to: UnsafeMutablePointer<CChar>?.self)
        .map { $0.map { String(cString: $0) } ?? "" }
      H5Dvlen_reclaim(type, space, dm_h5p_default(), base)
      return texts
    }
  }

  /// A dataspace of a shape; a scalar for `[]`.
  static func simpleSpace(_ shape: [Int], growing: Bool = false) -> Handle? {
    guard !shape.isEmpty else { return Handle(H5Screate(H5S_SCALAR)) }
    let dims = shape.map { hsize_t($0) }
    var limits = dims
    if growing { limits[0] = dm_h5s_unlimited() }
    return Handle(H5Screate_simple(Int32(shape.count), dims, limits))
  }

  /// The shape of a dataspace; nil where it cannot be read or does not fit in memory.
  static func shape(of space: hid_t) -> [Int]? {
    let rank = Int(H5Sget_simple_extent_ndims(space))
    guard rank >= 0, H5Sget_simple_extent_type(space) != H5S_NULL else { return nil }
    var dims = [hsize_t](repeating: 0, count: rank)
    guard rank == 0 || H5Sget_simple_extent_dims(space, &dims, nil) >= 0 else { return nil }
    var shape: [Int] = []
    for d in dims {
      guard let n = Int(exactly: d) else { return nil }
      shape.append(n)
    }
    return shape
  }

  /// Calls `get(buffer, size)`, first for the length and then for the text.
  static func name(_ get: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
    let length = get(nil, 0)
    guard length > 0, length < 1 << 16 else { return nil }
    var buffer = [UInt8](repeating: 0, count: length + 1)
    let got = buffer.withUnsafeMutableBytes {
      get($0.baseAddress!.assumingMemoryBound(to: CChar.self), length + 1)
    }
    return got == length ? String(decoding: buffer[..<length], as: UTF8.self) : nil
  }
}

extension HDF5 {
  /// The bytes of an open file as the library gives them, fewer than `size` where it fails.
  static func image(of file: hid_t, size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, H5Fget_file_image(file, buffer.baseAddress, size))
    }
  }

  /// Writes a file to the disk itself; 0 or the system's error.
  static func writeFile(_ bytes: [UInt8], to path: String, isNew: Bool) -> Int32 {
    let mode = isNew ? O_CREAT | O_EXCL : O_TRUNC
    let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC | mode, 0o666)
    guard descriptor >= 0 else { return errno }
    var done = 0
    var code: Int32 = 0
    bytes.withUnsafeBytes { all in
      while done < all.count, code == 0 {
        let n = Glibc.write(descriptor, all.baseAddress! + done, all.count - done)
        if n > 0 { done += n } else if n == 0 || errno != EINTR { code = n == 0 ? ENOSPC : errno }
      }
    }
    if code == 0, !isNew, fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    return code
  }
}
