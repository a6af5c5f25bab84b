import Mechanics

/// A mean over many samples whose gradient training follows.
///
/// Samples stand in groups of eight, structure of arrays. A sum over groups is taken by several workers
/// at once, each into an array of its own, and added up in a fixed order: the same bits for any number of
/// workers. `sums[0..<sumCount]` is what a part of the samples contributes: whatever `complete` needs to
/// make loss and gradient of it.
package protocol SampleObjective: Sendable {
  /// Number of unknowns x.
  var unknownCount: Int { get }
  /// Numbers that a part of the samples adds up.
  var sumCount: Int { get }
  /// Doubles of scratch that one part needs.
  var scratchCount: Int { get }
  /// Weight of the samples of every group, padding not counted.
  var groupWeights: [Double] { get }
  /// Matrices among the unknowns that an optimiser of matrices may take as such.
  var matrices: [MatrixPlace] { get }
  /// Sets the unknowns for the following sums.
  mutating func prepare(at x: [Double])
  /// Adds what these groups contribute. Called by several workers at once.
  func accumulate(
    _ groups: UnsafeBufferPointer<Int>, into sums: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>)
  /// Loss and gradient from the sums of groups of that total weight.
  mutating func complete(_ sums: [Double], weight: Double, gradient: inout [Double]) -> Double
}

/// A matrix among the unknowns: rows × columns, row by row, from `start`.
package struct MatrixPlace: Sendable {
  package let start: Int, rows: Int, columns: Int

  package init(start: Int, rows: Int, columns: Int) {
    self.start = start
    self.rows = rows
    self.columns = columns
  }
}
