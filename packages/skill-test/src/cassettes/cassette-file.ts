import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { replaceFile } from "@clawkeep/durable-files";
import { z } from "zod";

import type { Cassette, Part } from "./cassette.ts";

const writtenPart = z.union([
  z.string(),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ secret: z.string().min(1) }),
]);
const writtenCassette = z.strictObject({
  cassette: z.literal(1),
  service: z.string(),
  connections: z.array(
    z.strictObject({
      exchanges: z.array(
        z.strictObject({ request: z.array(writtenPart), response: z.array(writtenPart) }),
      ),
      endedBy: z.enum(["program", "service"]),
    }),
  ),
});

type WrittenPart = z.infer<typeof writtenPart>;

/** Bytes a line of base64. */
const base64Bytes = 57;

/**
 * Reads a cassette; undefined when there is none.
 * @throws CodedError CASSETTE_MALFORMED
 */
export async function readCassette(path: string, service: string): Promise<Cassette | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const written = writtenCassette.parse(JSON.parse(text));
    if (written.service !== service) throw new TypeError(`it is of the service ${written.service}`);
    return {
      service,
      connections: written.connections.map(({ exchanges, endedBy }) => ({
        exchanges: exchanges.map(({ request, response }) => ({
          request: request.map(decoded),
          response: response.map(decoded),
        })),
        endedBy,
      })),
    };
  } catch (cause) {
    throw new CodedError({
      code: "CASSETTE_MALFORMED",
      message: `expected a cassette of version 1 for the service ${service} in ${path}: ${reason(cause)}`,
      hint: "record it again: skill test --record",
      cause,
    });
  }
}

/** Writes a cassette in one step, so that a person can review it: text line by line where it is text. */
export async function writeCassette(path: string, cassette: Cassette): Promise<void> {
  const written: z.infer<typeof writtenCassette> = {
    cassette: 1,
    service: cassette.service,
    connections: cassette.connections.map(({ exchanges, endedBy }) => ({
      exchanges: exchanges.map(({ request, response }) => ({
        request: request.flatMap(encoded),
        response: response.flatMap(encoded),
      })),
      endedBy,
    })),
  };
  await mkdir(dirname(path), { recursive: true });
  const text = `${JSON.stringify(written, undefined, 2)}\n`;
  await replaceFile(path, Buffer.from(text), { mode: 0o644 });
}

function decoded(written: WrittenPart): Part {
  if (typeof written === "string") return Buffer.from(written);
  return "secret" in written ? written : Buffer.from(written.base64, "base64");
}

function encoded(part: Part): readonly WrittenPart[] {
  if (!(part instanceof Uint8Array)) return [part];
  const written: WrittenPart[] = [];
  let unseen: Uint8Array[] = [];
  const flush = (): void => {
    const bytes = Buffer.concat(unseen);
    unseen = [];
    for (let at = 0; at < bytes.length; at += base64Bytes) {
      written.push({ base64: bytes.subarray(at, at + base64Bytes).toString("base64") });
    }
  };
  for (const line of lines(Buffer.from(part))) {
    const text = visibleText(line);
    if (text === undefined) unseen.push(line);
    else {
      flush();
      written.push(text);
    }
  }
  flush();
  return written;
}

/** Lines with their ends. */
function lines(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(0x0a, from);
    const next = end === -1 ? bytes.length : end + 1;
    found.push(bytes.subarray(from, next));
    from = next;
  }
  return found;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text that a reviewer sees as it is: no control and no formatting characters but tab and line end. */
function visibleText(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    return /(?![\t\r\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function reason(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues;
    return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
  }
  // The parser's own message quotes the file.
  if (cause instanceof SyntaxError) return "it is not JSON";
  return cause instanceof Error ? cause.message : String(cause);
}
