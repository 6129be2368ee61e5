import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { runAs } from "../openclaw/principal.ts";
import type { Ended } from "../openclaw/principal.ts";
import { openclawVersion } from "../openclaw/release.ts";
import { localImages, sizeMiB } from "./images.ts";
import type { Stage } from "./parts.ts";
import type { Rows } from "./rows.ts";
import { tinyModel } from "./tiny-model.ts";

const image = `claw-container:${openclawVersion}`;
const name = "clawlama";
const gateway = "http://127.0.0.1:18789";

/** What a model of random weights is called by. */
const [firstModel, secondModel] = ["random:a", "random:b"];

/** A template with tools: without one Ollama refuses every turn of an agent. */
const modelfile = [
  "FROM ./random.gguf",
  'TEMPLATE """{{ if .Tools }}{{ .Tools }}{{ end }}{{ range .Messages }}{{ .Role }}: {{ .Content }}',
  '{{ end }}assistant: """',
  "PARAMETER num_predict 16",
  "",
].join("\n");

/** The single container with the real Ollama and the real OpenClaw, from its Dockerfile to a restored backup. */
export async function singleContainer(stage: Stage, rows: Rows): Promise<void> {
  const folder = path.join(stage.work, "single");
  const files = path.join(folder, "files");
  const models = path.join(folder, "import");
  mkdirSync(models, { recursive: true });
  writeFileSync(path.join(models, "random.gguf"), tinyModel(7));
  writeFileSync(path.join(models, "Modelfile"), modelfile);
  const written = await stage.claw(folder, ["container", "files", files]);
  rows.that("L1 L22", "claw container files", written.code === 0, written.stderr.trim());
  build(stage, rows, files);
  await refusals(stage, rows);
  try {
    await start(stage, rows, models);
    lookInside(stage, rows);
    await reachable(stage, rows);
    turn(stage, rows);
    gitReadonly(stage, rows);
    await stopAndStart(stage, rows);
    await crash(stage, rows);
    await swapByCompose(stage, rows, files, models);
    await backupAndRestore(stage, rows, folder);
  } catch (error) {
    const left = await engine(stage, "logs", "--tail", "60", name);
    process.stderr.write(`${left.stdout}${left.stderr}\n`);
    throw error;
  }
}

function engine(stage: Stage, ...args: readonly string[]): Promise<Ended> {
  return runAs(stage.operator, ["docker", ...args], {
    environment: { ...stage.environment, DOCKER_HOST: "unix:///run/docker.sock" },
    timeoutMs: 480_000,
  });
}

function build(stage: Stage, rows: Rows, files: string): void {
  stage.daemon.docker(
    ...["build", "--quiet", "--network", "host", "--target", "all", "--tag", image],
    ...["--build-arg", `BASE=${localImages.base}`, "--build-arg", `OLLAMA=${localImages.ollama}`],
    files,
  );
  const archive = path.join(stage.work, "image.tar");
  stage.daemon.docker("save", "--output", archive, image);
  const packed = stage.pack(archive);
  rows.that(
    "L1 L2",
    "the image is built without a network, by the arguments BASE and OLLAMA",
    true,
    `${image} ${sizeMiB(stage.daemon, image)} MiB unpacked`,
  );
  rows.that(
    "L3",
    "its compressed size, where 500 MB were wanted",
    packed > 0,
    `${(packed / 1e6).toFixed(0)} MB by gzip, ${packed < 500e6 ? "below" : "above"} it, with an Ollama that was built without libraries for processors`,
  );
}

/** Settings that are wrong are all said, and nothing is started. */
async function refusals(stage: Stage, rows: Rows): Promise<void> {
  const wrong = ["CLAWLAMA_MODLE=x:1", "CLAWLAMA_MAX_TOKENS=1", "OLLAMA_NUM_GPU=1"];
  const ended = await engine(
    stage,
    ...["run", "--rm", ...wrong.flatMap((one) => ["--env", one]), image],
  );
  const names = wrong.map((one) => one.split("=")[0] ?? "");
  rows.that(
    "L9",
    "wrong variables are all named, exit code 2, nothing started",
    ended.code === 2 &&
      names.every((one) => ended.stdout.includes(one)) &&
      !ended.stdout.includes("ollama:"),
    `exit code ${ended.code}: ${ended.stdout
      .split("\n")
      .filter((line) => /CONTAINER_/u.test(line))
      .join("; ")}`,
  );
}

/** Docker's own words about the container. */
function state(stage: Stage): {
  readonly status: string;
  readonly health: string;
  readonly code: number;
} {
  const format =
    "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}} {{.State.ExitCode}}";
  const [status = "", health = "", code = ""] = stage.daemon
    .docker("inspect", "--format", format, name)
    .trim()
    .split(" ");
  return { status, health, code: Number(code) };
}

/** @throws Error when it ends before it is up, or is asked six hundred times */
async function untilUp(stage: Stage, since: number): Promise<number> {
  for (let tries = 0; tries < 600; tries += 1) {
    const times = (await logs(stage)).split("OpenClaw and Ollama are up").length - 1;
    if (times > since) return performance.now();
    if (state(stage).status === "exited") throw new Error("the container ended");
    await pause(1000);
  }
  throw new Error("the container did not come up");
}

async function logs(stage: Stage): Promise<string> {
  const { stdout, stderr } = await engine(stage, "logs", name);
  return `${stdout}${stderr}`;
}

async function start(stage: Stage, rows: Rows, models: string): Promise<void> {
  const began = performance.now();
  stage.daemon.docker(
    ...["run", "--detach", "--name", name, "--volume", "clawlama-data:/data"],
    ...["--volume", `${models}:/import:ro`, "--publish", "127.0.0.1:18789:18789"],
    ...["--env", `CLAWLAMA_MODEL=${firstModel}`, "--env", "CLAWLAMA_MODELFILE=/import/Modelfile"],
    ...["--env", "CLAWLAMA_CONTEXT_WINDOW=65536", "--env", "CLAWLAMA_MAX_TOKENS=256"],
    image,
  );
  const seconds = Math.round(((await untilUp(stage, 0)) - began) / 1000);
  const text = await logs(stage);
  const steps = [
    "architecture x64",
    "ollama: ",
    `model ${firstModel}: made`,
    "gateway: ",
    "OpenClaw and Ollama are up",
  ].map((step) => text.indexOf(step));
  rows.that(
    "L4 L25",
    "docker run alone: report, real Ollama, the model, the real gateway, in this order",
    steps.every((at, index) => at >= 0 && (index === 0 || at > (steps[index - 1] ?? 0))),
    `up after ${seconds} s`,
  );
  const lines = text.split("\n");
  const line = (word: string): string => lines.find((one) => one.includes(word)) ?? "none";
  rows.that(
    "L14",
    "architecture and vector instructions in the log",
    /\((?:AVX|NEON)/u.test(line("architecture")),
    line("architecture"),
  );
  rows.that("L12", "cores in the log", /[0-9]+ physical cores/u.test(text), line("physical cores"));
  rows.that(
    "L13",
    "no GPU: said, and no error about one",
    text.includes("no GPU: models run on the processors") &&
      !lines.some((one) =>
        /(?:error|fail).*(?:gpu|cuda|nvidia)|(?:gpu|cuda|nvidia).*(?:error|fail)/iu.test(one),
      ),
    line("no GPU"),
  );
  const token = stage.daemon.docker("exec", name, "cat", "/data/secrets/gateway-token").trim();
  const inspected = stage.daemon.docker("inspect", name);
  rows.that(
    "L15",
    "a banner with address, machine and model; the token is in no log and in nothing that inspect shows",
    line("  interface ").includes("18789") &&
      line("  model ").includes(firstModel) &&
      line("  machine ").includes("x64") &&
      token.length === 64 &&
      !text.includes(token) &&
      !inspected.includes(token),
    `${line("  interface ")}; ${line("  model ")}`,
  );
  rows.that(
    "S12",
    "one user: it says that its records are no evidence",
    text.includes("no evidence against the gateway"),
    line("  one uid "),
  );
  for (;;) {
    const { health } = state(stage);
    if (health === "healthy") break;
    if (health === "unhealthy") break;
    await pause(1000);
  }
  rows.equal("L6", "Docker's health of both", state(stage).health, "healthy");
  const health = await fetch(`${gateway}/healthz`);
  rows.equal("L25", "the published port answers", health.status, 200);
  const validated = await engine(
    stage,
    ...["exec", "--env", "OPENCLAW_CONFIG_PATH=/data/config/openclaw.json", name],
    ...["openclaw", "config", "validate", "--json"],
  );
  rows.that(
    "L10",
    "the real OpenClaw takes its configuration",
    validated.code === 0,
    validated.stdout,
  );
}

const peek = `
const fs = require("node:fs");
const read = (file) => { try { return fs.readFileSync(file, "utf8"); } catch { return ""; } };
const tried = (file) => { try { fs.writeFileSync(file, "x", { flag: "a" }); return "DONE"; } catch (e) { return e.code; } };
const list = fs.readdirSync("/proc").filter((one) => /^[0-9]+$/.test(one)).map((pid) => ({
  pid: Number(pid), name: (/^Name:\\s+(.*)$/m.exec(read("/proc/" + pid + "/status")) || [])[1],
  state: (/^State:\\s+(\\S)/m.exec(read("/proc/" + pid + "/status")) || [])[1],
  uid: (/^Uid:\\s+([0-9]+)/m.exec(read("/proc/" + pid + "/status")) || [])[1],
  args: read("/proc/" + pid + "/cmdline").split("\\0").join(" "),
}));
const open = [];
const walk = (folder) => { for (const one of fs.readdirSync(folder, { withFileTypes: true })) {
  const file = folder + "/" + one.name;
  try { fs.accessSync(file, fs.constants.W_OK); if (!one.isSymbolicLink()) open.push(file); } catch {}
  if (one.isDirectory()) try { walk(file); } catch {}
} };
walk("/etc");
process.stdout.write(JSON.stringify({ list, open, writes: Object.fromEntries(JSON.parse(process.argv[1]).map((file) => [file, tried(file)])) }));
`;

interface Peeked {
  readonly list: readonly { pid: number; name: string; state: string; uid: string; args: string }[];
  readonly open: readonly string[];
  readonly writes: Readonly<Record<string, string>>;
}

function look(stage: Stage): Peeked {
  const writes = [
    "/etc/x",
    "/etc/passwd",
    "/usr/local/bin/x",
    "/usr/local/share/clawkeep/container.mjs",
    "/opt/claw/x",
    "/data/workspace/.stage",
  ];
  return JSON.parse(
    stage.daemon.docker("exec", name, "node", "--eval", peek, JSON.stringify(writes)),
  ) as Peeked;
}

function lookInside(stage: Stage, rows: Rows): void {
  const { list, open, writes } = look(stage);
  const shown = list.map((one) => `${one.pid} ${one.name} ${one.state}`).join(", ");
  const first = list.find(({ pid }) => pid === 1);
  rows.that(
    "L5",
    "the first process is tini, and there is no zombie",
    first?.name === "tini" && list.every(({ state: word }) => word !== "Z"),
    shown,
  );
  rows.that(
    "L20",
    "no process is root's",
    list.every(({ uid }) => uid === "1000"),
    [...new Set(list.map(({ uid }) => uid))].join(),
  );
  const { "/data/workspace/.stage": own, ...others } = writes;
  rows.that(
    "L18",
    "its user writes nothing in /etc and no program, and its workspace",
    own === "DONE" && open.length === 0 && Object.values(others).every((word) => word !== "DONE"),
    `${JSON.stringify(writes)}, writable in /etc: ${open.join() || "nothing"}`,
  );
  const token = stage.daemon.docker("exec", name, "cat", "/data/secrets/gateway-token").trim();
  const secret = list.filter(({ args }) => args.includes(token));
  rows.that(
    "L15",
    "no token in the list of processes",
    secret.length === 0,
    `${list.length} processes`,
  );
}

async function reachable(stage: Stage, rows: Rows): Promise<void> {
  const own = stage.daemon
    .docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
    .trim();
  const near = await stage.reach("host", [
    ["127.0.0.1", 11_434],
    [own, 11_434],
  ]);
  rows.that(
    "L26",
    "Ollama is not reached from the host",
    Object.values(near).every((word) => word !== "REACHED"),
    JSON.stringify(near),
  );
  const control = await stage.reach("host", [[own, 18_789]]);
  rows.that(
    "L26",
    "control: the gateway is, at the same address",
    Object.values(control).every((word) => word === "REACHED"),
    JSON.stringify(control),
  );
}

/** One turn of the real agent with the real Ollama. What a model of random weights says means nothing. */
function turn(stage: Stage, rows: Rows): void {
  const began = performance.now();
  let said = "";
  try {
    said = stage.daemon.docker(
      ...[
        "exec",
        "--env",
        "OPENCLAW_CONFIG_PATH=/data/config/openclaw.json",
        "--env",
        "OPENCLAW_STATE_DIR=/data/openclaw",
      ],
      ...["--env", "OPENCLAW_CONFIG_READONLY=1", "--env", "HOME=/data/openclaw", name],
      ...[
        "openclaw",
        "agent",
        "--agent",
        "main",
        "--session-key",
        "stage",
        "--message",
        "Say something.",
        "--json",
      ],
    );
  } catch (error) {
    said = error instanceof Error ? error.message.slice(-600) : String(error);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const text = stage.daemon.docker("logs", name);
  const asked = /\| 200 \|.*"\/api\/chat"/u.exec(text)?.[0] ?? "none";
  rows.that(
    "L25",
    "a turn of the real agent is answered by the model in the real Ollama",
    asked !== "none",
    `${asked}; ${seconds} s; ${said.slice(0, 300)}`,
  );
}

/** The skill that looks into git, at the sandbox level of a container, and what it cannot. */
function gitReadonly(stage: Stage, rows: Rows): void {
  const exec = (...args: readonly string[]): string =>
    stage.daemon.docker(
      ...[
        "exec",
        "--workdir",
        "/data/workspace",
        "--env",
        "CLAWKEEP_HOME=/data/clawkeep",
        "--env",
        "HOME=/data/openclaw",
        name,
      ],
      ...args,
    );
  exec("git", "init", "--quiet", "/data/workspace/repository");
  exec(
    "git",
    "-C",
    "/data/workspace/repository",
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@example.net",
    "commit",
    "--quiet",
    "--allow-empty",
    "-m",
    "first",
  );
  const run = (action: string): string => {
    try {
      return exec(
        "clawkeep-skill",
        "run",
        "git-readonly",
        action,
        "--root",
        "repository=/data/workspace/repository",
      );
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const log = run("log");
  rows.that(
    "L19",
    "git-readonly shows the log of a repository, in the sandbox of this container",
    log.includes("first"),
    log,
  );
  const commit = run("commit");
  rows.that(
    "L19",
    "it has no commit",
    /expected|unknown|no action|ACTION/iu.test(commit) && !commit.includes("first"),
    commit,
  );
}

async function stopAndStart(stage: Stage, rows: Rows): Promise<void> {
  const exec = (...args: readonly string[]): string => stage.daemon.docker("exec", name, ...args);
  const token = exec("cat", "/data/secrets/gateway-token");
  exec("sh", "-c", "echo kept > /data/workspace/note.md");
  const began = performance.now();
  stage.daemon.docker("stop", "--time", "120", name);
  const seconds = Math.round((performance.now() - began) / 1000);
  rows.equal(
    "L5",
    `docker stop ends both, after ${seconds} s, with exit code`,
    state(stage).code,
    0,
  );
  stage.daemon.docker("start", name);
  await untilUp(stage, 1);
  const again = (await logs(stage)).split("OpenClaw and Ollama are up")[1] ?? "";
  rows.that(
    "L7",
    "docker start: token, workspace and model are there",
    exec("cat", "/data/secrets/gateway-token") === token &&
      exec("cat", "/data/workspace/note.md") === "kept\n" &&
      again.includes(`model ${firstModel}: is there`),
    `model ${firstModel}: is there`,
  );
}

/** Ollama is killed from inside: the container ends with its code. */
async function crash(stage: Stage, rows: Rows): Promise<void> {
  const { list } = look(stage);
  const ollama = list.find(({ args }) => args.startsWith("/usr/bin/ollama serve"));
  stage.daemon.docker("exec", name, "node", "--eval", `process.kill(${ollama?.pid}, "SIGKILL")`);
  while (state(stage).status !== "exited") await pause(500);
  const text = await logs(stage);
  rows.that(
    "L5",
    "Ollama killed: the gateway ends, and the container has the code of the kill",
    state(stage).code === 137 && text.includes("ollama was ended by SIGKILL"),
    `exit code ${state(stage).code}`,
  );
  stage.daemon.docker("rm", name);
}

/** Another model by .env, by the rendered compose file, over the same volume: a read-only root and no capabilities. */
async function swapByCompose(
  stage: Stage,
  rows: Rows,
  files: string,
  models: string,
): Promise<void> {
  writeFileSync(
    path.join(files, ".env"),
    `CLAWLAMA_MODEL=${secondModel}\nCLAWLAMA_MODELS=${firstModel}\nCLAWLAMA_MODELFILE=/import/Modelfile\nCLAWLAMA_CONTEXT_WINDOW=65536\n`,
  );
  writeFileSync(
    path.join(files, "stage.yaml"),
    `services:\n  claw:\n    container_name: ${name}\n    volumes: ["${models}:/import:ro"]\n`,
  );
  const compose = [
    "compose",
    "--project-directory",
    files,
    "--file",
    `${files}/compose.yaml`,
    "--file",
    `${files}/stage.yaml`,
  ];
  const up = await engine(stage, ...compose, "up", "--detach", "--no-build");
  rows.that("L22", "docker compose up", up.code === 0, `${up.stdout}${up.stderr}`);
  await untilUp(stage, 0);
  const listed = stage.daemon.docker("exec", name, "ollama", "list");
  const config = stage.daemon.docker("exec", name, "cat", "/data/config/openclaw.json");
  rows.that(
    "L11",
    "another model by .env and a new container: made, configured, the one before still there",
    [firstModel, secondModel].every((one) => listed.includes(one)) &&
      config.includes(`"primary": "ollama/${secondModel}"`),
    listed,
  );
  rows.equal(
    "L7",
    "the workspace outlives its container",
    stage.daemon.docker("exec", name, "cat", "/data/workspace/note.md"),
    "kept\n",
  );
  const { list, writes } = look(stage);
  const status = stage.daemon.docker("exec", name, "cat", "/proc/1/status");
  const field = (word: string): string =>
    new RegExp(`^${word}:\\s+(\\S+)`, "mu").exec(status)?.[1] ?? "";
  rows.that(
    "L18 L20",
    "read-only root, no capabilities, no new privileges, user 1000",
    writes["/etc/x"] === "EROFS" &&
      field("CapEff") === "0000000000000000" &&
      field("NoNewPrivs") === "1" &&
      list.every(({ uid }) => uid === "1000"),
    `${writes["/etc/x"]} ${field("CapEff")} ${field("NoNewPrivs")}`,
  );
}

async function backupAndRestore(stage: Stage, rows: Rows, folder: string): Promise<void> {
  const place = path.join(folder, "backups");
  mkdirSync(place);
  chownSync(place, 1000, 1000);
  chmodSync(place, 0o700);
  const archive = path.join(place, "claw.tar");
  const options = ["--image", image, "--container", name];
  const running = await stage.claw(folder, ["container", "backup", archive, "--image", image]);
  rows.that(
    "L23",
    "a volume in use is refused",
    running.code !== 0 && `${running.stdout}${running.stderr}`.includes("CONTAINER_DATA_TAKEN"),
    running.stderr,
  );
  const saved = await stage.claw(folder, ["container", "backup", archive, ...options]);
  rows.that(
    "L23",
    "claw container backup stops, writes, starts",
    saved.code === 0,
    `${saved.stdout.trim()} ${saved.code === 0 ? statSync(archive).size : saved.stderr} bytes`,
  );
  const token = stage.daemon
    .docker(
      "run",
      "--rm",
      "--volume",
      "clawlama-data:/data",
      "--entrypoint",
      "cat",
      image,
      "/data/secrets/gateway-token",
    )
    .trim();
  rows.that(
    "L23",
    "no token is in it",
    !readFileSync(archive).includes(token),
    `${statSync(archive).size} bytes`,
  );
  const restored = await stage.claw(folder, [
    "container",
    "restore",
    archive,
    "--image",
    image,
    "--volume",
    "fresh-data",
  ]);
  const note = stage.daemon.docker(
    "run",
    "--rm",
    "--volume",
    "fresh-data:/data",
    "--entrypoint",
    "cat",
    image,
    "/data/workspace/note.md",
  );
  rows.that(
    "L23",
    "a fresh volume gets it back",
    restored.code === 0 && note === "kept\n",
    `${restored.stdout.trim()}${restored.stderr}`,
  );
  stage.daemon.docker("rm", "--force", name);
}
