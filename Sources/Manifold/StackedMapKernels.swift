import CManifoldKernels
import Mechanics

// Hands arrays to the kernels of stacked maps; with `Training/TrainingKernels.swift` the only unsafe
// code of this target.

extension StackedMap {
  /// Responses and tangents of every point. Nothing is allocated.
  public func evaluate(_ batch: inout ManifoldBatch) {
    check(batch)
    withKernelMap { map in
      batch.coordinates.withUnsafeBytes { x in
        batch.responses.withUnsafeMutableBytes { y in
          batch.tangents.withUnsafeMutableBytes { J in
            guard batch.groups > 0 else { return }
            dm_map_jacobian(
              &map, batch.groups, x.baseAddress!.assumingMemoryBound(to: Double.self),
              y.baseAddress!.assumingMemoryBound(to: Double.self),
              J.baseAddress!.assumingMemoryBound(to: Double.self), level.rawValue)
          }
        }
      }
    }
  }

  /// Responses alone, at about a fifth of the cost; the tangents are left as they are.
  public func evaluateResponses(_ batch: inout ManifoldBatch) {
    check(batch)
    withKernelMap { map in
      batch.coordinates.withUnsafeBytes { x in
        batch.responses.withUnsafeMutableBytes { y in
          guard batch.groups > 0 else { return }
          dm_map_value(
            &map, batch.groups, x.baseAddress!.assumingMemoryBound(to: Double.self),
            y.baseAddress!.assumingMemoryBound(to: Double.self), level.rawValue)
        }
      }
    }
  }

  private func check(_ batch: ManifoldBatch) {
    precondition(
      batch.coordinateCount == coordinateCount && batch.responseCount == responseCount,
      "a batch of \(batch.coordinateCount) → \(batch.responseCount) for a map of "
        + "\(coordinateCount) → \(responseCount)")
  }

  private func withKernelMap(_ body: (inout dm_map) -> Void) {
    folded.withUnsafeBufferPointer { weights in
      var map = dm_map(architecture)
      map.weights = weights.baseAddress
      body(&map)
    }
  }
}

extension dm_map {
  /// Widths and activation; the weights are set by the caller.
  package init(_ architecture: StackedMap.Architecture) {
    self.init()
    layers = Int32(architecture.widths.count - 1)
    activation = architecture.activation.code
    withUnsafeMutableBytes(of: &width) { raw in
      let slots = raw.bindMemory(to: Int32.self)
      for l in architecture.widths.indices { slots[l] = Int32(architecture.widths[l]) }
    }
  }
}

extension KernelFunctions {
  /// An activation with its first derivative; the count must be a multiple of eight.
  package static func activation(
    _ kind: StackedMap.Activation, _ z: [Double], level: KernelLevel
  ) -> (value: [Double], first: [Double]) {
    precondition(z.count % 8 == 0, "\(z.count) arguments are no multiple of eight")
    var value = [Double](repeating: 0, count: z.count)
    var first = value
    dm_activation(kind.code, z.count, z, &value, &first, level.rawValue)
    return (value, first)
  }
}
