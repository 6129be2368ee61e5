import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { startedPlace } from "./deployed.ts";
import type { Place } from "./deployed.ts";

let place: Place;
beforeAll(async () => {
  place = await startedPlace();
}, 120_000);
afterAll(async () => place.close(), 120_000);

const pidOf = async (): Promise<string> =>
  /pid (\d+)/u.exec(
    (await place.claw("logs", "home", "--grep", "ready at", "-n", "1")).stdout,
  )?.[1] ?? "";

const post = (token: string): Promise<number> =>
  fetch(`http://127.0.0.1:${place.port}/tools/invoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  }).then(({ status }) => status);

test("C15: status names what runs, the generation and the address; the name is found in deploy.yaml", async () => {
  const { code, stdout } = await place.claw("status", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    ok: true,
    name: "home",
    generation: 1,
    gateway: { port: place.port, ui: true },
    services: [{ name: "gateway", running: true }],
    health: [{ path: "/healthz", ok: true }, { ok: true }, { ok: true }],
  });
  expect((await place.claw("status")).stdout).toContain("gateway    runs");
});

test("C15, G24, L7: restart replaces the process, stop ends it, start brings it back; what it kept stays", async () => {
  const kept = path.join(place.state, "kept-by-a-test");
  writeFileSync(kept, "data");
  const first = await pidOf();
  expect((await place.claw("restart", "home")).stdout).toBe("home: started gateway; ready\n");
  const second = await pidOf();
  expect([first, second]).toEqual([
    expect.stringMatching(/^\d+$/u),
    expect.not.stringMatching(`^${first}$`),
  ]);
  expect((await place.claw("start")).stdout).toBe("home: runs already; ready\n");
  expect((await place.claw("stop")).stdout).toBe("home stopped\n");
  expect((await place.claw("stop")).stdout).toBe("home does not run\n");
  expect((await place.claw("status")).code).toBe(1);
  expect((await place.claw("health")).stdout).toContain("no   /healthz: no answer");
  const back = await place.claw("start", "home", "--json");
  expect(JSON.parse(back.stdout)).toMatchObject({ started: ["gateway"], ready: true });
  expect(readFileSync(kept, "utf8")).toBe("data");
}, 120_000);

test("C17: health asks three endpoints", async () => {
  const { code, stdout } = await place.claw("health", "home");
  expect([code, stdout]).toEqual([0, "ok   /healthz\nok   /startupz\nok   /readyz\n"]);
});

test("C15, G24: logs are redacted, filtered and harmless to a terminal", async () => {
  const all = await place.claw("logs");
  expect(all.stdout).toContain("token=[redacted]");
  expect(all.stdout).not.toContain(place.token());
  expect(all.stdout).not.toContain("\u001b");
  const one = await place.claw("logs", "--grep", "PAIRING", "-n", "1");
  expect(one.stdout.split("\n")).toHaveLength(2);
  expect((await place.claw("logs", "--grep", "no such words")).code).toBe(1);
  const none = await place.claw("logs", "--service", "ollama");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("LOGS_NONE")]);
});

test("C19: token goes to a terminal, or where it was said", async () => {
  const piped = await place.claw("token");
  expect([piped.code, piped.stdout]).toEqual([2, ""]);
  expect(piped.stderr).toContain("TOKEN_NO_TERMINAL");
  expect(piped.stderr).not.toContain(place.token());
  expect((await place.claw("token", "home", "--show")).stdout).toBe(`${place.token()}\n`);
});

test("C23: regenerate-token rotates: the old one is answered 401, and neither is printed or kept", async () => {
  const old = place.token();
  expect(await post(old)).toBe(404);
  const asked = await place.claw("regenerate-token");
  expect([asked.code, place.token()]).toEqual([1, old]);
  const done = await place.claw("regenerate-token", "home", "--yes", "--json");
  expect(JSON.parse(done.stdout)).toMatchObject({
    outcome: "rotated",
    oldStatus: 401,
    newStatus: 404,
    restarted: ["gateway"],
  });
  const fresh = place.token();
  expect([await post(old), await post(fresh)]).toEqual([401, 404]);
  expect((await place.claw("rollback", "home")).code).toBe(2);
  expect(place.token()).toBe(fresh);
  const card = readFileSync(
    path.join(place.home, ".local/state/clawkeep/deployments/home/deployment.json"),
    "utf8",
  );
  for (const text of [done.stdout, done.stderr, card]) {
    expect(text).not.toContain(old);
    expect(text).not.toContain(fresh);
  }
}, 120_000);
