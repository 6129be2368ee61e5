import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { servicePortCases } from "../ports/service-port.cases.ts";
import type { ServicePlace } from "../ports/service-port.cases.ts";
import { processesOf } from "../supervise/left-over.ts";
import type { ServiceDefinition } from "../supervise/service-definition.ts";
import { definitionFile } from "../supervise/service-definition.ts";
import { supervisedService } from "../supervise/supervised-service.ts";
import { composeService } from "./compose-service.ts";
import { launchdService } from "./launchd-service.ts";
import { nftablesService } from "./nftables-service.ts";
import type { RunTool } from "./run-tool.ts";
import { mustRun, runTool } from "./run-tool.ts";
import { systemdService, unitFolder } from "./systemd-service.ts";

const testFolder: string = new URL("../../test/", import.meta.url).pathname;
const text = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;

interface StandIn {
  readonly folder: string;
  readonly run: RunTool;
  readonly calls: () => readonly string[];
}

/** The programs of a service manager that is not here, which keep and note what they were told. */
function standIn(): StandIn {
  const folder = mkdtempSync(join(tmpdir(), "ck-manager-"));
  for (const name of ["state", "units", "known"]) mkdirSync(join(folder, name));
  const bin = join(folder, "bin");
  cpSync(join(testFolder, "stand-ins"), bin, { recursive: true });
  return {
    folder,
    run: ([program = "", ...args], options = {}) =>
      runTool(["/bin/sh", join(bin, program), ...args], {
        ...options,
        environment: { ...options.environment, STAND_IN: folder },
      }),
    calls: () => (text(join(folder, "calls")) ?? "").split("\n"),
  };
}

function placeOf(
  { folder }: StandIn,
  service: ServicePlace["service"],
  file: string,
  running: string,
): ServicePlace {
  return {
    service,
    write: (version) => writeFileSync(file, version),
    remove: () => rmSync(file),
    running: () => Promise.resolve(text(running)),
    [Symbol.asyncDispose]: async () => {
      await service.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const unit = "claw-home-gateway.service";
for (const scope of ["system", "user"] as const) {
  servicePortCases(`systemd (${scope}; a stand-in for systemctl)`, () => {
    const tool = standIn();
    const service = systemdService({ unit, scope }, tool.run);
    const file = join(tool.folder, "units", unit);
    const running = join(tool.folder, "state", `${unit}.active`);
    return Promise.resolve(placeOf(tool, service, file, running));
  });
}

servicePortCases("launchd (a stand-in for launchctl)", () => {
  const tool = standIn();
  const plist = join(tool.folder, "units", "claw.ollama.plist");
  const service = launchdService({ label: "claw.ollama", plist, uid: 501 }, tool.run);
  const running = join(tool.folder, "state", "claw.ollama");
  return Promise.resolve(placeOf(tool, service, plist, running));
});

servicePortCases("Docker compose (a stand-in for docker)", () => {
  const tool = standIn();
  const file = join(tool.folder, "units", "compose.yaml");
  const project = { name: "claw-home", files: [file], stopSeconds: 330 };
  const service = composeService(project, tool.run);
  return Promise.resolve(placeOf(tool, service, file, join(tool.folder, "state", "claw-home")));
});

/** Without a program a supervisor tries on, and its service counts as started: a health gate finds out. */
servicePortCases(
  "a supervisor of our own",
  () => {
    const base = mkdtempSync(join(tmpdir(), "ck-manager-"));
    const definition = (version: string): ServiceDefinition => ({
      name: "gateway",
      folder: join(base, "run"),
      program: "/bin/sh",
      args: ["-c", `echo ${version} > "${base}/version"; while :; do sleep 0.1; done`],
      environment: { PATH: "/usr/bin:/bin" },
      cwd: base,
      stopMs: 30_000,
      restartMs: 10,
    });
    const { path } = definitionFile(definition("one"));
    const launch = [process.execPath, "--conditions=source", join(testFolder, "supervisor.ts")];
    const service = supervisedService(definition("one"), launch);
    const running = async (): Promise<string | undefined> => {
      if (!(await service.isRunning())) {
        expect(processesOf(join(base, "run", "gateway.lock"))).toEqual([]);
        return undefined;
      }
      while ((text(join(base, "version")) ?? "") === "") {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const version = text(join(base, "version"));
      rmSync(join(base, "version"), { force: true });
      return version;
    };
    return Promise.resolve({
      service,
      write: (version) => {
        mkdirSync(join(base, "run"), { recursive: true, mode: 0o700 });
        writeFileSync(path, definitionFile(definition(version)).bytes);
      },
      remove: () => rmSync(path),
      running,
      [Symbol.asyncDispose]: async () => {
        await service.stop();
        rmSync(base, { recursive: true });
      },
    });
  },
  { failsAtStart: false },
);

const hasNft: boolean =
  process.geteuid?.() === 0 &&
  spawnSync("unshare", ["--net", "nft", "list", "ruleset"]).status === 0;

const rules = (table: string, port: string): string =>
  [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    "  chain input {",
    "    type filter hook input priority filter; policy accept;",
    `    tcp dport ${port} drop`,
    "  }",
    "}",
    "",
  ].join("\n");

/** A network namespace of its own: a process in it keeps it, and everything runs there. */
async function namespace(): Promise<{ readonly run: RunTool } & Disposable> {
  const { spawn } = await import("node:child_process");
  const keeper = spawn("unshare", ["--net", "sh", "-c", "echo; exec sleep 600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => keeper.stdout.once("data", resolve));
  return {
    run: (argv, options) =>
      runTool(["nsenter", "--net", `--target=${keeper.pid}`, ...argv], options),
    [Symbol.dispose]: () => void keeper.kill("SIGKILL"),
  };
}

describe.skipIf(!hasNft)(
  "the firewall, by the real nft in a network namespace (needs root)",
  () => {
    const ports: Readonly<Record<string, string>> = { one: "1111", two: "2222", broken: "oops" };
    const makeFirewall = async (
      before?: string,
    ): Promise<ServicePlace & { readonly run: RunTool }> => {
      const own = await namespace();
      const base = mkdtempSync(join(tmpdir(), "ck-nft-"));
      const file = join(base, "claw.nft");
      if (before !== undefined) await mustRun(own.run, ["nft", "-f", "-"], { input: before });
      const service = nftablesService(
        { table: "claw_home", file, preImage: join(base, "before.nft") },
        own.run,
      );
      return {
        run: own.run,
        service,
        write: (version) => writeFileSync(file, rules("claw_home", ports[version] ?? "")),
        remove: () => rmSync(file),
        running: async () => {
          const { stdout } = await own.run(["nft", "list", "ruleset"]);
          return Object.entries(ports).find(([, port]) => stdout.includes(`dport ${port}`))?.[0];
        },
        [Symbol.asyncDispose]: async () => {
          await service.stop();
          own[Symbol.dispose]();
          rmSync(base, { recursive: true });
        },
      };
    };
    servicePortCases("nftables", () => makeFirewall());

    test("T13: what was in its table comes back when it stops, and other tables are never touched", async () => {
      const before = `${rules("claw_home", "3333")}${rules("others", "4444")}`;
      await using place = await makeFirewall(before);
      const list = async (): Promise<string> =>
        (await place.run(["nft", "list", "ruleset"])).stdout;
      const found = await list();
      await place.service.stop();
      expect(await list()).toBe(found);
      place.write("one");
      await place.service.start();
      expect(await list()).toContain("dport 1111");
      place.write("two");
      await place.service.start();
      expect(await list()).not.toMatch(/1111|3333/u);
      expect(await list()).toContain("dport 4444");
      await place.service.stop();
      expect((await list()).split("\n").toSorted()).toEqual(found.split("\n").toSorted());
    }, 60_000);

    test("T13: rules that do not hold are refused before anything is loaded", async () => {
      await using place = await makeFirewall();
      place.write("one");
      await place.service.start();
      place.write("broken");
      await expect(place.service.start()).rejects.toMatchObject({ code: "SERVICE_FAILED" });
      expect(await place.running()).toBe("one");
    }, 60_000);

    test("one that somebody changed by hand does not count as loaded", async () => {
      await using place = await makeFirewall();
      place.write("one");
      await place.service.start();
      await mustRun(place.run, ["nft", "flush", "table", "inet", "claw_home"]);
      expect(await place.service.isRunning()).toBe(false);
    }, 60_000);
  },
);

describe("what service managers are told", () => {
  test("T3: systemd reads its files again before it starts, and starts with the machine", async () => {
    const tool = standIn();
    writeFileSync(join(tool.folder, "units", unit), "one");
    const service = systemdService({ unit, scope: "user" }, tool.run);
    await service.start();
    await service.stop();
    expect(tool.calls()).toEqual([
      "systemctl --user --no-ask-password daemon-reload",
      `systemctl --user --no-ask-password enable ${unit}`,
      `systemctl --user --no-ask-password start ${unit}`,
      `systemctl --user --no-ask-password is-active ${unit}`,
      `systemctl --user --no-ask-password stop ${unit}`,
      `systemctl --user --no-ask-password disable ${unit}`,
    ]);
    expect([unitFolder("system", "/home/a"), unitFolder("user", "/home/a")]).toEqual([
      "/etc/systemd/system",
      "/home/a/.config/systemd/user",
    ]);
    rmSync(tool.folder, { recursive: true });
  });

  test("C4 G22: launchd loads a list anew, in the domain of its user", async () => {
    const tool = standIn();
    const plist = join(tool.folder, "units", "claw.ollama.plist");
    writeFileSync(plist, "one");
    const service = launchdService({ label: "claw.ollama", plist, uid: 501 }, tool.run);
    await service.start();
    writeFileSync(plist, "two");
    await service.start();
    expect(tool.calls()).toEqual([
      "launchctl print gui/501/claw.ollama",
      "launchctl enable gui/501/claw.ollama",
      `launchctl bootstrap gui/501 ${plist}`,
      "launchctl print gui/501/claw.ollama",
      "launchctl bootout gui/501/claw.ollama",
      "launchctl enable gui/501/claw.ollama",
      `launchctl bootstrap gui/501 ${plist}`,
    ]);
    expect(text(join(tool.folder, "state", "claw.ollama"))).toBe("two");
    rmSync(tool.folder, { recursive: true });
  });

  test("C15 C16: compose waits until containers are healthy, and gives the gateway its time to end", async () => {
    const tool = standIn();
    const files = ["compose.yaml", "compose.internet.yaml"].map((name) =>
      join(tool.folder, "units", name),
    );
    for (const file of files) writeFileSync(file, "one");
    const service = composeService({ name: "home", files, stopSeconds: 330 }, tool.run);
    await service.start();
    await service.stop();
    expect(tool.calls()).toEqual([
      `docker compose --project-name home --file ${files[0]} --file ${files[1]} up --detach --wait --wait-timeout 300 --remove-orphans`,
      "docker compose --project-name home ps --all --quiet",
      "docker compose --project-name home down --timeout 330",
    ]);
    rmSync(tool.folder, { recursive: true });
  });

  test("a manager that is not installed is said by name", async () => {
    await expect(runTool(["claw-no-such-program"])).rejects.toMatchObject({ code: "TOOL_MISSING" });
  });
});
