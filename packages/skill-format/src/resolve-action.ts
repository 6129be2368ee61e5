import { parseArgvElement } from "./argv-template.ts";
import { pathProblem } from "./argument-value.ts";
import { checkAction, isMissable } from "./check-action.ts";
import type { Action, ArgumentSpec, ArgvElement, RootSpec, StdinTemplate } from "./contract.ts";
import { defined } from "./defined.ts";
import type { ReportProblem } from "./report-problem.ts";
import { resolveArgument } from "./resolve-argument.ts";
import { resolveOutput } from "./resolve-output.ts";
import type { WrittenAction } from "./written-contract.ts";

/** What an action may refer to outside itself. */
export interface ActionSurroundings {
  /** Bytes of the skill's files by relative path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly report: ReportProblem;
}

/** Fills in the defaults of one action and reports every rule between its keys that does not hold. */
export function resolveAction(written: WrittenAction, surroundings: ActionSurroundings): Action {
  const { report } = surroundings;
  const specs = mapValues(written.arguments ?? {}, (spec, name) =>
    resolveArgument(spec, name, report),
  );
  const roots = mapValues(written.roots ?? {}, (root, name): RootSpec => {
    const problem = root.default === undefined ? undefined : rootDefaultProblem(root.default);
    if (problem !== undefined) {
      report(
        "CONTRACT_ROOT",
        ["roots", name, "default"],
        problem,
        "Write a folder below the workspace.",
      );
    }
    if (root.provided !== undefined && (root.default !== undefined || root.access !== "read")) {
      report(
        "CONTRACT_ROOT",
        ["roots", name, "provided"],
        "a provided root is only read and has no default of its own",
        "Write access: read and leave default out.",
      );
    }
    if (
      root.provided === "audit-log" &&
      (root.show !== undefined || written.sandbox === undefined)
    ) {
      report(
        "CONTRACT_ROOT",
        ["roots", name, "provided"],
        "without a sandbox the log's private key could be read beside the log, and all of the log is shown",
        "Write sandbox: landlock for the action, and leave show out.",
      );
    }
    return defined({
      access: root.access,
      default: root.default,
      provided: root.provided,
      show: root.show,
      description: root.description,
    });
  });
  const argv = readArgv(written.argv, ["argv"], report);
  const stdin = readStdin(written.stdin ?? "none", specs, report);
  const execution = written.execution ?? "oneshot";
  const residentArgv =
    written.resident && readArgv(written.resident.argv, ["resident", "argv"], report);
  const output = resolveOutput(written.output ?? {}, surroundings);

  checkAction({ written, argv, residentArgv, stdin, specs, roots, output }, report);

  return {
    description: written.description,
    argv,
    stdin,
    arguments: specs,
    execution,
    ...(residentArgv === undefined
      ? {}
      : {
          resident: {
            argv: residentArgv,
            idleMs: written.resident?.idleMs ?? 60_000,
            ...defined({ maxRequests: written.resident?.maxRequests }),
          },
        }),
    timeoutMs: written.timeoutMs ?? 30_000,
    output,
    exitCodes: written.exitCodes ?? { "0": "done" },
    environment: written.environment ?? [],
    secrets: mapValues(written.secrets ?? {}, (secret) =>
      defined({ reference: secret.reference, as: secret.as, description: secret.description }),
    ),
    roots,
    network: "none",
    services: written.services ?? [],
    ...(written.limits === undefined ? {} : { limits: defined(written.limits) }),
    ...(written.retries === undefined ? {} : { retries: written.retries }),
    provenance: written.provenance ?? {},
    determinism: {
      promise: written.determinism?.promise ?? "none",
      volatile: written.determinism?.volatile ?? [],
    },
    effects: written.effects ?? "read-only",
    ...defined({ setEnvironment: written.setEnvironment, sandbox: written.sandbox }),
  };
}

function rootDefaultProblem(path: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  if (/[\u0000-\u001f\u007f-\u009f]/u.test(path))
    return "expected a path without control characters";
  return pathProblem(path);
}

function readArgv(
  written: readonly string[],
  path: readonly PropertyKey[],
  report: ReportProblem,
): readonly ArgvElement[] {
  return written.map((text, index): ArgvElement => {
    const element = parseArgvElement(text);
    if (element !== undefined) return element;
    report(
      "CONTRACT_PLACEHOLDER",
      [...path, index],
      `expected one placeholder as the whole element, got ${JSON.stringify(text)}`,
      'Write "{{name}}" or "{{root.name}}" as an element of its own.',
    );
    return { kind: "literal", text: "" };
  });
}

function readStdin(
  written: NonNullable<WrittenAction["stdin"]>,
  specs: Readonly<Record<string, ArgumentSpec>>,
  report: ReportProblem,
): StdinTemplate {
  if (written === "none") return { kind: "none" };
  if ("json" in written) {
    if (new Set(written.json).size < written.json.length) {
      report(
        "CONTRACT_STDIN",
        ["stdin", "json"],
        "expected each argument once, got one twice",
        "Remove one.",
      );
    }
    return { kind: "json", arguments: written.json };
  }
  const spec = Object.hasOwn(specs, written.text) ? specs[written.text] : undefined;
  if (spec !== undefined && (spec.type !== "string" || isMissable(spec))) {
    report(
      "CONTRACT_STDIN",
      ["stdin", "text"],
      `expected a string that is always there, got ${written.text} (${spec.type})`,
      "Use `stdin: {json: […]}`, or give the argument a default.",
    );
  }
  return { kind: "text", argument: written.text };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}
