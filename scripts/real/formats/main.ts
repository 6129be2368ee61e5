import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { ChunkRow } from "@clawkeep/segment";
import { openChunkTable, openSegment } from "@clawkeep/segment";

import { layOutFormats, layOutMarkdown, wanted } from "./real-files.ts";

/**
 * Indexes real files of every kind and the documentation of OpenClaw with the built program: no crash,
 * every finding one that is explained, 1,000 citations held against their files by a script that uses
 * nothing of ours, and passages out of PDFs held against `pdftotext` where that is installed.
 */
const root = path.dirname(path.dirname(path.dirname(import.meta.dirname)));
const program = path.join(root, "apps/local-rag/dist/main.js");
const citations = 1000;
/** Part of the passages out of PDFs that `pdftotext` must have, white space aside. */
const sameText = 0.95;

/** What may be said of such files. Anything else is a defect of the reader. */
const explained: ReadonlySet<string> = new Set([
  "DOCUMENT_EMPTY",
  "DOCUMENT_NO_TEXT",
  "DOCUMENT_NOT_UTF8",
  "DOCUMENT_BINARY",
  "DOCUMENT_GENERATED",
  "DOCUMENT_DAMAGED",
  "DOCUMENT_SECRET_CONTENT",
  "DOCUMENT_SECRET_NAME",
  "DOCUMENT_FRONT_MATTER",
]);

interface Report {
  readonly documents: number;
  readonly chunks: number;
  readonly findings: readonly {
    readonly code: string;
    readonly file?: string;
    readonly message: string;
  }[];
}

function main(): number {
  const base = mkdtempSync(path.join(tmpdir(), "clawkeep-formats-"));
  try {
    const workspace = path.join(base, "files");
    const counts = layOutFormats(path.join(workspace, "real"), root);
    const markdown = layOutMarkdown(path.join(workspace, "openclaw"));
    const missing = Object.entries(wanted).filter(
      ([kind, { least }]) => (counts.get(kind) ?? 0) < least,
    );
    const real = [...counts.values()].reduce((sum, count) => sum + count, 0);
    say(
      `${markdown} Markdown files, ${real} real files: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`,
    );
    const args = [
      "index",
      workspace,
      "--index",
      path.join(base, "index"),
      "--json",
      "--progress",
      "none",
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      env: { CLAWKEEP_HOME: path.join(base, "home") },
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0) {
      say(`local-rag index ended with ${String(status)}: ${stderr.slice(-2000)}`);
      return 1;
    }
    const report = JSON.parse(stdout) as Report;
    const odd = report.findings.filter(({ code }) => !explained.has(code));
    for (const { code, file, message } of report.findings) {
      say(`${explained.has(code) ? "  " : "??"} ${code} ${file ?? ""}: ${message}`);
    }
    say(
      `${report.documents} documents, ${report.chunks} passages, ${report.findings.length} findings`,
    );
    const rows = rowsOf(path.join(base, "index", "segments"));
    const verified = verify(workspace, rows);
    const judged = judgePdfs(workspace, rows);
    for (const [kind] of missing) {
      say(`too few files of kind ${kind}`);
    }
    return missing.length === 0 && real >= 60 && odd.length === 0 && verified && judged ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function rowsOf(folder: string): readonly ChunkRow[] {
  return readdirSync(folder).flatMap((name) => {
    using segment = openSegment(path.join(folder, name));
    const table = openChunkTable(segment);
    return Array.from({ length: table.chunkCount }, (_, chunk) => {
      const row = table.row(chunk);
      const text = row.text();
      return { ...row, text: () => text };
    });
  });
}

/** Random ones; the seed that is printed draws the same again (`CLAWKEEP_SEED`). */
function verify(workspace: string, rows: readonly ChunkRow[]): boolean {
  const plain = rows.filter(({ locator }) => locator === undefined);
  const seed = process.env["CLAWKEEP_SEED"] ?? randomBytes(8).toString("hex");
  const chosen = plain
    .map((row, index) => ({
      row,
      draw: createHash("sha256").update(`${seed}:${index}`).digest("hex"),
    }))
    .toSorted((a, b) => (a.draw < b.draw ? -1 : 1))
    .slice(0, citations)
    .map(({ row }) => row);
  const lines = chosen.map(({ path: file, byteStart, byteEnd, lineStart, lineEnd, digest }) =>
    [file, byteStart, byteEnd, lineStart, lineEnd, digest.slice("sha256:".length)].join("\t"),
  );
  const { status, stdout, stderr } = spawnSync(
    path.join(import.meta.dirname, "verify-citations.sh"),
    [workspace],
    { input: `${lines.join("\n")}\n`, encoding: "utf8" },
  );
  say(`${chosen.length} of ${plain.length} citations drawn with the seed ${seed}`);
  say(`citations: ${stdout.trim()} ${stderr.slice(0, 2000)}`);
  return status === 0 && chosen.length === citations;
}

function judgePdfs(workspace: string, rows: readonly ChunkRow[]): boolean {
  const bare = (text: string): string => text.normalize("NFKC").replace(/[\s\p{Cc}]+/gu, "");
  const pages = new Map<string, readonly string[]>();
  const located = rows.filter(({ path: file }) => file.endsWith(".pdf"));
  let same = 0;
  for (const row of located) {
    const { path: file, locator = "{}" } = row;
    const { first = 0 } = JSON.parse(locator) as { first?: number };
    for (const mode of [[], ["-raw"]]) {
      const key = `${file} ${mode.join("")}`;
      const known = pages.get(key) ?? pagesOf(path.join(workspace, file), mode).map(bare);
      pages.set(key, known);
      if (known[first - 1]?.includes(bare(row.text())) === true) {
        same += 1;
        break;
      }
    }
  }
  if ([...pages.values()].every((each) => each.length === 0)) {
    say("PDFs: not judged, pdftotext is not installed");
    return true;
  }
  say(`PDFs: pdftotext has ${same} of ${located.length} passages on the page that is cited`);
  return same >= located.length * sameText;
}

function pagesOf(file: string, mode: readonly string[]): readonly string[] {
  try {
    const text = execFileSync("pdftotext", [...mode, file, "-"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return text.replace(/(?<=\p{L})-\n(?=\p{Ll})/gu, "").split("\f");
  } catch {
    return [];
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

readFileSync(program);
process.exitCode = main();
