import { MCPConfigRegistry } from "@gleanwork/mcp-config-schema";
import type { ClientId } from "@gleanwork/mcp-config-schema";
import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";

import { mcpClients } from "./clients.ts";
import type { McpClient } from "./clients.ts";
import type { McpLaunch } from "./render-config.ts";
import { checkServerName, renderConfig, serverConfig } from "./render-config.ts";

const launch: McpLaunch = {
  command: "/usr/bin/node",
  args: ["/opt/local-rag/main.js", "serve", "--mcp", "--index", "/home/a b/notes"],
  environment: { CLAWKEEP_HOME: "/home/a b/state" },
};
const read = (client: McpClient, text: string): unknown =>
  client.format === "json" ? JSON.parse(text) : parse(text);
const known = mcpClients.filter(({ verifiedBy }) => verifiedBy !== undefined);

describe.each(known)("the configuration of $title", (client) => {
  const registry = new MCPConfigRegistry({ serverPackage: "some-package" });
  const record = registry.getConfig(client.id as ClientId);

  test("has the form that the published record of it builds", () => {
    const environment = { A: "b" };
    const built: unknown = registry
      .createBuilder(client.id as ClientId)
      .buildConfiguration({ transport: "stdio", serverName: "local-rag", env: environment });
    // It starts packages by npx: the form is compared with what it starts.
    const servers = (built as Readonly<Record<string, Readonly<Record<string, McpLaunch>>>>)[
      client.member
    ];
    const { command, args } = servers?.["local-rag"] ?? launch;
    expect(command).toBe("npx");
    expect(serverConfig(client, "local-rag", { command, args, environment })).toEqual(built);
  });

  test("belongs where the published record has it", () => {
    const home = (file = ""): string => file.replace("$HOME", "~");
    const { linux, darwin, win32 } = record?.configPath ?? {};
    expect(client.path).toEqual({ linux: home(linux), darwin: home(darwin), win32 });
    expect([client.format, client.member]).toEqual([
      record?.configFormat,
      record?.configStructure.serversPropertyName,
    ]);
  });
});

test("only a client that somebody published a record of is called verified", () => {
  expect(mcpClients.filter((client) => !known.includes(client)).map(({ id }) => id)).toEqual([
    "zed",
  ]);
});

describe.each(mcpClients)("the text for $title", (client) => {
  test("says the same whatever a folder is called, and holds nothing that a terminal acts on", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), fc.string(), (args, value) => {
        const odd = {
          ...launch,
          args: [...args, "\u001b]52;c;\u007f\u0085\u202e\n"],
          environment: { A: value },
        };
        const text = renderConfig(client, "local-rag", odd);
        expect(read(client, text)).toEqual(serverConfig(client, "local-rag", odd));
        // oxlint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
      }),
      { numRuns: 50 },
    );
  });

  test("leaves the environment out where there is none", () => {
    const text = renderConfig(client, "local-rag", { ...launch, environment: {} });
    expect(text).not.toContain("env");
  });
});

test("a server's name is one word", () => {
  for (const name of ["", "a b", "a.b", "]\n[x", "a".repeat(65)]) {
    expect(() => checkServerName(name)).toThrow("as the server's name");
  }
  checkServerName("local-rag_2");
});
