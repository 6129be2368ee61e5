import { readFile } from "node:fs/promises";

import { replaceFile } from "@clawkeep/durable-files";
import { withoutPointers } from "@clawkeep/skill-format";
import type { Action } from "@clawkeep/skill-format";
import type { Execution } from "@clawkeep/skill-runtime";

import type { ExpectedRun } from "./case.ts";
import { jsonOf, textOf } from "./judge-case.ts";
import type { GoldenUpdate } from "./report.ts";

/** Asked with the difference before a golden file is written. */
export type ConfirmUpdate = (update: GoldenUpdate) => Promise<boolean>;

/** What the golden file of a case should hold after this run; undefined when it does already. */
export async function proposeUpdate(
  expect: ExpectedRun,
  action: Action,
  run: Execution,
): Promise<GoldenUpdate | undefined> {
  const { golden } = expect;
  if (golden === undefined || run.exitCode !== expect.exitCode || run.output === "invalid") {
    return undefined;
  }
  const after =
    action.output.format === "text"
      ? textOf(run)
      : `${JSON.stringify(withoutPointers(jsonOf(run), [...action.determinism.volatile, ...expect.volatile]), undefined, 2)}\n`;
  const before = golden.exists ? await readFile(golden.path, "utf8") : undefined;
  if (before !== undefined && same(before, after, action, expect)) return undefined;
  return { path: golden.path, ...(before === undefined ? {} : { before }), after, written: false };
}

/** Writes a proposal when it is confirmed. */
export async function applyUpdate(
  update: GoldenUpdate,
  confirm: ConfirmUpdate,
): Promise<GoldenUpdate> {
  if (!(await confirm(update))) return update;
  await replaceFile(update.path, Buffer.from(update.after), { mode: 0o644 });
  return { ...update, written: true };
}

/** A JSON file may be laid out by hand. */
function same(before: string, after: string, action: Action, expect: ExpectedRun): boolean {
  if (action.output.format === "text") return before === after;
  try {
    const volatile = [...action.determinism.volatile, ...expect.volatile];
    const spell = (text: string): string =>
      JSON.stringify(sorted(withoutPointers(JSON.parse(text), volatile)));
    return spell(before) === spell(after);
  } catch {
    return false;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
