import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import fc from "fast-check";

import { canonicalJson, parseCanonical } from "../../../packages/integrity/src/index.ts";
import type { JsonValue } from "../../../packages/integrity/src/index.ts";
import { cacheFolder } from "../cache.ts";

/** The judge of canonical JSON, which RFC 8785's author lists among the implementations. */
const version = "5.1.0";
const values = 20_000;

type Canonicalize = (value: unknown) => string | undefined;

async function loadJudge(): Promise<Canonicalize> {
  const folder = cacheFolder(`canonicalize-${version}`);
  const entry = path.join(folder, "node_modules/canonicalize/lib/canonicalize.js");
  if (!existsSync(entry)) {
    mkdirSync(folder, { recursive: true });
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    const args = ["install", "--prefix", folder, ...flags, `canonicalize@${version}`];
    const ended = spawnSync("npm", args, { encoding: "utf8" });
    if (ended.status !== 0) throw new Error(`npm ${args.join(" ")}\n${ended.stderr}`);
  }
  const loaded = (await import(pathToFileURL(entry).href)) as { readonly default: Canonicalize };
  return loaded.default;
}

/** Integers beyond 2^53 − 1 are refused by us, and have a form for the judge. */
function isExact(value: unknown): boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string());
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 1e-7, 1e-6, 1e21, 5e-324, 1.7976931348623157e308, 0.1 + 0.2),
);
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text, tie("value"), { maxKeys: 6 }),
  ),
})).value;

/** Judges generated values and whole logs. @returns what does not agree */
export async function judgeCanonicalJson(lines: readonly string[]): Promise<readonly string[]> {
  const canonicalize = await loadJudge();
  const findings: string[] = [];
  let judged = 0;
  for (const value of fc.sample(json, { numRuns: values, seed: 8785 })) {
    if (!isExact(value)) continue;
    judged += 1;
    const ours = canonicalJson(value);
    if (ours !== canonicalize(value)) findings.push(`other text for ${JSON.stringify(value)}`);
    // What we take for canonical is what the judge would have written, and nothing else.
    for (const spelled of [ours, JSON.stringify(value), ` ${ours}`]) {
      const wanted = spelled === canonicalize(JSON.parse(spelled));
      if (wanted !== isTaken(spelled)) findings.push(`other verdict on ${spelled}`);
    }
  }
  process.stdout.write(`canonicalize ${version}: judged ${judged} values in 3 spellings each\n`);
  for (const [index, line] of lines.entries()) {
    if (canonicalize(JSON.parse(line)) !== line) findings.push(`record ${index} is spelled other`);
  }
  process.stdout.write(`canonicalize ${version}: judged ${lines.length} records\n`);
  return findings;
}

function isTaken(spelled: string): boolean {
  try {
    parseCanonical(spelled);
    return true;
  } catch {
    return false;
  }
}
