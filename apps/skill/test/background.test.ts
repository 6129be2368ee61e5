import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { bundle } from "./bundle.ts";
import { Place } from "./command.ts";

const contract = `contract: 1
program: {file: wait.sh, interpreter: sh}
defaultAction: wait
actions:
  wait:
    description: Wait until a file is there, and say so in another.
    argv: [wait, "{{root.out}}"]
    roots: {out: {access: write, default: out}}
    effects: writes
  quick:
    description: Print a word.
    argv: [quick]
`;
const script = `#!/bin/sh
[ "$1" = quick ] && { printf word; exit 0; }
: >"$2/began"
while [ ! -e "$2/go" ]; do sleep 0.05; done
printf gone
`;

const place = new Place();
const out = join(place.folder, "out");
const events = join(place.folder, "events.ndjson");
const configure = (text: string): void => writeFileSync(join(place.home, "config.yaml"), text);
beforeAll(async () => {
  const folder = join(place.folder, "skills", "waiter");
  mkdirSync(folder, { recursive: true });
  mkdirSync(out);
  writeFileSync(join(folder, "exec.yaml"), contract);
  writeFileSync(join(folder, "SKILL.md"), "---\nname: waiter\ndescription: Waits.\n---\n");
  writeFileSync(join(folder, "wait.sh"), script);
  expect((await place.run(["lock"])).code).toBe(0);
});
afterAll(() => place.remove());

test("a run outlives the command that left it to the background, and is listed, awaited, told of", async () => {
  configure(`notify: {file: ${events}}\n`);
  const left = await place.json(["run", "waiter", "--background"]);
  expect(left).toMatchObject({ version: 1, kind: "background", skill: "waiter" });
  const id = String(left["run"]);
  const [listed] = (await place.json(["runs"]))["runs"] as Record<string, unknown>[];
  expect(listed).toMatchObject({ run: id, state: "running", skill: "waiter" });
  const shown = await place.run(["runs", "wait", id, "--timeout", "0"]);
  expect([shown.code, shown.stdout.includes("running")]).toEqual([75, true]);
  writeFileSync(join(out, "go"), "");
  const waited = await place.run(["runs", "wait", id]);
  expect([waited.code, waited.stdout]).toEqual([0, "gone\n"]);
  expect(waited.stderr).toMatch(/^done: waiter wait, exit code 0, /mu);
  await vi.waitFor(() => expect(existsSync(events)).toBe(true), 20_000);
  const event = JSON.parse(readFileSync(events, "utf8")) as Record<string, unknown>;
  expect(event).toMatchObject({ event: "run-ended", run: id, ok: true, outputBytes: 4 });
  const { executions } = await place.json(["audit", "show"]);
  expect(executions).toMatchObject([{ status: "ended", end: { ended: "exited" } }]);
  expect(event["executions"]).toMatchObject([(executions as { id: string }[])[0]?.id]);
});

test("a run that is longer than the window goes on; one that is not is printed as ever", async () => {
  configure("backgroundMs: 60000\n");
  const quick = await place.run(["run", "waiter", "quick"]);
  expect([quick.code, quick.stdout]).toEqual([0, "word\n"]);
  configure("backgroundMs: 1\n");
  const left = await place.run(["run", "waiter", "quick"]);
  expect([left.code, left.stdout.startsWith("running in the background: ")]).toEqual([75, true]);
  const id = left.stdout.split(/[ \n]/u)[4] ?? "";
  await vi.waitFor(
    async () => expect((await place.run(["runs", "show", id])).code).toBe(0),
    10_000,
  );
  // What was printed within the window was never listed.
  expect((await place.json(["runs"]))["runs"]).toHaveLength(2);
});

test("a background run is stopped with its program and an end record, even after its caller was killed", async () => {
  configure("backgroundMs: 60000\n");
  for (const name of ["go", "began"]) rmSync(join(out, name), { force: true });
  const caller = spawn(process.execPath, [bundle, "run", "waiter"], {
    cwd: place.folder,
    env: { CLAWKEEP_HOME: place.home, PATH: process.env["PATH"] ?? "" },
    stdio: "ignore",
  });
  const watcher = watch(out);
  if (!existsSync(join(out, "began"))) await once(watcher, "change");
  watcher.close();
  caller.kill("SIGKILL");
  await once(caller, "exit");
  const runs = (await place.json(["runs"]))["runs"] as {
    run: string;
    state: string;
    pid: number;
  }[];
  const [running] = runs.filter(({ state }) => state === "running");
  expect(running).toBeDefined();
  const stopped = await place.json(["runs", "stop", running?.run ?? ""]);
  expect(stopped).toMatchObject({ state: "ended", end: "cancelled" });
  await vi.waitFor(() => expect(readdirSync("/proc").filter(isOurs)).toEqual([]), 10_000);
  const { ok, executions } = await place.json(["audit", "show"]);
  expect(ok).toBe(true);
  // Its end record was written by itself, not made up later.
  expect((executions as unknown[]).at(-1)).toMatchObject({ end: { ended: "cancelled" } });
});

test("a background run whose process is killed is lost, its record interrupted, and it leaves no orphan", async (context) => {
  configure("");
  for (const name of ["go", "began"]) rmSync(join(out, name), { force: true });
  const left = await place.json(["run", "waiter", "--background", "--require-sandbox"]);
  const id = String(left["run"]);
  // At level none nothing ends the program: see docs/runtime-config.md.
  if (left["kind"] !== "background") context.skip(`no sandbox here: ${JSON.stringify(left)}`);
  const shown = await place.json(["runs", "show", id]);
  await vi.waitFor(() => expect(existsSync(join(out, "began"))).toBe(true), 10_000);
  process.kill(Number(shown["pid"]), "SIGKILL");
  await vi.waitFor(() => expect(readdirSync("/proc").filter(isOurs)).toEqual([]), 10_000);
  expect(await place.json(["runs", "wait", id])).toMatchObject({ run: id, state: "lost" });
  expect((await place.run(["runs", "stop", id])).stdout).toBe(`${id} lost\n`);
  const { executions } = await place.json(["audit", "show"]);
  expect((executions as unknown[]).at(-1)).toMatchObject({ status: "interrupted" });
});

test("a run that is refused says so at once, and no id", async () => {
  const { code, stdout, stderr } = await place.run(["run", "absent", "--background"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("LOCK_SKILL_UNKNOWN");
  expect((await place.run(["runs", "show", "../../x"])).stderr).toContain("RUN_UNKNOWN");
});

/** The program's process, and its runtime's. One that has ended and was not waited for has no command line. */
function isOurs(pid: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
    return command.includes("wait.sh\0wait") || command.includes("\0background-runner");
  } catch {
    return false;
  }
}
