import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import {
  executed,
  makeWorkspace,
  refusedWith,
  request,
  testableLevels,
} from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import {
  findRun,
  keepRun,
  makeRunId,
  measuredRuntime,
  openMetricsFile,
  openRuntime,
} from "../index.ts";
import type { Execution, Runtime, RuntimeConfiguration } from "../index.ts";

const canaries = {
  KEPT: "canary-of-a-file-1f0e",
  LOADED: "canary-of-a-credential-2f0e",
  NAMED: "canary-of-a-variable-3f0e",
  TOLD: "canary-of-a-command-4f0e",
} as const;
const canary = /canary-of-/u;

describe.each(await testableLevels())("at level %s", (level) => {
  let place: TestWorkspace;
  let runtime: Runtime;
  let configuration: RuntimeConfiguration;
  let credentials: string;
  const own = (name: string): string => path.join(place.base, "owner", name);
  const ask = (text = "nothing"): ReturnType<typeof request> =>
    request("canary", { text }, { level, caller: { transport: "test", claimed: { text } } });

  beforeAll(async () => {
    place = await makeWorkspace();
    credentials = own("credentials");
    mkdirSync(path.join(place.home, "secrets"), { mode: 0o700 });
    mkdirSync(credentials, { recursive: true });
    writeFileSync(path.join(place.home, "secrets", "kept"), canaries.KEPT, { mode: 0o600 });
    writeFileSync(path.join(credentials, "loaded"), `${canaries.LOADED}\n`, { mode: 0o440 });
    writeFileSync(
      own("vault"),
      `#!/bin/sh\necho ${canaries.TOLD}\necho ${canaries.TOLD} >&2\nenv > ${own("seen")}\n`,
    );
    chmodSync(own("vault"), 0o700);
    configuration = {
      secrets: { environment: ["CANARY_NAMED"], commands: { told: { argv: [own("vault")] } } },
      notify: { file: own("events") },
    };
    runtime = await openRuntime({
      ...place,
      configuration,
      environment: { CANARY_NAMED: canaries.NAMED, CREDENTIALS_DIRECTORY: credentials, HOME: "/" },
    });
  });
  afterAll(async () => {
    await runtime.close();
    place.remove();
  });

  test("a secret of each kind is nowhere but in the program [S12]", async () => {
    const go = path.join(place.workspace, "data", "go");
    rmSync(go, { force: true });
    const metrics = await openMetricsFile(own("metrics.prom"));
    const id = makeRunId();
    const all = Object.values(canaries).join(" ");
    const pending = keepRun({
      home: place.home,
      id,
      configuration,
      runtime: measuredRuntime(runtime, metrics, () => {}),
      request: ask(all),
    });
    // The caller itself gave the secrets as an argument: that is in a command line while it runs.
    const processes = await programs(pending);
    expect(processes.length).toBeGreaterThan(0);
    expect(processes.filter(({ environ }) => canary.test(environ))).toEqual([]);
    writeFileSync(go, "");
    const execution = executed((await pending) as Execution);
    expect(execution.exitCode).toBe(1);
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
    const told = "not passed [secret KEPT] [secret LOADED] [secret NAMED] [secret TOLD]";
    expect(text(execution.stdout)).toBe(`0 ${told}\n1 ${told}\n`.slice(0, 100));
    expect(text(execution.stderr)).toContain(`Error: ${told}`);
    expect(readFileSync(execution.artifact ?? "", "utf8")).toContain(`39 ${told}\n`);
    const shown = JSON.stringify({
      ...execution,
      stdout: text(execution.stdout),
      stderr: text(execution.stderr),
    });
    expect(canary.test(shown)).toBe(false);
    expect((await findRun(place.home, id)).ending?.result.kind).toBe("execution");
    const files = [...filesBelow(place.home), own("events"), own("metrics.prom")].filter(
      (file) => !file.includes("/secrets/") && !file.includes("/interpreters/"),
    );
    expect(files.length).toBeGreaterThan(8);
    const holding = files.filter((file) => canary.test(readFileSync(file, "latin1")));
    expect(holding).toEqual([]);
    expect(readFileSync(own("seen"), "utf8")).not.toMatch(canary);
    const scratch = path.join(place.home, "scratch");
    expect(existsSync(scratch) ? readdirSync(scratch) : []).toEqual([]);
  });

  test("no process has a secret in its command line or environment [S12]", async () => {
    const go = path.join(place.workspace, "data", "go");
    rmSync(go, { force: true });
    const pending = runtime.invoke(ask());
    const processes = await programs(pending);
    expect(processes.length).toBeGreaterThan(0);
    expect(processes.filter(({ environ, cmdline }) => canary.test(environ + cmdline))).toEqual([]);
    writeFileSync(go, "");
    executed(await pending);
  });
});

test.each(await testableLevels())(
  "at level %s what a killed runtime leaves of secrets is gone once the next one is opened",
  async (level) => {
    const place = await makeWorkspace();
    mkdirSync(path.join(place.home, "secrets"), { mode: 0o700 });
    writeFileSync(path.join(place.home, "secrets", "kept"), canaries.KEPT, { mode: 0o600 });
    writeFileSync(path.join(place.base, "loaded"), canaries.LOADED, { mode: 0o400 });
    const child = path.join(import.meta.dirname, "..", "..", "test", "hold-secret.ts");
    const argv = ["--conditions=source", child, place.home, place.workspace, level];
    const killed = spawn(process.execPath, argv, {
      env: { CANARY_NAMED: canaries.NAMED, CREDENTIALS_DIRECTORY: place.base },
      stdio: "ignore",
    });
    const over = once(killed, "exit");
    const programsOfIt = await programs(over, killed.pid);
    expect(programsOfIt).not.toEqual([]);
    killed.kill("SIGKILL");
    await over;
    const scratch = path.join(place.home, "scratch");
    const left = (): readonly string[] =>
      (existsSync(scratch) ? filesBelow(scratch) : []).filter((file) =>
        canary.test(readFileSync(file, "latin1")),
      );
    // Under bubblewrap they never were on a disk.
    expect(left()).toHaveLength(level === "bubblewrap" ? 0 : 4);
    await (await openRuntime({ ...place, environment: {} })).close();
    expect(left()).toEqual([]);
    // At level none the program goes on until this is there.
    writeFileSync(path.join(place.workspace, "data", "go"), "");
    await vi.waitFor(() => expect(programsOfIt.filter(isThere)).toEqual([]), 10_000);
    place.remove();
  },
);

describe("a reference", () => {
  let place: TestWorkspace;
  let folder: string;
  beforeAll(async () => {
    place = await makeWorkspace();
    folder = path.join(place.base, "credentials");
    mkdirSync(folder);
    mkdirSync(path.join(place.home, "secrets"), { mode: 0o700 });
    writeFileSync(path.join(place.home, "secrets", "kept"), canaries.KEPT, { mode: 0o600 });
    writeFileSync(path.join(folder, "loaded"), canaries.LOADED, { mode: 0o400 });
  });
  afterAll(() => place.remove());

  const commands = (...argv: readonly string[]): RuntimeConfiguration => ({
    secrets: { environment: ["CANARY_NAMED"], commands: { told: { argv, timeoutSec: 1 } } },
  });
  const good = commands("/bin/echo", canaries.TOLD);
  const environment = (): Record<string, string> => ({
    CANARY_NAMED: canaries.NAMED,
    CREDENTIALS_DIRECTORY: folder,
  });

  test.each<[string, RuntimeConfiguration, Record<string, string>, readonly string[]]>([
    [
      "of a variable that is not listed",
      { secrets: { commands: good.secrets?.commands ?? {} } },
      {},
      ["SECRET_REFERENCE_UNKNOWN"],
    ],
    ["of a variable that is not there", good, { CANARY_NAMED: "" }, ["SECRET_REFUSED"]],
    [
      "of a command that is not there",
      { secrets: { environment: ["CANARY_NAMED"] } },
      {},
      ["SECRET_REFERENCE_UNKNOWN"],
    ],
    [
      "of a command that cannot be started",
      commands("/nonexistent/vault"),
      {},
      ["SECRET_UNREADABLE"],
    ],
    [
      "of a command that fails",
      commands("/bin/sh", "-c", `echo ${canaries.TOLD}; exit 3`),
      {},
      ["SECRET_UNREADABLE"],
    ],
    [
      "of a command that is too slow",
      commands("/bin/sh", "-c", "sleep 60 & wait"),
      {},
      ["SECRET_UNREADABLE"],
    ],
    [
      "of a command that does not stop talking",
      commands("/bin/cat", "/dev/zero"),
      {},
      ["SECRET_REFUSED"],
    ],
    ["of a command that says too little", commands("/bin/echo", "short"), {}, ["SECRET_REFUSED"]],
    [
      "of a credential without a unit",
      good,
      { CREDENTIALS_DIRECTORY: "relative" },
      ["SECRET_UNREADABLE"],
    ],
    [
      "of a credential that is not there",
      good,
      { CREDENTIALS_DIRECTORY: "/nonexistent" },
      ["SECRET_UNREADABLE"],
    ],
  ])("%s is refused, without any value", async (_what, configuration, more, codes) => {
    await using runtime = await openRuntime({
      ...place,
      configuration,
      environment: { ...environment(), ...more },
    });
    const result = await runtime.invoke(request("canary", { text: "x" }));
    expect(refusedWith(result)).toEqual(["secrets", ...codes]);
    expect(JSON.stringify(result)).not.toMatch(canary);
  });

  test("of a credential that others can read is refused", async () => {
    const file = path.join(folder, "loaded");
    await using runtime = await openRuntime({
      ...place,
      configuration: good,
      environment: environment(),
    });
    chmodSync(file, 0o444);
    const result = await runtime.invoke(request("canary", { text: "x" }));
    chmodSync(file, 0o400);
    expect(refusedWith(result)).toEqual(["secrets", "SECRET_UNREADABLE"]);
  });
});

/** Whether a process is still the one that was seen; one that has ended has no command line. */
function isThere({ pid, cmdline }: Seen): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1") === cmdline;
  } catch {
    return false;
  }
}

interface Seen {
  readonly pid: number;
  readonly cmdline: string;
  readonly environ: string;
}

/** All processes below this one, once the program itself is among them. */
async function programs(
  pending: Promise<unknown>,
  of: number = process.pid,
): Promise<readonly Seen[]> {
  let over = false;
  pending.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over) {
    const seen = below(of);
    if (seen.some(({ cmdline }) => /^[^\0]*node\0[^\0]*probe\.mjs\0canary/u.test(cmdline)))
      return seen;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [];
}

function below(pid: number): readonly Seen[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
    );
    return children.flatMap((child) => {
      const read = (name: string): string => readFileSync(`/proc/${child}/${name}`, "latin1");
      return [
        { pid: Number(child), cmdline: read("cmdline"), environ: read("environ") },
        ...below(Number(child)),
      ];
    });
  } catch {
    return [];
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}
