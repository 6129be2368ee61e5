import { readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import type { Ended } from "../openclaw/principal.ts";
import { builtClaw } from "./built-claw.ts";
import type { Step } from "./built-claw.ts";
import type { Deployment } from "./deployments.ts";
import { bytesOf, seenServices } from "./observe.ts";

/** What is killed. */
export interface Killed {
  readonly one: Deployment;
  /** Such as `a notebook, stand-in gateway`. */
  readonly called: string;
  readonly spec: (maxTokens: number) => readonly string[];
  /** What `claw apply` gets besides. */
  readonly more: readonly string[];
  readonly services: readonly string[];
  /** Folders that are there after an apply and not before. */
  readonly made: readonly string[];
}

/** No model is asked: it would answer the same to each of hundreds. */
export function applyArguments({ more }: Killed): readonly string[] {
  return ["apply", "--start", "--without-model", ...more];
}

/** `claw apply` of the spec with that number, as it is built. */
export function apply(killed: Killed, maxTokens: number): Promise<Ended> {
  killed.one.spec(killed.spec(maxTokens));
  return builtClaw(killed.one, applyArguments(killed));
}

/** As on a machine where it was never applied. */
export async function takeAway(killed: Killed): Promise<void> {
  const { one, made } = killed;
  const stopped = await builtClaw(one, ["stop", one.name]);
  if (stopped.code !== 0) throw new Error(`claw stop: ${said(stopped)}`);
  const folders = ["rendered", path.join(one.store, "deployments"), ...made];
  for (const folder of folders) {
    rmSync(path.resolve(one.folder, folder), { recursive: true, force: true });
  }
}

/** What is wrong with how it died. */
export function diedAt(died: Ended, step: Step): readonly string[] {
  const at = `killed at ${step.number}: ${step.name} `;
  if (died.signal === "SIGKILL" && died.stderr.includes(at)) return [];
  return [`step ${step.number}, ${step.name}: it was not killed there: ${said(died)}`];
}

/** What is wrong once a call has ended that came after a kill: its end, a file, what a kill left behind, what runs. */
export async function settled(
  { one, services }: Killed,
  ended: Ended,
  wanted: Files,
  { but, isFinished = true }: { readonly but?: RegExp; readonly isFinished?: boolean } = {},
): Promise<readonly string[]> {
  if (ended.code !== 0) return [said(ended)];
  // First: a supervisor that starts writes where the files are.
  const runs = await runOnce(services);
  if (!runs) return [`run: ${[...seenServices().keys()].join(", ")}`];
  const now = filesOf(one, but);
  const names = [...new Set([...Object.keys(now), ...Object.keys(wanted)])];
  const others = names.filter((at) => now[at] !== wanted[at]);
  if (others.length > 0) return [`other than expected: ${others.join(", ")}`];
  const left = isFinished ? one.written.flatMap(leftIn) : [];
  return left.length === 0 ? [] : [`left behind: ${left.join(", ")}`];
}

/** What is wrong after an apply of the spec with that number: only files that hold it may be others than before. */
export async function convergedTo(
  killed: Killed,
  ended: Ended,
  maxTokens: number,
  old: Files,
): Promise<readonly string[]> {
  const now = filesOf(killed.one);
  const others = Object.keys(now).filter((at) => now[at] !== old[at]);
  const without = others.filter(
    (at) => !readFileSync(at, "utf8").includes(`"maxTokens": ${maxTokens}`),
  );
  if (others.length === 0 || without.length > 0) {
    return [`not converged: ${said(ended)} ${without.join(", ")}`];
  }
  return settled(killed, ended, now);
}

/** What is said of each file. */
export type Files = Readonly<Record<string, string>>;

/** Files of a deployment, without what is of an attempt, of a run, or written by hand. */
export function filesOf(one: Deployment, but?: RegExp): Files {
  const other =
    /\/(?:history|objects|backups|workspace)\/|deploy\.yaml$|journal\.json$|\.(?:log|supervisor)$|lock/u;
  return bytesOf(one.written, (at) => other.test(at) || but?.test(at) === true);
}

function leftIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.[0-9a-f]{12}\.tmp$|(?:^|\/)journal\.json$/u.test(name),
    );
  } catch {
    return [];
  }
}

/** Whether the last attempt was a rollback that was done. */
export function lastIsRollback({ store, name }: Deployment): boolean {
  const history = path.join(store, "deployments", name, "history");
  const last = readdirSync(history)
    .filter((one) => !one.startsWith("."))
    .toSorted()
    .at(-1);
  const record = JSON.parse(readFileSync(path.join(history, last ?? ""), "utf8")) as {
    readonly kind: string;
    readonly outcome: string;
  };
  return record.kind === "rollback" && record.outcome === "applied";
}

/** Whether each service runs, under one supervisor. */
async function runOnce(services: readonly string[]): Promise<boolean> {
  for (let tries = 0; tries < 240; tries += 1) {
    const seen = seenServices();
    const kept = supervisors();
    if (
      seen.size === services.length &&
      services.every((name) => seen.has(name)) &&
      kept.length === services.length &&
      new Set(kept).size === kept.length
    ) {
      return true;
    }
    await pause(250);
  }
  return false;
}

/** Definitions that supervisors keep. */
function supervisors(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words.at(-3) === "supervise" ? [words.at(-2) ?? ""] : [];
      } catch {
        return [];
      }
    });
}

/** For a verdict. */
export function said({ code, stdout, stderr }: Ended): string {
  return `exit ${code}: ${stdout.trim().slice(-200)} ${stderr.trim().slice(-400)}`;
}
