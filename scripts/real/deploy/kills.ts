import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { installStandIn } from "../../../apps/claw/test/deployed.ts";
import { makeOwnFolder, makePrincipal } from "../openclaw/principal.ts";
import type { Step } from "./built-claw.ts";
import { builtClaw, stepsOf } from "./built-claw.ts";
import { account, checkStopped, makeDeployment } from "./deployments.ts";
import type { Host } from "./host.ts";
import {
  apply,
  applyArguments,
  convergedTo,
  diedAt,
  filesOf,
  lastIsRollback,
  said,
  settled,
  takeAway,
} from "./killed-deployment.ts";
import type { Killed } from "./killed-deployment.ts";
import type { Verdicts } from "./verdicts.ts";

/*
 * `claw apply` and `claw rollback`, as they are built, killed before each of their steps with services that run.
 */

/** Killed around the start of the real gateway. */
export async function killsReal(host: Host, verdicts: Verdicts): Promise<void> {
  const killed = await notebookOf(host);
  const more = ["--openclaw", "/opt/claw/openclaw"];
  await realGateway({ ...killed, called: "a notebook, the real gateway", more }, verdicts);
  await checkStopped(killed.one, verdicts);
}

/** Killed at every step, with a stand-in for the gateway that is ready at once. */
export async function kills(host: Host, verdicts: Verdicts): Promise<void> {
  const killed = await notebookOf(host);
  await rollback(killed, verdicts, isAny);
  await changingApply(killed, verdicts, isAny);
  await firstApply(killed, verdicts, isAny);
  await checkStopped(killed.one, verdicts);
}

async function notebookOf(host: Host): Promise<Killed> {
  const spec = { name: "killer", uid: 21_002, gid: 21_002, groups: [] };
  const person = makePrincipal(host.world.base, spec);
  for (const name of [".local", ".local/state"]) {
    makeOwnFolder(person, path.join(person.home, name));
  }
  const state = path.join(person.home, ".openclaw-km");
  const one = await makeDeployment(host, "km", person, {
    owner: person,
    workspace: path.join(state, "workspace"),
    home: path.join(person.home, ".local/state/clawkeep"),
  });
  const standIn = "/opt/claw/stand-in-openclaw";
  installStandIn(standIn, "2026.9.6");
  return {
    one,
    called: "a notebook, stand-in gateway",
    spec: specOf("km", "notebook"),
    more: ["--openclaw", standIn],
    services: ["gateway"],
    made: [path.join(state, "secrets"), path.join(person.home, ".config")],
  };
}

/** Killed around each service of a host, with the same stand-in. */
export async function killsHost(host: Host, verdicts: Verdicts): Promise<void> {
  const state = "/var/lib/claw-kh-skills";
  const one = await makeDeployment(host, "kh", host.root, {
    owner: account("skills", 2000, state),
    workspace: path.join(state, "workspace"),
    home: path.join(state, "clawkeep"),
  });
  const openclaw = "/usr/local/bin/openclaw";
  const real = readFileSync(openclaw);
  const standIn = "/opt/claw/clone/apps/claw/test/stand-in-openclaw.mjs";
  writeFileSync(openclaw, `#!/bin/sh\nexec /opt/claw/node ${standIn} "$@"\n`);
  chmodSync(openclaw, 0o755);
  const killed: Killed = {
    one,
    called: "bare metal, stand-in gateway",
    spec: specOf("kh", "bare-metal"),
    more: [],
    services: ["skills", "gateway", "ollama-gate", "ollama"],
    made: ["/etc/claw-kh"],
  };
  try {
    await firstApply(killed, verdicts, isOfServices);
    await changingApply(killed, verdicts, isOfServices);
    await rollback(killed, verdicts, isOfServices);
    await checkStopped(one, verdicts);
  } finally {
    writeFileSync(openclaw, real);
  }
}

const specOf =
  (name: string, profile: string): Killed["spec"] =>
  (maxTokens) => [
    "deploy: 1",
    `name: ${name}`,
    `profile: ${profile}`,
    `models: {primary: "ollama/gpt-oss:20b", maxTokens: ${maxTokens}}`,
  ];

type IsTried = (step: Step) => boolean;
const isAny: IsTried = () => true;
/** On a host, whose services are several; its files are written as those of the notebook are. */
const isOfServices: IsTried = ({ name }) => /^(?:apply:(?!file)|journal:)/u.test(name);

/** Another one is made each time that there is none. */
const tokens = /\/secrets\//u;

/** Where nothing is: killed at each step, the same call then comes to what a whole one comes to. */
async function firstApply(killed: Killed, verdicts: Verdicts, isTried: IsTried): Promise<void> {
  const { one } = killed;
  await apply(killed, 2048);
  const whole = filesOf(one, tokens);
  await takeAway(killed);
  const steps = await stepsOf(one, applyArguments(killed));
  const tried = steps.filter(isTried);
  const wrong: string[] = [];
  for (const step of tried) {
    await takeAway(killed);
    const died = await builtClaw(one, applyArguments(killed), String(step.number));
    const next = await apply(killed, 2048);
    wrong.push(...diedAt(died, step), ...(await settled(killed, next, whole, { but: tokens })));
  }
  verdicts.that(
    `first apply of ${killed.called}, killed at ${howMany(tried, steps)}: the next one converges [T22]`,
    hasAll(tried, [...kindsOfServices, "apply:gate"]) && wrong.length === 0,
    wrong.slice(0, 3).join("; ") || kindsOf(tried),
  );
}

/** Killed at each step, in turn the same call converges, and the one with the old spec finds every byte as it was. */
async function changingApply(killed: Killed, verdicts: Verdicts, isTried: IsTried): Promise<void> {
  const { one } = killed;
  await apply(killed, 2048);
  const old = filesOf(one);
  one.spec(killed.spec(4000));
  const steps = await stepsOf(one, applyArguments(killed));
  await apply(killed, 2048);
  const tried = steps.filter(isTried);
  const wrong: string[] = [];
  let [converged, undone] = [0, 0];
  for (const [index, step] of tried.entries()) {
    // Other bytes each time: what is kept of the last ones would need no step.
    one.spec(killed.spec(4000 + step.number));
    const died = await builtClaw(one, applyArguments(killed), String(step.number));
    wrong.push(...diedAt(died, step));
    if (index % 2 === 1) {
      converged += 1;
      const next = await apply(killed, 4000 + step.number);
      wrong.push(...(await convergedTo(killed, next, 4000 + step.number, old)));
    } else undone += 1;
    wrong.push(...(await settled(killed, await apply(killed, 2048), old)));
  }
  verdicts.that(
    `a changing apply of ${killed.called}, killed at ${howMany(tried, steps)}: it converges, or every file is as it was [T22]`,
    hasAll(tried, [...kindsOfServices, "apply:stop", "apply:gate"]) && wrong.length === 0,
    wrong.slice(0, 3).join("; ") || `${converged} converged, ${undone} undone: ${kindsOf(tried)}`,
  );
}

/** Killed at each step: in turn it is called again, and the spec from before it is applied again. */
async function rollback(killed: Killed, verdicts: Verdicts, isTried: IsTried): Promise<void> {
  const { one } = killed;
  await apply(killed, 2048);
  const old = filesOf(one);
  await apply(killed, 6000);
  const steps = await stepsOf(one, ["rollback", one.name]);
  const wrong: string[] = [...(await settled(killed, await apply(killed, 2048), old))];
  const tried = steps.filter(isTried);
  let [converged, undone, done] = [0, 0, 0];
  for (const [index, step] of tried.entries()) {
    await apply(killed, 6000 + step.number);
    const late = filesOf(one);
    const died = await builtClaw(one, ["rollback", one.name], String(step.number));
    wrong.push(...diedAt(died, step));
    // What was done but for its last words may not be done twice.
    const isDone = lastIsRollback(one);
    if (isDone) done += 1;
    else if (index % 2 === 1) converged += 1;
    else {
      undone += 1;
      const again = await apply(killed, 6000 + step.number);
      wrong.push(...(await settled(killed, again, late)));
    }
    const back = await builtClaw(one, [isDone ? "status" : "rollback", one.name]);
    wrong.push(...(await settled(killed, back, old, { isFinished: !isDone })));
  }
  verdicts.that(
    `claw rollback of ${killed.called}, killed at ${howMany(tried, steps)}: it converges, or every file is as it was [T22]`,
    hasAll(tried, [...kindsOfServices, "apply:stop"]) && wrong.length === 0,
    wrong.slice(0, 3).join("; ") ||
      `${converged} converged, ${undone} undone, ${done} were done: ${kindsOf(tried)}`,
  );
}

/** Around the start of a gateway that takes its time. */
async function realGateway(killed: Killed, verdicts: Verdicts): Promise<void> {
  const { one } = killed;
  const first = await apply(killed, 2048);
  verdicts.that(`${killed.called}: claw apply starts it`, first.code === 0, said(first));
  if (first.code !== 0) return;
  const old = filesOf(one);
  const around = [
    "apply:stop gateway",
    "apply:start gateway",
    "apply:gate gateway /healthz",
    "apply:gate gateway /readyz",
  ];
  for (const [index, at] of around.entries()) {
    one.spec(killed.spec(8000 + index));
    const died = await builtClaw(one, applyArguments(killed), at);
    const converges = index % 2 === 1;
    const next = await apply(killed, converges ? 8000 + index : 2048);
    const wrong = converges
      ? await convergedTo(killed, next, 8000 + index, old)
      : await settled(killed, next, old);
    verdicts.that(
      `${killed.called}, killed at ${at}: ${converges ? "the next apply converges" : "every file is as it was, and it runs"} [T22]`,
      died.signal === "SIGKILL" && wrong.length === 0,
      `${died.stderr.trim().split("\n").at(-1)} ${wrong.join("; ")}`,
    );
  }
}

/** Steps without which it was not the whole of it. */
const kindsOfServices: readonly string[] = ["apply:start", "journal:remove"];

function howMany(tried: readonly Step[], steps: readonly Step[]): string {
  return tried.length === steps.length
    ? `each of its ${steps.length} steps`
    : `the ${tried.length} of its ${steps.length} steps that are about services`;
}

function hasAll(steps: readonly Step[], kinds: readonly string[]): boolean {
  return kinds.every((kind) => steps.some(({ name }) => name === kind));
}

function kindsOf(steps: readonly Step[]): string {
  const count = new Map<string, number>();
  for (const { name } of steps) count.set(name, (count.get(name) ?? 0) + 1);
  return [...count].map(([name, times]) => `${name} ${times}`).join(", ");
}
