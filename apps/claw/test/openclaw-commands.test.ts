import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { startedPlace } from "./deployed.ts";
import type { Place } from "./deployed.ts";

let place: Place;
beforeAll(async () => {
  place = await startedPlace();
}, 120_000);
afterAll(async () => place.close(), 120_000);

const lastArgs = (): unknown => place.calls().at(-1)?.["args"];

test("C20: agent gives the message by a private file; nothing of it is in an argument or the environment", async () => {
  const message = 'what is new?\'; touch hacked; echo $(id) `id` "x"\nsecond line';
  const { code, stdout } = await place.run(
    [
      "agent",
      "home",
      "--agent",
      "main; id",
      "--model",
      "ollama/gpt-oss:20b",
      "--message-file",
      "-",
    ],
    { input: message, env: { CANARY: "canary-in-the-environment", OPENAI_API_KEY: "sk-canary" } },
  );
  expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, said: message }]);
  const call = place.calls().at(-1);
  expect(call?.["args"]).toEqual([
    "agent",
    "--agent=main; id",
    "--message-file",
    expect.stringMatching(/^\/.+\/message$/u),
    "--model=ollama/gpt-oss:20b",
  ]);
  expect(call?.["environment"]).toEqual([
    "HOME",
    "NO_COLOR",
    "OPENCLAW_CONFIG_PATH",
    "OPENCLAW_CONFIG_READONLY",
    "OPENCLAW_STATE_DIR",
    "PATH",
  ]);
  const asked = await place.claw("agent");
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("AGENT_MESSAGE")]);
  const failed = await place.claw("agent", "-m", "x", "--agent", "fails");
  expect(failed.code).toBe(0);
});

test("T21: what reads the configuration cannot write it, and a change is said", async () => {
  const before = readFileSync(place.config, "utf8");
  expect((await place.claw("models", "list", "--json")).code).toBe(0);
  expect(lastArgs()).toEqual(["models", "list", "--json"]);
  await place.claw("models", "status", "--name", "home");
  expect(lastArgs()).toEqual(["models", "status"]);
  await place.claw("models", "set", "ollama/qwen2.5:7b");
  expect(lastArgs()).toEqual(["models", "set", "--", "ollama/qwen2.5:7b"]);
  await place.claw("openclaw-doctor", "--json");
  expect(lastArgs()).toEqual(["doctor", "--json"]);
  await place.claw("openclaw-doctor", "--repair");
  expect(lastArgs()).toEqual(["doctor", "--repair"]);
  expect(place.calls().at(-1)?.["environment"]).not.toContain("OPENCLAW_CONFIG_READONLY");
  await place.claw("configure", "--section", "model");
  expect(lastArgs()).toEqual(["configure", "--section=model"]);
  await place.claw("dashboard");
  expect(lastArgs()).toEqual(["dashboard", "--no-open"]);

  const set = await place.claw("config", "set", "--", "update.set", "--evil; id");
  expect(lastArgs()).toEqual(["config", "set", "--", "update.set", "--evil; id"]);
  expect(set.stderr).toContain("the next claw apply shows it as drift");
  expect((await place.claw("apply", "--dry-run")).stdout).toContain(
    `change ${place.config} (changed`,
  );
  writeFileSync(place.config, before, { mode: 0o600 });
});

test("C22: approve shows each device and asks; a hostile name cannot move the cursor, an id cannot be an option", async () => {
  const pending = [
    {
      requestId: "req-1",
      deviceId: "d1",
      displayName: "Kitchen\u001b[2J Mac",
      role: "operator",
      scopes: ["operator.read"],
      remoteIp: "192.168.65.1",
    },
    { requestId: "req-2", deviceId: "d2", clientId: "webchat", roles: ["node"] },
  ];
  writeFileSync(path.join(place.state, "devices.json"), JSON.stringify({ pending }));
  const asked = await place.claw("approve");
  expect(asked.code).toBe(1);
  expect(asked.stdout).toContain("req-1  Kitchen");
  expect(asked.stdout).toContain("from 192.168.65.1 asks for operator [operator.read]");
  expect(asked.stdout).not.toContain("\u001b");
  expect(lastArgs()).toEqual(["devices", "list", "--json"]);
  expect((await place.claw("approve", "home", "--yes")).code).toBe(0);
  expect(lastArgs()).toEqual(["devices", "approve", "req-2"]);
  await place.claw("approve-device", "req-1");
  expect(lastArgs()).toEqual(["devices", "approve", "req-1"]);
  for (const id of ["--latest", "-x", "a b", ""]) {
    const { code, stderr } = await place.claw("approve-device", "--", id);
    expect([code, stderr]).toEqual([2, expect.stringContaining("DEVICES_REQUEST")]);
  }
  writeFileSync(
    path.join(place.state, "devices.json"),
    JSON.stringify({ pending: [{ requestId: "--latest" }] }),
  );
  expect((await place.claw("approve", "--yes")).stderr).toContain("DEVICES_ANSWER");
});

test("C19: url holds no secret; ui hands over a private page, and its path alone is an argument", async () => {
  expect((await place.claw("url")).stdout).toBe(`http://127.0.0.1:${place.port}/\n`);
  const refused = await place.claw("url", "--pair");
  expect([refused.code, refused.stdout]).toEqual([2, ""]);
  expect((await place.claw("url", "--pair", "--show")).stdout).toBe(
    `http://127.0.0.1:${place.port}/#bootstrap=one-time-secret\n`,
  );
  const { code, stdout } = await place.claw("ui", "--no-open");
  const page = stdout.trim();
  expect([code, statSync(page).mode & 0o777]).toEqual([0, 0o600]);
  expect(statSync(path.dirname(page)).mode & 0o777).toBe(0o700);
  expect(readFileSync(page, "utf8")).toContain("#bootstrap=one-time-secret");
  expect(readFileSync(page, "utf8")).not.toContain("?");
});

test("C18: shell runs where OpenClaw is, with its environment and nothing else", async () => {
  const env = { CANARY: "canary" };
  const { stdout } = await place.run(["shell", "home", "--", "/usr/bin/env"], { env });
  expect(stdout).toContain(`OPENCLAW_STATE_DIR=${place.state}\n`);
  expect(stdout).toContain(
    `OPENCLAW=${path.join(place.home, "oc/node_modules/openclaw/openclaw.mjs")}`,
  );
  expect(stdout).not.toContain("CANARY");
  expect((await place.claw("shell", "home", "--", "/bin/sh", "-c", "exit 7")).code).toBe(7);
});

test("no process of a deployment has its token in an argument or its environment", async () => {
  const token = place.token();
  const pids = execFileSync("ps", ["-e", "-o", "pid="], { encoding: "utf8" }).trim().split(/\s+/u);
  let seen = 0;
  for (const pid of pids) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      if (command.includes(place.home)) seen += 1;
      expect(command.includes(token) || environment.includes(token)).toBe(false);
    } catch (error) {
      // It ended, or is another user's.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  expect(seen).toBeGreaterThanOrEqual(2);
});
