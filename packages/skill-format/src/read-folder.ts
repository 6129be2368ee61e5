import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { digestBytes } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";

import type { SkillFile } from "./contract.ts";
import { maxTextBytes } from "./read-text.ts";

const maxFiles = 256;
const maxFileBytes = 1_048_576;
const maxTotalBytes = 8_388_608;
const maxFolderDepth = 8;

/** The files of a skill folder and their bytes. */
export interface FolderContent {
  readonly files: readonly SkillFile[];
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly findings: readonly Finding[];
}

/**
 * Reads every regular file below a skill folder, links not followed, names that start with a dot
 * left out. What cannot be part of a skill is a finding, and its bytes are not read.
 */
export async function readFolder(folder: string): Promise<FolderContent> {
  const findings: Finding[] = [];
  const bytes = new Map<string, Uint8Array>();
  const folded = new Map<string, string>();
  let total = 0;
  const refuse = (path: string, code: string, message: string, hint: string): void => {
    findings.push({ code, severity: "error", message, hint, file: join(folder, path) });
  };

  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true, encoding: "buffer" });
    for (const entry of entries) {
      const name = decodeName(entry.name);
      if (name?.startsWith(".") === true) continue;
      const inner = path === "" ? (name ?? "?") : `${path}/${name ?? "?"}`;
      if (name === undefined) {
        refuse(
          path,
          "SKILL_FILE_NAME",
          "expected file names in UTF-8 (NFC) without control characters or \\",
          "Rename the file.",
        );
      } else if (entry.isSymbolicLink()) {
        refuse(
          inner,
          "SKILL_FILE_LINK",
          "expected a file, got a symbolic link",
          "Put the file itself here: links are never followed.",
        );
      } else if (entry.isDirectory()) {
        if (name === "node_modules") {
          refuse(
            inner,
            "SKILL_NODE_MODULES",
            "expected no node_modules in a skill",
            "Install the program and name it in `program`.",
          );
        } else if (depth >= maxFolderDepth) {
          refuse(
            inner,
            "SKILL_FOLDER_DEEP",
            `expected at most ${maxFolderDepth} levels of folders, got more`,
            "Flatten the folder.",
          );
        } else await visit(inner, depth + 1);
      } else if (!entry.isFile()) {
        refuse(
          inner,
          "SKILL_FILE_SPECIAL",
          "expected a regular file, got a device, pipe or socket",
          "Remove it.",
        );
      } else {
        const twin = folded.get(inner.toLowerCase());
        if (twin !== undefined) {
          refuse(
            inner,
            "SKILL_FILE_NAME",
            `expected names that differ in more than case, got ${twin} as well`,
            "Rename one of the two.",
          );
        }
        folded.set(inner.toLowerCase(), inner);
        if (folded.size > maxFiles) {
          if (folded.size === maxFiles + 1) {
            refuse(
              "",
              "SKILL_FILES_MANY",
              `expected at most ${maxFiles} files, got more`,
              "Remove what the skill does not need.",
            );
          }
          continue;
        }
        const content = await readOne(join(folder, inner), limitOf(inner));
        if ("problem" in content) refuse(inner, content.code, content.problem, content.hint);
        else {
          total += content.bytes.length;
          if (total <= maxTotalBytes) bytes.set(inner, content.bytes);
        }
      }
    }
  };
  await visit("", 0);
  if (total > maxTotalBytes) {
    refuse(
      "",
      "SKILL_FOLDER_TOO_LARGE",
      `expected at most ${maxTotalBytes} bytes in all, got ${total}`,
      "Remove what the skill does not need.",
    );
  }
  const files = [...bytes]
    .map(([path, content]): SkillFile => ({
      path,
      bytes: content.length,
      digest: digestBytes(content),
    }))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return { files, bytes, findings };
}

/**
 * Digest of a skill folder: SHA-256 over the lines `path:hex`, sorted by their bytes, joined by LF.
 * ClawHub's fingerprint sorts by locale instead, and is another digest: `registryFingerprint` of clawhub.
 */
export function folderDigest(files: readonly Pick<SkillFile, "path" | "digest">[]): Digest {
  const lines = files
    .map((file) => Buffer.from(`${file.path}:${file.digest.slice("sha256:".length)}`))
    .toSorted((a, b) => Buffer.compare(a, b));
  return digestBytes(lines.map((line) => line.toString()).join("\n"));
}

type ReadResult =
  | { readonly bytes: Uint8Array }
  | { readonly problem: string; readonly code: string; readonly hint: string };

async function readOne(path: string, limit: number): Promise<ReadResult> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return {
      code: "SKILL_FILE_UNREADABLE",
      problem: `expected a readable file, got ${error instanceof Error && "code" in error ? String(error.code) : "an error"}`,
      hint: "Make it readable, or remove it.",
    };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      return { code: "SKILL_FILE_SPECIAL", problem: "expected a regular file", hint: "Remove it." };
    }
    if (stat.size > limit) {
      return {
        code: "SKILL_FILE_TOO_LARGE",
        problem: `expected at most ${limit} bytes, got ${stat.size}`,
        hint: "Shorten it, or install it as part of a program.",
      };
    }
    // One byte more than was there: a file that grows meanwhile is not read to its end.
    const buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length !== stat.size) {
      return {
        code: "SKILL_FILE_UNREADABLE",
        problem: `expected ${stat.size} bytes, got ${length}: the file is being written`,
        hint: "Try again when nothing writes to the folder.",
      };
    }
    return { bytes: buffer.subarray(0, length) };
  } finally {
    await handle.close();
  }
}

/** What is wrong with the folder itself, before anything in it is looked at. */
export async function folderProblem(folder: string): Promise<Finding | undefined> {
  const finding = (code: string, message: string, hint: string): Finding => ({
    code,
    severity: "error",
    message,
    hint,
    file: folder,
  });
  try {
    const stat = await lstat(folder);
    if (stat.isSymbolicLink()) {
      return finding(
        "SKILL_FOLDER_LINK",
        "expected a folder, got a symbolic link",
        "Put the folder itself here.",
      );
    }
    if (stat.isDirectory()) return undefined;
    return finding(
      "SKILL_FOLDER_MISSING",
      "expected a folder, got something else",
      "Name the folder that holds SKILL.md.",
    );
  } catch {
    return finding(
      "SKILL_FOLDER_MISSING",
      "expected a skill folder, got nothing",
      "Check the name and the place.",
    );
  }
}

function limitOf(path: string): number {
  return path === "SKILL.md" || path === "exec.yaml" || path === "exec.json"
    ? maxTextBytes
    : maxFileBytes;
}

function decodeName(raw: Buffer): string | undefined {
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
    return name.normalize("NFC") === name && !/[\u0000-\u001f\u007f-\u009f\\]/u.test(name)
      ? name
      : undefined;
  } catch {
    return undefined;
  }
}
