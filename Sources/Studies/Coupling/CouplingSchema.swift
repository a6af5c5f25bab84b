import Coupling
import Storage

extension Schema {
  /// What a coupled case says: who takes part, where they meet, who goes when.
  static let coupling = Schema.record([
    .need("kind", .choice([CaseKind.coupling.rawValue]), "the kind of study"),
    .may("title", .text, "what the case is about"),
    .need(
      "participants", .list(participant, 2...100),
      "who takes part, in the order in which a serial scheme asks them"),
    .need("interfaces", .list(interface, 1...1000), "borders that belong together"),
    .may(
      "scheme", .choice(CouplingCase.schemes.map(\.name)),
      "who goes when; implicit: until all agree",
      standard: "serial-implicit"),
    .need(
      "window",
      .either([
        .number(.time, .positive),
        .record([.need("given-by", .text, "name of the participant whose step is the window")]),
      ]), "length of the time windows"),
    .need("end", .number(.time, .positive), "where the run ends"),
    .may(
      "output", .number(.time, .positive),
      "between output times, at which windows end; if not given a hundredth of the end in whole windows"
    ),
    .may(
      "convergence", .list(criterion, 1...100), "when a window has converged: all must hold",
      standard: "[{relative: 1e-6}]"),
    .may(
      "iterations",
      .record([
        .may("most", .integer(1...100_000), "permitted in a window", standard: "50"),
        .may("least", .integer(1...100_000), "demanded in a window", standard: "1"),
      ]), "in a window of an implicit scheme", standard: "{}"),
    .may("relaxation", relaxation, "how the next iterate is found; IQN-ILS if not given"),
    .may(
      "waveform",
      .record([
        .may(
          "interpolation", .choice(TimeInterpolation.allCases.map(\.rawValue)),
          "what lies between samples", standard: "linear"),
        .may(
          "substeps", .flag, "whether others see all steps in a window, or the last alone",
          standard: "true"),
        .may(
          "predictor", .integer(0...2),
          "order of the polynomial through earlier windows that begins one", standard: "0"),
      ]), "fields between the steps of participants", standard: "{}"),
    .may(
      "halvings", .integer(0...30), "times that a window which fails is tried with half the length",
      standard: "4"),
    .may(
      "workers", .integer(1...1024),
      "threads that advance participants of a parallel scheme; the answer is the same",
      standard: "1"),
    .may(
      "checkpoint",
      .record([.need("every", .integer(1...1_000_000), "number of windows from one to the next")]),
      "write the state to RESULT.checkpoint, from which 'run --continue' goes on; removed at the end"
    ),
    .may("probes", .list(couplingProbe, 0...10_000), "quantities to report", standard: "[]"),
  ])

  private static let participant = Schema.variants([
    Variant(
      "case", nil, "a solver, with a case of its own",
      [
        .need("name", .text, "unique here"),
        .need(
          "case", .text,
          "path of its case of kind fem or block-system, from the folder of this one. Its own times and "
            + "load steps do not count; a body at rest has the time, in s, as its load factor"),
        .may(
          "borders", .list(.text, 1...1000),
          "of finite elements: sets of the mesh; blocks name theirs in their own case"),
        .may(
          "step", .number(.time, .positive),
          "its longest step; if not given that of its case, of a body at rest the window"),
        .may(
          "set", .list(.text, 1...1000), "assignments key=value that replace values of its case"),
        .may(
          "complement", .list(.text, 1...1000),
          "of a global model: its regions that no local model replaces"),
      ]),
    Variant(
      "model", "point-mass", "m a + c v + k u = f, with one border 'mass' of one value",
      [
        .need("name", .text, "unique here"),
        .need("mass", .number(.init(mass: 1), .positive), "m"),
        .may("stiffness", .number(.stiffness, .notNegative), "k", standard: "0"),
        .may(
          "damping", .number(.init(mass: 1, time: -1), .notNegative), "c", standard: "0"),
        .may("displacement", .length, "at the start", standard: "0"),
        .may("velocity", .number(.velocity, .any), "at the start", standard: "0"),
        .may("step", .number(.time, .positive), "longest; the window if not given"),
        .may(
          "integrator", .choice(PointMass.Integrator.allCases.map(\.rawValue)),
          "how it goes through time", standard: "trapezoidal"),
      ]),
    Variant(
      "model", "spring",
      "without mass, with borders 'first' and 'second' of one value; guided at both",
      [
        .need("name", .text, "unique here"),
        .need("stiffness", .number(.stiffness, .positive), "k"),
        .may(
          "displacement", .list(.length, 2...2), "of both ends at the start, as its neighbours'",
          standard: "[0, 0]"),
        .may(
          "step", .number(.time, .positive),
          "longest; the window if not given, in which its neighbours' steps are then not seen"),
      ]),
    Variant(
      "model", "elastic-tube-flow",
      "flow in an elastic tube: reads cross-section, writes pressure on 'tube'",
      [.need("name", .text, "unique here")] + tubeKeys),
    Variant(
      "model", "elastic-tube-wall",
      "wall of an elastic tube: reads pressure, writes cross-section on 'tube'",
      [.need("name", .text, "unique here")] + tubeKeys),
  ])

  private static let tubeKeys: [Field] = [
    .may("cells", .integer(3...100_000), "along the tube", standard: "100"),
    .may("length", .number(.length, .positive), "of the tube", standard: "10"),
  ]

  private static let interfaceHead: [Field] = [
    .need(
      "between", .list(.text, 2...2), "the two ends, each as participant.border; first, second"),
    .may("name", .text, "in results"),
    .may("mapping", mapping, "from points to points where meshes do not match", standard: "mortar"),
    .may(
      "gap", .number(.none, .positive),
      "how far the borders may be apart beside the size of their facets; 0.25 if not given"),
  ]

  private static let interface = Schema.variants([
    Variant(
      "exchange", "robin", "springs on both ends; the one to take where nothing speaks against it",
      interfaceHead + [
        .may(
          "impedance", .number(.init(length: -2, mass: 1, time: -2), .positive),
          "of the springs, N/m³; what the finer end opposes to displacements if not given")
      ]),
    Variant(
      "exchange", "dirichlet-neumann", "displacement to one end, forces to the other",
      interfaceHead + [.need("guided", .text, "the participant that is given the displacement")]),
    Variant(
      "exchange", "overlapping", "the second end has the displacement inside the first",
      interfaceHead),
    Variant(
      "exchange", "global-local", "the first is a coarse global model, the second a local one",
      interfaceHead),
    Variant(
      "exchange", "fields", "any fields",
      interfaceHead + [
        .need(
          "fields",
          .list(
            .record([
              .need("field", .text, "what is written"),
              .need("from", .text, "the participant that writes it"),
              .may("as", .text, "what it is read as; the same if not given"),
              .may(
                "conservative", .flag, "whether sums are kept (forces), not values",
                standard: "false"),
              .may("factor", .pure, "on the way", standard: "1"),
            ]), 1...100), "what goes over")
      ]),
  ])

  private static let mapping = Schema.choice([
    "mortar", "nearest-projection", "barycentric", "nearest-neighbour", "rbf-c2", "rbf-c4",
    "rbf-c6", "rbf-c8", "thin-plate",
  ])

  private static let criterion = Schema.variants(
    ["relative", "absolute", "residual-relative"].map { kind in
      Variant(
        kind, nil, "limit of the change of a field over an iteration, \(kind)",
        [
          .need(kind, .number(.none, .positive), "the limit"),
          .may("field", .text, "which; all if not given"),
        ])
    })

  private static let filterKeys: [Field] = [
    .may("first", .number(.none, .positive), "part of the residual of a first step"),
    .may("columns", .integer(1...10_000), "differences kept at most", standard: "100"),
    .may(
      "filter", .choice(["none", "qr1", "qr2", "qr3"]), "which differences are dropped",
      standard: "qr2"),
    .may("filter-limit", .number(.none, .positive), "of the filter", standard: "1e-3"),
    .may("scaled", .flag, "whether fields are made to count alike", standard: "true"),
  ]

  private static let relaxation = Schema.variants([
    Variant(
      "kind", "constant", "x + factor (H(x) - x)",
      [.may("factor", .number(.none, .positive), "1 is unrelaxed", standard: "1")]),
    Variant(
      "kind", "aitken", "Aitken's dynamic factor",
      [.may("first", .number(.none, .positive), "first factor", standard: "0.5")]),
    Variant(
      "kind", "anderson", "Anderson's mixing",
      [
        .may("depth", .integer(1...1000), "points kept", standard: "8"),
        .may("mixing", .number(.none, .positive), "factor of the residual", standard: "1"),
      ]),
    Variant(
      "kind", "iqn-ils", "interface quasi-Newton by least squares",
      [
        .may("reuse", .integer(0...10_000), "earlier windows whose differences help", standard: "8")
      ] + filterKeys),
    Variant(
      "kind", "iqn-imvj", "interface quasi-Newton with the inverse Jacobian of earlier windows",
      [
        .may("restart", .integer(1...10_000), "windows between truncations", standard: "8"),
        .may("truncation", .number(.none, .positive), "of singular values", standard: "1e-4"),
      ] + filterKeys),
  ])

  private static let couplingProbe = Schema.variants([
    Variant(
      "quantity", "iterations", "sweeps in windows so far",
      [
        .need("name", .text, "in results"),
        .may(
          "statistic", .choice(["total", "mean", "largest", "first"]), "over the windows",
          standard: "total"),
      ]),
    Variant(
      "quantity", "work", "done on an end of an interface so far",
      [
        .need("name", .text, "in results"), .need("interface", .text, "its name"),
        .need("side", .choice(Exchange.Side.allCases.map(\.rawValue)), "which end"),
      ]),
    Variant(
      "quantity", "created", "energy that an interface did not conserve so far",
      [
        .need("name", .text, "in results"), .need("interface", .text, "its name"),
        .may("relative", .flag, "beside all work over it", standard: "false"),
      ]),
    Variant(
      "quantity", "value", "of a field on a border",
      [
        .need("name", .text, "in results"), .need("at", .text, "participant.border"),
        .need("field", .text, "displacement, force, …"),
        .may("point", .integer(0...10_000_000), "number of the point, from 0", standard: "0"),
        .may("component", .integer(0...2), "from 0", standard: "0"),
        .may("sum", .flag, "over all points instead", standard: "false"),
      ]),
    Variant(
      "quantity", "largest", "magnitude that a probe of a participant has had at output times",
      [
        .need("name", .text, "in results"),
        .need("of", .text, "the probe, as participant.probe"),
      ]),
  ])
}
