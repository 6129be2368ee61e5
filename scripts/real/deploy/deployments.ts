import { createHash } from "node:crypto";
import { chownSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Ended, Principal } from "../openclaw/principal.ts";
import { makeOwnFolder, runAs } from "../openclaw/principal.ts";
import type { Host } from "./host.ts";
import { bytesOf, listeners, memoryLimit, seenServices, stateOf } from "./observe.ts";
import type { SeenProcess } from "./observe.ts";
import { fact, question } from "./question.ts";
import { makeSkillsWorkspace } from "./skills-workspace.ts";
import type { SkillsWorkspace } from "./skills-workspace.ts";
import type { Verdicts } from "./verdicts.ts";

/** A deployment of the stage, and who it is for. */
export interface Deployment {
  readonly name: string;
  /** Runs `claw ARGS` in its folder, as whoever owns it. */
  claw(...args: readonly string[]): Promise<Ended>;
  /** Writes `deploy.yaml`. */
  spec(lines: readonly string[]): void;
  readonly owner: Principal;
  readonly folder: string;
  readonly workspace: SkillsWorkspace;
  /** Folders that apply may write into. */
  readonly written: readonly string[];
  /** `CLAWKEEP_HOME` of `claw`. */
  readonly store: string;
}

/** What is expected of the processes. */
export interface Expected {
  /** Uid of each service. */
  readonly uids: Readonly<Record<string, number>>;
  /** Those with namespaces of their own, and whether the network is one of them. */
  readonly caged: Readonly<Record<string, boolean>>;
  readonly memoryMb: Readonly<Record<string, number>>;
}

/** A folder with a `deploy.yaml`, and the skills of the deployment. */
export async function makeDeployment(
  host: Host,
  name: string,
  owner: Principal,
  skills: { readonly owner: Principal; readonly workspace: string; readonly home: string },
  store: string = path.join(owner.home, "claw-state"),
): Promise<Deployment> {
  const folder = makeOwnFolder(owner, path.join(owner.home, name));
  const workspace = await makeSkillsWorkspace(host, skills.owner, skills.workspace, skills.home);
  return {
    name,
    owner,
    folder,
    workspace,
    store,
    written: [
      folder,
      path.join(store, "deployments"),
      `/etc/claw-${name}`,
      path.join(owner.home, ".config", `claw-${name}`),
    ],
    claw: (...args) =>
      host.run("claw", args, owner, {
        cwd: folder,
        environment: { CLAWKEEP_HOME: store },
        timeoutMs: 900_000,
      }),
    spec: (lines) => {
      const file = path.join(folder, "deploy.yaml");
      writeFileSync(file, `${lines.join("\n")}\n`);
      chownSync(file, owner.uid, owner.gid);
    },
  };
}

/** `claw apply --start` with the question of the stage: the answer comes from the skill, and its citation holds. */
export async function applyAndAsk(
  one: Deployment,
  verdicts: Verdicts,
  more: readonly string[] = [],
): Promise<boolean> {
  const began = performance.now();
  const ended = await one.claw("apply", "--start", "--question", question, ...more);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const said = ended.stdout.trim().split("\n").at(-1) ?? "";
  verdicts.that(
    "claw apply starts it [S1]",
    ended.code === 0 && /^applied \d+$/u.test(said),
    `${said} after ${seconds} s${ended.code === 0 ? "" : ` ${ended.stderr}`}`,
  );
  if (ended.code !== 0) return false;
  checkAnswer(one, /the agent answered: (.*)/u.exec(ended.stderr)?.[1] ?? "", verdicts);
  const verified = await one.workspace.skill(["audit", "verify"]);
  verdicts.that("the records verify", verified.code === 0, verified.stdout);
  const { stdout } = await one.workspace.skill(["audit", "show", "--json"]);
  const { executions } = JSON.parse(stdout) as { readonly executions: readonly unknown[] };
  verdicts.that(
    "what ran is recorded [S10, S15]",
    executions.length > 0,
    `${executions.length} executions`,
  );
  return true;
}

function checkAnswer(one: Deployment, answer: string, verdicts: Verdicts): void {
  const file = readFileSync(path.join(one.workspace.corpus, "recovery.md"));
  const cited = /Source: (\S+):(\d+)-(\d+) (\S+)$/u.exec(answer.trim());
  const lines = file.toString("utf8").split("\n");
  const passage = lines.slice(Number(cited?.[2]) - 1, Number(cited?.[3])).join("\n");
  const digest = `sha256:${createHash("sha256").update(file).digest("hex")}`;
  verdicts.that(
    "the turn answers through the skill, and the citation holds [S7, S8]",
    answer.includes(fact) &&
      cited?.[1] === "recovery.md" &&
      passage.includes(fact) &&
      cited[4] === digest,
    answer,
  );
}

/** Every process of every service: its user, privileges, namespaces and memory. */
export function checkProcesses(expected: Expected, verdicts: Verdicts): void {
  const seen = seenServices();
  verdicts.equal("what runs", [...seen.keys()].toSorted(), Object.keys(expected.uids).toSorted());
  for (const [name, uid] of Object.entries(expected.uids)) {
    const caged = expected.caged[name];
    // The one that keeps a cage stays outside of it: it starts nothing else.
    const own = (seen.get(name) ?? []).filter(
      ({ command }) => caged === undefined || !/^\S*bwrap /u.test(command),
    );
    const [first] = own;
    verdicts.that(
      `${name}: every process is uid ${uid} without capabilities${uid < 20_000 ? " or new privileges" : ""} [G7, T15]`,
      own.length > 0 &&
        own.every(
          (one) =>
            one.uid === uid &&
            /^0+$/u.test(one.capabilities) &&
            (uid >= 20_000 || one.noNewPrivileges),
        ),
      `${own.length} processes, uids ${[...new Set(own.map((one) => one.uid))].join(" ")}, CapEff ${first?.capabilities}`,
    );
    if (caged !== undefined && first !== undefined) checkCage(name, own, caged, verdicts);
    const wanted = expected.memoryMb[name];
    if (wanted !== undefined) {
      verdicts.equal(`${name}: memory limit in bytes`, memoryLimit(name), wanted * 1024 * 1024);
    }
  }
}

/** Whether user, groups and folders of a unit are those under which its process runs here. */
export function checkUnits(one: Deployment, roles: readonly string[], verdicts: Verdicts): void {
  const seen = seenServices();
  for (const role of roles) {
    const file = path.join(one.folder, "rendered/units", `claw-${one.name}-${role}.service`);
    const unit = readFileSync(file, "utf8");
    const value = (key: string): string => new RegExp(`^${key}=(.*)$`, "mu").exec(unit)?.[1] ?? "";
    const account = `${value("User")}:${value("Group")}`;
    const folders = [
      `${value("StateDirectoryMode")} ${account} /var/lib/${value("StateDirectory")}`,
      ...(value("RuntimeDirectory") === ""
        ? []
        : [`${value("RuntimeDirectoryMode")} ${account} /run/${value("RuntimeDirectory")}`]),
    ];
    const own = seen.get(role)?.[0];
    verdicts.equal(
      `${role}: user, groups and folders are those of its unit`,
      [
        `${own?.uid}:${own?.gid}`,
        own?.groups,
        folders.map((text) => aboutFolder(text.slice(text.lastIndexOf(" ") + 1))),
      ],
      [account, (value("SupplementaryGroups").match(/\d+/gu) ?? []).map(Number), folders],
    );
  }
}

function aboutFolder(at: string): string {
  const { mode, uid, gid } = statSync(at);
  return `0${(mode & 0o7777).toString(8)} ${uid}:${gid} ${at}`;
}

function checkCage(
  name: string,
  own: readonly SeenProcess[],
  isolated: boolean,
  verdicts: Verdicts,
): void {
  const here = seenNamespaces();
  const [first] = own;
  const kinds = ["mnt", "pid", "ipc", ...(isolated ? ["net"] : [])];
  verdicts.that(
    `${name}: namespaces of its own for ${kinds.join(", ")}`,
    own.every(({ namespaces }) => kinds.every((kind) => namespaces[kind] !== here[kind])),
    kinds.map((kind) => first?.namespaces[kind] ?? "").join(" "),
  );
  const mounts = (first?.mounts ?? "").split("\n").map((line) => line.split(" "));
  const writable = mounts
    .filter(([, , , options]) => options?.split(",").includes("rw") === true)
    .map(([, at]) => at ?? "")
    .filter((at) => !/^\/(?:proc|dev)(?:\/|$)/u.test(at));
  verdicts.that(
    `${name}: the root is read-only [G6, L18]`,
    mounts.some(([, at, , options]) => at === "/" && options?.split(",").includes("ro") === true) &&
      !writable.some((at) => /^\/(?:usr|etc|opt|bin|lib\S*)?$/u.test(at)),
    `writable: ${writable.join(" ")}`,
  );
}

function seenNamespaces(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ["mnt", "pid", "ipc", "net"].map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]),
  );
}

/** What another principal must not reach: the gateway's uid at the skills service's files. */
export async function checkPrincipals(
  gateway: number,
  paths: readonly string[],
  verdicts: Verdicts,
): Promise<void> {
  const who: Principal = { name: "gw", uid: gateway, gid: gateway, groups: [], home: "/" };
  for (const at of paths) {
    const ended = await runAs(who, ["/usr/bin/ls", at]);
    verdicts.that(
      `the gateway's uid cannot look into ${at}`,
      ended.code !== 0 && /Permission denied/u.test(ended.stderr),
      ended.stderr,
    );
  }
}

/** Nothing of the deployment is reached from another machine. @param others What else listens, of the stage's own. */
export function checkListeners(others: readonly string[], verdicts: Verdicts): void {
  const found = listeners();
  const open = found.filter((at) => !/^(?:127\.|\[::1\])/u.test(at));
  verdicts.that(
    "whatever listens does on loopback alone [C27, T10]",
    found.length > open.length && open.toSorted().join() === others.toSorted().join(),
    found.join(" "),
  );
}

/** A spec that does not hold: nothing is written, and what runs goes on. */
export async function checkRefused(
  one: Deployment,
  invalid: readonly string[],
  valid: readonly string[],
  verdicts: Verdicts,
): Promise<void> {
  const skip = (at: string): boolean => at.endsWith("deploy.yaml") || /\.log$|lock/u.test(at);
  const pids = (): readonly (number | undefined)[] =>
    [...seenServices().values()].map((own) => own[0]?.pid);
  const [before, ran] = [bytesOf(one.written, skip), pids()];
  one.spec(invalid);
  const ended = await one.claw("apply", "--start");
  one.spec(valid);
  verdicts.that(
    "an alias that moves is refused as a model, and nothing is touched [S2, S6]",
    ended.code === 1 &&
      JSON.stringify([bytesOf(one.written, skip), pids()]) === JSON.stringify([before, ran]),
    `exit ${ended.code} ${ended.stderr}`,
  );
}

/** A second apply: nothing is written, no inode or time of change differs, and it is the same processes. */
export async function checkUnchanged(one: Deployment, verdicts: Verdicts): Promise<void> {
  // A lock is taken by opening it; OpenClaw writes its own state while it runs.
  const skip = (at: string): boolean => /\/lock(?:$|[-.])|\.(?:log|lock)(?:$|-)/u.test(at);
  const pids = (): readonly (number | undefined)[] =>
    [...seenServices().values()].map((own) => own[0]?.pid);
  const [before, ran] = [stateOf(one.written, skip), pids()];
  const ended = await one.claw("apply", "--start", "--without-model");
  verdicts.equal("a second apply", [ended.code, ended.stdout.trim()], [0, "unchanged"]);
  const after = stateOf(one.written, skip);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  verdicts.equal(
    `of ${names.length} files and folders, those whose inode, mode or time of change is another`,
    names.filter((at) => before[at] !== after[at]),
    [],
  );
  verdicts.equal("the same processes run", pids(), ran);
}

/** The gate that says no: to a model that Ollama lacks, or that a provider does not know. */
type Gate = "Ollama /api/tags" | "one turn";

/** A change whose gate says no: every file as it was, to the byte, and what ran runs again. */
export async function checkPutBack(
  one: Deployment,
  {
    worse,
    better,
    gate,
  }: { readonly worse: readonly string[]; readonly better: readonly string[]; readonly gate: Gate },
  verdicts: Verdicts,
): Promise<void> {
  const skip = (at: string): boolean =>
    /\/(?:history|objects)\/|deploy\.yaml$|\.(?:log|supervisor)$|lock/u.test(at);
  const before = bytesOf(one.written, skip);
  one.spec(worse);
  const ended = await one.claw("apply", "--start");
  verdicts.that(
    gate === "one turn"
      ? "a turn that fails puts it back [T22]"
      : "an Ollama without the model puts it back, behind a gateway that is ready [T22, L6]",
    ended.code === 1 && /^rolled-back/mu.test(ended.stdout) && ended.stdout.includes(` ${gate}: `),
    ended.stdout.trim().split("\n").at(-1) ?? ended.stderr,
  );
  verdicts.equal("every file is what it was, to the byte", bytesOf(one.written, skip), before);
  one.spec(better);
  const again = await one.claw("apply", "--start", "--without-model");
  verdicts.equal("and it runs as before", [again.code, again.stdout.trim()], [0, "unchanged"]);
}

/** `claw stop`: no process stays. Mounts end with the namespaces of the stage. */
export async function checkStopped(one: Deployment, verdicts: Verdicts): Promise<void> {
  const ended = await one.claw("stop", one.name);
  verdicts.equal("claw stop", [ended.code, ended.stdout.trim()], [0, `${one.name} stopped`]);
  verdicts.equal("what runs afterwards", [...seenServices().keys()], []);
}

/** An account of the deployment, by number: it is in no file of users. */
export function account(name: string, uid: number, home: string): Principal {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chownSync(home, uid, uid);
  makeOwnFolder({ name, uid, gid: uid, groups: [], home }, path.join(home, "tmp"));
  return { name, uid, gid: uid, groups: [], home };
}
