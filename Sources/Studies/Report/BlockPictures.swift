import Contact

/// Pictures of blocks at a few of their times, all of one window and one scale of speeds.
struct BlockPictures {
  private let result: BlockResult
  private let states: [BlockResult.State]
  /// Speed of the brightest colour, m/s.
  let topSpeed: Double

  /// At `count` times beside the start, evenly through the run.
  init(_ result: BlockResult, count: Int) {
    let last = result.states.count - 1
    var chosen: [Int] = []
    if last >= 0 {
      for k in 0...count where !chosen.contains(k * last / count) {
        chosen.append(k * last / count)
      }
    }
    states = chosen.map { result.states[$0] }
    var top = 0.0
    for state in states {
      for b in result.corners.indices where !result.isFixed[b] {
        top = max(top, Point(state.velocity[3 * b], state.velocity[3 * b + 1]).length)
      }
    }
    (self.result, topSpeed) = (result, top)
  }

  /// The pictures, each with the caption of its state.
  func list(_ caption: (BlockResult.State) -> String) -> [(svg: String, caption: String)] {
    let window = BlockView.window(result, states)
    return states.map { state in
      let view = BlockView(result: result, state: state, window: window, topSpeed: topSpeed)
      return (view.svg(), caption(state))
    }
  }
}
