import { once } from "node:events";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { readDefinition, runBeside } from "../../../packages/provision/src/index.ts";
import { outsideAddress } from "../openclaw/private-world.ts";
import { endGroup, startAs } from "../openclaw/principal.ts";
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
import { must } from "./host.ts";
import { question } from "./question.ts";
import type { Verdicts } from "./verdicts.ts";

const key = "sk-or-stand-in-5d1c07";

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
  writeSecret(path.join(one.folder, "rendered"), "openrouter-key", key);
  await using provider = await startOpenRouter(host);
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
  const answer = await turn(one);
  verdicts.that(
    "the primary is killed: the next turn is answered by the fallback, through the skill",
    answer.startsWith("The restore key") && /Source: recovery\.md:/u.test(answer),
    answer,
  );
  verdicts.equal("what the primary was asked after its death", provider.asked() - asked, 0);
  await checkStopped(one, verdicts);
}

/** One turn beside the gateway that runs, in a session of its own. */
async function turn(one: Deployment): Promise<string> {
  const gateway = readDefinition(path.join(runFolder(one), "gateway.json"));
  const port = "tcp:127.0.0.1:18789=unix:/run/claw-mix-gateway/gateway.sock";
  const agent = ["agent", "--agent", "main", "--session-key", "after", "--message", question];
  const args = ["pipe", "--pipe", port, "--", "/usr/local/bin/openclaw", ...agent, "--json"];
  const ran = await runBeside(gateway, { args, timeoutMs: 300_000 });
  return `${/"text": ?"((?:[^"\\]|\\.)*)"/u.exec(ran.stdout)?.[1] ?? ran.stdout}${ran.code === 0 ? "" : ran.stderr}`;
}

const runFolder = (one: Deployment): string => path.join(one.store, "deployments", one.name, "run");

/** What stands for the provider. It is killed at the latest with the part, whose process would wait for it. */
interface Provider extends AsyncDisposable {
  readonly asked: () => number;
  readonly kill: () => Promise<void>;
}

/** A stand-in at an address of the internet, which here is ours: name, certificate and key as the deployment knows them. */
async function startOpenRouter(host: Host): Promise<Provider> {
  const folder = "/opt/claw/openrouter";
  mkdirSync(folder, { mode: 0o755 });
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  const files = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
  const names = ["-subj", "/CN=openrouter.ai", "-addext", "subjectAltName=DNS:openrouter.ai"];
  must("openssl", [...request, ...files, ...names]);
  chmodSync(`${folder}/cert.pem`, 0o644);
  writeSecret(folder, "key", key);
  appendFileSync("/etc/hosts", `${outsideAddress} openrouter.ai\n`);
  // Node trusts what it is told at its start: as where a company has an authority of its own.
  const openclaw = "/usr/local/bin/openclaw";
  const text = readFileSync(openclaw, "utf8");
  const trust = `export NODE_EXTRA_CA_CERTS=${folder}/cert.pem`;
  writeFileSync(openclaw, text.replace("\n", `\n${trust}\n`), { mode: 0o755 });
  const child = startAs(
    host.root,
    [
      "/opt/claw/node",
      "--conditions=source",
      "/opt/claw/clone/scripts/real/deploy/stand-in-openrouter.ts",
    ],
    {
      environment: {
        STAND_IN_ADDRESS: `${outsideAddress}:443`,
        STAND_IN_TLS: folder,
        STAND_IN_KEY: `${folder}/secrets/key`,
      },
    },
  );
  let said = "";
  child.stdout?.on("data", (part: Buffer) => (said += part.toString("utf8")));
  if (child.stdout !== null) await once(child.stdout, "data");
  const ended = once(child, "exit");
  const kill = async (): Promise<void> => {
    endGroup(child, "SIGKILL");
    await ended;
  };
  return {
    asked: () => said.split("\n").filter((line) => line.startsWith("asked ")).length,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** A secret as an operator writes it. */
function writeSecret(folder: string, name: string, value: string): void {
  mkdirSync(path.join(folder, "secrets"), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, "secrets", name), `${value}\n`, { mode: 0o600 });
}

function logOf(one: Deployment, service: string): string {
  return readFileSync(path.join(runFolder(one), `${service}.log`), "utf8");
}
