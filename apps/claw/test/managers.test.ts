import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import type * as Provision from "@clawkeep/provision";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { installStandIn } from "./deployed.ts";
import { agentTurn } from "../src/commands/agent.ts";
import { applySpec } from "../src/commands/apply.ts";
import { backupName, restoreName } from "../src/commands/backup.ts";
import { listDevices } from "../src/commands/devices.ts";
import { logsOfName } from "../src/commands/logs.ts";
import { readingCommand, writingCommand } from "../src/commands/openclaw.ts";
import { regenerateToken } from "../src/commands/regenerate-token.ts";
import { rollbackName } from "../src/commands/rollback.ts";
import { openShell } from "../src/commands/shell.ts";
import { restartName, startName } from "../src/commands/start.ts";
import { statusName } from "../src/commands/status.ts";
import { stopName } from "../src/commands/stop.ts";
import { uninstall } from "../src/commands/uninstall.ts";
import { updateName } from "../src/commands/update.ts";

/*
 * Deployments whose manager is the machine's own, by stand-ins for systemctl, launchctl and docker that note how they
 * are called. No program of this machine is run; the gateway is always ready.
 */
const standIns = fileURLToPath(
  new URL("../../../packages/provision/test/stand-ins", import.meta.url),
);
const seen: {
  home: string;
  runs: Provision.ProgramRun[];
  /** What a gate says of a deployment. */
  refusal: string | undefined;
  /** What a supervisor was told, and what it keeps. */
  supervised: string[];
  running: Set<string>;
} = { home: "", runs: [], refusal: undefined, supervised: [], running: new Set() };

vi.mock("@clawkeep/provision", async (original) => {
  const real = await original<typeof Provision>();
  return {
    ...real,
    gatewayGates: () => [{ name: "gateway", check: () => Promise.resolve(seen.refusal) }],
    supervisedService: (given: Provision.ServiceDefinition): Provision.ServicePort => ({
      name: given.name,
      isRunning: () => Promise.resolve(seen.running.has(given.name)),
      start: () => {
        const { name, folder } = given;
        // What is started is what its file says, if there is one.
        const file = path.join(folder, `${name}.json`);
        const { args } = existsSync(file) ? real.readDefinition(file) : given;
        seen.running.add(name);
        seen.supervised.push(`start ${args[0] ?? ""}`);
        return Promise.resolve();
      },
      stop: () => {
        if (seen.running.delete(given.name)) seen.supervised.push(`stop ${given.name}`);
        return Promise.resolve();
      },
    }),
    probeGateway: () => Promise.resolve([]),
    runTool: ([program = "", ...args]: readonly string[], options: Provision.ToolOptions = {}) =>
      real.runTool(["/bin/sh", path.join(standIns, program), ...args], {
        ...options,
        environment: { STAND_IN: seen.home },
      }),
    runOnTerminal: (run: Provision.ProgramRun) => {
      seen.runs.push(run);
      return Promise.resolve(0);
    },
    programLines: async function* (run: Provision.ProgramRun) {
      seen.runs.push(run);
      yield await Promise.resolve("ready, token=abcdef");
    },
  };
});
vi.mock("../src/place/notebook-gateway.ts", async (original) => ({
  ...(await original<object>()),
  readyGate: () => ({ name: "ready", check: () => Promise.resolve(undefined) }),
}));

const cwd = process.cwd();
let printed: string[] = [];

beforeEach(() => {
  seen.home = mkdtempSync(path.join(tmpdir(), "claw-managers-"));
  seen.runs.length = 0;
  seen.refusal = undefined;
  seen.supervised.length = 0;
  seen.running.clear();
  printed = [];
  for (const name of ["state", "known"]) mkdirSync(path.join(seen.home, name));
  for (const name of ["HOME", "CLAWKEEP_HOME", "XDG_STATE_HOME"]) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", seen.home);
  process.chdir(seen.home);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.chdir(cwd);
  rmSync(seen.home, { recursive: true });
});

/** What the managers were told since this was asked last. */
function calls(): readonly string[] {
  const file = path.join(seen.home, "calls");
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  rmSync(file, { force: true });
  return text.split("\n").filter((line) => line !== "");
}

const verbs = (): readonly string[] =>
  calls()
    .map((line) => /(?<= )(?:start|stop|up|down|bootstrap|bootout)(?= |$).*/u.exec(line)?.[0] ?? "")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .split(" ")
        .filter((word) => !/^(?:--|\d)/u.test(word))
        .join(" "),
    );

async function applied(profile: string, more: string, manager: string): Promise<void> {
  writeFileSync(
    "deploy.yaml",
    `deploy: 1\nname: home\nprofile: ${profile}\nmodels: {primary: "ollama/gpt-oss:20b"}\n${more}`,
  );
  const options = { folder: "rendered", start: true, withoutModel: true, manager, ...ownIds };
  expect(await applySpec("deploy.yaml", options)).toBe(0);
}

/** Whoever is not root can only be the container's user itself, where containers count from an id of theirs. */
const self = process.geteuid?.() ?? 0;
const ownIds = self < 1000 ? {} : { containerIds: String(self - 1000) };

const record = (): Readonly<Record<string, unknown>> =>
  JSON.parse(
    readFileSync(
      path.join(seen.home, ".local/state/clawkeep/deployments/home/history/000001.json"),
      "utf8",
    ),
  ) as Readonly<Record<string, unknown>>;

const notRoot =
  self === 0 || self >= 1000 ? undefined : "only root gives a container's user its secrets";

describe("containers kept by Docker compose", () => {
  beforeEach((context) => {
    if (notRoot !== undefined) context.skip(notRoot);
  });

  beforeEach(async () => {
    await applied("cage", "", "compose");
    calls();
  });
  const project = (): string =>
    `docker compose --project-name claw-home --file ${seen.home}/rendered/compose.yaml`;

  test("C15: the generation says so, and start, stop, restart and status ask it", async () => {
    expect(record()["services"]).toEqual([
      {
        by: "compose",
        name: "claw-home",
        files: [`${seen.home}/rendered/compose.yaml`],
        stopSeconds: 330,
      },
    ]);
    expect(await statusName("home", {})).toBe(0);
    expect(printed.join("")).toContain("compose project claw-home");
    expect(calls()).toEqual([
      "docker compose --project-name claw-home ps --quiet --status running",
    ]);
    expect(await stopName("home")).toBe(0);
    expect(verbs()).toEqual(["down"]);
    expect(await statusName("home", {})).toBe(1);
    calls();
    expect(await startName("home")).toBe(0);
    expect(calls().at(-1)).toBe(
      `${project()} up --detach --wait --wait-timeout 300 --remove-orphans`,
    );
    expect(await restartName("home", {})).toBe(0);
    expect(verbs()).toEqual(["down", "up"]);
    expect(await regenerateToken("home", { yes: true })).toBe(1);
    expect(verbs()).toEqual(["down", "up"]);
  }, 60_000);

  test("containers with ids of their own: configuration and secrets are their user's, later applies know it", async (context) => {
    if (self !== 0) context.skip("only root gives files to others");
    const options = { folder: "rendered", withoutModel: true };
    const owners = (): readonly number[] =>
      ["config/openclaw.json", "secrets/container/gateway-token"].map(
        (name) => statSync(path.join(seen.home, "rendered", name)).uid,
      );
    expect(owners()).toEqual([1000, 1000]);
    expect(await applySpec("deploy.yaml", { ...options, containerIds: "100000" })).toBe(0);
    expect(owners()).toEqual([101_000, 101_000]);
    printed = [];
    expect(await applySpec("deploy.yaml", options)).toBe(0);
    expect([owners(), printed.join("")]).toEqual([
      [101_000, 101_000],
      expect.stringContaining("unchanged"),
    ]);
  }, 60_000);

  test("C16: update makes containers anew", async () => {
    expect(await updateName("home", {})).toBe(0);
    expect(seen.runs.map(({ program, args }) => [program, ...args].join(" "))).toEqual([
      `/usr/bin/${project()} build --pull`,
      `/usr/bin/${project()} up -d --force-recreate --wait`,
    ]);
  }, 60_000);

  test("C20 T21: commands of OpenClaw are run in the gateway's container, writing ones in one of their own", async () => {
    await listDevices("home", { json: true });
    await readingCommand(["models", "list"], { name: "home" });
    await writingCommand(["config", "set", "--", "a", "--b; id"], { name: "home" });
    await openShell("home", ["/usr/bin/env"], {});
    const exec = `/usr/bin/${project()} exec -T gateway`;
    expect(seen.runs.map(({ program, args }) => [program, ...args].join(" "))).toEqual([
      `${exec} /usr/local/bin/openclaw devices list --json`,
      `${exec} /usr/local/bin/openclaw models list`,
      `/usr/bin/${project()} --profile cli run --rm --no-deps -T cli config set -- a --b; id`,
      `${exec} /usr/bin/env`,
    ]);
    expect(seen.runs[2]?.args.at(-1)).toBe("--b; id");
  }, 60_000);

  test("C20: a message is in no argument, but on standard input, and in a file that goes", async () => {
    await agentTurn("home", { agent: "main", message: "what is 'secret'?" });
    const run = seen.runs[0];
    expect(run?.input).toBe("what is 'secret'?");
    expect(run?.args.join(" ")).not.toContain("secret");
    const at = run?.args.indexOf("/bin/sh") ?? 0;
    // What the container is told, with `cat` of the message in the place of OpenClaw.
    const [shell = "", flag = "", script = "", name = ""] = run?.args.slice(at) ?? [];
    const { spawnSync } = await import("node:child_process");
    const told = [
      "/bin/sh",
      "-c",
      'printf "%s|" "$@"; cat "$4"',
      "openclaw",
      ...(run?.args.slice(at + 5) ?? []),
    ];
    const ended = spawnSync(shell, [flag, script, name, ...told], {
      input: run?.input,
      encoding: "utf8",
    });
    const said = /^agent\|--agent=main\|--message-file\|(\/tmp\/claw-message\.\w+)\|(.*)$/su.exec(
      ended.stdout,
    );
    expect([ended.status, said?.[2]]).toEqual([0, "what is 'secret'?"]);
    expect(existsSync(said?.[1] ?? "")).toBe(false);
  }, 60_000);

  test("C15: logs are the engine's, without secrets", async () => {
    await logsOfName("home", { lines: "5", service: "skills", follow: true });
    expect(seen.runs[0]?.args.slice(-8)).toEqual([
      "logs",
      "--no-color",
      "--no-log-prefix",
      "--tail",
      "5",
      "--follow",
      "--",
      "skills",
    ]);
    expect(printed.join("")).toContain("token=[redacted]");
    for (const service of ["--since=x", "a b", ""]) {
      await expect(logsOfName("home", { lines: "5", service })).rejects.toMatchObject({
        code: "LOGS_SERVICE",
      });
    }
  }, 60_000);

  test("L23: a volume is refused before anything stops, with what to type", async () => {
    const volume = expect.objectContaining({
      code: "OPERATE_VOLUME",
      hint: expect.stringContaining("docker run --rm -i --network none"),
    }) as Error;
    await expect(backupName("x.tar", { name: "home" })).rejects.toThrow(volume);
    await expect(restoreName("x.tar", { name: "home", yes: true })).rejects.toThrow(volume);
    await expect(uninstall("home", { yes: true, backup: "x.tar" })).rejects.toThrow(volume);
    await expect(uninstall("home", { yes: true, data: true })).rejects.toMatchObject({
      code: "UNINSTALL_DATA",
    });
    expect(calls()).toEqual([]);
    expect(await uninstall("home", { yes: true })).toBe(0);
    expect([verbs(), existsSync("rendered/compose.yaml")]).toEqual([["down"], false]);
  }, 60_000);

  test("an apply that says nothing of a manager goes on with it, and what is stopped stays so", async () => {
    await stopName("home");
    calls();
    writeFileSync(
      "deploy.yaml",
      readFileSync("deploy.yaml", "utf8").replace("gpt-oss:20b", "phi4-mini:3.8b"),
    );
    expect(await applySpec("deploy.yaml", { folder: "rendered", withoutModel: true })).toBe(0);
    expect(verbs()).toEqual([]);
    await startName("home");
    calls();
    expect(await rollbackName("home", {})).toBe(0);
    expect(verbs()).toEqual(["down", "up"]);
    expect(await statusName("home", {})).toBe(0);
  }, 60_000);
});

describe.each(["system", "user"] as const)("units of systemd, %s", (scope) => {
  const unit = "claw-home-gateway.service";
  const word =
    scope === "user" ? "systemctl --user --no-ask-password" : "systemctl --no-ask-password";

  beforeEach(async () => {
    // As apply leaves it, with the unit where the stand-in looks: nothing below /etc is touched.
    const { applyDeployment, writeCard } = await import("@clawkeep/provision");
    const store = path.join(seen.home, ".local/state/clawkeep/deployments/home");
    const config = path.join(seen.home, "openclaw.json");
    const settings = { gateway: { port: 18_789, auth: { mode: "none" } } };
    const bytes = (text: string): Uint8Array => Buffer.from(text);
    const file = { mode: 0o600, folderMode: 0o700 };
    const files = [
      { ...file, path: path.join(seen.home, "units", unit), bytes: bytes("[Service]") },
      { ...file, path: config, bytes: bytes(JSON.stringify(settings)) },
    ];
    const kept = [{ by: "systemd", unit, scope }] as const;
    await applyDeployment(store, { files, services: [], gates: [], kept });
    await writeCard(store, {
      version: 1,
      name: "home",
      profile: "bare-metal",
      manager: `${scope}-unit`,
      spec: path.join(seen.home, "deploy.yaml"),
      folder: seen.home,
      config,
      state: path.join(seen.home, "kept"),
      openclaw: "2026.9.6",
    });
  });

  test("C15 G24: start, stop and status ask their manager, and logs its journal", async () => {
    expect(await startName("home")).toBe(0);
    expect(calls()).toEqual([
      `${word} is-active ${unit}`,
      `${word} daemon-reload`,
      `${word} enable ${unit}`,
      `${word} start ${unit}`,
    ]);
    expect(await statusName("home", {})).toBe(0);
    expect(printed.join("")).toContain(`${unit}runs`);
    calls();
    expect(await restartName("home", {})).toBe(0);
    expect(calls().filter((line) => / (?:start|stop) /u.test(line))).toEqual([
      `${word} stop ${unit}`,
      `${word} start ${unit}`,
    ]);
    await logsOfName("home", { lines: "7", service: "gateway", follow: true });
    expect([seen.runs[0]?.program, ...(seen.runs[0]?.args ?? [])]).toEqual([
      "/usr/bin/journalctl",
      `${scope === "user" ? "--user-unit" : "--unit"}=${unit}`,
      "--output=cat",
      "--no-pager",
      "--quiet",
      "--lines=7",
      "--follow",
    ]);
    await expect(logsOfName("home", { lines: "7", service: "ollama" })).rejects.toMatchObject({
      code: "LOGS_NONE",
    });
    expect(await stopName("home")).toBe(0);
    expect(await statusName("home", {})).toBe(1);
  }, 60_000);

  test("L23 C28: backup, restore and uninstall stop the unit, and backup starts it again", async () => {
    mkdirSync("kept");
    writeFileSync("kept/state.sqlite", "rows");
    await startName("home");
    calls();
    writeFileSync("there.tar", "");
    for (const [file, code] of [
      ["there.tar", "BACKUP_EXISTS"],
      ["kept/inside.tar", "BACKUP_INSIDE"],
      ["nowhere/x.tar", "BACKUP_NOT_WRITTEN"],
    ] as const) {
      await expect(backupName(file, { name: "home" })).rejects.toMatchObject({ code });
      const options = { yes: true, backup: file };
      await expect(uninstall("home", options)).rejects.toMatchObject({ code });
    }
    expect(calls()).toEqual([]);
    expect(await backupName("home.tar", { name: "home" })).toBe(0);
    const asked = (): readonly string[] =>
      calls().flatMap((line) => / (start|stop) /u.exec(line)?.[1] ?? []);
    expect(asked()).toEqual(["stop", "start"]);
    writeFileSync("kept/state.sqlite", "later");
    expect(await restoreName("home.tar", { name: "home", yes: true })).toBe(0);
    expect([asked(), readFileSync("kept/state.sqlite", "utf8")]).toEqual([
      ["stop", "start"],
      "rows",
    ]);
    expect(await uninstall("home", { yes: true })).toBe(0);
    expect([asked(), existsSync(path.join("units", unit)), existsSync("kept")]).toEqual([
      ["stop"],
      false,
      true,
    ]);
  }, 60_000);
});

test("C4 G22: what runs natively is launchd's, beside containers that are compose's", async (context) => {
  if (notRoot !== undefined) context.skip(notRoot);
  await applied("macos", "", "compose");
  const told = calls();
  expect(told.filter((line) => line.includes("bootstrap")).length).toBeGreaterThan(0);
  expect(told.at(-1)).toContain(" up ");
  await stopName("home");
  const back = calls().filter((line) => /bootout| down /u.test(line));
  expect([back[0], back.at(-1)]).toEqual([
    expect.stringContaining("docker compose"),
    expect.stringContaining("launchctl bootout"),
  ]);
}, 60_000);

test("C16: an update whose gateway is not ready is put back: the program of before, and its state", async () => {
  for (const name of ["old", "next"]) installStandIn(path.join(seen.home, name), "2026.9.6");
  writeFileSync(
    "deploy.yaml",
    'deploy: 1\nname: home\nprofile: notebook\nmodels: {primary: "ollama/gpt-oss:20b"}\n',
  );
  const options = { folder: "rendered", start: true, withoutModel: true, openclaw: "old" };
  expect(await applySpec("deploy.yaml", options)).toBe(0);
  const state = path.join(seen.home, ".openclaw-home", "state.sqlite");
  writeFileSync(state, "rows of the old one");
  seen.supervised.length = 0;
  seen.refusal = "no answer for five minutes";
  // What a newer one would do to it.
  vi.spyOn(seen.running, "add").mockImplementationOnce(function (this: Set<string>, name) {
    writeFileSync(state, "rows of the new one");
    return Set.prototype.add.call(this, name) as Set<string>;
  });
  expect(await updateName("home", { openclaw: "next", withoutModel: true })).toBe(1);
  const program = (name: string): string =>
    `start ${path.join(seen.home, name, "node_modules/openclaw/openclaw.mjs")}`;
  expect(seen.supervised).toEqual([
    "stop gateway",
    program("next"),
    "stop gateway",
    program("old"),
  ]);
  expect(readFileSync(state, "utf8")).toBe("rows of the old one");
  expect(printed.join("")).not.toContain("runs OpenClaw");
}, 60_000);

describe("a gateway with an account of its own, kept by our supervisor", () => {
  beforeEach(async () => {
    const { applyDeployment, definitionFile, writeCard } = await import("@clawkeep/provision");
    const store = path.join(seen.home, ".local/state/clawkeep/deployments/home");
    const config = path.join(seen.home, "openclaw.json");
    const settings = { gateway: { port: 18_789, auth: { mode: "none" } } };
    const gateway: Provision.ServiceDefinition = {
      name: "gateway",
      folder: path.join(store, "run"),
      program: "/usr/local/bin/openclaw",
      args: ["gateway", "run"],
      environment: { OPENCLAW_CONFIG_PATH: config, PATH: "/usr/bin" },
      cwd: seen.home,
      stopMs: 1,
      restartMs: 1,
      account: { uid: 2001, gid: 2001, groups: [] },
    };
    const bytes = Buffer.from(JSON.stringify(settings));
    const files = [{ path: config, mode: 0o600, bytes }, definitionFile(gateway)];
    const kept = [{ by: "supervisor", name: "gateway" }] as const;
    await applyDeployment(store, { files, services: [], gates: [], kept });
    await writeCard(store, {
      version: 1,
      name: "home",
      profile: "bare-metal",
      manager: "system-unit",
      spec: path.join(seen.home, "deploy.yaml"),
      folder: seen.home,
      config,
      state: seen.home,
      openclaw: "2026.9.6",
    });
  });

  test("two principals: OpenClaw's commands are run as that account, without privileges, and write nothing", async () => {
    vi.spyOn(process, "getuid").mockReturnValue(0);
    expect(await readingCommand(["models", "list"], { name: "home" })).toBe(0);
    const [run] = seen.runs;
    expect([path.basename(run?.program ?? ""), ...(run?.args ?? [])]).toEqual([
      "setpriv",
      "--reuid=2001",
      "--regid=2001",
      "--clear-groups",
      "--no-new-privs",
      "--bounding-set=-all",
      "--inh-caps=-all",
      "--ambient-caps=-all",
      "--",
      "/usr/local/bin/openclaw",
      "models",
      "list",
    ]);
    expect(Object.keys(run?.environment ?? {})).toEqual(["OPENCLAW_CONFIG_PATH", "PATH"]);
    await expect(
      writingCommand(["config", "set", "--", "a", "b"], { name: "home" }),
    ).rejects.toMatchObject({
      code: "OPERATE_CONFIG_FIXED",
    });
  });

  test("who cannot be that account is told so, and nothing is run", async () => {
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    await expect(readingCommand(["models", "list"], { name: "home" })).rejects.toMatchObject({
      code: "OPERATE_ACCOUNT",
    });
    expect(seen.runs).toEqual([]);
  });
});
