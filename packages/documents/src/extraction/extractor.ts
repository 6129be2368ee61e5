import type { ResidentProcess, SandboxLevel } from "@clawkeep/sandbox";

import type { Extraction, ExtractionRefusal } from "./extraction.ts";
import { parseReply } from "./extraction.ts";
import type { ExtractionKind } from "./extraction-kind.ts";
import { extractionProgram, foldersOf } from "./extraction-program.ts";

/** A file for the child process. */
export interface ExtractionRequest {
  readonly kind: ExtractionKind;
  readonly path: string;
  /** Language of `code`. */
  readonly language?: string;
  readonly bytes: Uint8Array;
}

/** What bounds one file. Each bound costs the file that meets it, and no other. */
export interface ExtractorOptions {
  /** Default: the strongest level that this machine has. */
  readonly level?: SandboxLevel | "best";
  /** Wall clock a file, start of the child not included. Default 30 s. */
  readonly timeoutMs?: number;
  /** Memory of the child. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Bytes of a reply. Default 64 MiB. */
  readonly replyBytes?: number;
  /** Another program, for tests. */
  readonly entry?: string;
}

/** What came of one file. */
export type ExtractionResult =
  | { readonly done: Extraction }
  | { readonly refused: ExtractionRefusal };

/** How long a child may take until it says that it is there. */
const startMs = 20_000;
const heapShare = 0.6;

/**
 * Takes text out of files in a confined child process that reads one file after another. A file that
 * kills the child costs its own result; the next file gets a new child. Nothing starts before the
 * first file.
 */
export class Extractor {
  readonly #options: ExtractorOptions;
  #child: Child | undefined;
  /** Why no child can be started here. */
  #broken: string | undefined;
  #level: SandboxLevel | undefined;
  #id = 0;

  constructor(options: ExtractorOptions = {}) {
    this.#options = options;
  }

  /** Level of the last child; undefined before the first. */
  get level(): SandboxLevel | undefined {
    return this.#level;
  }

  /** One file after another: the caller waits for a result before it asks again. */
  async extract(request: ExtractionRequest): Promise<ExtractionResult> {
    if (this.#broken === undefined && this.#child === undefined) {
      try {
        this.#child = await startChild(this.#options);
        this.#level = this.#child.level;
      } catch (error) {
        this.#broken = error instanceof Error ? error.message : String(error);
      }
    }
    const child = this.#child;
    if (child === undefined) {
      return refused("DOCUMENT_EXTRACTOR_MISSING", `no reader for it: ${this.#broken ?? ""}`);
    }
    this.#id += 1;
    const result = await child.ask(this.#id, request, this.#options.timeoutMs ?? 30_000);
    if ("gone" in result) {
      this.#child = undefined;
      await child.process.close();
      return { refused: result.gone };
    }
    return result;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    await child?.process.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface Child {
  readonly process: ResidentProcess;
  readonly level: SandboxLevel;
  ask(
    id: number,
    request: ExtractionRequest,
    timeoutMs: number,
  ): Promise<ExtractionResult | { readonly gone: ExtractionRefusal }>;
}

async function startChild(options: ExtractorOptions): Promise<Child> {
  // Not at the top: who only reads Markdown pays for no sandbox.
  const { detectLevels, openProcess, resolveLevel } = await import("@clawkeep/sandbox");
  const program =
    options.entry === undefined
      ? extractionProgram()
      : { entry: options.entry, folders: foldersOf(options.entry) };
  if (program === undefined) {
    throw new Error("its program is not installed");
  }
  const memoryBytes = options.memoryBytes ?? 1024 ** 3;
  const wanted = options.level ?? "best";
  const level = resolveLevel(await detectLevels(wanted), { level: wanted });
  const folders = [...new Set([...program.folders, folderOf(process.execPath)])];
  const child = await openProcess({
    executable: { path: process.execPath },
    // Liftoff: tables of a grammar make the optimising compiler run out of memory.
    argv: [
      "--liftoff-only",
      "--disable-warning=ExperimentalWarning",
      `--max-old-space-size=${Math.floor((memoryBytes * heapShare) / 1024 ** 2)}`,
      program.entry,
    ],
    cwd: "/",
    // A date without a time zone must mean the same on every machine.
    environment: { TZ: "UTC" },
    readRoots: folders
      .filter((folder) => folder !== "")
      .map((folder) => ({ source: folder, target: folder })),
    writeRoots: [],
    limits: {
      timeoutMs: 0,
      stdoutBytes: options.replyBytes ?? 64 * 1024 ** 2,
      stderrBytes: 65_536,
      memoryBytes,
      cpuMs: (options.timeoutMs ?? 30_000) * 2,
      processes: 64,
      openFiles: 256,
      fileBytes: 0,
      tmpBytes: 1024 ** 2,
    },
    network: "none",
    level,
  });
  const lines = child.lines()[Symbol.asyncIterator]();
  const ready = await within(lines.next(), startMs);
  if (ready === "late" || ready.done === true || Buffer.from(ready.value).toString() !== "ready") {
    const { stderr, notes } = await child.close();
    const why = Buffer.from(stderr).toString("utf8").trim() || notes.join("; ");
    throw new Error(`its program does not start: ${why.slice(-500)}`);
  }
  return { process: child, level, ask: (...request) => ask(child, lines, ...request) };
}

async function ask(
  child: ResidentProcess,
  lines: AsyncIterator<Uint8Array>,
  id: number,
  { kind, path, language, bytes }: ExtractionRequest,
  timeoutMs: number,
): Promise<ExtractionResult | { readonly gone: ExtractionRefusal }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = kind === "code" ? buffer.toString("utf8") : undefined;
  const request = { id, kind, path, language, bytes: buffer.toString("base64") };
  const answer = within(
    child.write(JSON.stringify(request)).then(
      () => lines.next(),
      () => lines.next(),
    ),
    timeoutMs,
  );
  const line = await answer;
  if (line === "late") {
    const seconds = timeoutMs / 1000;
    return gone("DOCUMENT_EXTRACTION_TIME", `expected its text within ${seconds} s, got none`);
  }
  if (line.done === true) {
    return { gone: await whyGone(child) };
  }
  const reply = parseReply(line.value, text);
  if (reply === undefined || reply.id !== id) {
    return gone(
      "DOCUMENT_EXTRACTION_REPLY",
      "its reader answered with something that is no answer",
    );
  }
  return "done" in reply ? { done: reply.done } : { refused: reply.refused };
}

async function whyGone(child: ResidentProcess): Promise<ExtractionRefusal> {
  const { terminatedBy, exitCode, signal, stderr } = await child.outcome;
  const said = Buffer.from(stderr).toString("utf8");
  if (terminatedBy === "memory-limit" || /heap out of memory|OOM/u.test(said)) {
    return {
      code: "DOCUMENT_EXTRACTION_MEMORY",
      message: "it took all the memory that one file may take",
    };
  }
  if (terminatedBy === "cpu-limit") {
    return {
      code: "DOCUMENT_EXTRACTION_TIME",
      message: "it took all the processor time that one file may take",
    };
  }
  if (terminatedBy === "stdout-limit") {
    return {
      code: "DOCUMENT_EXTRACTION_SIZE",
      message: "it gave more text than one file may give",
    };
  }
  return {
    code: "DOCUMENT_EXTRACTION_CRASH",
    message: `its reader ended (${signal ?? `exit code ${String(exitCode)}`})`,
  };
}

function refused(code: string, message: string): ExtractionResult {
  return { refused: { code, message } };
}

function gone(code: string, message: string): { readonly gone: ExtractionRefusal } {
  return { gone: { code, message } };
}

function folderOf(file: string): string {
  const folder = file.slice(0, file.lastIndexOf("/"));
  return /^\/(?:usr|bin|sbin|lib)(?:\/|$)/u.test(folder) ? "" : folder;
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
