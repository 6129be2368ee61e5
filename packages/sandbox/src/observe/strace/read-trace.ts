import type { SandboxLevel } from "../../level.ts";
import type { ExecutionPolicy } from "../../policy.ts";
import type { ObservedCall } from "../../seccomp/observed-calls.ts";
import type { Attempt } from "../attempt.ts";
import { isAllowed } from "../is-allowed.ts";
import { flagsOf, parseTrace, unescape } from "./parse-trace.ts";
import type { TraceEvent } from "./parse-trace.ts";
import { resolveSeen } from "./seen-paths.ts";
import type { ReadLink } from "./seen-paths.ts";

/** Of the run whose trace is read. */
export interface TracedRun {
  readonly policy: ExecutionPolicy;
  readonly level: SandboxLevel;
  /** The observed program, as seen inside. */
  readonly program: string;
  /** How many programs are started before the one that is observed. */
  readonly starts: number;
  readonly calls: readonly ObservedCall[];
  /** Folders, as seen inside, where the program may write and that are gone afterwards. */
  readonly privateFolders: readonly string[];
  /** Where the traced command line begins. */
  readonly cwd: string;
  /** Links of the files that the program sees, as they are after the run. */
  readonly readLink: ReadLink;
}

/** What was tried, and whether the trace reaches to the end of the program. */
export interface ReadTrace {
  readonly attempts: readonly Attempt[];
  readonly isWhole: boolean;
  /** False when the observed program was never started. */
  readonly started: boolean;
}

const CLONE_FS = 0x200;
const CLONE_THREAD = 0x10000;
/** `O_WRONLY`, `O_RDWR`, `O_CREAT` and `O_TRUNC`. */
const WRITING = 0o1 | 0o2 | 0o100 | 0o1000;
const families: Readonly<Record<number, string>> = {
  1: "AF_UNIX",
  2: "AF_INET",
  10: "AF_INET6",
  16: "AF_NETLINK",
  17: "AF_PACKET",
  38: "AF_ALG",
  40: "AF_VSOCK",
};

/** A task of the trace: a process or one of its threads. */
interface Task {
  /** Shared with whoever shares the working folder. */
  readonly place: { cwd: string };
  readonly isThread: boolean;
  program: string | undefined;
}

type Call = TraceEvent & { readonly kind: "call" };

/** Turns a trace into attempts, in the words of the observer (`crates/observer`). */
export function readTrace(text: string, run: TracedRun): ReadTrace {
  const events = parseTrace(text);
  const parents = readParents(events);
  const tasks = new Map<number, Task>();
  const links = new Map<string, string>();
  const readLink: ReadLink = (path) => links.get(path) ?? run.readLink(path);
  const found = new Map<string, Attempt>();
  const calls = new Map(run.calls.map((call) => [call.name, call]));
  let toSkip = run.starts + 1;
  let main: number | undefined;
  let isWhole = false;
  const inside = new Set<number>();
  const ended = new Set<number>();

  const taskOf = (number: number): Task => {
    const known = tasks.get(number);
    if (known !== undefined) {
      return known;
    }
    const birth = parents.get(number);
    const parent = birth === undefined ? undefined : taskOf(birth.parent);
    const cwd = parent?.place.cwd ?? run.cwd;
    const shares = parent !== undefined && birth !== undefined && (birth.flags & CLONE_FS) !== 0;
    const task: Task = {
      place: shares ? parent.place : { cwd },
      isThread: birth !== undefined && (birth.flags & CLONE_THREAD) !== 0,
      program: parent?.program,
    };
    tasks.set(number, task);
    if (birth !== undefined && (inside.has(birth.parent) || birth.parent === main)) {
      inside.add(number);
    }
    return task;
  };
  /** The process of a thread. */
  const leaderOf = (number: number): number => {
    const birth = parents.get(number);
    return birth !== undefined && taskOf(number).isThread ? leaderOf(birth.parent) : number;
  };
  const absolute = (task: Task, file: string, follow: boolean): string =>
    resolveSeen(file.startsWith("/") ? file : `${task.place.cwd}/${file}`, follow, readLink);
  const add = (tried: Omit<Attempt, "times" | "allowed">): void => {
    const key = JSON.stringify(tried);
    const before = found.get(key);
    const allowed = isAllowed(tried, run.policy, run.level, run.privateFolders);
    found.set(key, { ...tried, allowed, times: (before?.times ?? 0) + 1 });
  };

  for (const event of events) {
    const task = taskOf(event.task);
    if (event.kind === "end") {
      ended.add(event.task);
      if (event.task === main) {
        isWhole = true;
        break;
      }
      continue;
    }
    if (event.name === "exit_group" && leaderOf(event.task) === main) {
      // Its namespace's end may kill the others before its own is told.
      isWhole = true;
      break;
    }
    const succeeded = /^0|^[1-9]/u.test(event.result);
    const watched = main !== undefined && (event.task === main || inside.has(event.task));
    const observed = calls.get(event.name);
    if (watched && observed !== undefined) {
      note(event, observed, task, { add, absolute });
    }
    // A start that never came back was not refused: its process was killed in the midst of it.
    if (succeeded || (event.name === "execve" && event.result === "?")) {
      keepTrack(event, task, absolute, links);
    }
    if (event.name === "execve" && succeeded && toSkip > 0) {
      toSkip -= 1;
      if (toSkip === 0) {
        main = event.task;
        // One that is started by descriptor has no name of its own, nor one whose memory was closed to us.
        const { program = "/proc/" } = task;
        task.program = program.startsWith("/proc/") ? run.program : program;
      }
    }
  }
  for (const number of parents.keys()) {
    // Also who has done nothing that is traced.
    taskOf(number);
  }
  for (const number of inside) {
    const task = taskOf(number);
    if (isWhole && !ended.has(number) && !task.isThread) {
      const program = task.program === undefined ? {} : { program: task.program };
      add({ kind: "left-behind", call: "exit", ...program });
    }
  }
  return { attempts: [...found.values()], isWhole, started: main !== undefined };
}

/** Who made whom: known for the whole trace at once, since a child may be seen before its number is. */
function readParents(
  events: readonly TraceEvent[],
): ReadonlyMap<number, { readonly parent: number; readonly flags: number }> {
  const parents = new Map<number, { parent: number; flags: number }>();
  for (const event of events) {
    if (event.kind === "call" && /^(clone3?|v?fork)$/u.test(event.name)) {
      const child = /(\d+) in strace's PID NS/u.exec(event.result)?.[1] ?? event.result;
      const flags = /flags=([^,} ]+)/u.exec(event.args.join())?.[1];
      if (/^[1-9]\d*$/u.test(child)) {
        parents.set(Number(child), { parent: event.task, flags: flagsOf(flags) });
      }
    }
  }
  return parents;
}

interface Notebook {
  readonly add: (tried: Omit<Attempt, "times" | "allowed">) => void;
  readonly absolute: (task: Task, file: string, follow: boolean) => string;
}

function note(call: Call, observed: ObservedCall, task: Task, { add, absolute }: Notebook): void {
  const { when } = observed;
  if (when?.test === "any-bit" && (flagsOf(call.args[when.argument]) & when.mask) === 0) {
    return;
  }
  const program = task.program === undefined ? {} : { program: task.program };
  for (const subject of observed.subjects) {
    const [shape = "", ...rest] = subject.split(":");
    const argument = (index: number): string => call.args[Number(rest[index])] ?? "";
    if (shape === "address" || shape === "message" || shape === "family") {
      const family = Number(argument(0));
      const address =
        shape === "family" ? (families[family] ?? `AF_${family}`) : readAddress(argument(0));
      // A message may have no address of its own; one that cannot be read is told without it.
      const isNone =
        shape === "message" ? /msg_name=NULL/u.test(argument(0)) : argument(0) === "NULL";
      if (!isNone) {
        const where = address === undefined ? {} : { address };
        add({ kind: observed.kind, call: call.name, ...where, ...program });
      }
      continue;
    }
    const path = pathOf(shape, rest, argument, (file, follow) => absolute(task, file, follow));
    const isAbsent = observed.kind === "process" && /\bENOENT\b/u.test(call.result);
    // A pipe or a socket is no file. What cannot be read is told without its name: a program can hide it.
    if (path !== "" && (path?.startsWith("/") ?? true) && !isAbsent) {
      const where = path === undefined ? {} : { path };
      add({ kind: observed.kind, call: call.name, ...where, ...program });
    }
  }
}

/**
 * The shapes of `crates/observer/src/plan.rs` that name files; empty when the call is not about any that
 * are watched, `undefined` when the name could not be read.
 */
function pathOf(
  shape: string,
  rest: readonly string[],
  argument: (index: number) => string,
  absolute: (file: string, follow: boolean) => string,
): string | undefined {
  if (shape === "descriptor") {
    return unescape(argument(0));
  }
  const follow = rest.at(-1) === "follow";
  if (shape === "path") {
    return whole(unescape(argument(0)), (file) => absolute(file, follow));
  }
  const base = unescape(argument(0));
  const from = (file: string, followed: boolean): string | undefined => {
    if (file.startsWith("/")) {
      return absolute(file, followed);
    }
    return base === undefined || !base.startsWith("/")
      ? base
      : absolute(`${base}/${file}`, followed);
  };
  // A null path means the descriptor itself.
  const file = argument(1) === "NULL" ? "" : unescape(argument(1));
  if (file === undefined) {
    return undefined;
  }
  if (shape === "how") {
    const flags = flagsOf(/flags=([^,}]+)/u.exec(argument(2))?.[1]);
    return (flags & WRITING) === 0 ? "" : from(file, true);
  }
  if (shape === "flagged") {
    return from(file, ((flagsOf(argument(2)) & Number(rest[3])) !== 0) === follow);
  }
  return from(file, follow);
}

function whole(
  file: string | undefined,
  use: (file: string) => string | undefined,
): string | undefined {
  return file === undefined ? undefined : use(file);
}

/** An address of `connect` and its kind, as the observer writes it. */
function readAddress(argument: string): string | undefined {
  const family = Number(/sa_family=(\w+)/u.exec(argument)?.[1]);
  if (Number.isNaN(family)) {
    return undefined;
  }
  const field = (name: string): Buffer =>
    Buffer.from(
      (new RegExp(`${name}=@?"([^"]*)"`, "u").exec(argument)?.[1] ?? "").replaceAll("\\x", ""),
      "hex",
    );
  const port = (bytes: Buffer): number => (bytes.length === 2 ? bytes.readUInt16BE() : 0);
  if (family === 1) {
    const name = field("sun_path").toString();
    return `unix:${argument.includes("sun_path=@") ? "@" : ""}${name}`;
  }
  if (family === 2) {
    return `${[...field("sin_addr")].join(".")}:${port(field("sin_port"))}`;
  }
  if (family === 10) {
    const groups = field("sin6_addr").toString("hex").match(/.{4}/gu) ?? [];
    const text = new URL(`http://[${groups.join(":")}]/`).hostname;
    return `${text}:${port(field("sin6_port"))}`;
  }
  return families[family] ?? `AF_${family}`;
}

/** What a successful call changes of what later ones mean. */
function keepTrack(
  { name, args }: Call,
  task: Task,
  absolute: Notebook["absolute"],
  links: Map<string, string>,
): void {
  const text = (index: number): string => unescape(args[index] ?? "") ?? "";
  const at = (folder: number, file: number): string => {
    const [base, given] = [text(folder), text(file)];
    return absolute(task, given.startsWith("/") ? given : `${base}/${given}`, false);
  };
  switch (name) {
    case "chdir":
      task.place.cwd = absolute(task, text(0), true);
      break;
    case "fchdir":
      task.place.cwd = text(0) || task.place.cwd;
      break;
    case "execve":
      task.program = text(0) === "" ? undefined : absolute(task, text(0), true);
      break;
    case "symlink":
      links.set(absolute(task, text(1), false), text(0));
      break;
    case "symlinkat":
      links.set(at(1, 2), text(0));
      break;
    case "rename":
      moveLink(links, absolute(task, text(0), false), absolute(task, text(1), false));
      break;
    case "renameat":
    case "renameat2":
      moveLink(links, at(0, 1), at(2, 3));
      break;
    case "unlink":
      links.delete(absolute(task, text(0), false));
      break;
    case "unlinkat":
      links.delete(at(0, 1));
      break;
    default:
  }
}

function moveLink(links: Map<string, string>, from: string, to: string): void {
  const target = links.get(from);
  links.delete(to);
  if (target !== undefined) {
    links.delete(from);
    links.set(to, target);
  }
}
