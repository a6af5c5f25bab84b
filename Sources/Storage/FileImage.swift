import CHDF5
import Glibc

/// The bytes of a file that the library keeps in memory, ready for the disk.
///
/// The library takes the mark "open for writing" out of the image's superblock (byte 11 of versions 2
/// and 3) and leaves the checksum as it was (last four of 48 bytes), so that nobody could open the file:
/// the checksum is made again. Source: HDF5 File Format Specification 3.0, II.A; the hash is
/// Jenkins's lookup3 (public domain).
enum FileImage {
  private static let flagsAt = 11, checksumAt = 44

  /// All bytes of an open file; nil where the library refuses.
  static func of(_ file: hid_t) -> [UInt8]? {
    let size = H5Fget_file_image(file, nil, 0)
    guard size > checksumAt + 4 else { return nil }
    var image = HDF5.image(of: file, size: size)
    guard image.count == size, image[8] == 2 || image[8] == 3, image[9] == 8, image[10] == 8
    else { return nil }
    image[flagsAt] = 0
    let sum = lookup3(image[..<checksumAt])
    for i in 0..<4 { image[checksumAt + i] = UInt8(truncatingIfNeeded: sum >> (8 * i)) }
    return image
  }

  /// Jenkins's hash of some bytes, with initial value 0.
  static func lookup3(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    func rotated(_ x: UInt32, _ k: UInt32) -> UInt32 { (x << k) | (x >> (32 - k)) }
    var (a, b, c) = (UInt32(0), UInt32(0), UInt32(0))
    a = 0xdead_beef &+ UInt32(bytes.count)
    (b, c) = (a, a)
    var rest = bytes
    func word(_ at: Int) -> UInt32 {
      (0..<4).reduce(UInt32(0)) { sum, i in
        let k = rest.startIndex + at + i
        return k < rest.endIndex ? sum | UInt32(rest[k]) << UInt32(8 * i) : sum
      }
    }
    while rest.count > 12 {
      a &+= word(0)
      b &+= word(4)
      c &+= word(8)
      a = (a &- c) ^ rotated(c, 4)
      c &+= b
      b = (b &- a) ^ rotated(a, 6)
      a &+= c
      c = (c &- b) ^ rotated(b, 8)
      b &+= a
      a = (a &- c) ^ rotated(c, 16)
      c &+= b
      b = (b &- a) ^ rotated(a, 19)
      a &+= c
      c = (c &- b) ^ rotated(b, 4)
      b &+= a
      rest = rest.dropFirst(12)
    }
    a &+= word(0)
    b &+= word(4)
    c &+= word(8)
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    return (c ^ b) &- rotated(b, 24)
  }
}
