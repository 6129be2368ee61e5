import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { environment, localRag } from "./command.ts";

const main = path.join(import.meta.dirname, "../src/main.ts");
const base = mkdtempSync(path.join(tmpdir(), "rag-bundle-"));
const [here, there] = [path.join(base, "here"), path.join(base, "there")];
const file = path.join(base, "lighthouse.bundle");
/** No interface but a loopback that is down. */
const without = ["unshare", "-rn"] as const;
const isPossible = spawnSync(without[0], [without[1], "true"]).status === 0;
if (!isPossible) {
  process.stderr.write("bundle: no user namespaces, so nothing is tried without a network\n");
}

let digest = "";
beforeAll(() => {
  const workspace = path.join(base, "workspace");
  cpSync(path.join(import.meta.dirname, "../../../fixtures/corpora/lighthouse"), workspace, {
    recursive: true,
  });
  const place = { home: here, cwd: workspace };
  expect(localRag(["index", "."], place).code).toBe(0);
  const skill = path.join(import.meta.dirname, "../../../skills/local-rag");
  const written = localRag(["bundle", "export", file, "--skill", skill, "--json"], place);
  ({ digest } = JSON.parse(written.stdout) as { readonly digest: string });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function offline(...args: readonly string[]): {
  readonly code: number | null;
  readonly out: string;
} {
  const { status, stdout, stderr } = spawnSync(
    without[0],
    [without[1], process.execPath, "--conditions=source", main, ...args],
    { env: environment({ home: there }), encoding: "utf8", cwd: base },
  );
  return { code: status, out: `${stdout}${stderr}` };
}

test.runIf(isPossible)(
  "a bundle is unpacked, believed by its digest, asked and checked without any network",
  { timeout: 240_000 },
  () => {
    const interfaces = spawnSync(without[0], [without[1], "cat", "/proc/net/dev"], {
      encoding: "utf8",
    }).stdout.match(/^\s*\w+:/gmu);
    expect(interfaces?.map((name) => name.trim())).toEqual(["lo:"]);
    const to = path.join(base, "unpacked");
    const loaded = offline("bundle", "import", file, "--to", to, "--digest", digest);
    expect([loaded.code, loaded.out]).toEqual([0, expect.stringContaining("verified by digest")]);
    const index = path.join(to, "index");
    const asked = offline("query", "fog signal", "--index", index);
    expect([asked.code, asked.out]).toEqual([0, expect.stringContaining("fog.md")]);
    const checked = offline("verify", "--index", index);
    expect([checked.code, checked.out]).toEqual([0, expect.stringContaining("whole: 1 segment")]);
    expect(readFileSync(path.join(to, "skill", "SKILL.md"), "utf8")).toContain("local-rag");
  },
);

test("whoever made it, a bundle without digest or key is integrity only", () => {
  const to = path.join(base, "unsure");
  const loaded = localRag(["bundle", "import", file, "--to", to], { home: there });
  expect([loaded.code, loaded.stdout]).toEqual([0, expect.stringContaining("integrity only")]);
});
