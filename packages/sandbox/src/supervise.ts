import { CodedError } from "@clawkeep/diagnostics";
import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import type { Duplex, Readable, Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";

import { firstChannel } from "./channels.ts";
import type { Channel } from "./channels.ts";
import { boundedBytes } from "./bounded-bytes.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import type { Launch } from "./launch.ts";
import { effectiveLimits } from "./limits/effective-limits.ts";
import { keepLimits } from "./limits/keep-limits.ts";
import type { SandboxLevel } from "./level.ts";
import type { Outcome, Termination } from "./outcome.ts";
import type { Limits } from "./policy.ts";

/** How one launch is watched. */
export interface SupervisionOptions {
  /** Bytes for standard input, then its end; `open` leaves it to the caller; absent is `/dev/null`. */
  readonly stdin?: Uint8Array | "open";
  /** Takes standard output instead of collecting it; the output limit is then the caller's to keep. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
  readonly channels?: readonly Channel[];
}

/** A running launch. */
export interface Supervision {
  readonly pid: number;
  readonly stdin: Writable | null;
  /** Rejects only with SANDBOX_SPAWN_FAILED or SANDBOX_SETUP_FAILED: the program itself never ran. */
  readonly outcome: Promise<Outcome>;
  readonly kill: (why: Termination) => void;
  /** A request was sent: processor time counts from here. */
  readonly wake: () => void;
  /** What has been used so far, and what keeps the limits. */
  readonly usage: () => Pick<Outcome, "resources" | "limitedBy">;
}

/** How long bubblewrap may take to say which process is inside, once it is to be ended. */
const SETUP_MS = 2000;
/** How long to wait for the end of output that a left-behind process still holds open. */
const DRAIN_MS = 500;
/** Files that the program makes are its user's alone. */
const UMASK = 0o077;

/**
 * Spawns a launch and ends it, with everything that it started, when a limit is reached, when it is
 * cancelled, or when it ends. `timeoutMs` 0 means no bound.
 */
export function supervise(
  launch: Launch,
  level: SandboxLevel,
  limits: Limits,
  options: SupervisionOptions,
): Supervision {
  const began = performance.now();
  const child = start(launch, options.stdin !== undefined, options.channels?.length ?? 0);
  for (const [index, { attach }] of (options.channels ?? []).entries()) {
    attach(child.stdio[firstChannel + index] as Duplex);
  }
  let terminatedBy: Termination | undefined;
  const kill = (why: Termination): void => {
    terminatedBy ??= why;
    killStrays();
    inner.end();
  };
  // Bubblewrap's processes all end with the first of them.
  const killStrays = (): void => {
    if (level !== "bubblewrap") {
      keeper.killAll();
    }
  };
  const keeper = keepLimits(effectiveLimits(limits), kill);
  const usage = (): Pick<Outcome, "resources" | "limitedBy"> => ({
    resources: keeper.resources,
    limitedBy: keeper.limitedBy(launch.limitedBy),
  });
  const inner = feed(child, launch, (pid) => keeper.begin(pid));

  const stdout = boundedBytes(limits.stdoutBytes, "first");
  const stderr = boundedBytes(
    limits.stderrBytes,
    options.onStdout === undefined ? "first" : "last",
  );
  child.stdout?.on("data", (chunk: Buffer) => {
    if (options.onStdout !== undefined) {
      options.onStdout(chunk);
    } else if (!stdout.add(chunk)) {
      kill("stdout-limit");
    }
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    if (!stderr.add(chunk) && options.onStdout === undefined) {
      kill("stderr-limit");
    }
  });
  // A program may end without reading its input; that is its own affair.
  child.stdin?.on("error", () => {});
  if (options.stdin instanceof Uint8Array) {
    child.stdin?.end(options.stdin);
  }

  const cancel = (): void => kill("cancelled");
  options.signal?.addEventListener("abort", cancel, { once: true });
  const timer =
    limits.timeoutMs > 0 ? setTimeout(() => kill("timeout"), limits.timeoutMs) : undefined;

  const outcome = ended(child).then((end): Outcome => {
    const notes = [...launch.notes, ...(launch.notesAtEnd?.(inner.status(), end.code) ?? [])];
    if (terminatedBy === undefined && !launch.programRan(inner.status())) {
      throw (
        launch.setupFault?.(inner.status()) ??
        new CodedError({
          code: "SANDBOX_SETUP_FAILED",
          message: `the sandbox could not be set up: ${new TextDecoder().decode(stderr.bytes()).trim()}`,
          hint: "the program was not run",
        })
      );
    }
    const journal = launch.readJournal?.(inner.journal(), inner.status());
    if (terminatedBy === undefined && journal?.fault !== undefined) {
      throw new CodedError({
        code: "SANDBOX_SETUP_FAILED",
        message: `the program could not be observed: ${journal.fault}`,
        hint: "the program was not run",
      });
    }
    notes.push(...(journal?.notes ?? []));
    const signal = level === "bubblewrap" ? passedSignal(end.code) : undefined;
    // Our own kill reaches the program first; bubblewrap may report that before the kill reaches it too.
    const ownKill = terminatedBy !== undefined && signal === "SIGKILL";
    if (signal !== undefined && !ownKill) {
      notes.push(
        `exit code ${String(end.code)} may stand for ${signal}: bubblewrap tells both alike`,
      );
    }
    if (end.leftOpen) {
      notes.push("a process that was left behind kept the output open; its output was not awaited");
    }
    return {
      level,
      exitCode: ownKill ? null : end.code,
      signal: ownKill ? signal : end.signal,
      ...(terminatedBy === undefined ? {} : { terminatedBy }),
      stdout: stdout.bytes(),
      stdoutTruncated: stdout.truncated,
      stderr: stderr.bytes(),
      stderrTruncated: stderr.truncated,
      durationMs: performance.now() - began,
      resources: keeper.resources,
      ...(journal === undefined
        ? {}
        : { attempts: journal.attempts, observedBy: journal.observedBy }),
      limitedBy: keeper.limitedBy(launch.limitedBy),
      notes,
    };
  });
  const settled = outcome.finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancel);
    launch.dispose();
    void keeper.dispose();
  });
  child.once("exit", () => {
    terminatedBy ??= keeper.end();
    killStrays();
  });
  return {
    pid: child.pid ?? -1,
    stdin: child.stdin,
    outcome: settled,
    kill,
    wake: () => keeper.wake(),
    usage,
  };
}

/** Spawns with exactly the environment and descriptors of the launch. */
function start(launch: Launch, withStdin: boolean, channels: number): ChildProcess {
  const stdio: ("ignore" | "pipe" | number)[] = [withStdin ? "pipe" : "ignore", "pipe", "pipe"];
  for (const given of launch.descriptors) {
    stdio.push(given.kind === "open" ? given.descriptor : "pipe");
  }
  let nothing: number | undefined;
  const inherited = launch.closesDescriptors ? [] : inheritedDescriptors();
  if (channels > 0) {
    while (stdio.length < firstChannel) {
      if (inherited.includes(stdio.length)) {
        stdio.push((nothing ??= openSync("/dev/null", "r")));
      } else {
        stdio.push("ignore");
      }
    }
    stdio.push(...Array.from({ length: channels }, () => "pipe" as const));
  }
  for (const descriptor of inherited) {
    if (descriptor >= stdio.length) {
      nothing ??= openSync("/dev/null", "r");
      stdio.push(
        ...Array.from({ length: descriptor - stdio.length }, () => "ignore" as const),
        nothing,
      );
    }
  }
  const previous = isMainThread ? process.umask(UMASK) : undefined;
  try {
    return spawn(launch.file, [...launch.argv], {
      argv0: launch.arg0,
      cwd: launch.cwd,
      // Node copies NODE_V8_COVERAGE into every child unless the key is present.
      env: { ...launch.environment, NODE_V8_COVERAGE: launch.environment["NODE_V8_COVERAGE"] },
      stdio: stdio satisfies StdioOptions,
      shell: false,
      detached: true,
    });
  } catch (cause) {
    launch.dispose();
    throw spawnFailed(launch.file, cause);
  } finally {
    if (previous !== undefined) {
      process.umask(previous);
    }
    if (nothing !== undefined) {
      closeSync(nothing);
    }
  }
}

/** What is known of, and can be done to, the process inside a sandbox. */
interface Inner {
  readonly status: () => string;
  readonly journal: () => string;
  /** Kills it, or keeps it from ever starting the program. */
  readonly end: () => void;
}

/**
 * Writes the given bytes, collects the status, and opens the gate when it may be opened. `begin` is
 * told of the outermost process of the run, before the gate is open.
 */
function feed(child: ChildProcess, launch: Launch, begin: (pid: number) => void): Inner {
  let status = "";
  const journal: Buffer[] = [];
  let over = false;
  let pid: number | undefined;
  let patience: NodeJS.Timeout | undefined;
  const gates: { readonly stream: Writable; readonly bytes: Uint8Array }[] = [];
  const end = (): void => {
    over = true;
    for (const { stream } of gates) {
      stream.destroy();
    }
    if (pid === undefined && gates.length > 0) {
      // Its parent would leave it behind, blocked, if it died before it has let it go on.
      patience ??= setTimeout(() => killGroup(child), SETUP_MS).unref();
      return;
    }
    killOne(pid, launch.insideGroup);
    killGroup(child);
  };
  for (const [index, given] of launch.descriptors.entries()) {
    if (given.kind === "open") {
      continue;
    }
    const stream = child.stdio[index + 3] as Readable & Writable;
    stream.on("error", () => {});
    if (given.kind === "status") {
      stream.on("data", (chunk: Buffer) => {
        status += chunk.toString("latin1");
        pid ??= launch.insidePid(status);
        if (pid !== undefined && over) {
          end();
        } else if (pid !== undefined) {
          // From here on the process inside can be killed by its own id.
          begin(pid);
          for (const gate of gates.splice(0)) {
            gate.stream.end(gate.bytes);
          }
        }
      });
      continue;
    }
    if (given.kind === "journal") {
      stream.on("data", (chunk: Buffer) => journal.push(chunk));
      continue;
    }
    stream.resume();
    if (given.kind === "gate") {
      gates.push({ stream, bytes: given.bytes });
    } else {
      stream.end(given.bytes);
    }
  }
  if (child.pid !== undefined && !launch.descriptors.some(({ kind }) => kind === "status")) {
    begin(child.pid);
  }
  child.once("exit", (_code, signal) => {
    clearTimeout(patience);
    over = true;
    if (signal !== null) {
      killOne(pid, launch.insideGroup);
    }
  });
  return {
    status: () => status,
    journal: () => Buffer.concat(journal).toString(),
    end,
  };
}

function killOne(pid: number | undefined, leadsGroup: true | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(leadsGroup === true ? -pid : pid, "SIGKILL");
    }
  } catch {
    // It has ended.
  }
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly leftOpen: boolean;
}

function ended(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    let leftOpen = false;
    child.once("error", (cause) => {
      if (child.pid === undefined) {
        reject(spawnFailed(child.spawnfile, cause));
      }
    });
    child.once("exit", () => {
      killGroup(child);
      const drain = setTimeout(() => {
        leftOpen = true;
        for (const stream of child.stdio) {
          stream?.destroy();
        }
      }, DRAIN_MS);
      child.once("close", () => clearTimeout(drain));
    });
    child.once("close", (code, signal) => {
      if (child.pid !== undefined) {
        resolve({ code, signal, leftOpen });
      }
    });
  });
}

/** Bubblewrap, as a shell does, ends with 128 + number when a signal ended the program. */
function passedSignal(code: number | null): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
}

/** The child leads a process group of its own; bubblewrap's whole namespace dies with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Everybody in the group has ended.
  }
}

function spawnFailed(file: string, cause: unknown): CodedError {
  return new CodedError({
    code: "SANDBOX_SPAWN_FAILED",
    message: `cannot start ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "the arguments and the environment together may be too long, or the program cannot be run",
    cause,
  });
}
