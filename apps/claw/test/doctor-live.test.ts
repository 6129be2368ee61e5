import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { processMark } from "@clawkeep/durable-files";
import { afterAll, afterEach, expect, test } from "vitest";

import { bundle } from "./bundle.ts";
import { closeApplied, doctor, examined } from "./examined.ts";
import type { Examined, Said } from "./examined.ts";
import { freePort } from "./free-port.ts";

const standIn = fileURLToPath(new URL("stand-in-gateway.mjs", import.meta.url));
const running: ChildProcess[] = [];
const places: Examined[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  for (const place of places.splice(0)) place.close();
});
afterAll(closeApplied);

/** Starts a stand-in, and gives its port when it listens. */
async function start(
  says: unknown,
): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [standIn, JSON.stringify(says)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { port: Number(line.toString("utf8")), child };
}

const origins = (port: number): readonly string[] => [
  `http://127.0.0.1:${port}`,
  `http://localhost:${port}`,
];
const well = { healthz: { ok: true, status: "live" }, readyz: { ready: true, failing: [] } };
const ollamaWell = {
  tags: [{ name: "llama3.2:3b" }],
  show: { capabilities: ["completion", "tools"], model_info: { "llama.context_length": 131_072 } },
  chat: {
    role: "assistant",
    content: "",
    tool_calls: [{ function: { name: "clock", arguments: {} } }],
  },
};

async function place(gateway: number, ollama?: number): Promise<Examined> {
  const made = await examined("notebook", { gateway, ...(ollama === undefined ? {} : { ollama }) });
  places.push(made);
  return made;
}

/** A stand-in for the gateway and one for Ollama; what each says differs from what is well. */
async function both(gateway: object, ollama: object = {}): Promise<Examined> {
  const port = await freePort();
  await start({ ...well, origins: origins(port), port, ...gateway });
  const other = await start({ ...ollamaWell, ...ollama });
  return place(port, other.port);
}

function status({ checks }: Said, id: string): string | undefined {
  return checks.find((one) => one.id === id)?.status;
}

test("what runs and is well has no fault, and is really asked", async () => {
  const made = await both({});
  const said = await made.doctor("--ask-model");
  expect([said.ids, said.code]).toEqual([[], 0]);
  const asked =
    "port-taken gateway-hangs gateway-not-ready origin-refused listening-on-all-interfaces ollama-unreachable model-not-pulled tool-call-as-text".split(
      " ",
    );
  expect(asked.map((id) => [id, status(said, id)])).toEqual(asked.map((id) => [id, "passed"]));
});

test("what does not run is not checked, and not passed", async () => {
  const made = await place(await freePort());
  const said = await made.doctor();
  expect(said.ids).toEqual([]);
  for (const id of [
    "port-taken",
    "gateway-not-ready",
    "origin-refused",
    "ollama-unreachable",
    "model-not-pulled",
  ]) {
    expect([id, status(said, id)]).toEqual([id, "not-checked"]);
  }
});

test("port-taken: S14, another server has the gateway's port", async () => {
  const { port, child } = await start({});
  const said = await (await place(port)).doctor();
  expect(said.ids).toEqual(["port-taken"]);
  expect(said.found[0]?.evidence).toMatchObject([
    { port, value: expect.stringContaining(`process ${child.pid}`) as string },
  ]);
});

test("gateway-hangs: it accepts and says nothing", async () => {
  const { port } = await start({ silent: true });
  const said = await (await place(port)).doctor();
  expect(said.ids).toEqual(["gateway-hangs"]);
});

test("gateway-not-listening: our supervisor runs, and no gateway", async () => {
  const made = await place(await freePort());
  const folder = path.join(made.home, ".local/state/clawkeep/deployments/claw/run");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "gateway.supervisor"), processMark());
  const said = await made.doctor();
  expect(said.ids).toEqual(["gateway-not-listening"]);
});

test("gateway-not-ready: /readyz names a part", async () => {
  const said = await (
    await both({ readyz: { ready: false, failing: ["model-provider"] } })
  ).doctor();
  expect(said.ids).toEqual(["gateway-not-ready"]);
  expect(JSON.stringify(said.found[0]?.evidence)).toContain("model-provider");
});

test("origin-refused: 4.2, the gateway's WebSocket refuses the origin of its own address", async () => {
  const said = await (await both({ origins: ["http://127.0.0.1:1"] })).doctor();
  expect(said.ids).toEqual(["origin-refused"]);
});

test("listening-on-all-interfaces: 4.2 T10, the gateway on 0.0.0.0", async () => {
  const said = await (await both({ host: "0.0.0.0" })).doctor();
  expect(said.ids).toEqual(["listening-on-all-interfaces"]);
});

test("ollama-unreachable: 4.2, nothing listens where openclaw.json asks", async () => {
  const port = await freePort();
  await start({ ...well, origins: origins(port), port });
  const said = await (await place(port)).doctor();
  expect(said.ids).toEqual(["ollama-unreachable"]);
  expect(JSON.stringify(said.found[0]?.evidence)).toContain("ECONNREFUSED");
});

test("model-not-pulled: 4.2, /api/tags does not have it", async () => {
  const said = await (await both({}, { tags: [{ name: "qwen2.5-coder:7b" }] })).doctor();
  expect(said.ids).toEqual(["model-not-pulled"]);
  expect(said.found[0]?.fix).toBe("ollama pull llama3.2:3b");
});

test("model-without-tools: 4.2, /api/show says so", async () => {
  const said = await (await both({}, { show: { capabilities: ["completion"] } })).doctor();
  expect(said.ids).toEqual(["model-without-tools"]);
});

test("context-beyond-model: 4.1, /api/show says less than num_ctx", async () => {
  const show = { capabilities: ["tools"], model_info: { "llama.context_length": 8192 } };
  const said = await (await both({}, { show })).doctor();
  expect(said.ids).toEqual(["context-beyond-model"]);
});

test("tool-call-as-text: 4.2, the model writes its call into the chat", async () => {
  const made = await both({}, { chat: { content: '{"name": "clock", "arguments": {}}' } });
  expect((await made.doctor()).ids).toEqual([]);
  expect((await made.doctor("--ask-model")).ids).toEqual(["tool-call-as-text"]);
});

test("stale-socket: a service that was killed; --fix removes its socket, and not one that is listened at", async () => {
  const made = await place(await freePort());
  const socket = path.join(made.home, "skills.sock");
  made.config((config) => (config["mcp"].servers.clawkeep.args = ["connect", socket]));
  const { child } = await start({ unix: socket });
  expect((await made.doctor("--fix")).ids).toEqual([]);
  expect(existsSync(socket)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await made.doctor()).ids).toEqual(["stale-socket"]);
  const fixed = await made.doctor("--fix");
  expect([fixed.ids, fixed.fixed.map(({ what }) => what), existsSync(socket)]).toEqual([
    [],
    ["removed"],
    false,
  ]);
});

/** A program named docker, which says what a daemon would. */
function standInDocker(
  made: Examined,
  version: string,
  state: object,
  env: readonly string[] = [],
): string {
  const bin = path.join(made.home, "bin");
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, "docker"),
    `#!/bin/sh\ncase "$*" in *Server.Version*) echo '${version}';; *.State*) echo '${JSON.stringify(state)}';; *Config.Env*) echo '${JSON.stringify(env)}';; *) exit 1;; esac\n`,
  );
  chmodSync(path.join(bin, "docker"), 0o755);
  return `${bin}:/usr/bin:/bin`;
}

test.each([
  ["docker-engine-old", "4.2: moby 45610", "27.5.1", { ExitCode: 0, OOMKilled: false }, []],
  ["container-ended", "4.2: killed for memory", "28.2.2", { ExitCode: 137, OOMKilled: true }, []],
  [
    "container-ended",
    "4.2: exit 78 after an update",
    "28.2.2",
    { ExitCode: 78, OOMKilled: false },
    [],
  ],
  [
    "token-mismatch",
    "4.2: another token in the container",
    "28.2.2",
    { ExitCode: 0 },
    [`OPENCLAW_GATEWAY_TOKEN=${"5e".repeat(32)}`],
  ],
] as const)("%s: %s", async (id, _what, version, state, env) => {
  const made = await examined("credentialless");
  places.push(made);
  const search = standInDocker(made, version, state, env);
  const said = await doctor(made.home, [], { path: search });
  expect(said.ids).toEqual([id]);
  expect(said.stdout).not.toContain("5e5e5e");
});

const canUnshare = spawnSync("unshare", ["-rn", "true"]).status === 0;

test.runIf(canUnshare)(
  "listening-on-all-interfaces: L26, Ollama on 0.0.0.0:11434 of a network namespace of its own",
  async () => {
    const made = await place(18_789, 11_434);
    // Loopback is down in a new namespace; everything below runs inside it and ends with it.
    const script = `
    ip link set lo up || exit 9
    "$1" "$2" '${JSON.stringify({ ...well, port: 18_789, origins: origins(18_789) })}' >"$4/one" &
    first=$!
    "$1" "$2" '${JSON.stringify({ ...ollamaWell, port: 11_434, host: "0.0.0.0" })}' >"$4/two" &
    second=$!
    while [ ! -s "$4/one" ] || [ ! -s "$4/two" ]; do sleep 0.05; done
    "$1" "$3" doctor --json --folder rendered
    kill $first $second
  `;
    const child = spawn(
      "unshare",
      ["-rn", "sh", "-c", script, "sh", process.execPath, standIn, bundle, made.home],
      {
        cwd: made.home,
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: made.home },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let stdout = "";
    child.stdout.on("data", (part: Buffer) => (stdout += part.toString("utf8")));
    await once(child, "close");
    const { found } = JSON.parse(stdout) as Said;
    expect(found.map(({ id, evidence }) => [id, evidence[0]?.port])).toEqual([
      ["listening-on-all-interfaces", 11_434],
    ]);
  },
);
