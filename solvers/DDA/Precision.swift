import CBlockKernels
import Mechanics

/// A type of number that a system of blocks may be solved in: its kernels.
protocol Precision: SIMDScalar, BinaryFloatingPoint, Sendable, Codable {
  /// Writes the block that stands in registers at `at` as packed columns to `place`.
  static func pack(_ from: LaneBuffer, _ at: Int, to: Buffer<Self>, _ place: Int, lanes: Int)
  /// product = A search in some rows; search · product there.
  static func multiply(_ A: BlockSystem<Self>, _ rows: Range<Int>) -> Double
  /// x += a search, r −= a product, z = preconditioned r; r · r and r · z.
  static func refine(_ A: BlockSystem<Self>, _ a: Self, _ rows: Range<Int>) -> SIMD2<Double>
  /// search = z + b search.
  static func turn(_ A: BlockSystem<Self>, _ b: Self, _ rows: Range<Int>)
  /// From and to double precision.
  static func rounded(_ a: Lanes) -> SIMD8<Self>
  static func widened(_ a: SIMD8<Self>) -> Lanes
}

extension Double: Precision {
  @inline(__always)
  static func pack(_ from: LaneBuffer, _ at: Int, to: Buffer<Double>, _ place: Int, lanes: Int) {
    dm_pack_d(from.base + at, to.base + place, lanes == 2)
  }
  @inline(__always)
  static func multiply(_ A: BlockSystem<Double>, _ rows: Range<Int>) -> Double {
    dm_rows_d(
      A.diagonal.base, A.off.base, A.rowStart.base, A.columns.base, A.search.base, A.product.base,
      rows.lowerBound, rows.upperBound, A.lanes == 2)
  }
  @inline(__always)
  static func refine(_ A: BlockSystem<Double>, _ a: Double, _ rows: Range<Int>) -> SIMD2<Double> {
    let sums = dm_refine_d(
      A.inverse.base, A.search.base, A.product.base, a, A.solution.base, A.residual.base,
      A.refined.base, rows.lowerBound, rows.upperBound, A.lanes == 2)
    return SIMD2(sums.rr, sums.rz)
  }
  @inline(__always)
  static func turn(_ A: BlockSystem<Double>, _ b: Double, _ rows: Range<Int>) {
    dm_turn_d(
      A.refined.base, b, A.search.base, rows.lowerBound * A.lanes, rows.upperBound * A.lanes)
  }
  @inline(__always)
  static func rounded(_ a: Lanes) -> SIMD8<Double> { a }
  @inline(__always)
  static func widened(_ a: SIMD8<Double>) -> Lanes { a }
}

extension Float: Precision {
  @inline(__always)
  static func pack(_ from: LaneBuffer, _ at: Int, to: Buffer<Float>, _ place: Int, lanes: Int) {
    dm_pack_f(from.base + at, to.base + place, lanes == 2)
  }
  @inline(__always)
  static func multiply(_ A: BlockSystem<Float>, _ rows: Range<Int>) -> Double {
    dm_rows_f(
      A.diagonal.base, A.off.base, A.rowStart.base, A.columns.base, A.search.base, A.product.base,
      rows.lowerBound, rows.upperBound, A.lanes == 2)
  }
  @inline(__always)
  static func refine(_ A: BlockSystem<Float>, _ a: Float, _ rows: Range<Int>) -> SIMD2<Double> {
    let sums = dm_refine_f(
      A.inverse.base, A.search.base, A.product.base, a, A.solution.base, A.residual.base,
      A.refined.base, rows.lowerBound, rows.upperBound, A.lanes == 2)
    return SIMD2(sums.rr, sums.rz)
  }
  @inline(__always)
  static func turn(_ A: BlockSystem<Float>, _ b: Float, _ rows: Range<Int>) {
    dm_turn_f(
      A.refined.base, b, A.search.base, rows.lowerBound * A.lanes, rows.upperBound * A.lanes)
  }
  @inline(__always)
  static func rounded(_ a: Lanes) -> SIMD8<Float> { SIMD8<Float>(a) }
  @inline(__always)
  static func widened(_ a: SIMD8<Float>) -> Lanes { Lanes(a) }
}
