import { createHash } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";

import type { SkillCase } from "../case.ts";

/** Longer names are cut. */
const maxNameLength = 60;

/**
 * Where the cassette of a case lies: `cassettes/FILE/NAME.SERVICE.json` beside the case file, `FILE`
 * and `NAME` being the names of the case file and of the case. A name that a file cannot have as it is
 * gets some digits of its digest, so that two never meet.
 */
export function cassettePath(one: Pick<SkillCase, "file" | "name">, service: string): string {
  const file = basename(one.file, extname(one.file));
  return join(dirname(one.file), "cassettes", file, `${fileName(one.name)}.${service}.json`);
}

function fileName(name: string): string {
  const plain = name.replaceAll(" ", "-");
  if (
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(plain) &&
    !name.includes("-") &&
    name.length <= maxNameLength
  ) {
    return plain;
  }
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, maxNameLength);
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return readable === "" ? digest : `${readable}-${digest}`;
}
