import type { ArgumentSpec, ArgvElement, OutputSpec, RootSpec, StdinTemplate } from "./contract.ts";
import { isRefusedVariable, isSettableVariable } from "./environment-names.ts";
import { parsePointer } from "./json-pointer.ts";
import type { ReportProblem } from "./report-problem.ts";
import type { WrittenAction } from "./written-contract.ts";

/** Longest argv element that Linux takes: MAX_ARG_STRLEN is 32 pages with the final NUL. */
const maxArgvBytes = 131_071;

const mapLimits = [
  ["arguments", 64],
  ["roots", 16],
  ["provenance", 16],
  ["secrets", 32],
  ["setEnvironment", 32],
] as const;

/** An action as written beside its parts as they were read. */
export interface ReadAction {
  readonly written: WrittenAction;
  readonly argv: readonly ArgvElement[];
  readonly residentArgv: readonly ArgvElement[] | undefined;
  readonly stdin: StdinTemplate;
  readonly specs: Readonly<Record<string, ArgumentSpec>>;
  readonly roots: Readonly<Record<string, RootSpec>>;
  readonly output: OutputSpec;
}

/** Reports every rule between the keys of one action that does not hold. */
export function checkAction(action: ReadAction, report: ReportProblem): void {
  const { written, argv, residentArgv, stdin, specs, roots, output } = action;
  checkArgv(argv, specs, report);
  checkResident(written, stdin, residentArgv, specs, report);
  checkNames(argv, residentArgv ?? [], stdin, specs, roots, report);
  checkTexts(written, report);
  checkEnvironment(written, report);
  checkExitCodes(written, report);
  checkPointers(written, output, report);
  checkEffects(written, report);
  checkRetries(written, report);
  checkServices(written, report);
  checkNamedRoots(action, report);
  for (const [key, most] of mapLimits) {
    const count = Object.keys(written[key] ?? {}).length;
    if (count > most) {
      report(
        "CONTRACT_LIMIT",
        [key],
        `expected at most ${most} entries, got ${count}`,
        "Split the action.",
      );
    }
  }
}

/** True for an argument that may be left out and then has no value. */
export function isMissable(spec: ArgumentSpec): boolean {
  return !spec.required && spec.default === undefined;
}

function checkArgv(
  argv: readonly ArgvElement[],
  specs: Readonly<Record<string, ArgumentSpec>>,
  report: ReportProblem,
): void {
  let isAfterDashes = false;
  for (const [index, element] of argv.entries()) {
    if (element.kind === "literal" && element.text === "--") isAfterDashes = true;
    if (element.kind !== "argument") continue;
    const spec = own(specs, element.name);
    if (spec === undefined) continue;
    const path = ["argv", index];
    const mayBeOption =
      (spec.type === "string" && spec.notOption !== true) ||
      ((spec.type === "integer" || spec.type === "number") && spec.minimum < 0);
    if (mayBeOption && !isAfterDashes) {
      report(
        "CONTRACT_FREE_TEXT",
        path,
        `the value of ${element.name} could begin with "-" and be read as an option`,
        'Put "--" before it, or send it by stdin.',
      );
    }
    if (isMissable(spec)) {
      report(
        "CONTRACT_OPTIONAL",
        path,
        `${element.name} may be missing, and an argv has no place for nothing`,
        "Give it a default, or send it by `stdin: {json: […]}`.",
      );
    }
    if (spec.type === "string" && spec.maxBytes > maxArgvBytes) {
      report(
        "CONTRACT_LIMITS",
        ["arguments", element.name, "maxBytes"],
        `expected at most ${maxArgvBytes} bytes for an argument in an argv, got ${spec.maxBytes}`,
        "Lower maxBytes, or send it by stdin.",
      );
    }
  }
}

function checkResident(
  written: WrittenAction,
  stdin: StdinTemplate,
  argv: readonly ArgvElement[] | undefined,
  specs: Readonly<Record<string, ArgumentSpec>>,
  report: ReportProblem,
): void {
  const isResident = written.execution === "resident";
  if (isResident !== (argv !== undefined)) {
    report(
      "CONTRACT_RESIDENT",
      [isResident ? "execution" : "resident"],
      isResident
        ? "expected `resident` beside `execution: resident`"
        : "expected no `resident` in a one-shot action",
      isResident ? "Add `resident: {argv: […]}`." : "Remove it, or write `execution: resident`.",
    );
  }
  if (!isResident || argv === undefined) return;
  const sent = stdin.kind === "json" ? stdin.arguments : [];
  const unsent = Object.keys(specs).filter((name) => !sent.includes(name));
  if (stdin.kind !== "json" || unsent.length > 0) {
    report(
      "CONTRACT_RESIDENT",
      ["stdin"],
      `expected \`stdin: {json: […]}\` with every argument${unsent.length > 0 ? `, got none of ${unsent.join(", ")}` : ""}`,
      "A resident process gets its arguments in requests only.",
    );
  }
  for (const [index, element] of argv.entries()) {
    if (element.kind !== "argument") continue;
    report(
      "CONTRACT_RESIDENT",
      ["resident", "argv", index],
      `expected fixed text or a root, got the argument ${element.name}`,
      "A resident process is started before any argument is known.",
    );
  }
}

function checkNames(
  argv: readonly ArgvElement[],
  residentArgv: readonly ArgvElement[],
  stdin: StdinTemplate,
  specs: Readonly<Record<string, ArgumentSpec>>,
  roots: Readonly<Record<string, RootSpec>>,
  report: ReportProblem,
): void {
  const used = { argument: new Set<string>(), root: new Set<string>() };
  const declared = { argument: specs, root: roots };
  const use = (kind: "argument" | "root", name: string, path: readonly PropertyKey[]): void => {
    used[kind].add(name);
    if (Object.hasOwn(declared[kind], name)) return;
    report(
      "CONTRACT_UNDECLARED",
      path,
      `expected a declared ${kind}, got ${JSON.stringify(name)}`,
      `Add it to \`${kind}s\`.`,
    );
  };
  const useAll = (elements: readonly ArgvElement[], path: readonly PropertyKey[]): void => {
    for (const [index, element] of elements.entries()) {
      if (element.kind !== "literal") use(element.kind, element.name, [...path, index]);
    }
  };
  useAll(argv, ["argv"]);
  useAll(residentArgv, ["resident", "argv"]);
  if (stdin.kind === "text") use("argument", stdin.argument, ["stdin", "text"]);
  if (stdin.kind === "json") {
    for (const [index, name] of stdin.arguments.entries())
      use("argument", name, ["stdin", "json", index]);
  }
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.type === "path") use("root", spec.root, ["arguments", name, "root"]);
  }
  for (const kind of ["argument", "root"] as const) {
    for (const name of Object.keys(declared[kind])) {
      if (used[kind].has(name)) continue;
      report(
        "CONTRACT_UNUSED",
        [`${kind}s`, name],
        `${kind} ${name} is declared and not used`,
        "Use it or remove it.",
      );
    }
  }
}

function checkTexts(written: WrittenAction, report: ReportProblem): void {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;
  const check = (text: string | undefined, path: readonly PropertyKey[]): void => {
    if (text !== undefined && control.test(text)) {
      report(
        "CONTRACT_CONTROL_CHARACTER",
        path,
        "expected text without control characters",
        "Remove them.",
      );
    }
  };
  check(written.description, ["description"]);
  for (const [index, text] of written.argv.entries()) {
    check(text, ["argv", index]);
    if (Buffer.byteLength(text) > 4096) {
      report(
        "CONTRACT_LIMIT",
        ["argv", index],
        "expected at most 4096 bytes, got more",
        "Shorten it.",
      );
    }
  }
  for (const [index, text] of (written.resident?.argv ?? []).entries())
    check(text, ["resident", "argv", index]);
  for (const [name, spec] of Object.entries(written.arguments ?? {})) {
    check(spec.description, ["arguments", name, "description"]);
    for (const [index, text] of (spec.values ?? []).entries())
      check(text, ["arguments", name, "values", index]);
  }
  for (const [name, value] of Object.entries(written.setEnvironment ?? {})) {
    check(value.replaceAll(/[\t\n]/gu, "\r"), ["setEnvironment", name]);
  }
  for (const [name, root] of Object.entries(written.roots ?? {}))
    check(root.description, ["roots", name, "description"]);
}

function checkEnvironment(written: WrittenAction, report: ReportProblem): void {
  const names = written.environment ?? [];
  const entries = [
    ...names.map((name, index) => [name, ["environment", index]] as const),
    ...Object.entries(written.secrets ?? {}).flatMap(([name, secret]) =>
      (secret.as === "environment" || isRefusedVariable(name)
        ? [name]
        : [name, `${name}_FILE`]
      ).map((variable) => [variable, ["secrets", name]] as const),
    ),
    ...Object.keys(written.setEnvironment ?? {}).map(
      (name) => [name, ["setEnvironment", name]] as const,
    ),
  ];
  const seen = new Set<string>();
  for (const [name, path] of entries) {
    const isFixed = path[0] === "setEnvironment" && isSettableVariable(name);
    if (isRefusedVariable(name) && !isFixed) {
      report(
        "CONTRACT_ENVIRONMENT",
        path,
        `${name} decides what is run or is set by the runtime`,
        "Remove it.",
      );
    } else if (seen.has(name)) {
      report(
        "CONTRACT_ENVIRONMENT",
        path,
        `expected each name once, got ${name} again`,
        "Remove one of the two.",
      );
    }
    seen.add(name);
  }
}

function checkExitCodes(written: WrittenAction, report: ReportProblem): void {
  if (written.exitCodes !== undefined && written.exitCodes["0"] !== "done") {
    report(
      "CONTRACT_EXIT_CODES",
      ["exitCodes"],
      'expected "0": done',
      "Every program says with 0 that it worked.",
    );
  }
}

function checkPointers(written: WrittenAction, output: OutputSpec, report: ReportProblem): void {
  const provenance = Object.entries(written.provenance ?? {});
  const volatile = written.determinism?.volatile ?? [];
  const promise = written.determinism?.promise ?? "none";
  const pointers = [
    ...provenance.map(([name, pointer]) => [pointer, ["provenance", name]] as const),
    ...volatile.map((pointer, index) => [pointer, ["determinism", "volatile", index]] as const),
  ];
  for (const [pointer, path] of pointers) {
    if (pointer !== "" && parsePointer(pointer) !== undefined) continue;
    report(
      "CONTRACT_POINTER",
      path,
      `expected a JSON pointer to a part of the output, got ${JSON.stringify(pointer)}`,
      "A pointer is like /results/0/score (RFC 6901).",
    );
  }
  const needsJson = (path: readonly PropertyKey[]): void =>
    report(
      "CONTRACT_FORMAT",
      path,
      "expected `output.format: json` beside this, got text",
      "Print JSON, or remove this.",
    );
  if (output.format !== "json") {
    if (provenance.length > 0) needsJson(["provenance"]);
    if (promise === "json") needsJson(["determinism", "promise"]);
  }
  if (volatile.length > 0 && promise !== "json") {
    report(
      "CONTRACT_DETERMINISM",
      ["determinism", "volatile"],
      `expected volatile parts only beside \`promise: json\`, got \`${promise}\``,
      "Remove `volatile`, or promise json.",
    );
  }
}

function checkEffects(written: WrittenAction, report: ReportProblem): void {
  const writes = Object.values(written.roots ?? {}).some((root) => root.access === "write");
  const says = (written.effects ?? "read-only") === "writes";
  if (writes === says) return;
  report(
    "CONTRACT_EFFECTS",
    [written.effects === undefined ? "roots" : "effects"],
    writes
      ? "expected `effects: writes`, because a root has `access: write`"
      : "expected a root with `access: write` beside `effects: writes`",
    writes
      ? "Add `effects: writes`, or give the root `access: read`."
      : "Declare the root, or write `effects: read-only`.",
  );
}

/** A run that failed may have done half of its work: what has effects is not done twice unasked. */
function checkRetries(written: WrittenAction, report: ReportProblem): void {
  const { retries } = written;
  if (retries === undefined) return;
  if ((written.effects ?? "read-only") === "writes") {
    report(
      "CONTRACT_RETRIES",
      ["retries"],
      "expected no `retries` in an action with `effects: writes`",
      "Let the caller decide whether to do it again.",
    );
  }
  for (const [index, code] of retries.on.entries()) {
    const meaning = written.exitCodes?.[String(code)] ?? "failure";
    if (meaning === "failure" && retries.on.indexOf(code) === index) continue;
    report(
      "CONTRACT_RETRIES",
      ["retries", "on", index],
      meaning === "failure"
        ? `expected each exit code once, got ${code} again`
        : `expected an exit code that is a failure, got ${code} (${meaning})`,
      "Remove it.",
    );
  }
}

/** A root of which only named files are shown is not shown itself. */
function checkNamedRoots({ written, argv, residentArgv }: ReadAction, report: ReportProblem): void {
  for (const [name, root] of Object.entries(written.roots ?? {})) {
    if (root.show === undefined) continue;
    const isReferred = [...argv, ...(residentArgv ?? [])].some(
      (element) => element.kind === "root" && element.name === name,
    );
    const problem =
      root.access === "write"
        ? "a root of which only named files are shown is only read"
        : isReferred
          ? `the root ${name} itself is not shown, so {{root.${name}}} would name nothing`
          : residentArgv !== undefined
            ? "a resident process is started before any path is named"
            : undefined;
    if (problem !== undefined) {
      report("CONTRACT_ROOT", ["roots", name, "show"], problem, "Remove `show`.");
    }
  }
}

function checkServices(written: WrittenAction, report: ReportProblem): void {
  const services = written.services ?? [];
  for (const [index, name] of services.entries()) {
    if (services.indexOf(name) === index) continue;
    report(
      "CONTRACT_SERVICES",
      ["services", index],
      `expected each service once, got ${name} again`,
      "Remove one of the two.",
    );
  }
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
