import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";

import type { Finding } from "@clawkeep/diagnostics";
import { maxTextBytes, readText } from "@clawkeep/skill-format";

/** The text of `SKILL.md`, or `undefined` beside the one error that says why there is none. */
export interface SkillText {
  readonly text: string | undefined;
  readonly findings: readonly Finding[];
  /** How much was read: nothing of a file that is too large. */
  readonly bytesRead: number;
}

/** Reads `SKILL.md` of a folder, no link followed, never more than 256,000 bytes. */
export async function readSkillText(folder: string): Promise<SkillText> {
  const stop = (code: string, message: string, hint: string, file: string): SkillText => ({
    text: undefined,
    findings: [{ code, severity: "error", message, hint, file }],
    bytesRead: 0,
  });
  const stat = await lstat(folder).catch(() => undefined);
  if (stat?.isSymbolicLink() === true) {
    return stop("SKILL_FOLDER_LINK", "expected a folder, got a link", "Name the folder.", folder);
  }
  if (stat?.isDirectory() !== true) {
    const hint = "Name the folder that holds SKILL.md.";
    return stop("SKILL_FOLDER_MISSING", "expected a skill folder, got none", hint, folder);
  }
  const file = join(folder, "SKILL.md");
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle;
  try {
    handle = await open(file, flags);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") {
      const hint = "Write SKILL.md with name and description.";
      return stop("SKILL_FILE_MISSING", "expected SKILL.md, got none", hint, file);
    }
    if (code === "ELOOP") {
      const hint = "Put the file itself here: links are never followed.";
      return stop("SKILL_FILE_LINK", "expected a file, got a symbolic link", hint, file);
    }
    return stop("SKILL_FILE_UNREADABLE", `expected a file, got ${String(code)}`, "Check it.", file);
  }
  try {
    const { size, isFile } = await handle
      .stat()
      .then((s) => ({ size: s.size, isFile: s.isFile() }));
    if (!isFile) {
      return stop(
        "SKILL_FILE_UNREADABLE",
        "expected a regular file",
        "Remove what is there.",
        file,
      );
    }
    if (size > maxTextBytes) {
      const message = `expected at most ${maxTextBytes} bytes, got ${size}`;
      return stop("TEXT_TOO_LARGE", message, "Move long material into files of their own.", file);
    }
    const buffer = Buffer.alloc(maxTextBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    return { ...readText(buffer.subarray(0, length), file), bytesRead: length };
  } finally {
    await handle.close();
  }
}
