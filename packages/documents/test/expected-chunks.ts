import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Chunk, Document, DocumentReader } from "../src/index.ts";
import { chunkDocument } from "../src/index.ts";

const folder: string = fileURLToPath(new URL("../../../fixtures/formats", import.meta.url));

/** Small, so that a short fixture has several chunks. */
export const budget: { countTokens: (text: string) => number; maxTokens: number } = {
  countTokens: (text) => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0,
  maxTokens: 96,
};

/** Names of the fixtures whose chunks are written down. */
export const fixtures: readonly string[] = readdirSync(folder)
  .filter((name) => !name.endsWith(".expected.json"))
  .sort();

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(path.join(folder, name));
}

/** What is written down of a document: everything that a citation rests on. */
export interface Bounds {
  readonly title: string;
  readonly summary?: string;
  readonly findings: readonly string[];
  readonly chunks: readonly {
    readonly bytes: readonly [number, number];
    readonly lines: readonly [number, number];
    readonly headings: readonly string[];
    readonly locator?: unknown;
    readonly text: string;
  }[];
}

export async function boundsOf(
  reader: DocumentReader,
  name: string,
): Promise<{ bounds: Bounds; document: Document; chunks: readonly Chunk[] }> {
  const { document, findings } = await reader.read(name, fixtureBytes(name));
  if (document === undefined) {
    throw new Error(`${name}: ${findings.map(({ message }) => message).join("; ")}`);
  }
  const chunks = chunkDocument(document, budget);
  const bounds: Bounds = {
    title: document.title,
    ...(document.summary === undefined ? {} : { summary: document.summary }),
    findings: findings.map(({ code }) => code),
    chunks: chunks.map((chunk) => ({
      bytes: [chunk.byteStart, chunk.byteEnd],
      lines: [chunk.lineStart, chunk.lineEnd],
      headings: chunk.headings,
      ...(chunk.locator === undefined ? {} : { locator: chunk.locator }),
      text: chunk.text,
    })),
  };
  return { bounds, document, chunks };
}

/** The expected bounds; with `CLAWKEEP_WRITE_GOLDEN=1` those that were found are written down first. */
export function expectedBounds(name: string, found: Bounds): unknown {
  const file = path.join(folder, `${name}.expected.json`);
  if (process.env["CLAWKEEP_WRITE_GOLDEN"] === "1") {
    writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`);
  }
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
