import type { NoteVerifier } from "@clawkeep/integrity";

import {
  anyJson,
  arrayOf,
  characters,
  count,
  countAt,
  hashText,
  keyword,
  literal,
  map,
  object,
  oneOf,
  sortedNames,
  text,
} from "./byte-shapes.ts";
import type { Shape } from "./byte-shapes.ts";
import { identityOf } from "./log-identity.ts";
import type { LogIdentity } from "./log-identity.ts";

const free = text(0, 4096);
const name = text(1, 256);
const maybe = (optional: Shape): { readonly optional: Shape } => ({ optional });
const word = characters(
  1,
  64,
  (byte, index) =>
    (byte >= 0x61 && byte <= 0x7a) ||
    (index > 0 && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d)),
);
const signal = characters(4, 23, (byte, index) =>
  index < 3
    ? byte === "SIG".charCodeAt(index)
    : (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39),
);
const none = literal("null");
const truth = oneOf(literal("true"), literal("false"));
const digest = hashText("sha256:");
const keyed = hashText("hmac-sha256:");
const level = keyword("bubblewrap", "landlock", "seatbelt", "none");
const mechanism = keyword("cgroup", "watchdog", "rlimit");
const rlimit = keyword("rlimit");
const json = anyJson(4);
const value = oneOf(object({ stored: json }), object({ keyed, bytes: count }));
const output = object({ digest: oneOf(digest, keyed), bytes: count, truncated: truth });
const caller = object({
  observed: object({
    authenticated: maybe(word),
    transport: word,
    uid: maybe(count),
    pid: maybe(count),
    parent: maybe(object({ pid: maybe(count), name: maybe(free), digest: maybe(digest) })),
  }),
  claimed: maybe(map(free)),
});
const skill = object({
  name,
  folderDigest: digest,
  contractDigest: digest,
  closureDigest: digest,
  closure: keyword("complete", "partial"),
});
const limits = object({
  timeoutMs: count,
  stdoutBytes: count,
  stderrBytes: count,
  memoryBytes: maybe(count),
  cpuMs: maybe(count),
  processes: maybe(count),
  openFiles: maybe(count),
  fileBytes: maybe(count),
});

/** `2026-01-31T23:59:59.123Z`, but for the 29th of February, which is looked up elsewhere. */
const time: Shape = (bytes, at) => {
  const form = '"dddd-dd-ddTdd:dd:dd.dddZ"';
  for (let index = 0; index < form.length; index += 1) {
    const expected = form.charCodeAt(index);
    const byte = bytes[at + index] ?? 0;
    if (expected === 0x64 ? byte < 0x30 || byte > 0x39 : byte !== expected) return -1;
  }
  const two = (index: number): number => countAt(bytes, at + index, at + index + 2);
  const [month, day] = [two(6), two(9)];
  const days = month === 2 ? 28 : [4, 6, 9, 11].includes(month) ? 30 : 31;
  const dated = month >= 1 && month <= 12 && day >= 1 && day <= days;
  return dated && two(12) < 24 && two(15) < 60 && two(18) < 60 ? at + form.length : -1;
};

/**
 * Tells at a glance, for nearly all lines of a sound log, that a line is a canonical start or end
 * record that belongs where it stands, without parsing it: what takes most of a verification.
 * Lines that it does not recognise are no worse: `parseRecord` judges them.
 */
export class RecordRecogniser {
  /** After a line was recognised: at which place of the log its execution began. */
  execution: number = 0;
  readonly #starts: readonly Shape[];
  readonly #end: Shape;
  #sequence: number = 0;

  constructor({ log, key }: LogIdentity) {
    const execution: Shape = (bytes, at) => {
      const digits = begin(bytes, at);
      const end = digits < 0 ? -1 : count(bytes, digits);
      if (end < 0 || bytes[end] !== 0x22) return -1;
      this.execution = countAt(bytes, digits, end);
      return end + 1;
    };
    const begin = literal(`"${log.slice(0, 12)}-`);
    const place = {
      execution,
      format: oneOf(literal("3"), literal("2"), literal("1")),
      log: literal(`"${log}"`),
      key: literal(`"${key}"`),
      sequence: (bytes: Uint8Array, at: number): number => {
        const end = count(bytes, at);
        return end >= 0 && countAt(bytes, at, end) === this.#sequence ? end : -1;
      },
      time,
    };
    const start = {
      ...place,
      type: keyword("execution-start"),
      runtime: object({ name, version: name, pid: count, process: maybe(name) }),
      caller,
      skill,
      action: name,
      arguments: map(value),
      environment: sortedNames(1024),
      roots: map(object({ access: keyword("read", "write"), path: value })),
      sandbox: object({ level, required: maybe(level), version: maybe(name) }),
      network: keyword("none"),
      limits,
    };
    this.#starts = [
      object({ ...start, form: keyword("oneshot") }),
      object({
        ...start,
        form: keyword("resident"),
        resident: object({ process: name, request: positive }),
      }),
    ];
    this.#end = object({
      ...place,
      type: keyword("execution-end"),
      ended: keyword(
        "exited",
        "signalled",
        "timeout",
        "stdout-limit",
        "stderr-limit",
        "memory-limit",
        "cpu-limit",
        "process-limit",
        "cancelled",
        "failed",
      ),
      exitCode: oneOf(count, none),
      signal: oneOf(none, signal),
      meaning: maybe(free),
      durationMs: count,
      level,
      resources: object({
        maxRssBytes: maybe(count),
        cpuMs: maybe(count),
        processes: maybe(count),
      }),
      limitedBy: maybe(
        object({
          memory: maybe(mechanism),
          cpu: maybe(mechanism),
          processes: maybe(mechanism),
          openFiles: maybe(rlimit),
          fileSize: maybe(rlimit),
        }),
      ),
      stdout: output,
      stderr: output,
      provenance: map(json),
      error: maybe(object({ code: name, message: free })),
      notes: arrayOf(free, 256),
    });
  }

  /**
   * @param bytes UTF-8, with the line from `at` to `end` and its newline at `end`.
   * @param sequence Where in the log it stands.
   */
  recognise(
    bytes: Uint8Array,
    at: number,
    end: number,
    sequence: number,
  ): "execution-start" | "execution-end" | undefined {
    this.#sequence = sequence;
    // Of the names of a start `action` comes first, of those of an end `durationMs`.
    if (bytes[at + 2] === 0x64) {
      return this.#end(bytes, at) === end ? "execution-end" : undefined;
    }
    for (const shape of this.#starts) {
      if (shape(bytes, at) === end && this.execution === sequence) return "execution-start";
    }
    return undefined;
  }
}

const known = new WeakMap<NoteVerifier, RecordRecogniser>();

/** The recogniser for the records of a key. It is made once: it is read from right after it is asked. */
export function recogniserOf(verifier: NoteVerifier): RecordRecogniser {
  let recogniser = known.get(verifier);
  if (recogniser === undefined) {
    recogniser = new RecordRecogniser(identityOf(verifier));
    known.set(verifier, recogniser);
  }
  return recogniser;
}

const positive: Shape = (bytes, at) => (bytes[at] === 0x30 ? -1 : count(bytes, at));
