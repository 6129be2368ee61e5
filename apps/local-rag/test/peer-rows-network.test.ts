/** The row of our table of peers about the network: denied by the system, and on the record. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { detectLevels, runOnce } from "@clawkeep/sandbox";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import config from "../tsup.config.ts";

const root = path.dirname(import.meta.dirname);
const repository = path.join(root, "../..");
mkdirSync(path.join(root, "node_modules", ".cache"), { recursive: true });
/** A program as it is installed: below node_modules, so that it finds what it is not bundled with. */
const program = mkdtempSync(path.join(root, "node_modules", ".cache", "program-"));
const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-network-")));
const levels = await detectLevels();
const isConfined = levels.bubblewrap.available || levels.landlock.available;
if (!isConfined) {
  process.stderr.write("peer rows: no sandbox on this machine, so nothing can be denied\n");
}

beforeAll(async () => {
  if (typeof config === "function" || Array.isArray(config)) {
    throw new TypeError("expected one configuration");
  }
  const { onSuccess: _, ...rest } = config;
  const outDir = path.join(program, "dist");
  await build({ ...rest, config: false, outDir, clean: false, silent: true });
  mkdirSync(path.join(outDir, "native"), { recursive: true });
  copyFileSync(path.join(root, "package.json"), path.join(outDir, "native", "README"));
  for (const name of ["package.json", "clawkeep.program.json"]) {
    copyFileSync(path.join(root, name), path.join(program, name));
  }
  cpSync(path.join(repository, "skills/local-rag"), path.join(workspace, "skills/local-rag"), {
    recursive: true,
  });
  skill("lock", "--program-folder", program, "--json");
}, 240_000);
afterAll(() => {
  rmSync(program, { recursive: true, force: true });
  rmSync(workspace, { recursive: true, force: true });
});

/** Runs `clawkeep-skill` from its sources. */
function skill(...args: readonly string[]): unknown {
  const main = path.join(repository, "apps/skill/src/main.ts");
  const ended = spawnSync(process.execPath, ["--conditions=source", main, ...args], {
    cwd: workspace,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", CLAWKEEP_HOME: path.join(workspace, "home") },
  });
  expect([ended.status, ended.stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(ended.stdout);
}

describe("row", { timeout: 240_000 }, () => {
  test.runIf(isConfined)("Network denied by OS, reported", async () => {
    const cases = path.join(workspace, "skills/local-rag/cases");
    const answered = skill(
      ...["run", "local-rag", "query", "--program-folder", program, "--require-sandbox"],
      ...["--root", `index=${path.join(cases, "index")}`],
      ...["--root", `registry=${path.join(cases, "registry")}`],
      ...["--arg", "query=When must the fog signal be started?", "--json"],
    );
    expect(answered).toMatchObject({ exitCode: 0, ok: true });
    const { id, level } = answered as { readonly id: string; readonly level: string };
    expect(level).not.toBe("none");
    expect(skill("audit", "show", id, "--json")).toMatchObject({
      executions: [
        {
          start: { network: "none", sandbox: { level } },
          end: { level, ended: "exited", exitCode: 0 },
        },
      ],
    });

    // Whoever reads that may believe it: at this level the system refuses a connection to this very machine.
    const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const connect = `require("node:net").connect(${port}, "127.0.0.1")
      .on("connect", () => process.exit(0)).on("error", ({ code }) => { console.log(code); process.exit(1); });`;
    const node = realpathSync(process.execPath);
    const tried = await runOnce({
      executable: { path: node },
      argv: ["-e", connect],
      cwd: workspace,
      environment: {},
      readRoots: [workspace, path.dirname(node)].map((folder) => ({
        source: folder,
        target: folder,
      })),
      writeRoots: [],
      limits: { timeoutMs: 60_000, stdoutBytes: 10_000, stderrBytes: 10_000 },
      network: "none",
      level: "best",
    });
    server.close();
    expect([tried.level, tried.exitCode]).toEqual([level, 1]);
    expect(Buffer.from(tried.stdout).toString()).toMatch(
      /^E(?:CONNREFUSED|NETUNREACH|ACCES|PERM)/u,
    );
  });
});
