import { spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

import { afterAll, describe, expect, test } from "vitest";

import { localRag, startLocalRag } from "./command.ts";

const corpus = path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse");
const base = mkdtempSync(path.join(tmpdir(), "clawkeep-upkeep-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const patience = { timeout: 120_000 };

interface Place {
  readonly workspace: string;
  readonly home: string;
  readonly index: string;
}

function newPlace(name: string): Place {
  const workspace = path.join(base, name, "workspace");
  cpSync(corpus, workspace, { recursive: true });
  const index = path.join(workspace, ".clawkeep/index");
  return { workspace, home: path.join(base, name, "home"), index };
}

interface WatchLine {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** The events of a watching process, one after the other. */
function eventsOf(running: ChildProcessWithoutNullStreams): {
  readonly until: (fits: (line: WatchLine) => boolean) => Promise<WatchLine>;
} {
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  return {
    until: async (fits) => {
      for (;;) {
        const { done, value } = await lines.next();
        if (done === true) {
          throw new Error("the watch has ended");
        }
        const line = JSON.parse(value) as WatchLine;
        if (fits(line)) {
          return line;
        }
      }
    },
  };
}

describe("local-rag watch", () => {
  test(
    "tells each publication as a line, and leaves nothing half-written when it is stopped",
    patience,
    async () => {
      const { workspace, home, index } = newPlace("watched");
      mkdirSync(path.join(workspace, "shore"));
      writeFileSync(path.join(workspace, "shore/reef.md"), "# Reef\n\nThe reef is marked.\n");
      const running = startLocalRag(["watch", workspace, "--json", "--progress", "ndjson"], {
        home,
      });
      let progress = "";
      running.stderr.setEncoding("utf8").on("data", (text: string) => (progress += text));
      const ended = once(running, "exit");
      const { until } = eventsOf(running);
      const first = await until(({ event }) => event === "indexed");
      expect(await until(({ event }) => event === "watching")).toMatchObject({ by: "events" });
      writeFileSync(path.join(workspace, "radio.md"), "# Radio\n\nThe radio beacon hums.\n");
      const second = await until(({ event }) => event === "indexed");
      expect(second).toMatchObject({ changed: 1, embedded: 1, published: true });
      expect(second["snapshotRoot"]).not.toBe(first["snapshotRoot"]);
      const ask = (): string =>
        localRag(["query", "radio beacon", "--json", "--index", index], { home }).stdout;
      expect(ask()).toContain('"path":"radio.md"');
      renameSync(path.join(workspace, "shore"), path.join(workspace, "coast"));
      expect(await until(({ event }) => event === "indexed")).toMatchObject({
        moved: 1,
        embedded: 0,
      });
      running.kill("SIGINT");
      await until(({ event }) => event === "stopped");
      expect(await ended).toEqual([0, null]);
      expect(progress).toContain('"stage":"publish"');
      const left = readdirSync(index, { recursive: true }).map(String);
      expect(left.filter((name) => /tmp$|journal$/u.test(name))).toEqual([]);
      expect(localRag(["verify", "--index", index], { home }).code).toBe(0);
    },
  );

  const limited = spawnSync("unshare", [
    "-r",
    "sh",
    "-c",
    "echo 64 > /proc/sys/user/max_inotify_watches",
  ]);
  if (limited.status !== 0) {
    process.stderr.write("upkeep: no user namespaces, so a real limit of watches is not tried\n");
  }
  test.runIf(limited.status === 0)(
    "goes on by looking where the kernel gives no more watches, and says which setting it is",
    patience,
    async () => {
      const { workspace, home } = newPlace("limited");
      for (const name of ["a", "b", "c", "d"]) {
        mkdirSync(path.join(workspace, name));
        writeFileSync(path.join(workspace, name, "x.md"), `# ${name}\n\nText of ${name}.\n`);
      }
      const running = startLocalRag(["watch", workspace, "--json", "--poll", "1"], { home }, {}, [
        "unshare",
        "-r",
        "sh",
        "-c",
        'echo 2 > /proc/sys/user/max_inotify_watches && exec "$0" "$@"',
      ]);
      const ended = once(running, "exit");
      const { until } = eventsOf(running);
      const mode = await until(({ event }) => event === "watching");
      expect(mode).toMatchObject({ by: "polling", why: "ENOSPC", folders: 2, pollSeconds: 1 });
      writeFileSync(path.join(workspace, "d/new.md"), "# New\n\nNew text.\n");
      expect(await until(({ event }) => event === "indexed")).toMatchObject({ changed: 1 });
      running.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    },
  );

  test("refuses what it cannot watch with exit code 2", () => {
    const { home } = newPlace("refused");
    const absent = localRag(["watch", path.join(base, "absent")], { home });
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining("INDEX_WORKSPACE")]);
    const poll = localRag(["watch", base, "--poll", "never"], { home });
    expect([poll.code, poll.stderr]).toEqual([2, expect.stringContaining("--poll needs")]);
  });
});

/** Every view of a file that might hide a text: as it is, in UTF-16, unpacked. */
function viewsOf(bytes: Buffer): readonly string[] {
  const unpacked: Buffer[] = [];
  for (const unpack of [gunzipSync, inflateSync, brotliDecompressSync, zstdDecompressSync]) {
    try {
      unpacked.push(unpack(bytes));
    } catch {
      // Not packed like that.
    }
  }
  return [bytes, ...unpacked].flatMap((each) => [
    each.toString("latin1"),
    each.toString("utf16le"),
    each.subarray(1).toString("utf16le"),
  ]);
}

function filesWith(text: string, ...folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) =>
      viewsOf(readFileSync(file)).some((view) => view.toLowerCase().includes(text)),
    );
}

describe("local-rag forget", () => {
  const canary = "quetzalcanary";

  test(
    "leaves no byte of the text in the index or the state folder, until it is undone",
    patience,
    () => {
      const { workspace, home, index } = newPlace("forgotten");
      mkdirSync(path.join(workspace, "private"));
      const plan = path.join(workspace, "private/plan.md");
      writeFileSync(plan, `# Plan\n\nThe ${canary} nests at dawn.\n`);
      const run = (...args: string[]): ReturnType<typeof localRag> =>
        localRag(args, { home, cwd: workspace });
      expect(run("index", ".").code).toBe(0);
      expect(run("query", canary, "--json").stdout).toContain("private/plan.md");
      expect(filesWith(canary, index, home).length).toBeGreaterThan(1);
      const forgotten = run("forget", "private/", "--json");
      expect(forgotten).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(forgotten.stdout)).toMatchObject({
        version: 1,
        forgotten: ["private/plan.md"],
        list: ["private"],
      });
      expect(filesWith(canary, index, home)).toEqual([]);
      expect(run("query", canary, "--json").stdout).not.toContain("private/plan.md");
      writeFileSync(plan, `# Plan\n\nThe ${canary} nests at noon.\n`);
      expect(run("index", ".", "--rehash").code).toBe(0);
      expect(filesWith(canary, index, home)).toEqual([]);
      expect(run("verify").code).toBe(0);
      expect(run("forget").stdout).toBe("private\n");
      expect(run("status").stdout).toMatch(/^forgotten +private$/mu);
      expect(JSON.parse(run("status", "--json").stdout)).toMatchObject({ forgotten: ["private"] });
      expect(run("forget", "--undo", "private").code).toBe(0);
      expect(run("index", ".").code).toBe(0);
      expect(run("query", canary, "--json").stdout).toContain("private/plan.md");
      rmSync(plan);
      expect(run("index", ".").code).toBe(0);
      expect(filesWith(canary, index, home)).toEqual([]);
    },
  );

  test("says what it cannot do with exit code 2", () => {
    const { workspace, home } = newPlace("unforgotten");
    const run = (...args: string[]): ReturnType<typeof localRag> =>
      localRag(args, { home, cwd: workspace });
    expect(run("forget", "x.md")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("INDEX_MISSING"),
    });
    expect(run("index", ".").code).toBe(0);
    expect(run("forget", "../x.md")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("FORGET_PATTERN"),
    });
    expect(run("forget", "--undo")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--undo needs"),
    });
  });
});
