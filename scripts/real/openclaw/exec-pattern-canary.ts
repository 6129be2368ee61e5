import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";

import { makeAgent } from "./agent.ts";
import type { Checks } from "./checks.ts";
import { execAllowed } from "./exec-approvals.ts";
import type { Stand } from "./stand.ts";

/**
 * What our approvals rest on, asked of OpenClaw itself: a pattern with a NUL keeps the boundaries of
 * arguments, one without does not. When one of these lines fails, OpenClaw means something else by its
 * patterns, and packages/openclaw-approvals has to be thought through again.
 */
export async function checkPatternSemantics(stand: Stand, checks: Checks): Promise<void> {
  const names = ["spaces", "boundaries", "none", "anchorless", "path"];
  const programs = Object.fromEntries(
    names.map((name) => {
      const file = path.join(stand.world.base, `canary-${name}`);
      writeFileSync(file, '#!/bin/sh\nprintf "ran %s\\n" "$#"\n');
      chmodSync(file, 0o755);
      return [name, file];
    }),
  );
  const entry = (name: string, argPattern?: string): object => ({
    pattern: programs[name],
    ...(argPattern === undefined ? {} : { argPattern }),
  });
  const policy = { security: "allowlist", ask: "off", askFallback: "deny" };
  const allowlist = [
    entry("spaces", "^--query [^;]{1,20} --topk [0-9]$"),
    entry("boundaries", "^--query\0[^\0]{1,20}\0--topk\0[0-9]\0$"),
    entry("none", "^\0\0$"),
    entry("anchorless", "a\0"),
    entry("path"),
  ];
  const agent = makeAgent(stand, {
    name: "canary",
    port: 18_797,
    overrides: {
      ...execAllowed,
      tools: {
        ...(execAllowed["tools"] as object),
        exec: { host: "gateway", mode: "allowlist", safeBins: [] },
      },
    },
  });
  const file = path.join(stand.world.base, "canary-approvals.json");
  writeFileSync(
    file,
    JSON.stringify({ version: 1, defaults: policy, agents: { main: { allowlist } } }),
  );
  const set = await agent.run(["approvals", "set", "--file", file]);
  if (set.code !== 0) throw new Error(`approvals set: ${set.stderr}`);

  const cases: readonly (readonly [string, string, string])[] = [
    ["without NUL: the form that is meant", `${programs["spaces"]} --query x --topk 5`, "ran 4"],
    [
      "without NUL: an injected flag passes",
      `${programs["spaces"]} --query x --evil y --topk 5`,
      "ran 6",
    ],
    [
      "with NUL: the form that is meant",
      `${programs["boundaries"]} --query 'x --evil y' --topk 5`,
      "ran 4",
    ],
    [
      "with NUL: an injected flag does not",
      `${programs["boundaries"]} --query x --evil y --topk 5`,
      "",
    ],
    ["with NUL: an empty argument does not", `${programs["boundaries"]} --query x --topk 5 ''`, ""],
    ["no arguments are two NULs", programs["none"] ?? "", "ran 0"],
    ["one empty argument is one NUL", `${programs["none"]} ''`, ""],
    ["a pattern without anchors matches a part", `${programs["anchorless"]} b a b`, "ran 3"],
    ["an entry without a pattern takes any argument", `${programs["path"]} any thing`, "ran 2"],
    ["default safe bins are off", `${programs["path"]} | head -c 3`, ""],
  ];
  stand.model.script(cases.map(([, command]) => ({ tool: "exec", arguments: { command } })));
  const state = agent.environment["OPENCLAW_STATE_DIR"] ?? "";
  await agent.run([
    ...["agent", "exec", "go on", "--config", agent.configFile, "--cwd", agent.workspace],
    ...["--state-dir", state, "--json"],
  ]);
  for (const [index, [what, , wanted]] of cases.entries()) {
    const output = (stand.model.toolOutputs[index] ?? "nothing was said").trim();
    const ok = wanted === "" ? /denied/u.test(output) : output === wanted;
    checks.that(`pattern: ${what}`, ok, output.replaceAll(/[{}"\s]+/gu, " "));
  }
}
