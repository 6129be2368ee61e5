import { findingOf, isCodedError } from "@clawkeep/diagnostics";
import type { Finding } from "@clawkeep/diagnostics";

import { numberNames, splitCommand } from "../create/command-template.ts";
import type { YamlData } from "../write/block-yaml.ts";

/** What a command became: parts of an exec contract, and what a person should know. */
export interface MappedCommand {
  readonly program: YamlData;
  readonly argv: readonly string[];
  readonly arguments: Readonly<Record<string, { readonly [key: string]: YamlData }>>;
  /** What is not as it was written. */
  readonly changes: readonly string[];
  /** What only a person can decide. */
  readonly decisions: readonly string[];
}

/** How {@link mapCommand} maps. */
export interface MapOptions {
  /** Makes `--topk 5` an argument `topk`, a whole number whose default is 5. */
  readonly numbers?: boolean;
}

const interpreters: Readonly<Record<string, string>> = {
  python: "python3",
  python3: "python3",
  node: "node",
  sh: "sh",
  bash: "sh",
};

// They run something else, so what is run would be a value and no program.
const runners: ReadonlySet<string> = new Set([
  ..."env sudo doas nohup xargs time eval exec command nice timeout setsid".split(" "),
  ..."npx bunx pnpx uvx pipx npm pnpm yarn bun uv docker podman zsh dash fish ksh".split(" "),
]);

/** Maps the command of an `exec`, a line or a list of elements. Nothing is run and no shell reads it. */
export function mapCommand(
  command: unknown,
  options: MapOptions = {},
): MappedCommand | { readonly findings: readonly Finding[] } {
  const read = wordsOf(command);
  if ("findings" in read) return read;
  const findings: Finding[] = [];
  const changes: string[] = [];
  const decisions: string[] = [];
  const report = (code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: "SKILL.md" });
  };
  const words = read.words.map((word) => word.replace(/^\{baseDir\}\//u, "./"));
  if (JSON.stringify(command).includes("{baseDir}/")) {
    changes.push("{baseDir}/: became ./, since the contract's files are those of its own folder");
  }
  const { program, rest } = programOf(words, { report, changes, decisions });

  const declared: Record<string, { readonly [key: string]: YamlData }> = {};
  const argv: string[] = [];
  let isText = false;
  const place = (name: string): void => {
    argv.push(`{{${name}}}`);
    if (numberNames.test(name)) {
      if (declared[name] === undefined) {
        decisions.push(`${name}: taken for a whole number of 0 to 1000 because of its name`);
      }
      declared[name] = { type: "integer", minimum: 0, maximum: 1000 };
      return;
    }
    const isGuarded = !isText || declared[name]?.["notOption"] === true;
    declared[name] = {
      type: "string",
      minBytes: 1,
      maxBytes: 8192,
      ...(isGuarded ? { notOption: true } : {}),
    };
  };
  const open = (option: string, value: string): boolean => {
    const name = option.replace(/^--?/u, "");
    const number = Number(value);
    const isOpen =
      options.numbers === true &&
      !isText &&
      /^--?[A-Za-z][A-Za-z0-9_-]{0,63}$/u.test(option) &&
      Number.isSafeInteger(number) &&
      String(number) === value &&
      number >= 0 &&
      declared[name] === undefined &&
      !words.some((word) => namesIn(word).includes(name));
    if (!isOpen) return false;
    const maximum = Math.max(1000, number);
    declared[name] = { type: "integer", minimum: 0, maximum, default: number };
    argv.push(`{{${name}}}`);
    changes.push(`${option} ${value}: became the argument ${name} with the default ${value}`);
    decisions.push(`${name}: is 0 to ${maximum} the range that the program takes?`);
    return true;
  };
  for (const [index, word] of rest.entries()) {
    const names = namesIn(word);
    const assigned = /^(--?[A-Za-z][A-Za-z0-9_-]*)=(.*)$/su.exec(word);
    const [, option = "", value = ""] = assigned ?? [];
    const wrong = names.find((name) => !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/u.test(name));
    if (wrong !== undefined) {
      report(
        "MIGRATE_PLACEHOLDER",
        `expected {{name}} of letters, digits, _ and -, got ${JSON.stringify(word)}`,
        "Rename it.",
      );
    } else if (names.length === 1 && isWhole(word)) {
      place(names[0] ?? "");
    } else if (names.length === 1 && isWhole(value) && !isText) {
      argv.push(option);
      place(names[0] ?? "");
      changes.push(
        `${word}: became two elements, ${option} and {{${names[0]}}}, since a value is one whole element`,
      );
      decisions.push(`${option}: does the program read its value from the next element?`);
    } else if (names.length > 0 || word.includes("{{") || word.includes("}}")) {
      report(
        "MIGRATE_PARTIAL",
        `expected a placeholder as one whole element, got ${JSON.stringify(word)}`,
        "Let the program put the text together, and give it the value alone.",
      );
    } else if (assigned !== null && options.numbers === true && /^\d+$/u.test(value)) {
      argv.push(option);
      if (open(option, value)) {
        decisions.push(`${option}: does the program read its value from the next element?`);
      } else argv.splice(-1, 1, word);
    } else if (!open(rest[index - 1] ?? "", word)) {
      argv.push(word);
      if (word === "--") isText = true;
      if (word.includes("/")) {
        decisions.push(`${word}: if it is a path, declare a root and write {{root.name}}`);
      }
    }
  }
  for (const [name, spec] of Object.entries(declared)) {
    if (spec["notOption"] !== true) continue;
    decisions.push(
      `${name}: a value that begins with - is refused; if the program honours -- or reads standard input, send it that way`,
    );
  }
  if (findings.length > 0) return { findings };
  return { program, argv, arguments: declared, changes, decisions };
}

function namesIn(word: string): readonly string[] {
  return [...word.matchAll(/\{\{([^{}]*)\}\}/gu)].map((match) => (match[1] ?? "").trim());
}

function isWhole(word: string): boolean {
  return /^\{\{[^{}]*\}\}$/u.test(word);
}

function wordsOf(
  command: unknown,
): { readonly words: readonly string[] } | { readonly findings: readonly Finding[] } {
  const refuse = (
    code: string,
    message: string,
    hint: string,
  ): { readonly findings: readonly Finding[] } => ({
    findings: [{ code, severity: "error", message, hint, file: "SKILL.md" }],
  });
  const shape = "expected cmd to be one line of text or a list of texts";
  if (typeof command === "string") {
    try {
      // A path below the skill's folder, as OpenClaw writes it; all other single braces are refused.
      const line = command.trim().replaceAll(/(?<![{\S])(["']?)\{baseDir\}\//gu, "$1./");
      return { words: splitCommand(line) };
    } catch (problem) {
      if (!isCodedError(problem)) throw problem;
      return { findings: [{ ...findingOf(problem), file: "SKILL.md" }] };
    }
  }
  if (!Array.isArray(command))
    return refuse("MIGRATE_COMMAND", `${shape}, got neither`, "Write it.");
  const words: string[] = [];
  for (const word of command as readonly unknown[]) {
    // YAML reads `5` in a list as a number.
    const text = typeof word === "number" ? String(word) : word;
    if (typeof text !== "string") {
      return refuse("MIGRATE_COMMAND", `${shape}, got ${JSON.stringify(word)}`, "Quote it.");
    }
    if (/^(?:[|;&]+|[0-9]*(?:<|>).*)$/su.test(text) || /`|\$[A-Za-z_({]/u.test(text)) {
      return refuse(
        "COMMAND_SHELL",
        `expected one plain command, got ${JSON.stringify(text)}`,
        "No shell runs it: put pipes, redirections and variables into a program file.",
      );
    }
    words.push(text);
  }
  return { words };
}

interface Notes {
  readonly report: (code: string, message: string, hint: string) => void;
  readonly changes: string[];
  readonly decisions: string[];
}

function programOf(
  words: readonly string[],
  { report, changes, decisions }: Notes,
): { readonly program: YamlData; readonly rest: readonly string[] } {
  const [first = "", second = ""] = words;
  const name = first.replace(/^\/(?:usr\/(?:local\/)?)?bin\//u, "");
  const stop = (code: string, message: string, hint: string): ReturnType<typeof programOf> => {
    report(code, message, hint);
    return { program: "", rest: words.slice(1) };
  };
  if (runners.has(name)) {
    return stop(
      "MIGRATE_RUNNER",
      `expected a program, got ${JSON.stringify(name)}, which runs or fetches another`,
      "Name the program itself.",
    );
  }
  const interpreter = Object.hasOwn(interpreters, name.replace(/^python3\.\d+$/u, "python3"))
    ? interpreters[name.replace(/^python3\.\d+$/u, "python3")]
    : undefined;
  if (interpreter !== undefined) {
    if (second === "" || second.startsWith("-") || second.includes("{{")) {
      return stop(
        "MIGRATE_PROGRAM_FILE",
        `expected a file behind ${name}, got ${JSON.stringify(second)}`,
        "Put the code into a file of the skill, and its options into the code.",
      );
    }
    if (name !== interpreter) changes.push(`${first}: became the interpreter ${interpreter}`);
    if (name === "bash")
      decisions.push(`${second}: does it run with sh, without bash's additions?`);
    return { program: { file: second.replace(/^\.\//u, ""), interpreter }, rest: words.slice(2) };
  }
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]*$/u.test(name)) {
    if (name !== first) changes.push(`${first}: became ${name}, found where the system has it`);
    decisions.push(
      `${name}: is taken for a program of the system; if it comes with the runtime, write program: ${name}`,
    );
    return { program: { system: name }, rest: words.slice(1) };
  }
  if (first.includes("/") && !/^[/~]|\{\{|=/u.test(first)) {
    decisions.push(`${first}: is executed itself; if it is a script, name its interpreter`);
    const file = first.replace(/^\.\//u, "");
    return { program: { file, interpreter: "none" }, rest: words.slice(1) };
  }
  return stop(
    "MIGRATE_PROGRAM",
    `expected a program or a file of the skill first, got ${JSON.stringify(first)}`,
    "Write its name, without variables or values before it.",
  );
}
