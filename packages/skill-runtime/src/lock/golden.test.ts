import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "vitest";

import { closureDigest } from "../program/closure-manifest.ts";
import { findProgram } from "../program/program-manifest.ts";
import { readLock, writeLock } from "./skills-lock.ts";

const golden: string = path.join(import.meta.dirname, "../../../../fixtures/golden/skills-lock-v1");

test("a lock of version 1 is read, and written again with the same bytes", async () => {
  const file = path.join(golden, "skills.lock");
  const lock = await readLock(file);
  expect(Object.keys(lock.skills)).toEqual(["echo", "local-rag"]);
  expect(lock.skills["echo"]).toMatchObject({
    folder: "../elsewhere/echo",
    program: { complete: false },
  });
  const folder = mkdtempSync(path.join(tmpdir(), "clawkeep-golden-"));
  const copy = path.join(folder, "skills.lock");
  copyFileSync(file, copy);
  const reversed = Object.fromEntries(Object.entries(lock.skills).reverse());
  await writeLock(copy, { lock: 1, skills: reversed });
  expect(readFileSync(copy, "utf8")).toBe(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
});

test("a program manifest of version 1 is read", () => {
  expect(findProgram("local-rag", ["/nonexistent", golden])).toEqual({
    folder: golden,
    manifest: {
      program: 1,
      name: "local-rag",
      interpreter: "node",
      entry: "dist/main.js",
      closure: [
        "dist",
        "package.json",
        { package: "onnxruntime-node", files: ["dist", "bin/napi-v6/linux/x64"] },
        { package: "@scope/extra", files: ["index.js"], optional: true },
      ],
    },
  });
});

test("the digest of a closure stays what it is", () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}` as const;
  const files = [{ path: "main.js", digest, bytes: 12, executable: false }];
  const bare = { closure: 1, kind: "file", entry: "main.js", files } as const;
  const interpreter = { kind: "node", digest, argv: [], standalone: true } as const;
  expect([closureDigest(bare), closureDigest({ ...bare, interpreter })]).toMatchInlineSnapshot(`
    [
      "sha256:263a400e894c9bcea795e050465ec557b4b2b28686c769830fd4b6164ea953a9",
      "sha256:8cbfcce9a514a768b7534b508c7e1a0e0621d47eee9c6d44bc153977bc575fde",
    ]
  `);
});
