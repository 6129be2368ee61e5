import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

const folder = path.join(import.meta.dirname, "..", "src", "attacks");
const document = path.join(import.meta.dirname, "..", "..", "..", "SECURITY.md");

test("SECURITY.md tells of every attack test, and of no other", () => {
  const text = readFileSync(document, "utf8");
  const table = /<!-- attacks: begin -->([^]*)<!-- attacks: end -->/u.exec(text)?.[1] ?? "";
  const rows = [...table.matchAll(/^\| ([a-z-]+) \|/gmu)].map(([, name]) => name);
  const layers = /^Tests of single layers, not of levels: (.*)\.$/mu.exec(table)?.[1]?.split(", ");
  const told = [...rows.filter((name) => name !== "attack" && name !== "---"), ...(layers ?? [])];
  const files = readdirSync(folder).map((name) => path.basename(name, ".test.ts"));
  // `node scripts/security-table.mjs` writes it anew.
  expect(told.sort()).toEqual(files.sort());
});
