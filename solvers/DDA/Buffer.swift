import Mechanics

/// Memory of a known length that the innermost loops index unchecked (checked in debug builds): all unsafe code of
/// these solvers but the sharing of work.
///
/// For trivial types. Being a class with a constant address, reading and writing it costs no reference counting and
/// no test for uniqueness; its owner sees to it that no two workers write to one place.
final class Buffer<Element>: @unchecked Sendable {
  /// For the kernels.
  let base: UnsafeMutablePointer<Element>
  let count: Int

  /// What is in it is undefined until it is written.
  init(_ count: Int) {
    precondition(_isPOD(Element.self))
    self.count = count
    base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
  }

  convenience init(repeating element: Element, count: Int) {
    self.init(count)
    base.initialize(repeating: element, count: count)
  }

  deinit { base.deallocate() }

  @inline(__always)
  subscript(i: Int) -> Element {
    get {
      assert(i >= 0 && i < count)
      return base[i]
    }
    set {
      assert(i >= 0 && i < count)
      base[i] = newValue
    }
    _modify {
      assert(i >= 0 && i < count)
      yield &base[i]
    }
  }

  /// Copies a run of elements from another buffer.
  @inline(__always)
  func copy(_ range: Range<Int>, of other: Buffer, at place: Int) {
    assert(place + range.count <= count && range.upperBound <= other.count)
    (base + place).update(from: other.base + range.lowerBound, count: range.count)
  }
}

/// Numbers in registers of eight.
typealias LaneBuffer = Buffer<Lanes>

extension Buffer {
  /// Zero throughout.
  static func zeros<S>(_ count: Int) -> Buffer where Element == SIMD8<S> {
    Buffer(repeating: SIMD8<S>(), count: count)
  }
}

extension Buffer<Lanes> {
  /// The unknowns of block b.
  @inline(__always)
  func pair(_ b: Int, _ lanes: Int) -> LanePair {
    lanes == 1
      ? LanePair(first: self[b], second: Lanes())
      : LanePair(first: self[2 * b], second: self[2 * b + 1])
  }

  @inline(__always)
  func set(_ b: Int, _ lanes: Int, _ v: LanePair) {
    if lanes == 1 {
      self[b] = v.first
    } else {
      (self[2 * b], self[2 * b + 1]) = (v.first, v.second)
    }
  }

  /// Adds f times a row of `other` to the unknowns of block b.
  @inline(__always)
  func add(_ b: Int, _ lanes: Int, _ f: Double, _ other: LaneBuffer, _ row: Int) {
    for l in 0..<lanes { self[b * lanes + l] += f * other[row + l] }
  }
}
