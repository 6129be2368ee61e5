import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { readDefinition, runBeside } from "../../../packages/provision/src/index.ts";
import { runAs } from "../openclaw/principal.ts";
import {
  account,
  applyAndAsk,
  checkPrincipals,
  checkProcesses,
  checkStopped,
  makeDeployment,
} from "./deployments.ts";
import type { Deployment } from "./deployments.ts";
import type { Host } from "./host.ts";
import { startOpenRouter, writeSecret } from "./openrouter.ts";
import { question } from "./question.ts";
import type { Verdicts } from "./verdicts.ts";

/** A hosted model first, reached through the allowlist proxy; a local one when nobody answers there. */
export async function hybrid(host: Host, verdicts: Verdicts): Promise<void> {
  const state = "/var/lib/claw-mix-skills";
  const one = await makeDeployment(host, "mix", host.root, {
    owner: account("skills", 2000, state),
    workspace: path.join(state, "workspace"),
    home: path.join(state, "clawkeep"),
  });
  one.spec([
    "deploy: 1",
    "name: mix",
    "profile: hybrid",
    'models: {primary: "openrouter/deepseek/deepseek-chat-v3.2", fallbacks: ["ollama/gpt-oss:20b"]}',
  ]);
  await using provider = await startOpenRouter(host);
  writeSecret(path.join(one.folder, "rendered"), "openrouter-key", provider.key);
  if (!(await applyAndAsk(one, verdicts))) return;
  verdicts.that(
    "the primary answered it, asked through squid",
    provider.asked() > 1 && /CONNECT openrouter\.ai:443 is ALLOWED/u.test(logOf(one, "egress")),
    `asked ${provider.asked()} times`,
  );
  const uids = {
    skills: 2000,
    gateway: 1000,
    "ollama-gate": 2002,
    ollama: 2003,
    egress: 2004,
    front: 2005,
  };
  const caged = {
    skills: true,
    gateway: true,
    "ollama-gate": false,
    ollama: false,
    egress: false,
    front: false,
  };
  checkProcesses({ uids, caged, memoryMb: { egress: 256, gateway: 2048 } }, verdicts);
  await checkPrincipals(1000, [state, one.folder], verdicts);
  const asked = provider.asked();
  await provider.kill();
  let answer = await turn(one, "after-1");
  for (let tries = 2; tries <= 5 && answer.isBrokenOff; tries += 1) {
    process.stdout.write(`hybrid: OpenClaw broke a turn off: ${answer.said.slice(0, 300)}\n`);
    answer = await turn(one, `after-${tries}`);
  }
  verdicts.that(
    "the primary is killed: the next turn is answered by the fallback, through the skill",
    answer.said.startsWith("The restore key") && /Source: recovery\.md:/u.test(answer.said),
    answer.said,
  );
  verdicts.equal("what the primary was asked after its death", provider.asked() - asked, 0);
  await checkStopped(one, verdicts);
  await checkSmallHost(one, verdicts);
}

/** The same spec where the kernel says that the machine has 2 GB: the local model is refused, and the number said. */
async function checkSmallHost(one: Deployment, verdicts: Verdicts): Promise<void> {
  const seen = readFileSync("/proc/meminfo", "utf8").replace(
    /^MemTotal:.*$/mu,
    "MemTotal:        2000000 kB",
  );
  const file = path.join(one.folder, "meminfo");
  writeFileSync(file, seen);
  // In a namespace of its own: only what is started there sees it.
  const script = 'mount --bind "$0" /proc/meminfo && exec /usr/local/bin/claw check --host';
  const ended = await runAs(one.owner, ["unshare", "--mount", "/bin/sh", "-c", script, file], {
    cwd: one.folder,
    environment: { CLAWKEEP_HOME: one.store },
  });
  verdicts.that(
    "a host of 2 GB refuses the local model, with the number [T5]",
    ended.code === 1 &&
      /HOST_MODEL_TOO_BIG: ollama\/gpt-oss:20b needs [\d.]+ GB .* has 2\.0 GB/u.test(ended.stdout),
    `exit ${ended.code}: ${ended.stdout}${ended.stderr}`,
  );
}

/** One turn beside the gateway that runs, in a session of its own. */
async function turn(one: Deployment, session: string): Promise<RanTurn> {
  const gateway = readDefinition(path.join(runFolder(one), "gateway.json"));
  const port = "tcp:127.0.0.1:18789=unix:/run/claw-mix-gateway/gateway.sock";
  const agent = ["agent", "--agent", "main", "--session-key", session, "--message", question];
  const args = ["pipe", "--pipe", port, "--", "/usr/local/bin/openclaw", ...agent, "--json"];
  const ran = await runBeside(gateway, { args, timeoutMs: 900_000 });
  const answer = /"text": ?"((?:[^"\\]|\\.)*)"/u.exec(ran.stdout)?.[1] ?? ran.stdout;
  const said = `${answer}${ran.code === 0 ? "" : `exit ${ran.code}: ${ran.stderr}`}`;
  return { said, isBrokenOff: ran.code !== 0 && /timed out|\(timeout\)/u.test(said) };
}

interface RanTurn {
  readonly said: string;
  /** OpenClaw ended it for a limit of its own: its workers have a minute, which a busy machine may not have. */
  readonly isBrokenOff: boolean;
}

const runFolder = (one: Deployment): string => path.join(one.store, "deployments", one.name, "run");

function logOf(one: Deployment, service: string): string {
  return readFileSync(path.join(runFolder(one), `${service}.log`), "utf8");
}
