import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import type { JudgedFile } from "../../../packages/provision-judges/src/index.ts";

/** Units and Dockerfiles that guides show; they are read where they are and never copied into the repository. */
export function guideFiles(
  folder: string,
): readonly { readonly name: string; readonly files: readonly JudgedFile[] }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".txt") || name.endsWith(".md"))
    .toSorted()
    .flatMap((name) => filesOf(readFileSync(path.join(folder, name), "utf8"), name.slice(0, 3)));
}

/** Every unit (up to its last section) and every Dockerfile (up to the end of its block) of a text. */
export function filesOf(
  text: string,
  name: string,
): readonly { readonly name: string; readonly files: readonly JudgedFile[] }[] {
  // Pages that were saved from a browser have a bar on a line of its own between lines.
  const lines = text.split("\n").filter((line) => line.trim() !== "|");
  const all = `${lines.join("\n")}\n`;
  const units = [...all.matchAll(/^\[Unit\]\n[\s\S]*?^WantedBy=\S+$/gmu)].map(([unit]) => unit);
  const images = [
    ...all.matchAll(
      /^FROM \S+(?: AS \S+)?\n(?=[\s\S]*?^(?:RUN|COPY) )[\s\S]*?(?=^```|^---$|$(?![\s\S]))/gmu,
    ),
  ]
    .map(([image]) => image)
    .filter((image) => !/^PARAMETER /mu.test(image));
  return [
    ...units.map((unit) => ({
      name: `guide ${name}: unit`,
      files: [{ path: "units/guide-gateway.service", kind: "systemd-unit", text: `${unit}\n` }],
    })),
    ...images.map((image) => ({
      name: `guide ${name}: Dockerfile`,
      files: [{ path: "Dockerfile", kind: "dockerfile", text: image }],
    })),
  ];
}
