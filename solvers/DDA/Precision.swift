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
  /// The sweeps of symmetric Gauss–Seidel over some rows alone, and what goes between them.
  static func backward(_ A: SweptSystem<Self>, _ rows: Range<Int>)
  static func forward(_ A: SweptSystem<Self>, _ rows: Range<Int>) -> Double
  static func refine(_ A: SweptSystem<Self>, _ a: Self, _ rows: Range<Int>) -> Double
  static func turn(_ A: SweptSystem<Self>, _ b: Self, _ rows: Range<Int>)
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
  static func backward(_ A: SweptSystem<Double>, _ rows: Range<Int>) {
    let m = A.matrix
    dm_backward_d(
      m.inverse.base, m.off.base, m.rowStart.base, m.columns.base, A.search.base, A.found.base,
      m.product.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func forward(_ A: SweptSystem<Double>, _ rows: Range<Int>) -> Double {
    let m = A.matrix
    return dm_forward_d(
      m.inverse.base, m.off.base, m.rowStart.base, m.columns.base, A.found.base, m.product.base,
      A.lower.base, m.search.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func refine(_ A: SweptSystem<Double>, _ a: Double, _ rows: Range<Int>) -> Double {
    let m = A.matrix
    return dm_refine_split_d(
      m.diagonal.base, A.found.base, m.product.base, a, m.solution.base, m.residual.base,
      m.refined.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func turn(_ A: SweptSystem<Double>, _ b: Double, _ rows: Range<Int>) {
    let (m, from, to) = (
      A.matrix, rows.lowerBound * A.matrix.lanes, rows.upperBound * A.matrix.lanes
    )
    dm_turn_d(m.residual.base, b, A.search.base, from, to)
    dm_turn_d(m.refined.base, b, m.search.base, from, to)
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
  static func backward(_ A: SweptSystem<Float>, _ rows: Range<Int>) {
    let m = A.matrix
    dm_backward_f(
      m.inverse.base, m.off.base, m.rowStart.base, m.columns.base, A.search.base, A.found.base,
      m.product.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func forward(_ A: SweptSystem<Float>, _ rows: Range<Int>) -> Double {
    let m = A.matrix
    return dm_forward_f(
      m.inverse.base, m.off.base, m.rowStart.base, m.columns.base, A.found.base, m.product.base,
      A.lower.base, m.search.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func refine(_ A: SweptSystem<Float>, _ a: Float, _ rows: Range<Int>) -> Double {
    let m = A.matrix
    return dm_refine_split_f(
      m.diagonal.base, A.found.base, m.product.base, a, m.solution.base, m.residual.base,
      m.refined.base, rows.lowerBound, rows.upperBound, m.lanes == 2)
  }
  @inline(__always)
  static func turn(_ A: SweptSystem<Float>, _ b: Float, _ rows: Range<Int>) {
    let (m, from, to) = (
      A.matrix, rows.lowerBound * A.matrix.lanes, rows.upperBound * A.matrix.lanes
    )
    dm_turn_f(m.residual.base, b, A.search.base, from, to)
    dm_turn_f(m.refined.base, b, m.search.base, from, to)
  }
  @inline(__always)
  static func rounded(_ a: Lanes) -> SIMD8<Float> { SIMD8<Float>(a) }
  @inline(__always)
  static func widened(_ a: SIMD8<Float>) -> Lanes { Lanes(a) }
}
