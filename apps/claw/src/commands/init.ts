import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";

import { CodedError, escapeForTerminal, hasErrors } from "@clawkeep/diagnostics";
import {
  advise,
  initialSpec,
  judgeHost,
  parseSpec,
  profileAbouts,
  readHostFacts,
} from "@clawkeep/provision-plan";
import type { Advice, InitialAnswers } from "@clawkeep/provision-plan";

import { confirmed } from "../output/confirm.ts";
import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { thisHost } from "../place/host-reader.ts";

/** Options of `init` as they were written. */
export interface InitOptions {
  readonly name?: string;
  readonly profile?: string;
  readonly model?: string;
  readonly fallback?: string;
  readonly port?: string;
  readonly ui: boolean;
  readonly bind?: string;
  readonly origin?: string;
  readonly internet?: boolean;
  readonly search?: string;
  readonly channel?: readonly string[];
  readonly reason?: string;
  readonly privateData: boolean;
  readonly gpu: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Writes a first `deploy.yaml` for this machine, unless it could not run what that says. */
export async function initSpec(file: string, options: InitOptions): Promise<number> {
  if (existsSync(file)) throw isThere(file);
  const host = readHostFacts(thisHost());
  const advice = advise(host);
  const first = answersOf(options, advice);
  const isAsked =
    options.yes !== true &&
    options.json !== true &&
    process.env["CLAWBOT_NON_INTERACTIVE"] !== "1" &&
    process.stdin.isTTY &&
    process.stdout.isTTY;
  const answers = isAsked ? await ask(first, advice) : first;
  if (answers === undefined) {
    printNote("Nothing was written.");
    return 1;
  }
  const text = initialSpec(answers);
  const { spec, findings } = parseSpec(Buffer.from(text), file);
  const problems = spec === undefined ? [] : judgeHost(spec, host);
  const ok = spec !== undefined && problems.every(({ severity }) => severity !== "error");
  if (options.json !== true) {
    process.stderr.write(findingsText(findings));
    for (const { severity, code, message, rows } of problems) {
      printNote(escapeForTerminal(`${severity} ${code}: ${message} (${rows.join(", ")})`));
    }
    if (isAsked) printData(escapeForTerminal(text, { keepNewlines: true }));
  }
  if (!ok || (isAsked && !(await confirmed(`write ${file}?`, false)))) {
    if (options.json === true) printJson({ version: 1, ok, file, findings, host: problems });
    printNote("Nothing was written.");
    return 1;
  }
  write(file, text);
  if (options.json === true) {
    printJson({ version: 1, ok, file, written: text, findings, host: problems });
  } else {
    printData(escapeForTerminal(`${file}: ${answers.profile}, ${answers.model}`));
    printNote(`Next: claw check ${file} --host, claw plan ${file}, claw apply ${file}`);
  }
  return hasErrors(findings) ? 1 : 0;
}

async function ask(first: InitialAnswers, advice: Advice): Promise<InitialAnswers | undefined> {
  const { askAnswers } = await import("../wizard/ask-answers.ts");
  const { terminalPrompter } = await import("../wizard/terminal-prompter.ts");
  return askAnswers(first, advice, terminalPrompter);
}

const exposures = ["loopback", "ssh", "tailscale", "caddy"] as const;
const searches = ["gemini", "grok", "ollama"] as const;
const channelNames = ["telegram", "discord", "whatsapp"] as const;

/** What was said by options, and what the host's advice says of the rest. */
function answersOf(options: InitOptions, advice: Advice): InitialAnswers {
  const { origin, fallback, reason, port, search } = options;
  const profile = oneOf("--profile", options.profile ?? advice.profile, profileNames());
  const model = options.model ?? advice.model;
  const advised = advice.models.find(({ ref, fits }) => ref === model && fits);
  const why = advice.profile === "vps" ? "no room for a local model" : advice.reasons.at(-1)?.text;
  const channels = (options.channel ?? []).map((one) => oneOf("--channel", one, channelNames));
  if (port !== undefined && !/^[1-9][0-9]{3,4}$/u.test(port)) throw wrong("--port", port, "a port");
  return {
    name: options.name ?? "claw",
    profile,
    ...(why === undefined || profile !== advice.profile ? {} : { profileWhy: why }),
    model,
    ...(advised === undefined
      ? {}
      : {
          modelWhy: advised.why,
          contextTokens: advised.contextTokens,
          ...(advised.cache === "f16" ? {} : { cache: advised.cache }),
        }),
    ...(fallback === undefined ? {} : { fallback }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ui: options.ui,
    exposure: oneOf("--bind", options.bind ?? "loopback", exposures),
    ...(origin === undefined ? {} : { origin }),
    internet:
      options.internet === true ||
      profile === "vps" ||
      profile === "hybrid" ||
      search !== undefined,
    ...(search === undefined ? {} : { search: oneOf("--search", search, searches) }),
    channels,
    ...(reason === undefined ? {} : { reason }),
    privateData: options.privateData,
    gpu: options.gpu,
  };
}

function profileNames(): readonly InitialAnswers["profile"][] {
  return Object.keys(profileAbouts()) as InitialAnswers["profile"][];
}

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw wrong(option, value, `one of ${known.join(", ")}`);
  return found;
}

function wrong(option: string, value: string, expected: string): CodedError {
  return new CodedError({
    code: "INIT_OPTION",
    message: `${option}: expected ${expected}, got ${value}`,
    hint: "claw init --help lists them.",
  });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o644, flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw isThere(file);
    throw new CodedError({
      code: "INIT_NOT_WRITTEN",
      message: `expected to make ${file}, could not`,
      hint: "Name a file in a folder that you may write.",
      cause,
    });
  }
}

function isThere(file: string): CodedError {
  return new CodedError({
    code: "INIT_EXISTS",
    message: `expected a new file, got ${file}, which is there already`,
    hint: "Name another one: claw init FILE. claw model and an editor change the one that is there.",
  });
}
