import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { afterAll, beforeAll, expect, test } from "vitest";

import { bundle } from "./bundle.ts";
import { installStandIn, placeWith } from "./deployed.ts";
import type { Place } from "./deployed.ts";

let place: Place;
beforeAll(async () => {
  place = await placeWith();
  const args = ["apply", "--start", "--without-model", "--openclaw", "oc"];
  expect((await place.claw(...args)).code).toBe(0);
}, 120_000);
afterAll(async () => place.close(), 120_000);

test("L23: backup stops, archives and starts; restore brings the state back, and not a rotated token", async () => {
  const database = path.join(place.state, "state.sqlite");
  const old = place.token();
  const inside = await place.claw("backup", path.join(place.state, "x.tar"));
  expect([inside.code, inside.stderr]).toEqual([2, expect.stringContaining("BACKUP_INSIDE")]);
  expect((await place.claw("health")).code).toBe(0);

  const before = readFileSync(database, "utf8");
  const made = await place.claw("backup", "home.tar", "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({ version: 1, name: "home" });
  const archive = path.join(place.home, "home.tar");
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  expect(readFileSync(archive, "latin1")).not.toContain(old);
  expect((await place.claw("backup", "home.tar")).stderr).toContain("BACKUP_EXISTS");
  expect((await place.claw("health")).code).toBe(0);

  expect((await place.claw("regenerate-token", "--yes")).code).toBe(0);
  const fresh = place.token();
  expect((await place.claw("stop")).code).toBe(0);
  writeFileSync(database, "later");
  const asked = await place.claw("restore", "home.tar");
  expect([asked.code, readFileSync(database, "utf8")]).toEqual([1, "later"]);
  const done = await place.claw("restore", "home.tar", "--yes");
  expect([done.code, readFileSync(database, "utf8")]).toEqual([0, before]);
  expect([place.token() === fresh, fresh === old]).toEqual([true, false]);
  expect(readdirSync(place.home).some((name) => name.endsWith("before-restore-1"))).toBe(true);

  writeFileSync(path.join(place.home, "bad.tar"), readFileSync(archive).subarray(0, -600));
  const bad = await place.claw("restore", "bad.tar", "--yes");
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("RESTORE_ARCHIVE")]);
  expect((await place.claw("start")).code).toBe(0);
}, 180_000);

test("C15: logs --follow prints what comes, from the log's new start too, until it is told to stop", async () => {
  const child = spawn(
    process.execPath,
    [bundle, "logs", "home", "-f", "-n", "1", "--grep", "ready at"],
    {
      cwd: place.home,
      env: { PATH: "/usr/bin:/bin", HOME: place.home },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = once(child, "exit");
    const next = async (): Promise<string> => String((await lines.next()).value);
    const first = await next();
    expect((await place.claw("restart")).code).toBe(0);
    let later = await next();
    while (later === first) later = await next();
    expect([first, later]).toEqual([
      expect.stringMatching(/^ready at \d+, token=\[redacted\], pid \d+$/u),
      expect.stringMatching(/^ready at \d+, token=\[redacted\], pid \d+$/u),
    ]);
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
}, 120_000);

test("C16: update takes the pinned OpenClaw only, and makes the process anew", async () => {
  const database = path.join(place.state, "state.sqlite");
  const before = readFileSync(database, "utf8");
  installStandIn(path.join(place.home, "other"), "2026.9.5");
  const other = await place.claw("update", "--openclaw", "other", "--without-model");
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("UPDATE_VERSION")]);
  installStandIn(path.join(place.home, "next"), "2026.9.6");
  const done = await place.claw("update", "home", "--openclaw", "next", "--without-model");
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("runs OpenClaw 2026.9.6")]);
  expect(readFileSync(database, "utf8")).not.toBe(before);
  const definition = path.join(
    place.home,
    ".local/state/clawkeep/deployments/home/run/gateway.json",
  );
  expect(readFileSync(definition, "utf8")).toContain("/next/node_modules/openclaw/openclaw.mjs");
  expect((await place.claw("health")).code).toBe(0);
}, 180_000);

test("T22: rollback brings the state of its generation back, not its token and not the workspace; history names it", async () => {
  const read = (name: string): string => readFileSync(path.join(place.state, name), "utf8");
  const spec = path.join(place.home, "deploy.yaml");
  const before = read("state.sqlite");
  writeFileSync(
    spec,
    readFileSync(spec, "utf8").replace("ollama/gpt-oss:20b", "ollama/qwen2.5-coder:7b"),
  );
  const done = await place.claw("apply", "--start", "--without-model", "--json");
  const applied = JSON.parse(done.stdout) as {
    readonly number: number;
    readonly state: { readonly archive: string };
  };
  expect([done.code, applied.state.archive]).toEqual([
    0,
    `before-${String(applied.number).padStart(6, "0")}.tar`,
  ]);
  expect(read("state.sqlite")).not.toBe(before);
  expect((await place.claw("regenerate-token", "--yes")).code).toBe(0);
  const fresh = place.token();
  mkdirSync(path.join(place.state, "workspace"), { recursive: true });
  writeFileSync(path.join(place.state, "workspace", "notes.md"), "of now");
  expect((await place.claw("stop")).code).toBe(0);

  const back = await place.claw("rollback", "home", "--json");
  expect([back.code, JSON.parse(back.stdout)]).toEqual([
    0,
    expect.objectContaining({ restored: applied.state }),
  ]);
  expect(read("state.sqlite")).toBe(before);
  expect([place.token(), read("workspace/notes.md")]).toEqual([fresh, "of now"]);
  const history = await place.claw("history", "home");
  expect(history.stdout).toContain(
    `state of before: ${path.join(place.home, ".local/state/clawkeep/deployments/home/backups", applied.state.archive)}`,
  );
  expect((await place.claw("start")).code).toBe(0);
}, 180_000);

test("C28: uninstall shows and asks, keeps data unless it was said, and leaves nothing running", async () => {
  const asked = await place.claw("uninstall", "home");
  expect([asked.code, existsSync(place.config)]).toEqual([1, true]);
  expect(asked.stdout).toContain(`remove ${place.config}`);
  const done = await place.claw("uninstall", "home", "--yes", "--backup", "last.tar");
  expect([done.code, existsSync(place.config), existsSync(place.tokenFile)]).toEqual([
    0,
    false,
    true,
  ]);
  expect(existsSync(path.join(place.home, "last.tar"))).toBe(true);
  expect(existsSync(path.join(place.home, "deploy.yaml"))).toBe(true);
  await expect(fetch(`http://127.0.0.1:${place.port}/healthz`)).rejects.toThrow();
  expect((await place.claw("status", "home")).stderr).toContain("DEPLOYMENT_UNKNOWN");

  expect((await place.claw("apply")).code).toBe(0);
  expect((await place.claw("uninstall", "home", "--yes", "--data")).code).toBe(0);
  expect(existsSync(place.state)).toBe(false);
}, 180_000);
