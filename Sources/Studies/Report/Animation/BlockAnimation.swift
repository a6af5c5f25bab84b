import Contact
import Glibc

/// The blocks in motion: a canvas with its controls, the frames, and the script that plays them.
struct BlockAnimation {
  let result: BlockResult
  let frames: BlockFrames
  let window: (lower: Point, upper: Point)

  /// Tallest canvas over its width.
  private static let tallest = 0.6

  /// Adds the player, or a sentence that says why there is none.
  static func add(
    to page: inout Page, _ result: BlockResult, heading: String = "The blocks in motion"
  ) {
    guard result.states.count > 1 else { return }
    let window = BlockView.window(result, result.states)
    page.section(heading)
    guard let frames = BlockFrames(result, window: window) else {
      return page.paragraph(
        "Two output times alone would take more than \(BlockFrames.budget / 1_000_000) MB: no "
          + "animation. The result file opens in ParaView.")
    }
    page.insert(BlockAnimation(result: result, frames: frames, window: window).html)
  }

  /// Width and height of the stage, m: the window, made wide enough for a screen.
  private var size: Point {
    let span = window.upper - window.lower
    return Point(max(span.x, span.y / Self.tallest), span.y)
  }

  private var html: String {
    let colours = frames.colours.enumerated().map { i, c in
      "<option value=\"\(i)\">\(Show.escape(c.name))</option>"
    }
    return """
      <figure id="player" hidden>
      <canvas class="stage" tabindex="0" role="img" aria-label="The blocks at the time shown below. \
      Space plays and pauses, arrow keys step, Home and End go to the ends."></canvas>
      <div class="controls">
      <button type="button" class="play">Play</button>
      <input type="range" class="slider" min="0" max="\(frames.shown.count - 1)" value="0" step="1" \
      aria-label="output time">
      <output class="clock">0 s</output>
      <label>speed <select class="speed">\(speeds)</select></label>
      <label>colour <select class="colour">\(colours.joined())</select></label>
      <span class="legend">0 <i style="background: linear-gradient(to right, \(gradient))"></i> \
      <span class="top"></span></span>
      <label><input type="checkbox" class="dots" checked> contacts</label>
      </div>
      <figcaption>\(Show.escape(caption))</figcaption>
      </figure>
      <noscript><p>The animation needs JavaScript; the pictures below do not.</p></noscript>
      <script type="application/json" id="frames">\(data)</script>
      <script id="unpacking">
      \(BlockPlayer.unpacking)
      </script>
      <script>
      \(BlockPlayer.playing)
      </script>

      """
  }

  private var gradient: String {
    (0...8).map { ColourScale.hex(Double($0) / 8) }.joined(separator: ", ")
  }

  /// Ways to play it, from a tenth of to ten times the pace that takes ten seconds or so.
  private var speeds: String {
    let length = result.states[frames.shown.last!].time - result.states[0].time
    let usual = Scale.roundStep(max(length, 1e-9) / 10)
    var out = ""
    for factor in [0.1, 0.2, 0.5, 1, 2, 5, 10] {
      let pace = factor * usual
      let text = "× \(Show.number(pace))" + (abs(pace - 1) < 1e-9 ? " (as it was)" : "")
      out += "<option value=\"\(pace)\"\(factor == 1 ? " selected" : "")>\(text)</option>"
    }
    return out
  }

  private var caption: String {
    let all = result.states.count
    var text = "Dots are closed contacts: full ones stick, hollow ones slide. "
    text += "Positions are rounded to \(Show.number(frames.quantum, digits: 2)) m, colours to "
    text += "1/255 of their range; between output times corners are drawn on straight lines. "
    text += "Fixed blocks are grey. "
    if frames.stride > 1 {
      text += "To keep the page small, \(frames.shown.count) of \(all) output times are shown, "
      text += "one in \(frames.stride) and the last; the result file has all of them. "
    }
    return text + "Click, or press the space bar, to play and pause; arrow keys step."
  }

  /// Decimals that write every output time in full, if six do.
  private var decimals: Int {
    let times = frames.shown.map { result.states[$0].time }
    let fits = (0...6).first { digits in
      let power = pow(10, Double(digits))
      return times.allSatisfy { abs($0 * power - ($0 * power).rounded()) < 1e-3 }
    }
    return fits ?? 6
  }

  private var data: String {
    let pixels = 1080 / size.x
    return frames.json(
      result, size: size, decimals: decimals, radius: BlockView.dotRadius(result, scale: pixels))
  }
}
