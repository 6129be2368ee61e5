import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { digestBytes, digestFile, digestHandle, isDigest } from "./digest.ts";
import { decodeBase64, encodeBase64 } from "./strict-base64.ts";

const abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("digests", () => {
  test("of bytes and of their text are the one that sha256sum prints", () => {
    expect(digestBytes("abc")).toBe(abc);
    expect(digestBytes(Buffer.from("abc"))).toBe(abc);
  });

  test("made for one purpose differ from those made for another or for none", () => {
    const all = [digestBytes("abc"), digestBytes("abc", "skill"), digestBytes("abc", "contract")];
    expect(new Set(all).size).toBe(3);
    expect(digestBytes("abc", "skill")).toBe(digestBytes("skill\0abc"));
  });

  test("of a file cover all of it and leave the handle where it was", async () => {
    const folder = await mkdtemp(join(tmpdir(), "clawkeep-digest-"));
    const path = join(folder, "file");
    const bytes = Buffer.alloc((2 << 20) + 17, "abc");
    await writeFile(path, bytes);
    const handle = await open(path);
    try {
      expect(await digestFile(path)).toBe(digestBytes(bytes));
      expect(await digestHandle(handle)).toBe(digestBytes(bytes));
      expect((await handle.read(Buffer.alloc(3), 0, 3)).buffer.toString()).toBe("abc");
    } finally {
      await handle.close();
      await rm(folder, { recursive: true });
    }
  });

  test("are recognised by their form", () => {
    expect(isDigest(abc)).toBe(true);
    for (const bad of [abc.toUpperCase(), `${abc}0`, abc.slice(0, -1), ` ${abc}`, `${abc}\n`, 1]) {
      expect(isDigest(bad)).toBe(false);
    }
  });
});

describe("base64", () => {
  test("is read only in the one spelling that is written", () => {
    expect(encodeBase64(Uint8Array.of(0xfb, 0xff))).toBe("+/8=");
    expect(decodeBase64("+/8=")).toEqual(Buffer.of(0xfb, 0xff));
    for (const bad of ["-_8=", "+/8", "+/9=", " +/8=", "+/8=\n", "+/8==", "a"]) {
      expect(decodeBase64(bad)).toBeUndefined();
    }
  });
});
