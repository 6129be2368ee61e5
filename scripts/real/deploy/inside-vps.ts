import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { makePrincipal, runAs } from "../openclaw/principal.ts";
import {
  account,
  applyAndAsk,
  checkListeners,
  checkPrincipals,
  checkProcesses,
  checkPutBack,
  checkStopped,
  checkUnchanged,
  checkUnits,
  makeDeployment,
} from "./deployments.ts";
import type { Deployment } from "./deployments.ts";
import type { Host } from "./host.ts";
import { must } from "./host.ts";
import { seenServices } from "./observe.ts";
import { writeSecret } from "./openrouter.ts";
import { Verdicts } from "./verdicts.ts";

/*
 * The part `vps` inside of a root of its own, which it sees nothing beyond but kernel, clone and installed programs.
 * Started by the stage; the exit code is the verdict.
 */
async function main(): Promise<number> {
  const base = "/srv/stage";
  mkdirSync(base, { recursive: true, mode: 0o755 });
  const root = makePrincipal(base, { name: "root", uid: 0, gid: 0, groups: [] });
  const host: Host = {
    world: {
      base,
      node: "/opt/claw/node",
      clone: "/opt/claw/clone",
      install: "/opt/claw/openclaw",
    },
    root,
    run: (program, args, as = root, options = {}) =>
      runAs(as, [`/usr/local/bin/${program}`, ...args], options),
    startOllama: () => Promise.reject(new Error("no model runs on a vps")),
  };
  const verdicts = new Verdicts("vps");
  const state = "/var/lib/claw-small-skills";
  const one = await makeDeployment(host, "small", root, {
    owner: account("skills", 2000, state),
    workspace: path.join(state, "workspace"),
    home: path.join(state, "clawkeep"),
  });
  one.spec(spec());
  writeSecret(
    path.join(one.folder, "rendered"),
    "openrouter-key",
    process.env["STAND_IN_KEY"] ?? "",
  );
  verdicts.that(
    "it is a Debian of its own, without systemd, container engine or a Node of its own",
    readFileSync("/etc/debian_version", "utf8").startsWith("12.") &&
      !readdirSync("/usr/bin").some((name) => /^(?:docker|podman|node|systemctl)$/u.test(name)),
    readFileSync("/etc/debian_version", "utf8"),
  );
  await makeAccounts(one, verdicts);
  if (await applyAndAsk(one, verdicts)) {
    const uids = { skills: 2000, gateway: 2001, egress: 2004 };
    const memoryMb = { skills: 1024, gateway: 2048, egress: 256 };
    checkProcesses({ uids, caged: {}, memoryMb }, verdicts);
    checkSmall(one, verdicts);
    checkUnits(one, Object.keys(uids), verdicts);
    checkListeners(["93.184.215.14:443"], verdicts);
    await checkPrincipals(2001, [state, one.folder], verdicts);
    await checkUnchanged(one, verdicts);
    const worse = spec("meta-llama/llama-3.3-70b-instruct");
    await checkPutBack(one, { worse, better: spec(), gate: "one turn" }, verdicts);
    await checkStopped(one, verdicts);
  }
  return verdicts.failed.length === 0 ? 0 : 1;
}

const spec = (model = "deepseek/deepseek-chat-v3.2"): readonly string[] => [
  "deploy: 1",
  "name: small",
  "profile: vps",
  `models: {primary: "openrouter/${model}"}`,
];

/** What a server of 2 GB needs of its gateway. */
function checkSmall({ folder }: Deployment, verdicts: Verdicts): void {
  const pid = seenServices().get("gateway")?.[0]?.pid;
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  const heap = environment.find((one) => one.startsWith("NODE_OPTIONS=")) ?? "";
  const config = readFileSync(path.join(folder, "rendered/config/openclaw.json"), "utf8");
  const { agents } = JSON.parse(config) as {
    readonly agents: { readonly defaults: { readonly maxConcurrent: number } };
  };
  verdicts.that(
    "a heap that fits into its memory, two turns at a time, a hosted model [T4]",
    Number(/--max-old-space-size=(\d+)/u.exec(heap)?.[1]) < 2048 &&
      agents.defaults.maxConcurrent === 2 &&
      !config.includes('"ollama/'),
    `${heap} ${agents.defaults.maxConcurrent}`,
  );
}

/** The accounts that the deployment's own file of users says, made by the system's own programs. */
async function makeAccounts(one: Deployment, verdicts: Verdicts): Promise<void> {
  const out = path.join(one.folder, "accounts");
  const rendered = await one.claw("render", "--out", out);
  const at = path.join(out, "sysusers");
  const text = readdirSync(at)
    .map((name) => readFileSync(path.join(at, name), "utf8"))
    .join("\n");
  const users = [...text.matchAll(/^u (\S+) (\d+)/gmu)].map(([, name = "", uid = ""]) => ({
    name,
    uid,
  }));
  for (const { name, uid } of users) {
    must("groupadd", ["--gid", uid, name]);
    const ids = ["--uid", uid, "--gid", uid];
    must("useradd", [...ids, "--no-create-home", "--shell", "/usr/sbin/nologin", name]);
  }
  const names = users.map(({ name }) => name);
  const known = spawnSync("getent", ["passwd", ...names], { encoding: "utf8" });
  verdicts.that(
    "accounts as its file of users says, in /etc/passwd [T15]",
    users.length >= 3 && known.status === 0,
    `${known.stdout}${rendered.stderr.slice(0, 100)}`,
  );
}

process.exitCode = await main();
