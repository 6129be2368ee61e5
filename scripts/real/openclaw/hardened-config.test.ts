import { expect, test } from "vitest";

import { hardenedConfig } from "./hardened-config.ts";

const places = { port: 1, workspace: "/w", modelUrl: "http://127.0.0.1:2" };

test("what a route wants is merged into objects and replaces everything else", () => {
  const config = hardenedConfig(places, {
    tools: { alsoAllow: ["exec"], exec: { mode: "allowlist" } },
    mcp: { servers: {} },
  });
  expect(config).toMatchObject({
    gateway: { port: 1, bind: "loopback", controlUi: { enabled: false } },
    tools: { profile: "minimal", alsoAllow: ["exec"], exec: { mode: "allowlist" } },
    mcp: { servers: {} },
  });
});

test("nothing of one route's wishes is left for the next", () => {
  hardenedConfig(places, { tools: { exec: { mode: "full" } } });
  expect(hardenedConfig(places)).toMatchObject({ tools: { exec: { mode: "deny" } } });
});

test("the base allows no command, no write and no web", () => {
  const { tools } = hardenedConfig(places) as { tools: { deny: string[]; alsoAllow: string[] } };
  expect(tools.deny).toEqual(expect.arrayContaining(["exec", "write", "edit", "group:web"]));
  expect(tools.alsoAllow).toEqual(["read", "bundle-mcp"]);
});
