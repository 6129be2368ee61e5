import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { digestBytes } from "@clawkeep/integrity";

import { openBackup } from "./read-backup.ts";
import { endBlocks, fileHeader, padding } from "./tar-format.ts";
import { writeBackup } from "./write-backup.ts";

let base = "";
let good: Buffer;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "claw-hostile-"));
  const state = join(base, "state");
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, "a"), "aaa");
  writeFileSync(join(state, "b"), Buffer.alloc(2000, 98));
  const about = { name: "home", profile: "notebook", openclaw: "2026.9.6", spec: "" };
  await writeBackup({ ...about, state }, join(base, "good.tar"));
  good = readFileSync(join(base, "good.tar"));
});
afterAll(() => rmSync(base, { recursive: true }));

const bytes = Buffer.from("evil");
const part = (name: string, content: Uint8Array): Uint8Array =>
  Buffer.concat([fileHeader(name, content.length, 0o600), content, padding(content.length)]);

function archive(paths: readonly string[], more: Readonly<Record<string, unknown>> = {}): Buffer {
  const files = paths.map((path) => ({
    path,
    mode: 0o600,
    size: bytes.length,
    digest: digestBytes(bytes),
  }));
  const manifest = {
    backup: 1,
    name: "home",
    profile: "notebook",
    openclaw: "1",
    at: "",
    spec: "",
    files,
    left: [],
    ...more,
  };
  return Buffer.concat([
    part("manifest.json", Buffer.from(JSON.stringify(manifest))),
    ...paths.map((path) => part(`state/${path}`, bytes)),
    endBlocks(),
  ]);
}

async function refuses(content: Uint8Array): Promise<void> {
  const at = join(base, "hostile.tar");
  writeFileSync(at, content);
  await expect(openBackup(at)).rejects.toMatchObject({ code: "RESTORE_ARCHIVE" });
}

test("what claw backup writes is opened, and so is the same made by hand", async () => {
  await (await openBackup(join(base, "good.tar"))).close();
  writeFileSync(join(base, "hand.tar"), archive(["a", "b/c"]));
  await (await openBackup(join(base, "hand.tar"))).close();
});

test.each([
  ["../outside"],
  ["a/../../outside"],
  ["/etc/cron.d/evil"],
  ["a//b"],
  ["./a"],
  ["a/."],
  [""],
  ["secrets/gateway-token"],
  ["a\nb"],
  ["a\u0000b"],
  ["x".repeat(300)],
  ["d/".repeat(80) + "x"],
])("L23: an archive with the path %j is refused before anything is written", async (path) => {
  await refuses(archive([path]));
});

test("L23: a path twice, a file that is a folder, a lost and a further entry are refused", async () => {
  await refuses(archive(["a", "a"]));
  await refuses(archive(["a", "a/b"]));
  await refuses(
    Buffer.concat([archive(["a"]).subarray(0, -1024), part("state/more", bytes), endBlocks()]),
  );
  await refuses(
    Buffer.concat([part("manifest.json", archive(["a"]).subarray(0, 512)), endBlocks()]),
  );
  await refuses(Buffer.concat([archive(["a"]), bytes]));
  await refuses(archive(["a"], { backup: 2 }));
  await refuses(archive(["a"], { further: 1 }));
});

test("L23: links, devices and fifos of the real tar are refused", async () => {
  const folder = join(base, "made");
  mkdirSync(join(folder, "state"), { recursive: true });
  writeFileSync(join(folder, "manifest.json"), "{}");
  symlinkSync("/etc/shadow", join(folder, "state", "link"));
  execFileSync("mkfifo", [join(folder, "state", "fifo")]);
  for (const name of ["state/link", "state/fifo", "state"]) {
    execFileSync("tar", ["--format=ustar", "-cf", join(base, "made.tar"), "-C", folder, name]);
    await refuses(readFileSync(join(base, "made.tar")));
    execFileSync("tar", [
      "--format=ustar",
      "-cf",
      join(base, "made.tar"),
      "-C",
      folder,
      "manifest.json",
      name,
    ]);
    await refuses(readFileSync(join(base, "made.tar")));
  }
});

test("L23: sizes that lie, and an archive that claims terabytes, are refused by their header", async () => {
  const huge = [{ path: "a", mode: 0o600, size: 8 * 1024 ** 3 - 1, digest: digestBytes(bytes) }];
  const manifest = part(
    "manifest.json",
    Buffer.from(
      JSON.stringify({
        backup: 1,
        name: "home",
        profile: "",
        openclaw: "",
        at: "",
        spec: "",
        files: huge,
        left: [],
      }),
    ),
  );
  await refuses(Buffer.concat([manifest, fileHeader("state/a", 8 * 1024 ** 3 - 1, 0o600), bytes]));
  await refuses(fileHeader("manifest.json", 64 * 1024 * 1024 + 1, 0o600));
  await refuses(good.subarray(0, good.length - 1));
  await refuses(Buffer.alloc(0));
});

test("L23: an archive is a file: no link, no folder, no device", async () => {
  symlinkSync(join(base, "good.tar"), join(base, "link.tar"));
  for (const path of [join(base, "link.tar"), base, "/dev/zero"]) {
    await expect(openBackup(path)).rejects.toMatchObject({
      code: expect.stringMatching(/FILE_NOT_REGULAR|EISDIR/u),
    });
  }
  chmodSync(join(base, "good.tar"), 0o600);
});

test("L23: no changed byte goes unseen but in padding, modes and times that are not used", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Buffer.from(good);
      changed[at] = ((changed[at] ?? 0) + by) % 256;
      writeFileSync(join(base, "fuzzed.tar"), changed);
      const opened = await openBackup(join(base, "fuzzed.tar")).catch(() => undefined);
      if (opened === undefined) return;
      // Only the text of the manifest and zeros behind a file can differ; the bytes of the files cannot.
      expect(opened.manifest.files.map(({ digest }) => digest)).toHaveLength(2);
      for (const file of opened.manifest.files) {
        const parts: Uint8Array[] = [];
        for await (const some of opened.read(file)) parts.push(some);
        expect(digestBytes(Buffer.concat(parts))).toBe(file.digest);
      }
      await opened.close();
    }),
    { numRuns: 200 },
  );
});
