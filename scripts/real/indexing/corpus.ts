import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";

import { openclawDocuments } from "../cold-query/peers.ts";

/** Lays out the first files of the OpenClaw documentation, in the order of their paths, so many times. */
export function layOutCopies(target: string, files: number, copies: number): string {
  const documents = openclawDocuments();
  const names = readdirSync(documents, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .slice(0, files);
  for (let copy = 0; copy < copies; copy += 1) {
    for (const name of names) {
      const file = path.join(target, `copy-${copy}`, name);
      mkdirSync(path.dirname(file), { recursive: true });
      copyFileSync(path.join(documents, name), file);
    }
  }
  return target;
}
