import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { documents, fact, question } from "../deploy/question.ts";
import { runAs } from "../openclaw/principal.ts";
import type { Ended } from "../openclaw/principal.ts";
import { openclawVersion } from "../openclaw/release.ts";
import { buildDeployment, localImages, sizeMiB } from "./images.ts";
import { metadataAddress, outsideAddress } from "./outside.ts";
import type { Stage } from "./parts.ts";
import type { Rows } from "./rows.ts";
import { startService } from "./host-service.ts";

const spec = (port: number): string =>
  [
    "deploy: 1",
    "name: cage",
    "profile: cage",
    'models: {primary: "ollama/gpt-oss:20b"}',
    `gateway: {port: ${port}}`,
    "",
  ].join("\n");

const state = "/var/lib/claw-cage-skills";
const secretFile = "/run/secrets/gateway-token";

/** The profile `cage` from its spec to a question that is answered, and what can be done from inside. */
export async function cage(stage: Stage, rows: Rows): Promise<void> {
  const folder = path.join(stage.work, "cage");
  mkdirSync(folder);
  const docker = (...args: readonly string[]): string => stage.daemon.docker(...args);
  const claw = (...args: readonly string[]): Promise<Ended> => stage.claw(folder, args);
  writeFileSync(path.join(folder, "deploy.yaml"), spec(18_789));

  const written = await claw("apply");
  rows.that("C12", "claw apply writes its files", written.code === 0, lastLine(written));
  const rendered = path.join(folder, "rendered");
  const tag = (target: string): string => `claw-cage/${target}:${openclawVersion}`;
  const targets = Object.fromEntries(
    ["ollama", "keeper", "gateway"].map((target) => [target, tag(target)]),
  );
  buildDeployment(stage.daemon, rendered, targets, localImages.standIn);
  rows.that(
    "L1",
    "the Dockerfile builds without a network, by its arguments BASE and OLLAMA",
    true,
    Object.values(targets)
      .map((one) => `${one} ${sizeMiB(stage.daemon, one)} MiB`)
      .join(", "),
  );
  await fillSkills(stage, folder, rows);

  const service = await startService();
  try {
    const began = performance.now();
    const lastWords = keepLastWords(stage);
    const started = await claw("apply", "--start", "--without-model", "--firewall");
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const printed = lastWords();
    const said = `${lastLine(started)} after ${seconds} s ${started.code === 0 ? "" : started.stderr}`;
    rows.that("C12 G1 G24", "claw apply --start brings it up by compose", started.code === 0, said);
    if (started.code !== 0) {
      process.stderr.write(printed);
      return;
    }
    checkInspected(stage, rows);
    const again = await claw("apply", "--start", "--without-model", "--firewall");
    rows.that(
      "G14",
      "a second apply changes nothing",
      /unchanged/u.test(again.stdout),
      lastLine(again),
    );
    checkTurn(stage, folder, rows);
    checkInside(stage, rows, service.port);
    await checkInterface(stage, rows, service.port);
    const stopped = await claw("stop", "cage");
    rows.that("G24", "claw stop", stopped.code === 0, `${lastLine(stopped)}${stopped.stderr}`);
    const left = docker("ps", "--quiet").trim();
    rows.equal("G24", "what runs afterwards", left, "");
  } finally {
    await service[Symbol.asyncDispose]();
  }
}

/** What is put back takes its containers with it: what they said last is kept while it is tried. */
function keepLastWords({ operator, environment }: Stage): () => string {
  const words = new Map<string, string>();
  const ask = async (): Promise<void> => {
    for (const name of ["gateway", "ollama-gate", "skills", "ollama"]) {
      const container = `claw-cage-${name}-1`;
      const asked = ["docker", "logs", "--tail", "20", container];
      const { code, stdout, stderr } = await runAs(operator, asked, { environment });
      if (code === 0) words.set(container, `${container}:\n${stdout}${stderr}`);
    }
  };
  const timer = setInterval(() => void ask(), 4000);
  return () => {
    clearInterval(timer);
    return [...words.values()].join("\n");
  };
}

/** The operator's index and lock, made by the service's own image and user, in its own volume. */
async function fillSkills(stage: Stage, folder: string, rows: Rows): Promise<void> {
  const corpus = path.join(folder, "corpus");
  mkdirSync(corpus, { mode: 0o755 });
  for (const [name, text] of Object.entries(documents))
    writeFileSync(path.join(corpus, name), text);
  const skills = path.join(folder, "skills");
  cpSync(path.join(stage.root, "skills/local-rag"), path.join(skills, "local-rag"), {
    recursive: true,
  });
  const ended = await runAs(
    stage.operator,
    [
      ...["docker", "compose", "--project-name", "claw-cage"],
      ...["--file", path.join(folder, "rendered/compose.yaml")],
      ...["run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "sh"],
      ...["--volume", `${corpus}:/corpus:ro`, "--volume", `${skills}:/skills:ro`],
      ...["skills", "-ec"],
      `mkdir -p ${state}/workspace/skills; cp -r /skills/local-rag ${state}/workspace/skills/; cd ${state}/workspace; local-rag index /corpus --index .clawkeep/index; clawkeep-skill lock skills/local-rag`,
    ],
    { environment: stage.environment },
  );
  rows.that(
    "G9",
    "the skills service's volume is filled by its own image, as uid 2000, without a network",
    ended.code === 0,
    ended.code === 0 ? lastLine(ended) : ended.stderr,
  );
}

interface Inspected {
  readonly Name: string;
  readonly Config: { readonly User: string };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Init: boolean | null;
    readonly Privileged: boolean;
    readonly Memory: number;
    readonly PidsLimit: number;
  };
}

/** What the daemon itself says of every container. */
function checkInspected({ daemon }: Stage, rows: Rows): void {
  const ids = daemon.docker("ps", "--quiet").trim().split("\n");
  const all = JSON.parse(daemon.docker("inspect", ...ids)) as readonly Inspected[];
  for (const { Name, Config, HostConfig } of all) {
    const { ReadonlyRootfs, CapDrop, CapAdd, SecurityOpt, Init, Privileged } = HostConfig;
    rows.equal(
      "G6",
      `${Name}: read-only, capabilities, privileges, init`,
      [ReadonlyRootfs, CapDrop, CapAdd, SecurityOpt, Init, Privileged],
      [true, ["ALL"], null, ["no-new-privileges:true"], true, false],
    );
    rows.that(
      "G6 G7",
      `${Name}: user, memory, processes`,
      !/^(?:0|root|)(?::|$)/u.test(Config.User) &&
        HostConfig.Memory > 0 &&
        HostConfig.PidsLimit > 0,
      `${Config.User}, ${HostConfig.Memory} bytes, ${HostConfig.PidsLimit} processes`,
    );
  }
  rows.equal("G1", "containers", all.map(({ Name }) => Name).toSorted(), [
    "/claw-cage-gateway-1",
    "/claw-cage-ollama-1",
    "/claw-cage-ollama-gate-1",
    "/claw-cage-skills-1",
  ]);
}

/** One turn of the real agent: the stand-in for a model calls the skill, and the answer is the skill's. */
function checkTurn({ daemon }: Stage, folder: string, rows: Rows): void {
  const said = daemon.docker(
    ...["exec", "claw-cage-gateway-1", "openclaw", "agent", "--agent", "main"],
    ...["--session-key", "stage", "--message", question, "--json"],
  );
  const file = readFileSync(path.join(folder, "corpus/recovery.md"));
  const digest = `sha256:${createHash("sha256").update(file).digest("hex")}`;
  const answer = /Source: (\S+):(\d+)-(\d+) (sha256:[0-9a-f]{64})/u.exec(said);
  const passage = file
    .toString("utf8")
    .split("\n")
    .slice(Number(answer?.[2]) - 1, Number(answer?.[3]))
    .join("\n");
  rows.that(
    "G1",
    "the turn answers through the skill, and the citation holds",
    said.includes(fact) &&
      answer?.[1] === "recovery.md" &&
      passage.includes(fact) &&
      answer[4] === digest,
    `${said.includes(fact) ? fact : said} ${answer?.[0] ?? ""}`,
  );
  const verified = daemon.docker(
    ...[
      "exec",
      "--workdir",
      `${state}/workspace`,
      "claw-cage-skills-1",
      "clawkeep-skill",
      "audit",
      "verify",
    ],
  );
  rows.that("G1", "the records verify, in the skills service", true, verified);
}

interface Seen {
  readonly uid: number;
  readonly capabilities: Readonly<Record<string, string>>;
  readonly noNewPrivileges: string;
  readonly seccomp: string;
  readonly rootOptions: string;
  readonly writableMounts: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly memory: string;
  readonly processes: string;
  readonly interfaces: readonly string[];
  readonly writes: Readonly<Record<string, string>>;
  readonly reads: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly tcp: Readonly<Record<string, string>>;
  readonly udp: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
  readonly http: Readonly<Record<string, number | string>>;
}

const probe = readFileSync(path.join(import.meta.dirname, "inside-probe.mjs"), "utf8");

function look({ daemon }: Stage, container: string, wish: object): Seen {
  return JSON.parse(
    daemon.docker(
      ...["exec", "--env", `PROBE=${JSON.stringify(wish)}`, container],
      ...["/usr/local/bin/node", "--input-type=module", "--eval", probe],
    ),
  ) as Seen;
}

/** Addresses of the host on the bridges of the deployment. */
function bridgeAddresses({ daemon }: Stage): readonly string[] {
  const names = daemon.docker("network", "ls", "--filter", "name=claw-cage", "--quiet").trim();
  const text = daemon.docker(
    ...["network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"],
    ...names.split("\n"),
  );
  return text.split(/\s+/u).filter((one) => one !== "");
}

function checkInside(stage: Stage, rows: Rows, hostPort: number): void {
  stage.outside.heard();
  const gate = "http://ollama-gate.local:11434";
  const bridges = bridgeAddresses(stage);
  const hostPlaces = [...bridges, "192.0.2.1"].map((at) => [at, hostPort]);
  const seen = look(stage, "claw-cage-gateway-1", {
    writes: [
      "/x",
      "/etc/x",
      "/usr/local/bin/x",
      "/etc/claw/openclaw.json",
      "/etc/claw/x",
      "/run/claw-cage/x",
      secretFile,
      "/home/node/.openclaw/.stage",
      "/tmp/x",
    ],
    reads: [
      state,
      `${state}/clawkeep`,
      "/etc/shadow",
      "/var/run/docker.sock",
      "/etc/claw/openclaw.json",
    ],
    links: [
      ["/home/node/.openclaw/.stage-link", "/etc/claw/openclaw.json"],
      ["/home/node/.openclaw/.stage-up", "../../../etc/passwd"],
    ],
    tcp: [
      [outsideAddress, 80],
      [metadataAddress, 80],
      ["2001:db8::2", 80],
      ["ollama", 11_434],
      ...hostPlaces,
    ],
    udp: [[outsideAddress, 53]],
    names: ["example.com", "ollama", "ollama-gate.local"],
    http: [
      ["GET", `${gate}/api/tags`],
      ["POST", `${gate}/api/pull`, '{"model":"evil"}'],
      ["POST", `${gate}/api/push`, '{"model":"gpt-oss:20b"}'],
      ["POST", `${gate}/api/create`, '{"model":"evil"}'],
      ["DELETE", `${gate}/api/delete`, '{"model":"gpt-oss:20b"}'],
      ["POST", `${gate}/api/copy`, '{"source":"gpt-oss:20b","destination":"x"}'],
      ["POST", `${gate}/api/blobs/sha256:00`, "x"],
    ],
  });
  rows.equal("G7", "gateway: uid", seen.uid, 1000);
  rows.equal(
    "G6",
    "gateway: capabilities",
    Object.values(seen.capabilities),
    Array.from({ length: 3 }, () => "0000000000000000"),
  );
  rows.equal(
    "G6",
    "gateway: NoNewPrivs, Seccomp, root",
    [seen.noNewPrivileges, seen.seccomp, seen.rootOptions],
    ["1", "2", "ro"],
  );
  rows.equal("G9", "gateway: writable mounts", seen.writableMounts.toSorted(), [
    "/home/node/.cache tmpfs",
    "/home/node/.openclaw ext4",
    "/tmp tmpfs",
  ]);
  rows.equal("G6", "gateway: tmpfs", seen.tmpfs, {
    "/tmp": "262144k",
    "/home/node/.cache": "131072k",
  });
  rows.equal(
    "G6",
    "gateway: limits of memory and processes",
    [seen.memory, seen.processes],
    stage.gatewayLimits,
  );
  const { "/home/node/.openclaw/.stage": ownState, "/tmp/x": temporary, ...others } = seen.writes;
  rows.equal(
    "G9",
    "gateway: its state and /tmp are writable",
    [ownState, temporary],
    ["DONE", "DONE"],
  );
  rows.that(
    "G6 G8 G9",
    "gateway: nothing else is, the configuration neither",
    Object.values(others).every((word) => word !== "DONE"),
    JSON.stringify(others),
  );
  rows.that(
    "G9",
    "gateway: nor by a link or a path upwards",
    Object.values(seen.links).every((word) => word !== "DONE"),
    JSON.stringify(seen.links),
  );
  const { "/etc/claw/openclaw.json": config, ...hidden } = seen.reads;
  rows.that(
    "G8",
    "gateway: log, key and index of the skills service, the daemon's socket: out of reach",
    config === "DONE" && Object.values(hidden).every((word) => word !== "DONE"),
    JSON.stringify(seen.reads),
  );
  rows.that(
    "G1 G5",
    "gateway: no way out by TCP, IPv6, the metadata address, to Ollama itself, or to a service of the host",
    Object.values(seen.tcp).every((word) => word !== "REACHED"),
    JSON.stringify(seen.tcp),
  );
  rows.that(
    "G5",
    "gateway: none by UDP",
    Object.values(seen.udp).every((word) => word !== "REACHED"),
    JSON.stringify(seen.udp),
  );
  const { "ollama-gate.local": gateAddress, ...foreign } = seen.names;
  rows.that(
    "G5",
    "gateway: only the proxy's name is resolved",
    gateAddress?.startsWith("172.") === true &&
      Object.values(foreign).every((word) => word.startsWith("E")),
    JSON.stringify(seen.names),
  );
  rows.that(
    "G1",
    "gateway: the proxy lists models, and refuses pull, push, create, delete, copy and blobs",
    Object.values(seen.http)[0] === 200 &&
      Object.values(seen.http)
        .slice(1)
        .every((code) => Number(code) >= 400 && Number(code) < 500),
    JSON.stringify(Object.values(seen.http)),
  );
  rows.equal("G1 G5", "what the world outside heard", stage.outside.heard(), []);

  const skills = look(stage, "claw-cage-skills-1", {
    writes: ["/x", "/etc/x"],
    tcp: [[outsideAddress, 80], ...hostPlaces],
  });
  rows.equal(
    "G6",
    "skills: uid, capabilities, NoNewPrivs, Seccomp",
    [skills.uid, skills.capabilities["effective"], skills.noNewPrivileges, skills.seccomp],
    [2000, "0000000000000000", "1", "2"],
  );
  rows.that(
    "G1",
    "skills: no network but loopback",
    skills.interfaces.every((one) => one.startsWith("lo ")) &&
      Object.values(skills.tcp).every((word) => word !== "REACHED"),
    `${skills.interfaces.join(", ")} ${JSON.stringify(skills.tcp)}`,
  );
  for (const name of ["ollama-gate", "ollama"]) {
    const one = look(stage, `claw-cage-${name}-1`, {
      writes: ["/x", "/etc/x"],
      tcp: [[outsideAddress, 80], [metadataAddress, 80], ["2001:db8::2", 80], ...hostPlaces],
      udp: [[outsideAddress, 53]],
    });
    rows.that(
      "G5 G6",
      `${name}: no capabilities, read-only, no way out`,
      one.uid >= 2000 &&
        one.capabilities["effective"] === "0000000000000000" &&
        one.noNewPrivileges === "1" &&
        one.seccomp === "2" &&
        one.rootOptions === "ro" &&
        Object.values({ ...one.tcp, ...one.udp }).every((word) => word !== "REACHED"),
      JSON.stringify({ ...one.tcp, ...one.udp }),
    );
  }
  // The same attempts where they must succeed: a container of another network, or nothing was tried.
  const control = JSON.parse(
    stage.daemon.docker(
      ...[
        "run",
        "--rm",
        "--env",
        `PROBE=${JSON.stringify({
          tcp: [
            [outsideAddress, 80],
            [metadataAddress, 80],
            ["172.17.0.1", hostPort],
          ],
          udp: [[outsideAddress, 53]],
        })}`,
      ],
      ...[localImages.base, "/usr/local/bin/node", "--input-type=module", "--eval", probe],
    ),
  ) as Seen;
  rows.that(
    "G5",
    "control: a container outside the cage gets to each of them",
    Object.values({ ...control.tcp, ...control.udp }).every((word) => word === "REACHED"),
    JSON.stringify({ ...control.tcp, ...control.udp }),
  );
}

/** The user interface: on loopback of the host, and nowhere else. */
async function checkInterface(stage: Stage, rows: Rows, hostPort: number): Promise<void> {
  const health = await fetch("http://127.0.0.1:18789/healthz");
  rows.equal(
    "G2",
    "the interface answers on 127.0.0.1",
    [health.status, await health.json()],
    [200, { ok: true, status: "live" }],
  );
  const ids = stage.daemon.docker("ps", "--quiet", "--filter", "name=gateway").trim();
  const own = stage.daemon
    .docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", ids)
    .trim()
    .split(" ");
  const near = await stage.reach("host", [
    ["192.0.2.1", 18_789],
    ...bridgeAddresses(stage).map((at) => [at, 18_789] as const),
  ]);
  rows.that(
    "G2 G3",
    "not on another address of the host",
    Object.values(near).every((word) => word !== "REACHED"),
    JSON.stringify(near),
  );
  const far = await stage.reach("outside", [
    ["192.0.2.1", 18_789],
    ...own.map((at) => [at, 18_789] as const),
  ]);
  rows.that(
    "G3",
    "not for a neighbour who knows the container's address and has a route",
    Object.values(far).every((word) => word !== "REACHED"),
    JSON.stringify(far),
  );
  const control = await stage.reach("outside", [["192.0.2.1", hostPort]]);
  rows.that(
    "G3",
    "control: the neighbour gets to a service of the host",
    Object.values(control).every((word) => word === "REACHED"),
    JSON.stringify(control),
  );
}

function lastLine({ stdout }: Ended): string {
  return stdout.trim().split("\n").at(-1) ?? "";
}
