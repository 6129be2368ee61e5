import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import type { CommandResult } from "./command.ts";
import { environment, localRag, startLocalRag } from "./command.ts";

const corpus = path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse");
const main = path.join(import.meta.dirname, "../src/main.ts");
const base = mkdtempSync(path.join(tmpdir(), "clawkeep-adversity-"));
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

interface Report {
  readonly changed: number;
  readonly unchanged: number;
  readonly embedded: number;
  readonly published: boolean;
  readonly snapshotRoot: string;
}

const reportOf = ({ code, stdout, stderr }: CommandResult): Report => {
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Report;
};

describe("two indexers at once", () => {
  test(
    "make one index: the second is told who holds it, and the next run has nothing to do",
    patience,
    async () => {
      const { workspace, home, index } = newPlace("two");
      const outcomes = await Promise.all(
        [1, 2].map(async () => {
          const running = startLocalRag(["index", workspace, "--json"], { home });
          let [stdout, stderr] = ["", ""];
          running.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
          running.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
          const [code] = (await once(running, "close")) as [number];
          return { code, stdout, stderr };
        }),
      );
      const refused = outcomes.filter(({ code }) => code !== 0);
      expect(refused.length).toBeLessThan(2);
      for (const { code, stderr } of refused) {
        expect([code, stderr]).toEqual([2, expect.stringContaining("FILE_LOCKED")]);
      }
      expect(localRag(["verify", "--index", index], { home }).code).toBe(0);
      const again = reportOf(localRag(["index", workspace, "--json"], { home }));
      expect(again).toMatchObject({ published: false, embedded: 0 });
    },
  );
});

describe("a clock that went back", () => {
  test("hides no change, embeds nothing twice, and the index answers", patience, () => {
    const { workspace, home, index } = newPlace("clock");
    // As files look that were written before the clock was set back by ten years.
    const ahead = new Date(Date.now() + 10 * 365 * 86_400_000);
    for (const name of ["fog.md", "lamp.md"]) {
      utimesSync(path.join(workspace, name), ahead, ahead);
    }
    const run = (): Report => reportOf(localRag(["index", workspace, "--json"], { home }));
    const first = run();
    expect(run()).toMatchObject({ changed: 0, embedded: 0, snapshotRoot: first.snapshotRoot });
    const text = "# Fog\n\nThe fog bell rings four times.\n";
    writeFileSync(path.join(workspace, "fog.md"), text);
    utimesSync(path.join(workspace, "fog.md"), ahead, ahead);
    expect(run()).toMatchObject({ changed: 1, published: true });
    // The same length and the same times: only reading tells.
    writeFileSync(path.join(workspace, "fog.md"), text.replace("four", "five"));
    utimesSync(path.join(workspace, "fog.md"), ahead, ahead);
    expect(run()).toMatchObject({ changed: 1, embedded: 1, published: true });
    const answer = localRag(["query", "fog bell", "--json", "--index", index], { home });
    expect(answer.stdout).toContain("rings five times");
    expect(localRag(["verify", "--index", index], { home }).code).toBe(0);
  });
});

const bubblewrap = spawnSync("bwrap", ["--ro-bind", "/", "/", "true"]).status === 0;
if (!bubblewrap) {
  process.stderr.write("adversity: no bubblewrap, so no read-only disk is tried\n");
}

describe("a read-only disk", () => {
  test.runIf(bubblewrap)(
    "stops indexing with a clear error, and the index there answers",
    patience,
    () => {
      const { workspace, home, index } = newPlace("read-only");
      const first = reportOf(localRag(["index", workspace, "--json"], { home }));
      writeFileSync(path.join(workspace, "more.md"), "# More\n\nMore text.\n");
      const inside = (...args: readonly string[]): CommandResult => {
        const { status, stdout, stderr } = spawnSync(
          "bwrap",
          [
            ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--die-with-parent"],
            ...[process.execPath, "--conditions=source", main, ...args],
          ],
          { encoding: "utf8", env: environment({ home }) },
        );
        return { code: status, stdout, stderr };
      };
      const refused = inside("index", workspace);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/^[A-Z_]+: .*(?:EROFS|read-?only)/mu);
      const answer = inside("query", "fog signal", "--json", "--index", index);
      expect(answer.stdout).toContain('"path":"fog.md"');
      expect(answer.stdout).toContain(first.snapshotRoot);
    },
  );
});

const alone = ["-r", "-n", "--"];
const apart = spawnSync("unshare", ["-r", "-n", "true"]).status === 0;
if (!apart) {
  process.stderr.write("adversity: no user namespaces, so nothing is run without a network\n");
}

describe("without a network", () => {
  test.runIf(apart)("index and query do all that they do with one [S9]", patience, () => {
    const { workspace, home, index } = newPlace("alone");
    const inside = (...args: readonly string[]): CommandResult => {
      const node = [process.execPath, "--conditions=source", main];
      const { status, stdout, stderr } = spawnSync("unshare", [...alone, ...node, ...args], {
        encoding: "utf8",
        env: environment({ home }),
      });
      // In a namespace of somebody who is not root bubblewrap cannot make another; without the launcher that is said.
      const unconfined =
        /^\S+: warning DOCUMENT_EXTRACTION_UNCONFINED: .*\n {2}Install bubblewrap.*\n/gmu;
      return { code: status, stdout, stderr: stderr.replaceAll(unconfined, "") };
    };
    // The namespace has no interface that is up, and no other than its own loopback.
    const devices = spawnSync("unshare", [...alone, "cat", "/proc/net/dev"], {
      encoding: "utf8",
    });
    expect(devices.stdout.match(/^ *\S+:/gmu)?.map((name) => name.trim())).toEqual(["lo:"]);
    const report = reportOf(inside("index", workspace, "--json", "--cpu", "100%"));
    expect(report.embedded).toBeGreaterThan(0);
    const question = ["query", "fog signal", "--json", "--index", index];
    const answer = inside(...question);
    expect([answer.code, answer.stderr]).toEqual([0, ""]);
    const withOne = localRag(question, { home });
    const withoutTime = (text: string): string => text.replace(/"tookMs":[0-9.]+/u, "");
    expect(withoutTime(answer.stdout)).toBe(withoutTime(withOne.stdout));
    expect(readdirSync(index)).toContain("snapshot.json");
  });
});
