import CHDF5
import Glibc

/// An array read from a file: numbers in C order (last index fastest), their shape and unit.
public struct H5Array<Element: H5Element>: Sendable, Equatable {
  /// The numbers, last index fastest.
  public let values: [Element]
  /// Length along each index; empty for a single number.
  public let shape: [Int]
  /// The `units` attribute, where there is one.
  public let unit: String?
}

// Layout of arrays in the file. Up to `compactLimit` bytes they sit in the object header, which is
// checksummed; larger ones are cut into chunks that are shuffled, deflated and checksummed
// (Fletcher 32). Deflate runs at its fastest level: with shuffling, higher ones gain a few per cent
// in size for several times the time.
let compactLimit = 4096
/// Bytes of one chunk: well inside the library's chunk cache of 1 MiB.
private let chunkBytes = 256 * 1024
private let deflateLevel: UInt32 = 1
/// Deflate cannot shrink by more than about 1030:1; an array that claims more than its file could
/// hold comes from a damaged header.
private let largestExpansion = 1100

extension H5Group {
  /// Writes an array of numbers.
  /// - Parameters:
  ///   - name: A name, or a path whose groups are made as needed.
  ///   - values: The numbers, last index fastest.
  ///   - shape: Length along each index; one index when omitted; `[]` for a single number.
  ///   - unit: Stored as the attribute `units`; `"1"` for pure numbers.
  /// - Throws: `StorageError` when the name exists or the file cannot be written.
  public func write<T: H5Element>(
    _ name: String, _ values: [T], shape: [Int]? = nil, unit: String? = nil
  ) throws(StorageError) {
    let shape = shape ?? [values.count]
    precondition(
      shape.reduce(1, *) == values.count, "\(values.count) numbers do not have shape \(shape)")
    HDF5.lock()
    defer { HDF5.unlock() }
    let dataset = try create(name, shape: shape, type: T._h5Type, size: MemoryLayout<T>.size)
    guard values.isEmpty || HDF5.write(values, to: dataset.id, .dataset) else {
      throw failure(name, "cannot be written")
    }
    guard dataset.close() else { throw failure(name, "cannot be written") }
    if let unit { try setAttribute("units", unit, of: name) }
  }

  /// Appends rows to an array that grows along its first index, making it with the first call.
  /// - Parameters:
  ///   - values: Whole rows, last index fastest.
  ///   - rowShape: Shape of one row: `[]` for a list of numbers, `[3]` for a list of vectors.
  /// - Throws: `StorageError` when the array has other rows or another element type.
  public func append<T: H5Element>(
    _ name: String, _ values: [T], rowShape: [Int] = [], unit: String? = nil
  ) throws(StorageError) {
    let width = rowShape.reduce(1, *)
    precondition(width > 0 && values.count % width == 0, "\(values.count) is not whole rows")
    HDF5.lock()
    defer { HDF5.unlock() }
    if !contains(name) {
      let empty = try create(
        name, shape: [0] + rowShape, type: T._h5Type, size: MemoryLayout<T>.size,
        growing: values.count / width)
      guard empty.close() else { throw failure(name, "cannot be written") }
      if let unit { try setAttribute("units", unit, of: name) }
    }
    let dataset = try openArray(name)
    guard let before = Handle(H5Dget_space(dataset.id)), let old = HDF5.shape(of: before.id) else {
      throw failure(name, "has no readable shape")
    }
    guard old.count == rowShape.count + 1, Array(old.dropFirst()) == rowShape else {
      throw mismatch(name, "has shape \(old), so rows of shape \(rowShape) cannot be appended")
    }
    guard !values.isEmpty else { return }
    let new = [old[0] + values.count / width] + rowShape
    let start = [old[0]] + rowShape.map { _ in 0 }
    guard H5Dset_extent(dataset.id, new.map { hsize_t($0) }) >= 0,
      let space = Handle(H5Dget_space(dataset.id)),
      H5Sselect_hyperslab(
        space.id, H5S_SELECT_SET, start.map { hsize_t($0) }, nil,
        ([values.count / width] + rowShape).map { hsize_t($0) }, nil) >= 0,
      HDF5.write(values, to: dataset.id, .dataset, space: space.id)
    else { throw failure(name, "cannot be written") }
    guard dataset.close() else { throw failure(name, "cannot be written") }
  }

  /// Reads an array of numbers, or the rows `rows` of it along its first index.
  ///
  /// Whole numbers are converted to the asked element type where they fit; numbers with a fraction
  /// are not read as whole ones, and texts not as numbers.
  /// - Throws: `StorageError` for a missing or damaged array or another element type.
  public func read<T: H5Element>(
    _ name: String, as type: T.Type = T.self, rows: Range<Int>? = nil
  ) throws(StorageError) -> H5Array<T> {
    HDF5.lock()
    defer { HDF5.unlock() }
    let dataset = try openArray(name)
    guard let space = Handle(H5Dget_space(dataset.id)), var shape = HDF5.shape(of: space.id),
      let stored = Handle(H5Dget_type(dataset.id))
    else { throw failure(name, "has no readable shape") }
    let width = try checkElement(T.self, stored: stored.id, name)
    var count = try checkedCount(
      name, shape: shape, dataset: dataset.id, elementSize: H5Tget_size(stored.id))
    if let rows {
      guard !shape.isEmpty, rows.lowerBound >= 0, rows.upperBound <= shape[0] else {
        throw mismatch(name, "has shape \(shape), which has no rows \(rows)")
      }
      let start = [rows.lowerBound] + shape.dropFirst().map { _ in 0 }
      count = shape[0] == 0 ? 0 : count / shape[0] * rows.count
      shape[0] = rows.count
      if count > 0 {
        guard
          H5Sselect_hyperslab(
            space.id, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, shape.map { hsize_t($0) },
            nil) >= 0
        else { throw failure(name, "has no readable rows \(rows)") }
      }
    }
    let selection = rows == nil || count == 0 ? nil : space.id
    let values: [T]
    if let narrowed = width {
      guard
        let wide: [Int64] = HDF5.read(count, from: dataset.id, .dataset, space: selection)
      else { throw failure(name, "cannot be read") }
      guard let fitted: [T] = narrowed(wide) else {
        throw mismatch(name, "has whole numbers too large for \(T.self)")
      }
      values = fitted
    } else {
      guard
        let read: [T] = HDF5.read(count, from: dataset.id, .dataset, space: selection)
      else { throw failure(name, "cannot be read") }
      values = read
    }
    return H5Array(values: values, shape: shape, unit: try unit(of: name))
  }

  /// Reads an array of `Double`.
  public func readDoubles(_ name: String) throws(StorageError) -> H5Array<Double> {
    try read(name)
  }

  /// The unit of an array: its attribute `units`, where there is one.
  public func unit(of name: String) throws(StorageError) -> String? {
    try hasAttribute("units", of: name) ? stringAttribute("units", of: name) : nil
  }

  /// The shape of an array.
  public func shape(of name: String) throws(StorageError) -> [Int] {
    HDF5.lock()
    defer { HDF5.unlock() }
    let dataset = try openArray(name)
    guard let space = Handle(H5Dget_space(dataset.id)), let shape = HDF5.shape(of: space.id) else {
      throw failure(name, "has no readable shape")
    }
    return shape
  }

  // MARK: - Parts shared with texts

  /// Makes a dataset; `growing` is the number of rows of the first append.
  func create(
    _ name: String, shape: [Int], type: hid_t, size: Int, growing: Int? = nil
  ) throws(StorageError) -> Handle {
    guard !contains(name) else {
      throw StorageError(
        .exists, file: file, path: join(name), what: "exists already",
        remedy: "give another name")
    }
    let bytes = shape.reduce(size, *)
    guard let links = HDF5.intermediateGroups(),
      let layout = Handle(H5Pcreate(dm_h5p_dataset_create())),
      let space = HDF5.simpleSpace(shape, growing: growing != nil)
    else { throw failure(name, "cannot be created") }
    var ok = true
    if growing == nil, bytes <= compactLimit {
      ok = H5Pset_layout(layout.id, H5D_COMPACT) >= 0
    } else {
      var extent = shape
      if let growing { extent[0] = max(growing, 64) }
      let chunk = chunkShape(extent, size: size).map { hsize_t($0) }
      ok =
        H5Pset_chunk(layout.id, Int32(chunk.count), chunk) >= 0 && H5Pset_shuffle(layout.id) >= 0
        && H5Pset_deflate(layout.id, deflateLevel) >= 0 && H5Pset_fletcher32(layout.id) >= 0
    }
    guard ok,
      let dataset = Handle(
        H5Dcreate2(handle.id, name, type, space.id, links.id, layout.id, dm_h5p_default()))
    else { throw failure(name, "cannot be created") }
    return dataset
  }

  func openArray(_ name: String) throws(StorageError) -> Handle {
    guard contains(name) else { throw missing(name, "array") }
    guard let dataset = Handle(H5Dopen2(handle.id, name, dm_h5p_default())) else {
      throw failure(name, "cannot be opened as an array")
    }
    return dataset
  }

  func mismatch(_ name: String, _ what: String) -> StorageError {
    H5Eclear2(dm_h5e_default())
    return StorageError(
      .mismatch, file: file, path: join(name), what: what,
      remedy: "check that this is the file you mean")
  }

  /// The number of elements of an array; refuses one whose header claims more than the file holds.
  func checkedCount(
    _ name: String, shape: [Int], dataset: hid_t, elementSize: Int
  ) throws(StorageError) -> Int {
    guard !shape.contains(0) else { return 0 }
    var bytes = elementSize
    for n in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: n)
      bytes = overflow ? Int.max : product
    }
    var info = stat()
    let fileSize = stat(file, &info) == 0 ? Int(info.st_size) : Int.max
    let held = min(Int(clamping: H5Dget_storage_size(dataset)), fileSize)
    guard bytes <= 1 << 20 || bytes / largestExpansion <= held else {
      throw StorageError(
        .damaged, file: file, path: join(name),
        what: "claims shape \(shape), more than the file holds", remedy: "make the file again")
    }
    return shape.reduce(1, *)
  }

  /// Checks the stored type against the asked one. Returns how to narrow `Int64` where whole
  /// numbers are stored wider than asked, so that none is clipped in silence.
  private func checkElement<T: H5Element>(
    _ type: T.Type, stored: hid_t, _ name: String
  ) throws(StorageError) -> (([Int64]) -> [T]?)? {
    let kind = H5Tget_class(stored)
    let wholeAsked = H5Tget_class(T._h5Type) == H5T_INTEGER
    guard kind == H5T_INTEGER || (kind == H5T_FLOAT && !wholeAsked) else {
      throw mismatch(
        name, "holds elements of type \(HDF5.elementName(of: stored)), not \(T.self)")
    }
    guard wholeAsked, H5Tequal(stored, T._h5Type) <= 0 else { return nil }
    let signedAsked = H5Tget_sign(T._h5Type) != H5T_SGN_NONE
    let signedStored = H5Tget_sign(stored) != H5T_SGN_NONE
    let size = H5Tget_size(stored)
    let asked = MemoryLayout<T>.size
    if size < asked && (signedAsked || !signedStored) { return nil }
    if size == asked && signedAsked == signedStored { return nil }
    return { wide in
      var out: [T] = []
      out.reserveCapacity(wide.count)
      for n in wide {
        // An unsigned 64-bit number that does not fit arrives clipped to the largest Int64.
        guard n != Int64.max, let small = T(exactlyWhole: n) else { return nil }
        out.append(small)
      }
      return out
    }
  }
}

extension H5Element {
  fileprivate init?(exactlyWhole n: Int64) {
    switch Self.self {
    case is Int32.Type:
      guard let m = Int32(exactly: n) else { return nil }
      self = m as! Self
    case is UInt8.Type:
      guard let m = UInt8(exactly: n) else { return nil }
      self = m as! Self
    default: self = n as! Self
    }
  }
}

/// A chunk of about `chunkBytes`: whole trailing indices, the leading ones cut down.
private func chunkShape(_ shape: [Int], size: Int) -> [Int] {
  var chunk = shape.map { max($0, 1) }
  for i in chunk.indices {
    let rest = chunk[(i + 1)...].reduce(size, *)
    if rest >= chunkBytes {
      chunk[i] = 1
    } else {
      chunk[i] = min(chunk[i], chunkBytes / rest)
      break
    }
  }
  return chunk
}
