import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Digest } from "@clawkeep/integrity";

import type { DocumentInput } from "../src/index.ts";

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "clawkeep-segment-"));
}

export function digestOf(text: string): Digest {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Two documents, three chunks, scripts of several widths, an empty heading trail. */
export const documents: readonly DocumentInput[] = [
  {
    path: "docs/näïve.md",
    title: "Naïve 日本",
    size: 90,
    digest: digestOf("file one"),
    chunks: [
      {
        ordinal: 0,
        text: "First passage — with 🦀.\n",
        byteStart: 0,
        byteEnd: 29,
        lineStart: 1,
        lineEnd: 1,
        headings: [],
        title: "Naïve 日本",
        digest: digestOf("First passage — with 🦀.\n"),
      },
      {
        ordinal: 1,
        text: "Second passage.",
        byteStart: 29,
        byteEnd: 44,
        lineStart: 2,
        lineEnd: 4,
        headings: ["Guide", "Next — steps"],
        title: "Next — steps",
        digest: digestOf("Second passage."),
      },
    ],
  },
  {
    path: "src/a.ts",
    title: "a.ts",
    size: 12,
    digest: digestOf("file two"),
    chunks: [
      {
        ordinal: 0,
        text: "",
        byteStart: 5,
        byteEnd: 5,
        lineStart: 1,
        lineEnd: 1,
        headings: ["Guide", "Next — steps"],
        title: "a.ts",
        digest: digestOf(""),
      },
    ],
  },
];
