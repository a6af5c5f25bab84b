import CBlockKernels
import Mechanics

/// A type of number that a system of blocks may be solved in: its kernels.
protocol Precision: SIMDScalar, BinaryFloatingPoint, Sendable, Codable {
  /// Copies a block in this precision.
  static func round(_ from: LaneBuffer, to: Buffer<SIMD8<Self>>, at: Int)
  /// B += p n uᵀ + q t vᵀ for the block at a place of B; n, u, t, v are places in `rows`.
  static func addOuter(
    _ B: Buffer<SIMD8<Self>>, _ at: Int, _ rows: LaneBuffer, _ n: Int, _ u: Int, _ p: Double,
    _ t: Int, _ v: Int, _ q: Double, lanes: Int)
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
  static func round(_ from: LaneBuffer, to: Buffer<SIMD8<Double>>, at: Int) {
    to.copy(0..<from.count, of: from, at: at)
  }
  @inline(__always)
  static func addOuter(
    _ B: Buffer<SIMD8<Double>>, _ at: Int, _ rows: LaneBuffer, _ n: Int, _ u: Int, _ p: Double,
    _ t: Int, _ v: Int, _ q: Double, lanes: Int
  ) {
    let r = rows.base
    dm_outer_d(B.base + at, r + n, r + u, p, r + t, r + v, q, lanes == 2)
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
  static func rounded(_ a: Lanes) -> Lanes { a }
  @inline(__always)
  static func widened(_ a: SIMD8<Double>) -> Lanes { a }
}

extension Float: Precision {
  @inline(__always)
  static func round(_ from: LaneBuffer, to: Buffer<SIMD8<Float>>, at: Int) {
    dm_round(from.base, to.base + at, from.count)
  }
  @inline(__always)
  static func addOuter(
    _ B: Buffer<SIMD8<Float>>, _ at: Int, _ rows: LaneBuffer, _ n: Int, _ u: Int, _ p: Double,
    _ t: Int, _ v: Int, _ q: Double, lanes: Int
  ) {
    let r = rows.base
    dm_outer_f(B.base + at, r + n, r + u, p, r + t, r + v, q, lanes == 2)
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
