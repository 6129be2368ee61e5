import type { Finding } from "@clawkeep/diagnostics";
import { ollamaVariableProblem } from "@clawkeep/provision-plan";

import type { ContainerVariable, VariableKind } from "./variables.ts";
import { containerVariables } from "./variables.ts";

/** What the environment says, as far as it holds. */
export interface VariableValues {
  /** Text of every variable of {@link containerVariables} that is set well, or its default. */
  readonly texts: ReadonlyMap<string, string>;
  /** Further variables of Ollama, for its own process. */
  readonly ollama: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/** Variables that something else decides, and what. */
const decided: Readonly<Record<string, string>> = {
  OLLAMA_CONTEXT_LENGTH: "CLAWLAMA_CONTEXT_WINDOW says it",
  OLLAMA_NO_CLOUD: "it is 1: no model here is in a cloud",
};

/** Reads every `CLAWLAMA_*` and `OLLAMA_*` of an environment. All that is wrong is said at once; no secret is repeated. */
export function readVariables(
  environment: Readonly<Record<string, string | undefined>>,
): VariableValues {
  const texts = new Map<string, string>();
  const ollama: Record<string, string> = {};
  const findings: Finding[] = [];
  const refuse = (code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: "environment" });
  };
  for (const { name, standard } of containerVariables) {
    if (standard !== undefined) texts.set(name, standard);
  }
  for (const [name, value] of Object.entries(environment).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!/^(?:CLAWLAMA|OLLAMA)_/u.test(name) || value === undefined) continue;
    // A line `NAME=` of a file of variables sets nothing.
    if (value === "") continue;
    const known = containerVariables.find((one) => one.name === name);
    if (known !== undefined) {
      const text = value.trim();
      const expected = expectation(known.kind, text);
      if (expected === undefined) texts.set(name, text);
      else {
        refuse(
          "CONTAINER_VARIABLE",
          `${name}: expected ${expected}, got ${shown(known, text)}`,
          `${known.about}.${known.standard === undefined || known.standard === "" ? "" : ` Without it: ${known.standard}.`}`,
        );
      }
      continue;
    }
    const owner = Object.hasOwn(decided, name) ? decided[name] : undefined;
    if (owner !== undefined) {
      refuse("CONTAINER_VARIABLE_DECIDED", `${name} is not set here: ${owner}`, "Remove it.");
      continue;
    }
    const problem = name.startsWith("OLLAMA_") ? ollamaVariableProblem(name, value) : undefined;
    if (name.startsWith("OLLAMA_") && problem === undefined) ollama[name] = value;
    else {
      const near = nearest(name);
      refuse(
        problem?.code === "OLLAMA_NO_EFFECT"
          ? "CONTAINER_VARIABLE_WITHOUT_EFFECT"
          : "CONTAINER_VARIABLE_UNKNOWN",
        problem?.message ?? `${name} is no variable of this container`,
        near === undefined
          ? "`claw-container help` lists them."
          : `Did you mean ${near}? \`claw-container help\` lists them.`,
      );
    }
  }
  return { texts, ollama, findings };
}

/** What a text should have been, or undefined when it is that. */
function expectation(kind: VariableKind, text: string): string | undefined {
  switch (kind.of) {
    case "integer": {
      const isGood =
        /^[0-9]{1,9}$/u.test(text) && Number(text) >= kind.least && Number(text) <= kind.most;
      return isGood ? undefined : `a whole number from ${kind.least} to ${kind.most}`;
    }
    case "model":
      return isModel(text) ? undefined : "a model as `ollama list` shows it, with its tag";
    case "models":
      return listOf(text).every(isModel) && listOf(text).length <= 8
        ? undefined
        : "at most 8 models with their tags, and commas between them";
    case "words":
      return listOf(text).every((word) => kind.words.includes(word))
        ? undefined
        : `some of ${kind.words.join(", ")}, with commas between them`;
    case "address":
      return addressOf(text) === undefined ? "HOST:PORT, the host as an IPv4 address" : undefined;
    case "path":
      return /^\/[^\0\n]{1,4000}$/u.test(text) && !text.split("/").includes("..")
        ? undefined
        : "an absolute path";
    default:
      return kind.form.test(text) ? undefined : kind.expected;
  }
}

function isModel(text: string): boolean {
  return (
    /^[a-z0-9][A-Za-z0-9._/-]{0,127}:[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/u.test(text) &&
    !text.endsWith(":latest")
  );
}

/** The parts of a list with commas, without what is empty. */
export function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** `127.0.0.1:11434` as its parts; undefined for anything else. */
export function addressOf(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?<host>[0-9]{1,3}(?:\.[0-9]{1,3}){3}):(?<port>[0-9]{1,5})$/u.exec(text)?.groups;
  const host = found?.["host"] ?? "";
  const port = Number(found?.["port"]);
  const isGood =
    host.split(".").every((part) => Number(part) <= 255) && port >= 1024 && port <= 65_535;
  return found !== undefined && isGood ? { host, port } : undefined;
}

function shown({ kind }: ContainerVariable, text: string): string {
  return kind.of === "secret"
    ? `${text.length} characters of another form`
    : JSON.stringify(text.slice(0, 80));
}

/** The variable that was probably meant: at most two letters away. */
function nearest(name: string): string | undefined {
  return containerVariables
    .map((one) => ({ name: one.name, away: distance(one.name, name) }))
    .filter(({ away }) => away <= 2)
    .toSorted((a, b) => a.away - b.away)[0]?.name;
}

/** Letters to put in, take out or replace. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      now.push(
        Math.min(
          (before[column] ?? 0) + 1,
          (now[column - 1] ?? 0) + 1,
          (before[column - 1] ?? 0) + same,
        ),
      );
    }
    before = now;
  }
  return before[b.length] ?? 0;
}
