import path from "node:path";

import { makeOwnFolder, makePrincipal } from "../openclaw/principal.ts";
import { commands } from "./commands.ts";
import {
  account,
  applyAndAsk,
  checkListeners,
  checkPrincipals,
  checkProcesses,
  checkPutBack,
  checkRefused,
  checkStopped,
  checkUnchanged,
  checkUnits,
  makeDeployment,
} from "./deployments.ts";
import type { Host } from "./host.ts";
import { hybrid } from "./hybrid.ts";
import { kills, killsHost, killsReal } from "./kills.ts";
import type { Verdicts } from "./verdicts.ts";
import { vps } from "./vps.ts";

/** One part of the stage: a profile, end to end. */
export interface Part {
  readonly name: string;
  readonly run: (host: Host, verdicts: Verdicts) => Promise<void>;
}

const spec = (name: string, profile: string, model = "gpt-oss:20b"): readonly string[] => [
  "deploy: 1",
  `name: ${name}`,
  `profile: ${profile}`,
  `models: {primary: "ollama/${model}"}`,
];

export const parts: readonly Part[] = [
  { name: "notebook", run: notebook },
  { name: "bare-metal", run: bareMetal },
  { name: "cage", run: cage },
  { name: "hybrid", run: hybrid },
  { name: "commands", run: commands },
  { name: "vps", run: vps },
  { name: "kills", run: kills },
  { name: "kills-host", run: killsHost },
  { name: "kills-real", run: killsReal },
];

/** One person, one uid: nothing is defended against it, and nothing needs root. */
async function notebook(host: Host, verdicts: Verdicts): Promise<void> {
  const person = makePrincipal(host.world.base, {
    name: "person",
    uid: 21_000,
    gid: 21_000,
    groups: [],
  });
  const workspace = path.join(person.home, ".openclaw-nb", "workspace");
  for (const name of [".local", ".local/state"]) {
    makeOwnFolder(person, path.join(person.home, name));
  }
  // Where it is without CLAWKEEP_HOME: OpenClaw gives another home to what it starts.
  const home = path.join(person.home, ".local/state/clawkeep");
  const skills = { owner: person, workspace, home };
  const one = await makeDeployment(host, "nb", person, skills, home);
  await using _ollama = await host.startOllama();
  one.spec(spec("nb", "notebook"));
  const folder = ["--openclaw", "/opt/claw/openclaw"];
  if (!(await applyAndAsk(one, verdicts, folder))) return;
  checkProcesses({ uids: { gateway: 21_000 }, caged: {}, memoryMb: {} }, verdicts);
  await checkUnchanged(one, verdicts);
  const valid = spec("nb", "notebook");
  checkListeners([], verdicts);
  await checkRefused(one, spec("nb", "notebook", "gpt-oss:latest"), valid, verdicts);
  const worse = spec("nb", "notebook", "phi3:3.8b");
  await checkPutBack(one, { worse, better: valid, gate: "Ollama /api/tags" }, verdicts);
  await checkStopped(one, verdicts);
}

/** Units' users without systemd: five processes, five uids. */
async function bareMetal(host: Host, verdicts: Verdicts): Promise<void> {
  const state = "/var/lib/claw-metal-skills";
  const one = await makeDeployment(host, "metal", host.root, {
    owner: account("skills", 2000, state),
    workspace: path.join(state, "workspace"),
    home: path.join(state, "clawkeep"),
  });
  one.spec(spec("metal", "bare-metal"));
  if (!(await applyAndAsk(one, verdicts))) return;
  const uids = { skills: 2000, gateway: 2001, "ollama-gate": 2002, ollama: 2003 };
  const memoryMb = { skills: 1024, gateway: 2048, "ollama-gate": 256, ollama: 16_384 };
  checkProcesses({ uids, caged: {}, memoryMb }, verdicts);
  checkUnits(one, Object.keys(uids), verdicts);
  checkListeners([], verdicts);
  await checkPrincipals(2001, [state, one.folder], verdicts);
  await checkUnchanged(one, verdicts);
  const worse = spec("metal", "bare-metal", "phi3:3.8b");
  const better = spec("metal", "bare-metal");
  await checkPutBack(one, { worse, better, gate: "Ollama /api/tags" }, verdicts);
  await checkStopped(one, verdicts);
}

/** Containers without a container engine: the same files, each part in namespaces of its own. */
async function cage(host: Host, verdicts: Verdicts): Promise<void> {
  const state = "/var/lib/claw-cage-skills";
  const one = await makeDeployment(host, "cage", host.root, {
    owner: account("skills", 2000, state),
    workspace: path.join(state, "workspace"),
    home: path.join(state, "clawkeep"),
  });
  one.spec(spec("cage", "cage"));
  if (!(await applyAndAsk(one, verdicts))) return;
  const uids = { skills: 2000, gateway: 1000, "ollama-gate": 2002, ollama: 2003, front: 2005 };
  const memoryMb = { skills: 1024, gateway: 2048, "ollama-gate": 256, ollama: 16_384, front: 256 };
  const caged = { skills: true, gateway: true, "ollama-gate": false, ollama: false, front: false };
  checkProcesses({ uids, caged, memoryMb }, verdicts);
  checkListeners([], verdicts);
  await checkPrincipals(1000, [state, one.folder], verdicts);
  await checkUnchanged(one, verdicts);
  await checkStopped(one, verdicts);
}
