import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { outsideAddress } from "../openclaw/private-world.ts";
import { endGroup, startAs } from "../openclaw/principal.ts";
import type { Host } from "./host.ts";
import { must } from "./host.ts";

const key = "sk-or-stand-in-5d1c07";

/** What stands for the provider. It is killed at the latest with the part, whose process would wait for it. */
export interface Provider extends AsyncDisposable {
  /** What it wants to see. */
  readonly key: string;
  readonly asked: () => number;
  readonly kill: () => Promise<void>;
}

/** A stand-in at an address of the internet, which here is ours: name, certificate and key as the deployment knows them. */
export async function startOpenRouter(host: Host): Promise<Provider> {
  const folder = "/opt/claw/openrouter";
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  const files = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
  const names = ["-subj", "/CN=openrouter.ai", "-addext", "subjectAltName=DNS:openrouter.ai"];
  must("openssl", [...request, ...files, ...names]);
  chmodSync(`${folder}/cert.pem`, 0o644);
  writeSecret(folder, "key", key);
  const hosts = readFileSync("/etc/hosts", "utf8");
  const name = `${outsideAddress} openrouter.ai\n`;
  if (!hosts.includes(name)) writeFileSync("/etc/hosts", `${hosts}${name}`);
  // Node trusts what it is told at its start: as where a company has an authority of its own.
  const openclaw = "/usr/local/bin/openclaw";
  const text = readFileSync(openclaw, "utf8");
  const trust = `export NODE_EXTRA_CA_CERTS=${folder}/cert.pem`;
  if (!text.includes(trust)) {
    writeFileSync(openclaw, text.replace("\n", `\n${trust}\n`), { mode: 0o755 });
  }
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
    key,
    asked: () => said.split("\n").filter((line) => line.startsWith("asked ")).length,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** A secret as an operator writes it. */
export function writeSecret(folder: string, name: string, value: string): void {
  mkdirSync(path.join(folder, "secrets"), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, "secrets", name), `${value}\n`, { mode: 0o600 });
}
