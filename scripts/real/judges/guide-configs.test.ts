import path from "node:path";

import { describe, expect, test } from "vitest";

import { migrateConfig } from "../../../packages/openclaw-contract/src/index.ts";
import { configsOf, guideConfigs } from "./guide-configs.ts";

const guides = path.resolve(import.meta.dirname, "../../../../shared/seeds");

test("configurations are found between words, templates filled, other examples left", () => {
  const text = `Write this:
{
  "gateway": { "bind": "loopback" }, // here
  "models": { "n": \${CONTEXT} }
}
and not that:
{
  "query": "x"
}
{ "gateway": 1 `;
  expect(configsOf(text, "x")).toEqual([
    { name: "x:2", config: { gateway: { bind: "loopback" }, models: { n: 8192 } } },
  ]);
});

describe("1.6: guides beside the repository", () => {
  const found = guideConfigs(guides);

  test("are read where they are", (context) => {
    if (found.length === 0) context.skip("no guides beside the repository");
    expect(found.length).toBeGreaterThan(0);
  });

  test.each(found)("$name is migrated once", ({ config }) => {
    const once = migrateConfig(config).config;
    expect(migrateConfig(once)).toEqual({ config: once, changes: [] });
    expect(JSON.stringify(once)).not.toMatch(
      /timeoutSec"|allowedModels|maxIterations|agentDefaults/u,
    );
  });
});
