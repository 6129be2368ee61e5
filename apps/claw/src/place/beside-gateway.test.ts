import type { ServiceDefinition } from "@clawkeep/provision";
import { expect, test } from "vitest";

import { besideGateway } from "./beside-gateway.ts";

const gateway: ServiceDefinition = {
  name: "gateway",
  folder: "/run/x",
  program: "/usr/local/bin/openclaw",
  args: ["gateway", "run"],
  environment: { HOME: "/var/lib/claw-home" },
  cwd: "/var/lib/claw-home",
  stopMs: 1,
  restartMs: 1,
  account: { uid: 2001, gid: 2001, groups: [] },
};
const command: readonly string[] = ["agent", "--message-file", "/x"];

test("a unit's command has the program, account and environment of its gateway", () => {
  expect(besideGateway(gateway, command)).toEqual({ ...gateway, args: command });
});

test("a notebook's is the same file of Node", () => {
  const program = "/oc/node_modules/openclaw/openclaw.mjs";
  const notebook = { ...gateway, program: "/usr/bin/node", args: [program, "gateway", "run"] };
  expect(besideGateway(notebook, command).args).toEqual([program, ...command]);
});

test("in a cage it finds the gateway's port by its socket, and nothing else of what the gateway reaches", () => {
  const args = [
    "pipe",
    "--pipe",
    "unix:/run/claw-home-gateway/gateway.sock=tcp:127.0.0.1:18789",
    "--pipe",
    "tcp:127.0.0.2:11434=unix:/run/claw-home-ollama-gate/ollama.sock",
    "--",
    "/usr/local/bin/openclaw",
    "gateway",
    "run",
  ];
  const caged = { ...gateway, program: "/usr/local/bin/claw", args };
  expect(besideGateway(caged, command).args).toEqual([
    "pipe",
    "--pipe",
    "tcp:127.0.0.1:18789=unix:/run/claw-home-gateway/gateway.sock",
    "--",
    "/usr/local/bin/openclaw",
    ...command,
  ]);
});
