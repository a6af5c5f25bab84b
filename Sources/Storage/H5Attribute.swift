import CHDF5

/// The value of an attribute as it was found in a file.
public enum H5Attribute: Sendable, Equatable, CustomStringConvertible {
  /// Numbers with a fraction and their shape; `[]` for a single one.
  case doubles([Double], shape: [Int])
  /// Whole numbers and their shape; `[]` for a single one.
  case ints([Int64], shape: [Int])
  /// Texts and their shape; `[]` for a single one.
  case strings([String], shape: [Int])
  /// Something else, by the name of its type.
  case other(String)

  /// The value for people.
  public var description: String {
    func list<T>(_ values: [T], _ shape: [Int]) -> String {
      shape.isEmpty && values.count == 1 ? "\(values[0])" : "\(values)"
    }
    return switch self {
    case .doubles(let values, let shape): list(values, shape)
    case .ints(let values, let shape): list(values, shape)
    case .strings(let values, let shape): list(values, shape)
    case .other(let name): "(\(name))"
    }
  }
}

/// How the text of an attribute is stored.
public enum H5TextEncoding: Sendable {
  /// UTF-8 at the length of the text; checksummed.
  case fixedUTF8
  /// ASCII at the length of the text; what VTKHDF wants for its `Type`.
  case fixedASCII
  /// UTF-8 of variable length; not checksummed, but read as `str` by Python.
  case variableUTF8
}

// Attributes belong to the group itself, or with `of:` to one of its children.
extension H5Group {
  /// Sets a number.
  public func setAttribute(
    _ name: String, _ value: Double, of child: String = "."
  ) throws(StorageError) {
    try setNumbers(name, [value], shape: [], of: child)
  }

  /// Sets a list of numbers.
  public func setAttribute(
    _ name: String, _ values: [Double], of child: String = "."
  ) throws(StorageError) {
    try setNumbers(name, values, shape: [values.count], of: child)
  }

  /// Sets a whole number.
  public func setAttribute(
    _ name: String, _ value: Int, of child: String = "."
  ) throws(StorageError) {
    try setNumbers(name, [Int64(value)], shape: [], of: child)
  }

  /// Sets a list of whole numbers.
  public func setAttribute(
    _ name: String, _ values: [Int64], of child: String = "."
  ) throws(StorageError) {
    try setNumbers(name, values, shape: [values.count], of: child)
  }

  /// Sets a text.
  public func setAttribute(
    _ name: String, _ text: String, of child: String = ".",
    encoding: H5TextEncoding = .fixedUTF8
  ) throws(StorageError) {
    HDF5.lock()
    defer { HDF5.unlock() }
    let width = max(1, text.utf8.count)
    precondition(
      encoding != .fixedASCII || text.utf8.allSatisfy { $0 < 128 }, "\"\(text)\" is not ASCII")
    let type =
      switch encoding {
      case .fixedUTF8: HDF5.textType(width: width, ascii: false)
      case .fixedASCII: HDF5.textType(width: width, ascii: true)
      case .variableUTF8: HDF5.textType(width: nil, ascii: false)
      }
    guard let type else { throw attributeFailure(name, child, "cannot be written") }
    let attribute = try createAttribute(name, shape: [], type: type.id, of: child)
    let ok =
      switch encoding {
      case .variableUTF8: HDF5.writeVariable(text, type: type.id, to: attribute.id)
      default: HDF5.writeFixed([text], width: width, type: type.id, to: attribute.id, .attribute)
      }
    guard ok else { throw attributeFailure(name, child, "cannot be written") }
  }

  /// Whether the attribute exists.
  public func hasAttribute(_ name: String, of child: String = ".") -> Bool {
    HDF5.lock()
    defer { HDF5.unlock() }
    let found = H5Aexists_by_name(handle.id, child, name, dm_h5p_default())
    if found < 0 { H5Eclear2(dm_h5e_default()) }
    return found > 0
  }

  /// Names of all attributes, ascending.
  public func attributeNames(of child: String = ".") throws(StorageError) -> [String] {
    HDF5.lock()
    defer { HDF5.unlock() }
    var info = H5O_info_t()
    guard H5Oget_info_by_name1(handle.id, child, &info, dm_h5p_default()) >= 0 else {
      throw failure(child, "has no readable attributes")
    }
    var names: [String] = []
    for i in 0..<info.num_attrs {
      let name = HDF5.name { buffer, size in
        H5Aget_name_by_idx(
          handle.id, child, H5_INDEX_NAME, H5_ITER_INC, i, buffer, size, dm_h5p_default())
      }
      guard let name else { throw failure(child, "has no readable attributes") }
      names.append(name)
    }
    return names
  }

  /// Reads an attribute, whatever it holds.
  /// - Throws: `StorageError` when it is missing or damaged.
  public func attribute(
    _ name: String, of child: String = "."
  ) throws(StorageError) -> H5Attribute {
    HDF5.lock()
    defer { HDF5.unlock() }
    guard hasAttribute(name, of: child) else {
      let names = (try? attributeNames(of: child)) ?? []
      throw StorageError(
        .missing, file: file, path: place(name, child), what: "there is no such attribute",
        remedy: names.isEmpty ? "there are none" : "there are \(names.joined(separator: ", "))")
    }
    guard
      let attribute = Handle(
        H5Aopen_by_name(handle.id, child, name, dm_h5p_default(), dm_h5p_default())),
      let space = Handle(H5Aget_space(attribute.id)), let type = Handle(H5Aget_type(attribute.id)),
      let shape = HDF5.shape(of: space.id), shape.allSatisfy({ $0 < 1 << 16 })
    else { throw attributeFailure(name, child, "cannot be read") }
    let count = shape.reduce(1, *)
    // An attribute lives in an object header; a larger claim comes from a damaged one.
    guard count * H5Tget_size(type.id) < 1 << 28 else {
      throw attributeFailure(name, child, "claims shape \(shape)")
    }
    let value: H5Attribute? =
      switch H5Tget_class(type.id) {
      case H5T_FLOAT:
        HDF5.read(count, from: attribute.id, .attribute).map { .doubles($0, shape: shape) }
      case H5T_INTEGER:
        HDF5.read(count, from: attribute.id, .attribute).map { .ints($0, shape: shape) }
      case H5T_STRING:
        HDF5.readTexts(count, type: type.id, space: space.id, from: attribute.id, .attribute)
          .map { .strings($0, shape: shape) }
      default: .other(HDF5.elementName(of: type.id))
      }
    guard let value else { throw attributeFailure(name, child, "cannot be read") }
    return value
  }

  /// Reads numbers, whole or not.
  public func doublesAttribute(
    _ name: String, of child: String = "."
  ) throws(StorageError) -> [Double] {
    switch try attribute(name, of: child) {
    case .doubles(let values, _): return values
    case .ints(let values, _): return values.map(Double.init)
    case let value: throw attributeMismatch(name, child, value, "numbers")
    }
  }

  /// Reads one number.
  public func doubleAttribute(
    _ name: String, of child: String = "."
  ) throws(StorageError) -> Double {
    let values = try doublesAttribute(name, of: child)
    guard values.count == 1 else {
      throw attributeMismatch(name, child, .doubles(values, shape: [values.count]), "one number")
    }
    return values[0]
  }

  /// Reads whole numbers.
  public func intsAttribute(
    _ name: String, of child: String = "."
  ) throws(StorageError) -> [Int64] {
    let value = try attribute(name, of: child)
    guard case .ints(let values, _) = value else {
      throw attributeMismatch(name, child, value, "whole numbers")
    }
    return values
  }

  /// Reads one whole number.
  public func intAttribute(_ name: String, of child: String = ".") throws(StorageError) -> Int {
    let values = try intsAttribute(name, of: child)
    guard values.count == 1 else {
      throw attributeMismatch(
        name, child, .ints(values, shape: [values.count]), "one whole number")
    }
    return Int(values[0])
  }

  /// Reads one text.
  public func stringAttribute(
    _ name: String, of child: String = "."
  ) throws(StorageError) -> String {
    let value = try attribute(name, of: child)
    guard case .strings(let values, _) = value, values.count == 1 else {
      throw attributeMismatch(name, child, value, "one text")
    }
    return values[0]
  }

  private func setNumbers<T: H5Element>(
    _ name: String, _ values: [T], shape: [Int], of child: String
  ) throws(StorageError) {
    HDF5.lock()
    defer { HDF5.unlock() }
    let attribute = try createAttribute(name, shape: shape, type: T._h5Type, of: child)
    guard HDF5.write(values, to: attribute.id, .attribute) else {
      throw attributeFailure(name, child, "cannot be written")
    }
  }

  /// Makes an attribute, in place of an older one of that name.
  private func createAttribute(
    _ name: String, shape: [Int], type: hid_t, of child: String
  ) throws(StorageError) -> Handle {
    if hasAttribute(name, of: child) {
      H5Adelete_by_name(handle.id, child, name, dm_h5p_default())
    }
    guard let space = HDF5.simpleSpace(shape),
      let attribute = Handle(
        H5Acreate_by_name(
          handle.id, child, name, type, space.id, dm_h5p_default(), dm_h5p_default(),
          dm_h5p_default()))
    else { throw attributeFailure(name, child, "cannot be written") }
    return attribute
  }

  private func place(_ name: String, _ child: String) -> String {
    "\(child == "." ? path : join(child))@\(name)"
  }

  private func attributeFailure(
    _ name: String, _ child: String, _ what: String
  ) -> StorageError {
    .library(file: file, path: place(name, child), what)
  }

  private func attributeMismatch(
    _ name: String, _ child: String, _ value: H5Attribute, _ wanted: String
  ) -> StorageError {
    StorageError(
      .mismatch, file: file, path: place(name, child), what: "is \(value), not \(wanted)",
      remedy: "check that this is the file you mean")
  }
}
