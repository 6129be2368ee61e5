import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { detectLevels } from "@clawkeep/sandbox";
import { afterAll, describe, expect, test } from "vitest";

import type { DocumentReader } from "../index.ts";
import { openDocumentReader } from "../index.ts";

const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-reader-"));
const canary = path.join(folder, "canary.txt");
writeFileSync(canary, "the canary sings");
const socket = path.join(folder, "canary.sock");
let connections = 0;
const server = createServer((each) => {
  connections += 1;
  each.destroy();
}).listen(socket);

const open: DocumentReader[] = [];
afterAll(async () => {
  await Promise.all(open.map((reader) => reader.close()));
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function readerAt(level: "bubblewrap" | "landlock" | "none", entry?: string): DocumentReader {
  const reader = openDocumentReader({ level, ...(entry === undefined ? {} : { entry }) });
  open.push(reader);
  return reader;
}

const levels = await detectLevels();
const confined = (["bubblewrap", "landlock"] as const).filter((level) => levels[level].available);

describe("the reader of foreign files", () => {
  test.each([...confined, "none" as const])("reads at level %s", async (level) => {
    const reader = readerAt(level);
    const page = new URL("../../../../fixtures/formats/page.html", import.meta.url);
    const { document } = await reader.read("page.html", readFileSync(page));
    expect(document?.title).toBe("Install & run");
    const code = await reader.read("a.py", Buffer.from("def f():\n    pass\n"));
    expect(code.document?.blocks?.[0]?.trail).toEqual(["def f()"]);
    expect(reader.level).toBe(level);
  });

  test.each(confined)("at level %s reaches nothing when a file takes it over", async (level) => {
    const entry = fileURLToPath(new URL("../../test/children/snoop.ts", import.meta.url));
    const reader = readerAt(level, entry);
    const answer = async (order: string): Promise<string> => {
      const { document } = await reader.read("a.html", Buffer.from(order));
      return Buffer.from(document?.bytes ?? []).toString();
    };
    expect(await answer(`read ${canary}`)).toMatch(/^refused: /u);
    expect(await answer(`write ${path.join(folder, "new")}`)).toMatch(/^refused: /u);
    expect(existsSync(path.join(folder, "new"))).toBe(false);
    expect(await answer(`connect ${socket}`)).toMatch(/^refused: /u);
    expect(connections).toBe(0);
    expect(await answer("environment")).not.toMatch(/CLAWKEEP|HOME|TOKEN/u);
    expect(readFileSync(canary, "utf8")).toBe("the canary sings");
  });
});
