/// One self-contained HTML page: a heading, sections, tables and pictures; no scripts, no fonts and
/// no files from elsewhere, and a policy that lets a browser load none.
struct Page {
  private var body = ""
  private let title: String

  init(title: String, subtitle: String) {
    self.title = title
    body =
      "<header><h1>\(Show.escape(title))</h1><p class=\"sub\">\(Show.escape(subtitle))</p></header>\n"
  }

  /// The key figures at the top of the page.
  mutating func figures(_ items: [(value: String, caption: String)]) {
    body += "<div class=\"figures\">"
    for item in items {
      body += "<div><b>\(item.value)</b><span>\(Show.escape(item.caption))</span></div>"
    }
    body += "</div>\n"
  }

  mutating func section(_ heading: String) { body += "<h2>\(Show.escape(heading))</h2>\n" }

  /// A paragraph of plain text.
  mutating func paragraph(_ text: String) { body += "<p>\(Show.escape(text))</p>\n" }

  /// Pictures side by side where the window is wide enough, each with a caption.
  mutating func pictures(_ items: [(svg: String, caption: String)], wide: Bool = false) {
    body += "<div class=\"\(wide ? "wide" : "pictures")\">\n"
    for item in items {
      body += "<figure>\(item.svg)<figcaption>\(Show.escape(item.caption))</figcaption></figure>\n"
    }
    body += "</div>\n"
  }

  /// A table; cells are HTML, the first column is text and the others are numbers.
  mutating func table(_ heads: [String], _ rows: [[String]]) {
    body += "<div class=\"scroll\"><table><thead><tr>"
    body += heads.map { "<th>\(Show.escape($0))</th>" }.joined()
    body += "</tr></thead><tbody>\n"
    for row in rows { body += "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }
    body += "</tbody></table></div>\n"
  }

  /// Names and values.
  mutating func facts(_ items: [(String, String)]) {
    body += "<dl>"
    for (name, value) in items {
      body += "<dt>\(Show.escape(name))</dt><dd>\(Show.escape(value))</dd>"
    }
    body += "</dl>\n"
  }

  /// A text in a fixed-width face, folded away.
  mutating func listing(_ summary: String, _ text: String) {
    body +=
      "<details><summary>\(Show.escape(summary))</summary><pre>\(Show.escape(text))</pre></details>\n"
  }

  /// Markup as it is.
  mutating func insert(_ html: String) { body += html }

  /// The page.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
    style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <title>\(Show.escape(title))</title>
    <style>
    \(Page.style)</style></head>
    <body><main>
    \(body)</main></body></html>

    """
  }

  // Colours after Okabe & Ito, darkened for white paper and lightened for dark.
  private static let style = """
    :root { --paper: #fcfcfa; --card: #ffffff; --ink: #1d2330; --soft: #5c6473; --rule: #dcdfe5;
      --shade: #eef3ee; --c1: #0a63a5; --c2: #c2530a; --c3: #0b7f5f; --c4: #9a4a83; --c5: #8a6d00;
      --c6: #3d7fb8; --body: #c9ced8; --edge: #7b8494; }
    @media (prefers-color-scheme: dark) { :root { --paper: #14171d; --card: #1b1f27;
      --ink: #e6e8ec; --soft: #a0a8b6; --rule: #343a46; --shade: #20302a; --c1: #63b3ee;
      --c2: #f0904e; --c3: #41c79f; --c4: #d993c5; --c5: #dabb45; --c6: #8cc7f0; --body: #4a5160;
      --edge: #8f98a8; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 15px/1.55 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1180px; margin: 0 auto; padding: 36px 28px 64px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0; font-weight: 650; }
    .sub { color: var(--soft); margin: 6px 0 0; font-size: 16px; }
    h2 { font-size: 18px; margin: 40px 0 12px; padding-bottom: 6px; font-weight: 650;
      border-bottom: 1px solid var(--rule); }
    p { max-width: 76ch; }
    .figures { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 26px 0 6px; }
    .figures b { display: block; font-size: 23px; font-weight: 650; line-height: 1.25;
      font-variant-numeric: tabular-nums; }
    .figures span { color: var(--soft); font-size: 13.5px; }
    .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr));
      gap: 18px; }
    .wide { display: grid; gap: 18px; }
    figure { margin: 0; padding: 14px 16px 12px; background: var(--card);
      border: 1px solid var(--rule); border-radius: 6px; }
    figcaption { color: var(--soft); font-size: 13.5px; margin-top: 8px; }
    svg { display: block; width: 100%; height: auto; }
    svg text { font: 12px "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif;
      fill: var(--ink); }
    svg .tick { fill: var(--soft); font-size: 11.5px; }
    svg .label { font-size: 12.5px; }
    .grid { stroke: var(--rule); stroke-width: .7; fill: none; }
    .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
    .shade { fill: var(--shade); }
    .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke: currentColor; }
    .dashed { stroke-dasharray: 5 4; }
    .dot { fill: currentColor; stroke: var(--card); stroke-width: .8; }
    .hollow { fill: var(--card); stroke: currentColor; stroke-width: 1.5; }
    .s0 { color: var(--ink); } .s1 { color: var(--c1); } .s2 { color: var(--c2); }
    .s3 { color: var(--c3); } .s4 { color: var(--c4); } .s5 { color: var(--c5); }
    .s6 { color: var(--c6); }
    .area { fill: currentColor; fill-opacity: .78; stroke: none; } .area.s0 { fill-opacity: .16; }
    .stage { display: block; width: 100%; border-radius: 4px; }
    .stage:focus-visible { outline: 2px solid var(--c1); outline-offset: 3px; }
    .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px;
      margin-top: 12px; font-size: 14px; font-variant-numeric: tabular-nums; }
    .controls button, .controls select { font: inherit; color: var(--ink);
      background: var(--paper); border: 1px solid var(--rule); border-radius: 5px; padding: 3px 8px; }
    .controls button { min-width: 74px; cursor: pointer; background: var(--c1);
      border-color: var(--c1); color: var(--card); }
    .controls .slider { flex: 1 1 220px; accent-color: var(--c1); }
    .controls .clock { min-width: 64px; text-align: right; }
    .controls input[type=checkbox] { accent-color: var(--c1); vertical-align: -1px; }
    .legend { white-space: nowrap; color: var(--soft); }
    .legend i { display: inline-block; width: 90px; height: 11px; border-radius: 2px; }
    .scroll { overflow-x: auto; margin: 6px 0 18px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 8px 0; }
    th, td { text-align: right; padding: 5px 0 5px 26px; border-bottom: 1px solid var(--rule);
      white-space: nowrap; }
    th { color: var(--soft); font-weight: 500; font-size: 13.5px; }
    th:first-child, td:first-child { text-align: left; padding-left: 0; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 26px; margin: 8px 0; }
    dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
    pre { background: var(--card); border: 1px solid var(--rule); border-radius: 6px;
      padding: 12px 14px; overflow-x: auto; font-size: 13px; }
    summary { cursor: pointer; color: var(--soft); }
    @media (max-width: 560px) { .pictures { grid-template-columns: 1fr; }
      main { padding: 22px 16px 40px; } }

    """
}
