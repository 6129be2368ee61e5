import fc from "fast-check";
import { expect, test } from "vitest";

import { profileNames } from "../profiles/profiles.ts";
import { initialSpec } from "./initial-spec.ts";
import type { InitialAnswers } from "./initial-spec.ts";
import { parseSpec } from "./parse-spec.ts";

const plain: InitialAnswers = {
  name: "home",
  profile: "cage",
  profileWhy: "Docker is here",
  model: "ollama/gpt-oss:20b",
  modelWhy: "17.4 GB for 65536 tokens",
  contextTokens: 65_536,
  ui: true,
  exposure: "loopback",
  internet: false,
  channels: [],
  privateData: true,
  gpu: true,
};

test("G13: a first spec has ten lines with their reasons, and holds", () => {
  const text = initialSpec(plain);
  expect(text.trim().split("\n").length).toBeLessThanOrEqual(10);
  expect(text).toContain("profile: cage # Docker is here\n");
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  expect(findings).toEqual([]);
  expect(spec).toMatchObject({ name: "home", models: { contextTokens: 65_536 } });
});

test("G23 C25: channels and search name their hosts, and need a reason beside private data", () => {
  const open: InitialAnswers = {
    ...plain,
    profile: "bare-metal",
    model: "ollama/kimi-k2.5:cloud",
    internet: true,
    search: "gemini",
    channels: ["telegram", "discord", "whatsapp"],
  };
  const without = parseSpec(Buffer.from(initialSpec(open)), "deploy.yaml");
  expect(without.spec).toBeUndefined();
  const text = initialSpec({ ...open, reason: 'the workspace holds: published "pages" # only' });
  const { spec, findings } = parseSpec(Buffer.from(text), "deploy.yaml");
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(spec?.egress.allow.map(({ host }) => host)).toContain("gateway.discord.gg");
  expect(spec?.waivers).toEqual([
    {
      control: "private-data-and-outward",
      reason: 'the workspace holds: published "pages" # only',
    },
  ]);
});

test("whatever is answered, the text is YAML with those answers", () => {
  const answers = fc.record({
    profile: fc.constantFrom(...profileNames),
    ui: fc.boolean(),
    internet: fc.boolean(),
    gpu: fc.boolean(),
    privateData: fc.boolean(),
    modelWhy: fc.string({ maxLength: 40 }),
    channels: fc.subarray(["telegram", "discord", "whatsapp"] as const),
  });
  fc.assert(
    fc.property(answers, (some) => {
      const { findings } = parseSpec(
        Buffer.from(initialSpec({ ...plain, ...some })),
        "deploy.yaml",
      );
      const shape = ["YAML", "DEPLOY_KEY", "DEPLOY_VALUE", "TEXT"];
      expect(findings.filter(({ code }) => shape.some((one) => code.startsWith(one)))).toEqual([]);
    }),
  );
});
