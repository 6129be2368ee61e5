import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { Place } from "./command.ts";

describe("pack and verify", () => {
  const place = new Place(["say-sh"]);
  const bundle = join(place.folder, "say-sh.zip");

  test("pack the skills of a workspace; verify says integrity only", async () => {
    const packed = await place.run(["pack"]);
    expect([packed.code, packed.stdout]).toEqual([0, expect.stringContaining("packed ")]);
    const first = readFileSync(bundle);
    expect((await place.run(["pack", "skills/say-sh"])).code).toBe(0);
    expect(readFileSync(bundle).equals(first)).toBe(true);
    const { code, stdout } = await place.run(["verify", "say-sh.zip"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("integrity only")]);
  });

  test("seal with a key, and verify against the pinned one", async () => {
    const made = await place.run(["bundle-key", "ada", "--into", "author.key"]);
    expect(made.code).toBe(0);
    expect(statSync(join(place.folder, "author.key")).mode & 0o777).toBe(0o600);
    expect(made.stdout).not.toContain("PRIVATE");
    writeFileSync(join(place.folder, "author.pub"), made.stdout);
    const again = await place.run(["bundle-key", "ada", "--into", "author.key"]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("KEY_NOT_WRITTEN")]);
    const packed = await place.json(["pack", "--sign", "author.key"]);
    expect(packed).toMatchObject({
      version: 1,
      ok: true,
      skills: [{ slug: "say-sh", seal: `${bundle}.seal` }],
    });
    const verified = await place.json(["verify", "say-sh.zip", "--verifier", "author.pub"]);
    expect(verified).toMatchObject({
      version: 1,
      ok: true,
      bundles: [{ trust: "signed", signer: "ada" }],
    });
  });

  test("refuse a changed bundle with exit code 1", async () => {
    const bytes = readFileSync(bundle);
    const at = bytes.indexOf("---");
    bytes[at] = 0x2b;
    writeFileSync(join(place.folder, "changed.zip"), bytes);
    const { code, stdout } = await place.run(["verify", "changed.zip"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("BUNDLE_CHECKSUM")]);
  });

  test("refuse a place inside the skill, and leave nothing there", async () => {
    const { code, stderr } = await place.run(["pack", "skills/say-sh", "--into", "skills/say-sh"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("PACK_INSIDE")]);
    expect(readdirSync(join(place.folder, "skills/say-sh"))).not.toContain("say-sh.zip");
  });

  test("say what is wrong with a folder, with exit code 1", async () => {
    mkdirSync(join(place.folder, "empty"));
    const { code, stdout } = await place.run(["pack", "empty"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("PACK_NO_SKILL")]);
  });

  test.each([
    [["verify", "none.zip"], "FILE_MISSING"],
    [["verify", "say-sh.zip", "--seal", "x"], "VERIFY_USAGE"],
    [["pack", "--sign", "none.key"], "KEY_MISSING"],
    [["pack", "--into", "nowhere"], "PACK_INTO"],
  ])("%j is a usage error", async (args, code) => {
    const ended = await place.run([...args]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(code)]);
  });
});
