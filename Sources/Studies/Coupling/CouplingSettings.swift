import Coupling
import FixedPoint

/// All settings of a coupling in words: iteration counts without them cannot be compared.
enum CouplingSettings {
  static func list(_ system: CoupledSystem) -> [(key: String, value: String)] {
    let d = system.definition
    let window: String =
      switch d.window {
      case .fixed(let length): "\(length) s"
      case .given(let name): "step of '\(name)'"
      }
    var out: [(String, String)] = [
      ("participants", d.participants.map(\.name).joined(separator: ", ")),
      (
        "scheme",
        d.scheme.order.rawValue + (d.scheme.isImplicit ? "-implicit" : "-explicit")
      ), ("window", window),
      (
        "convergence",
        d.criteria.map { "\($0.kind.rawValue) \($0.limit) on \($0.field?.name ?? "all fields")" }
          .joined(separator: ", ")
      ), ("most iterations", "\(d.iterationLimit)"), ("least iterations", "\(d.leastIterations)"),
      ("relaxation", inWords(d.chosenRelaxation)), ("interpolation", d.interpolation.rawValue),
      ("substeps", d.sharesSubsteps ? "shared" : "last only"),
      ("predictor order", "\(d.predictorOrder)"), ("halvings", "\(d.halvings)"),
    ]
    for (n, interface) in d.interfaces.enumerated() {
      let ends = "\(interface.first) and \(interface.second): \(inWords(interface.exchange))"
      let mapping =
        system.mappings[n].isEmpty ? "the same points" : system.mappings[n].joined(separator: "; ")
      out.append(("interface '\(interface.name)'", "\(ends); \(mapping)"))
    }
    return out
  }

  private static func inWords(_ relaxation: RelaxationChoice) -> String {
    switch relaxation {
    case .constant(let factor): return "constant \(factor)"
    case .aitken(let first): return "Aitken, first factor \(first)"
    case .anderson(let depth, let mixing): return "Anderson, depth \(depth), mixing \(mixing)"
    case .quasiNewton(let memory, let filter, let first, let limit, let scaled):
      let kind: String =
        switch memory {
        case .leastSquares(let reused): "IQN-ILS, \(reused) windows reused"
        case .multiVector(let windows, let truncation):
          "IQN-IMVJ, truncated at \(truncation) every \(windows) windows"
        }
      let dropped: String =
        switch filter {
        case .none: "no filter"
        case .qr1(let limit): "QR1 \(limit)"
        case .qr2(let limit): "QR2 \(limit)"
        case .qr3(let limit): "QR3 \(limit)"
        }
      return "\(kind), \(dropped), first factor \(first), at most \(limit) columns, "
        + (scaled ? "fields scaled by residual sums" : "fields not scaled")
    }
  }

  private static func inWords(_ exchange: Exchange) -> String {
    switch exchange {
    case .robin(.automatic): "Robin, springs as stiff as the finer end"
    case .robin(.perArea(let r)): "Robin, springs of \(r) N/m³"
    case .dirichletNeumann(let side): "Dirichlet-Neumann, the \(side.rawValue) guided"
    case .overlapping: "overlapping"
    case .globalLocal: "global-local"
    case .fields(let flows):
      flows.map { "\($0.field) from the \($0.from.rawValue)" }.joined(separator: ", ")
    }
  }
}
