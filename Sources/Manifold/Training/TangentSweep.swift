import CManifoldKernels
import Mechanics

/// Values and tangents of a map at up to a chunk of groups, and the gradient of whatever is made of them.
struct TangentSweep: Sendable {
  /// Groups of eight points that one sweep takes.
  static let limit = Int(DM_MAP_CHUNK)

  private let architecture: StackedMap.Architecture
  private let level: KernelLevel
  private var scratch: AlignedScratch
  /// Points with their responses and tangents; adjoints of responses and tangents.
  var batch: ManifoldBatch, adjoints: ManifoldBatch

  init(_ architecture: StackedMap.Architecture, groups: Int, level: KernelLevel) {
    precondition((1...TangentSweep.limit).contains(groups), "\(groups) groups in a sweep")
    self.architecture = architecture
    self.level = level
    var map = dm_map(architecture)
    scratch = AlignedScratch(Int(dm_map_scratch(&map, 1, level.rawValue)))
    batch = ManifoldBatch(
      groups: groups, coordinateCount: architecture.coordinateCount,
      responseCount: architecture.responseCount)
    adjoints = batch
  }

  /// Fills responses and tangents of the first groups.
  mutating func forward(_ weights: [Double], groups: Int) {
    let (architecture, level) = (architecture, level)
    TangentSweep.run(architecture, weights, &scratch) { map, scratch in
      TangentSweep.forward(&map, scratch, &batch, groups, level)
    }
  }

  /// Adds the gradient of Σ responses · their adjoints + tangents · their adjoints.
  mutating func reverse(_ weights: [Double], groups: Int, into gradient: inout [Double]) {
    let (architecture, level, adjoints) = (architecture, level, adjoints)
    TangentSweep.run(architecture, weights, &scratch) { map, scratch in
      // The reverse reads what a forward left in the same stretch of memory.
      TangentSweep.forward(&map, scratch, &batch, groups, level)
      adjoints.responses.withUnsafeBytes { y in
        adjoints.tangents.withUnsafeBytes { J in
          dm_map_reverse(
            &map, Int32(groups), y.baseAddress!.assumingMemoryBound(to: Double.self),
            J.baseAddress!.assumingMemoryBound(to: Double.self), scratch, &gradient,
            level.rawValue)
        }
      }
    }
  }

  private static func forward(
    _ map: inout dm_map, _ scratch: UnsafeMutablePointer<Double>, _ batch: inout ManifoldBatch,
    _ groups: Int, _ level: KernelLevel
  ) {
    batch.coordinates.withUnsafeBytes { x in
      batch.responses.withUnsafeMutableBytes { y in
        batch.tangents.withUnsafeMutableBytes { J in
          dm_map_forward(
            &map, Int32(groups), x.baseAddress!.assumingMemoryBound(to: Double.self),
            y.baseAddress!.assumingMemoryBound(to: Double.self),
            J.baseAddress!.assumingMemoryBound(to: Double.self), scratch, level.rawValue)
        }
      }
    }
  }

  private static func run(
    _ architecture: StackedMap.Architecture, _ weights: [Double], _ scratch: inout AlignedScratch,
    _ body: (inout dm_map, UnsafeMutablePointer<Double>) -> Void
  ) {
    weights.withUnsafeBufferPointer { weights in
      scratch.withDoubles { scratch in
        var map = dm_map(architecture)
        map.weights = weights.baseAddress
        body(&map, scratch)
      }
    }
  }
}
