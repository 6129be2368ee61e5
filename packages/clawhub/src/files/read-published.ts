import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { openRegularFile, readFully } from "@clawkeep/durable-files";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import { comparePaths } from "./fingerprint.ts";
import { readIgnoreRules } from "./ignore-rules.ts";
import { limits } from "./limits.ts";
import { foldedPath, pathProblem } from "./path-problem.ts";

/** A file as the registry gets it. */
export interface PublishedFile {
  /** Relative to the skill folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Something in the folder that is not published, and why. */
export interface LeftOut {
  readonly path: string;
  readonly why: "hidden" | "link" | "node_modules" | "ignored" | "special" | "card";
}

/** What of a folder would be published. */
export interface PublishedFolder {
  /** Sorted by the bytes of their paths. */
  readonly files: readonly PublishedFile[];
  /** Sorted by path. A folder stands for all that is in it. */
  readonly leftOut: readonly LeftOut[];
  /** Why it cannot be published as it is. */
  readonly findings: readonly Finding[];
}

/**
 * Reads what the registry's CLI would upload of a folder: no name that starts with a dot, no link, no
 * `node_modules`, nothing that `.gitignore`, `.clawhubignore` or `.clawdhubignore` of the top folder
 * names, no `skill-card.md` at the top; a `SKILL.md` at the top always. No link is followed, and what
 * is above the limits is not read.
 */
export async function readPublished(folder: string): Promise<PublishedFolder> {
  const findings: Finding[] = [];
  const refuse = (path: string, code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: join(folder, path) });
  };
  const top = await lstat(folder).catch(() => undefined);
  if (top?.isDirectory() !== true) {
    const got = top?.isSymbolicLink() === true ? "a link" : top === undefined ? "none" : "a file";
    refuse("", "PACK_FOLDER", `expected a skill folder, got ${got}`, "Name the folder itself.");
    return { files: [], leftOut: [], findings };
  }
  const names = await listNames(folder, refuse);
  const files: PublishedFile[] = [];
  let total = 0;
  for (const path of names.kept) {
    const size = (await lstat(join(folder, path))).size;
    if (size > limits.fileBytes) {
      const message = `expected at most ${limits.fileBytes} bytes, got ${size}`;
      refuse(path, "PACK_FILE_LARGE", message, "Make it smaller, or load it at run time.");
      continue;
    }
    total += size;
    if (total > limits.totalBytes) continue;
    const bytes = await readOne(folder, path, size, refuse);
    if (bytes !== undefined) files.push({ path, bytes, digest: digestBytes(bytes) });
  }
  if (total > limits.totalBytes) {
    const message = `expected at most ${limits.totalBytes} bytes in all, got ${total}`;
    refuse("", "PACK_TOO_LARGE", message, "Leave out what the skill does not need.");
  }
  refuseUnclearNames(files, refuse);
  const hasSkill = files.some(({ path }) => isManifest(path));
  if (!hasSkill && findings.length === 0) {
    refuse("", "PACK_NO_SKILL", "expected SKILL.md, got none", "Write SKILL.md first.");
  }
  if (await isPlugin(folder, files)) {
    const hint = "Publish it as a plugin, or remove the plugin's manifest.";
    refuse("", "PACK_PLUGIN", "expected a skill, got what the registry takes for a plugin", hint);
  }
  return { files, leftOut: names.leftOut, findings };
}

type Refuse = (path: string, code: string, message: string, hint: string) => void;

interface Names {
  readonly kept: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

async function listNames(folder: string, refuse: Refuse): Promise<Names> {
  const isIgnored = await readIgnoreRules(folder);
  const kept: string[] = [];
  const leftOut: LeftOut[] = [];
  let isTooMany = false;
  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true, encoding: "buffer" });
    for (const entry of entries) {
      const name = decode(entry.name);
      const inner = path === "" ? (name ?? "?") : `${path}/${name ?? "?"}`;
      if (name?.startsWith(".") === true) leftOut.push({ path: inner, why: "hidden" });
      else if (name === "node_modules") leftOut.push({ path: inner, why: "node_modules" });
      else if (entry.isSymbolicLink()) leftOut.push({ path: inner, why: "link" });
      else if (name === undefined || pathProblem(inner) !== undefined) {
        const problem = name === undefined ? "expected UTF-8" : pathProblem(inner);
        refuse(path, "PACK_NAME", `${problem}, got ${JSON.stringify(inner)}`, "Rename it.");
      } else if (entry.isDirectory()) {
        if (depth < limits.depth) await visit(inner, depth + 1);
        else refuse(inner, "PACK_DEEP", `expected at most ${limits.depth} levels`, "Flatten it.");
      } else if (!entry.isFile()) leftOut.push({ path: inner, why: "special" });
      else if (inner.toLowerCase() === "skill-card.md") leftOut.push({ path: inner, why: "card" });
      else if (!isManifest(inner) && isIgnored(inner)) {
        leftOut.push({ path: inner, why: "ignored" });
      } else if (kept.length >= limits.files) isTooMany = true;
      else kept.push(inner);
    }
  };
  await visit("", 0);
  if (isTooMany) {
    const message = `expected at most ${limits.files} files, got more`;
    refuse("", "PACK_FILES_MANY", message, "Leave out what the skill does not need.");
  }
  return {
    kept: kept.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    leftOut: leftOut.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  };
}

async function readOne(
  folder: string,
  path: string,
  size: number,
  refuse: Refuse,
): Promise<Uint8Array | undefined> {
  let handle;
  try {
    handle = await openRegularFile(join(folder, path));
    // One byte more than was there: a file that grows meanwhile is not read to its end.
    const bytes = await readFully(handle, 0, size + 1);
    if (bytes.length === size) return bytes;
    refuse(path, "PACK_CHANGING", "expected a file that nothing writes to", "Try again.");
  } catch (error) {
    const got = error instanceof Error && "code" in error ? String(error.code) : "an error";
    refuse(path, "PACK_UNREADABLE", `expected a readable file, got ${got}`, "Make it readable.");
  } finally {
    await handle?.close();
  }
  return undefined;
}

function refuseUnclearNames(files: readonly PublishedFile[], refuse: Refuse): void {
  const folded = new Map<string, string>();
  for (const { path } of files) {
    const twin = folded.get(foldedPath(path));
    folded.set(foldedPath(path), path);
    if (twin === undefined) continue;
    const message = `expected names that differ in more than case, got ${twin} too`;
    refuse(path, "PACK_CASE", message, "Rename one of the two.");
  }
  const sorted = files.map(({ path }) => path).toSorted(comparePaths);
  for (const [index, path] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined || comparePaths(path, next) !== 0) continue;
    if (foldedPath(path) === foldedPath(next)) continue;
    const message = `expected names that sort apart, got ${next} too`;
    refuse(path, "PACK_NAME", message, "Rename one: their order is not defined.");
  }
}

/** Whether a path is the file that describes the skill. */
export function isManifest(path: string): boolean {
  return /^skills?\.md$/iu.test(path);
}

async function isPlugin(folder: string, files: readonly PublishedFile[]): Promise<boolean> {
  const manifests = [".codex-plugin", ".claude-plugin", ".cursor-plugin"];
  for (const name of ["openclaw.plugin.json", ...manifests.map((n) => `${n}/plugin.json`)]) {
    if ((await lstat(join(folder, name)).catch(() => undefined))?.isFile() === true) return true;
  }
  const manifest = files.find(({ path }) => path === "package.json");
  if (manifest === undefined) return false;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(manifest.bytes));
    const value: unknown =
      typeof json === "object" && json !== null && "openclaw" in json ? json.openclaw : undefined;
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function decode(raw: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return undefined;
  }
}
