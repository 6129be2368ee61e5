import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile } from "@clawkeep/durable-files";
import { readStrictYaml, readText } from "@clawkeep/skill-format";
import path from "node:path";
import { z } from "zod";

/** A program of the operator's that prints one secret. */
export interface SecretCommand {
  /** The program's absolute path and its arguments. No shell reads them. */
  readonly argv: readonly string[];
  /** Names of the runtime's variables that it gets besides `PATH` and `HOME`. */
  readonly environment?: readonly string[];
  /** Seconds after which it is ended. Default 10. */
  readonly timeoutSec?: number;
}

/**
 * What the user that runs skills decided once. Every key may be absent; docs/runtime-config.md has
 * the defaults and says what each does.
 */
export interface RuntimeConfiguration {
  /** Milliseconds after which `run` leaves a run to the background. Absent: it waits for the end. */
  readonly backgroundMs?: number;
  /** Ceiling for `timeoutMs` of every contract, in seconds. */
  readonly timeoutSec?: number;
  /** Milliseconds that a background run stays listed after its end. */
  readonly cleanupMs?: number;
  readonly notifyOnExit?: boolean;
  readonly notifyOnExitEmptySuccess?: boolean;
  readonly notify?: {
    /** Gets the event as one line of JSON on standard input. */
    readonly command?: readonly string[];
    /** Absolute path of a file that the event is appended to. */
    readonly file?: string;
  };
  /** Ceiling for `retries.attempts` of every contract; 1 is no second try. */
  readonly retries?: { readonly attempts: number };
  readonly artifacts?: { readonly days?: number; readonly megabytes?: number };
  readonly closures?: { readonly days?: number };
  readonly concurrency?: {
    readonly runs?: number;
    readonly perSkill?: number;
    readonly queue?: number;
    readonly residents?: number;
    /** Background runs at one time. */
    readonly background?: number;
  };
  readonly secrets?: {
    /** Variables that `env:NAME` may refer to, and which no program ever gets. */
    readonly environment?: readonly string[];
    /** What `command:NAME` runs. */
    readonly commands?: Readonly<Record<string, SecretCommand>>;
  };
  readonly audit?: {
    /** The log goes on in a new file when one has as many MiB. */
    readonly segmentMegabytes?: number;
    /** The same by records. */
    readonly segmentRecords?: number;
  };
  readonly metrics?: {
    /** Absolute path of the file that runs are counted in. */
    readonly file: string;
  };
}

/** Looked at before anything is read. */
const maxBytes = 256_000;
const hourMs = 3_600_000;
const dayMs: number = 24 * hourMs;

const whole = (minimum: number, maximum: number): z.ZodNumber => z.int().min(minimum).max(maximum);
const absolutePath: z.ZodString = z
  .string()
  .refine((file) => path.isAbsolute(file) && !file.includes("\0"), "expected an absolute path");
const variable: z.ZodString = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/u);
const text: z.ZodString = z
  .string()
  .max(4096)
  .refine((value) => !value.includes("\0"), "expected text without NUL");
const argv: z.ZodType<readonly string[]> = z
  .array(text)
  .min(1)
  .max(64)
  .refine(([program = ""]) => path.isAbsolute(program), "expected an absolute path first");

/** The form of `NAME` in `command:NAME`, and of every other provider's NAME. */
export const secretName: RegExp = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u;

const schema: z.ZodType<RuntimeConfiguration> = z.strictObject({
  backgroundMs: whole(1, hourMs).exactOptional(),
  timeoutSec: whole(1, 3600).exactOptional(),
  cleanupMs: whole(0, 30 * dayMs).exactOptional(),
  notifyOnExit: z.boolean().exactOptional(),
  notifyOnExitEmptySuccess: z.boolean().exactOptional(),
  notify: z
    .strictObject({ command: argv.exactOptional(), file: absolutePath.exactOptional() })
    .exactOptional(),
  retries: z.strictObject({ attempts: whole(1, 5) }).exactOptional(),
  artifacts: z
    .strictObject({
      days: whole(1, 3650).exactOptional(),
      megabytes: whole(1, 1_048_576).exactOptional(),
    })
    .exactOptional(),
  closures: z.strictObject({ days: whole(1, 3650).exactOptional() }).exactOptional(),
  concurrency: z
    .strictObject({
      runs: whole(1, 256).exactOptional(),
      perSkill: whole(1, 256).exactOptional(),
      queue: whole(0, 100_000).exactOptional(),
      residents: whole(1, 256).exactOptional(),
      background: whole(1, 1024).exactOptional(),
    })
    .exactOptional(),
  secrets: z
    .strictObject({
      environment: z.array(variable).max(256).exactOptional(),
      commands: z
        .record(
          z.string().regex(secretName),
          z.strictObject({
            argv,
            environment: z.array(variable).max(64).exactOptional(),
            timeoutSec: whole(1, 300).exactOptional(),
          }),
        )
        .exactOptional(),
    })
    .exactOptional(),
  audit: z
    .strictObject({
      segmentMegabytes: whole(1, 4096).exactOptional(),
      segmentRecords: whole(2, 1_000_000_000).exactOptional(),
    })
    .exactOptional(),
  metrics: z.strictObject({ file: absolutePath }).exactOptional(),
});

/** The configuration file of a state folder. */
export function configurationPath(home: string): string {
  return path.join(home, "config.yaml");
}

/**
 * Reads the configuration of a state folder; one that is not there decides nothing.
 * @throws CodedError CONFIG_MALFORMED, FILE_NOT_REGULAR
 */
export async function readConfiguration(home: string): Promise<RuntimeConfiguration> {
  const file = configurationPath(home);
  const bytes = await bytesOf(file);
  if (bytes === undefined) return {};
  const { text, findings } = readText(bytes, file);
  const yaml = text === undefined ? undefined : readStrictYaml(text, { file });
  const wrong = [...findings, ...(yaml?.findings ?? [])].find(
    ({ severity }) => severity === "error",
  );
  if (wrong !== undefined) throw malformed(file, wrong.message);
  // A file of comments only is an empty one.
  const parsed = schema.safeParse(yaml?.value ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(file, `${issue?.path.join(".") || "top level"}: ${issue?.message ?? ""}`);
}

async function bytesOf(file: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await openRegularFile(file);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw malformed(file, `expected at most ${maxBytes} bytes, got ${size}`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}

function malformed(file: string, what: string): CodedError {
  return new CodedError({
    code: "CONFIG_MALFORMED",
    message: `${file}: ${what}`,
    hint: "docs/runtime-config.md has all keys. Nothing was run.",
  });
}
