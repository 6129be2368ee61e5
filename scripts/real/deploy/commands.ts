import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { endGroup, makeOwnFolder, makePrincipal, startAs } from "../openclaw/principal.ts";
import type { Principal } from "../openclaw/principal.ts";
import {
  changedSpec,
  data,
  examined,
  spec,
  token,
  uninstalled,
  updated,
} from "./changing-commands.ts";
import type { Deployment } from "./deployments.ts";
import { applyAndAsk, makeDeployment } from "./deployments.ts";
import type { Host } from "./host.ts";
import { seenServices } from "./observe.ts";
import type { Place } from "./operated.ts";
import { jsonOf, placeOf, said } from "./operated.ts";
import { fact, question } from "./question.ts";
import type { Verdicts } from "./verdicts.ts";

/*
 * Every command that operates a deployment, against the real OpenClaw that `claw apply` started: what OpenClaw itself
 * answers, and not a stand-in for it.
 */
const openclaw: readonly string[] = ["--openclaw", "/opt/claw/openclaw"];

/** Operates a notebook: its wrapped commands, its devices, its token, its backup. */
export async function commands(host: Host, verdicts: Verdicts): Promise<void> {
  const person = makePrincipal(host.world.base, {
    name: "operator",
    uid: 21_001,
    gid: 21_001,
    groups: [],
  });
  for (const name of [".local", ".local/state"]) {
    makeOwnFolder(person, path.join(person.home, name));
  }
  const home = path.join(person.home, ".local/state/clawkeep");
  const workspace = path.join(person.home, ".openclaw-ops", "workspace");
  const skills = { owner: person, workspace, home };
  const one = await makeDeployment(host, "ops", person, skills, home);
  await using _ollama = await host.startOllama();
  one.spec([...spec, "gateway: {ui: true}"]);
  if (!(await applyAndAsk(one, verdicts, openclaw))) return;
  const place = placeOf(one);
  await watched(one, place, verdicts);
  await startedAndStopped(one, verdicts);
  await models(one, verdicts);
  await written(one, place, verdicts);
  await turn(host, one, place, verdicts);
  await addresses(one, place, verdicts);
  await devices(one, place, verdicts);
  await token(one, place, verdicts);
  await changedSpec(one, place, verdicts);
  await examined(one, verdicts);
  await updated(one, verdicts);
  await data(one, place, verdicts);
  await uninstalled(one, place, verdicts);
}

async function watched(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const status = await one.claw("status", "--json");
  const { ok, manager, generation, services } = jsonOf(status);
  verdicts.equal(
    "claw status",
    [status.code, ok, manager, generation, services],
    [0, true, "process", 1, [{ name: "gateway", running: true }]],
  );
  const health = await one.claw("health");
  verdicts.equal("claw health", health.stdout, "ok   /healthz\nok   /startupz\nok   /readyz\n");
  const logs = await one.claw("logs", "-n", "1000");
  verdicts.that(
    "claw logs has lines and no token",
    logs.code === 0 && logs.stdout.split("\n").length > 5 && !logs.stdout.includes(place.token()),
    `${logs.stdout.split("\n").length - 1} lines`,
  );
  const shell = await one.claw("shell", "ops", "--", "/bin/sh", "-c", 'node "$OPENCLAW" --version');
  verdicts.that(
    "claw shell runs its OpenClaw [C18]",
    /2026\.9\.6/u.test(shell.stdout),
    said(shell),
  );
  const missing = await one.claw("shell", "ops", "--", "/bin/sh", "-c", "exit 7");
  verdicts.equal("and ends with its exit code", missing.code, 7);
}

/** Stop, start and restart, as its own processes show them. */
async function startedAndStopped(one: Deployment, verdicts: Verdicts): Promise<void> {
  const gateway = (): number | undefined => seenServices().get("gateway")?.[0]?.pid;
  const stopped = await one.claw("stop");
  verdicts.equal(
    "claw stop [C15]",
    [stopped.code, stopped.stdout.trim(), gateway()],
    [0, "ops stopped", undefined],
  );
  const { ok, services } = jsonOf(await one.claw("status", "--json"));
  verdicts.equal(
    "claw status then says so",
    [ok, services],
    [false, [{ name: "gateway", running: false }]],
  );
  const health = await one.claw("health", "--json");
  verdicts.equal("claw health then says no [C17]", [health.code, jsonOf(health)["ok"]], [1, false]);
  const again = await one.claw("stop");
  verdicts.that("claw stop a second time is no error", again.code === 0, said(again));
  const started = await one.claw("start", "--json");
  verdicts.equal(
    "claw start waits until it is ready",
    [started.code, jsonOf(started)],
    [0, { version: 1, name: "ops", stopped: [], started: ["gateway"], ready: true }],
  );
  const before = gateway();
  const restarted = await one.claw("restart", "--json");
  verdicts.equal(
    "claw restart",
    [restarted.code, jsonOf(restarted)],
    [0, { version: 1, name: "ops", stopped: ["gateway"], started: ["gateway"], ready: true }],
  );
  verdicts.that(
    "and it is another process",
    before !== undefined && gateway() !== undefined && gateway() !== before,
    `${before} and then ${gateway()}`,
  );
}

async function models(one: Deployment, verdicts: Verdicts): Promise<void> {
  const list = await one.claw("models", "list", "--json");
  verdicts.that(
    "claw models list --json",
    list.code === 0 && JSON.stringify(jsonOf(list)).includes("ollama/gpt-oss:20b"),
    said(list),
  );
  const status = await one.claw("models", "status", "--json");
  verdicts.that(
    "claw models status --json",
    status.code === 0 && JSON.stringify(jsonOf(status)).includes("gpt-oss:20b"),
    said(status),
  );
  const doctor = await one.claw("openclaw-doctor", "--json");
  verdicts.that(
    "claw openclaw-doctor --json",
    typeof jsonOf(doctor) === "object" && doctor.stdout.trim().startsWith("{"),
    said(doctor),
  );
}

/** What writes: the file changes, it is said, and apply brings back what the spec says. */
async function written(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const before = readFileSync(place.config, "utf8");
  const set = await one.claw("config", "set", "logging.level", "debug");
  verdicts.that(
    "claw config set writes it, and says that it is drift",
    set.code === 0 &&
      JSON.stringify(place.settings().logging).includes('"level":"debug"') &&
      set.stderr.includes("the next claw apply shows it as drift"),
    `${said(set)} ${JSON.stringify(place.settings().logging)}`,
  );
  const wrong = await one.claw("config", "set", "gateway.port", "nowhere");
  verdicts.that("a value that does not hold is refused", wrong.code !== 0, said(wrong));
  const model = await one.claw("models", "set", "ollama/gpt-oss:20b");
  verdicts.that("claw models set", model.code === 0, said(model));
  const repair = await one.claw("openclaw-doctor", "--repair");
  verdicts.that("claw openclaw-doctor --repair", repair.code === 0, said(repair));
  const changed = readFileSync(place.config, "utf8");
  const asked = await one.claw("configure", "--section", "model");
  verdicts.that(
    "claw configure asks nothing without a terminal: it names the commands and changes nothing",
    asked.code !== 0 &&
      /config (?:set|patch)/u.test(asked.stdout + asked.stderr) &&
      readFileSync(place.config, "utf8") === changed,
    said(asked),
  );
  const planned = await one.claw("apply", "--dry-run");
  verdicts.that(
    "claw apply calls it drift",
    planned.code === 1 && planned.stdout.includes(`change ${place.config} (changed`),
    said(planned),
  );
  const back = await one.claw("apply", "--overwrite-drift", "--without-model");
  verdicts.that(
    "claw apply --overwrite-drift writes what the spec says, and it is ready again",
    back.code === 0 && readFileSync(place.config, "utf8") === before,
    said(back),
  );
}

/** A turn whose question is in no list of processes, at any moment that was looked at. */
async function turn(host: Host, one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  let seen = 0;
  const found: string[] = [];
  const done = new AbortController();
  const watching = (async (): Promise<void> => {
    while (!done.signal.aborted) {
      for (const command of commandLines()) {
        if (command.includes("--message-file")) seen += 1;
        if (command.includes(question) || command.includes(place.token())) found.push(command);
      }
      await pause(20);
    }
  })();
  const answered = await host.run("claw", ["agent", "--agent", "main", "--json"], one.owner, {
    cwd: one.folder,
    environment: { CLAWKEEP_HOME: one.store },
    input: question,
    timeoutMs: 480_000,
  });
  done.abort();
  await watching;
  verdicts.that(
    "claw agent answers a question from standard input, through the skill [C20]",
    answered.code === 0 && answered.stdout.includes(fact),
    said(answered),
  );
  verdicts.that(
    "neither question nor token is in a list of processes",
    seen > 0 && found.length === 0,
    `seen ${seen} times without; with: ${found.length}`,
  );
}

async function addresses(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const { port } = place.settings().gateway;
  const url = await one.claw("url");
  verdicts.equal("claw url", url.stdout, `http://127.0.0.1:${port}/\n`);
  const page = await fetch(url.stdout.trim());
  verdicts.that(
    "the Control UI is there",
    page.ok && (await page.text()).includes("<html"),
    `status ${page.status}`,
  );
  const refused = await one.claw("url", "--pair");
  verdicts.that("claw url --pair gives nothing to a pipe", refused.code === 2, said(refused));
  const pair = await one.claw("url", "--pair", "--show");
  const link = URL.canParse(pair.stdout.trim()) ? new URL(pair.stdout.trim()) : undefined;
  verdicts.that(
    "claw url --pair --show: the secret is in the fragment alone, and is not the token",
    link?.search === "" && link.hash.length > 20 && !link.href.includes(place.token()),
    link === undefined ? said(pair) : `${link.origin}${link.pathname}#…`,
  );
  const ui = await one.claw("ui", "--no-open");
  const file = ui.stdout.trim();
  verdicts.that(
    "claw ui writes a page of mode 0600 that leads there",
    ui.code === 0 &&
      (statSync(file).mode & 0o777) === 0o600 &&
      readFileSync(file, "utf8").includes(`http://127.0.0.1:${port}/`),
    said(ui),
  );
  const dashboard = await one.claw("dashboard");
  verdicts.that(
    "claw dashboard says its address, and no token",
    dashboard.code === 0 &&
      dashboard.stdout.includes(String(port)) &&
      !`${dashboard.stdout}${dashboard.stderr}`.includes(place.token()),
    said(dashboard),
  );
}

/** Another device: OpenClaw itself lets in one of this host that knows the token, and asks nobody. */
async function devices(one: Deployment, place: Place, verdicts: Verdicts): Promise<void> {
  const { port } = place.settings().gateway;
  const node = startNode(one.owner, port, place.token());
  try {
    let listed = await one.claw("devices", "--json");
    for (const end = performance.now() + 300_000; performance.now() < end; await pause(1000)) {
      if (JSON.stringify(jsonOf(listed)["paired"] ?? "").includes("kitchen")) break;
      listed = await one.claw("devices", "--json");
    }
    verdicts.that(
      "claw devices lists a node that came [C22]",
      JSON.stringify(jsonOf(listed)["paired"] ?? "").includes("kitchen"),
      `exit ${listed.code}`,
    );
    verdicts.equal("and nobody who asks", jsonOf(listed)["pending"], []);
  } finally {
    endGroup(node, "SIGKILL");
  }
  const none = await one.claw("approve", "--yes");
  verdicts.that(
    "claw approve where no device asks",
    none.code === 0 && none.stderr.includes("No device asks"),
    said(none),
  );
  const unknown = await one.claw("approve-device", "nobody");
  verdicts.that(
    "claw approve-device: OpenClaw knows no such request",
    unknown.code !== 0 &&
      /No pending device request matches/u.test(unknown.stdout + unknown.stderr),
    said(unknown),
  );
}

function startNode(owner: Principal, port: number, token: string): ReturnType<typeof startAs> {
  const state = makeOwnFolder(owner, path.join(owner.home, "another-device"));
  const program = "/opt/claw/openclaw/node_modules/openclaw/openclaw.mjs";
  const where = ["--host", "127.0.0.1", "--port", String(port), "--display-name", "kitchen"];
  const child = startAs(owner, ["/opt/claw/node", program, "node", "run", ...where], {
    cwd: state,
    environment: { HOME: state, OPENCLAW_STATE_DIR: state, OPENCLAW_GATEWAY_TOKEN: token },
  });
  child.stdin?.end();
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  return child;
}

function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/u.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1");
      } catch {
        // It has ended.
        return "";
      }
    });
}
