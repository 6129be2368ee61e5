import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { madeUpHost } from "../host/made-up-hosts.cases.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { advise } from "./advise.ts";
import { judgeHost } from "./judge-host.ts";

function spec(profile: string, model: string, ...more: readonly string[]): DeploymentSpec {
  const text = ["deploy: 1", `profile: ${profile}`, "models:", `  primary: ${model}`, ...more];
  const result = parseSpec(Buffer.from(text.join("\n")), "deploy.yaml");
  if (result.spec === undefined) throw new Error(JSON.stringify(result.findings));
  return result.spec;
}

const codes = (
  deployment: DeploymentSpec,
  host: Parameters<typeof judgeHost>[1],
): readonly string[] =>
  judgeHost(deployment, host)
    .filter(({ severity }) => severity === "error")
    .map(({ code }) => code);

describe("advice", () => {
  test("T1, T4: 2 GB run the gateway alone, with a hosted model and the numbers", () => {
    const advice = advise(madeUpHost(2));
    expect(advice).toMatchObject({
      profile: "vps",
      model: expect.stringMatching(/^openrouter\//u),
    });
    expect(advice.models.filter(({ fits }) => fits)).toEqual([]);
    const text = advice.reasons.map((reason) => reason.text).join("\n");
    expect(text).toContain("this host has 2.0 GB");
    expect(text).toContain("4 GB of swap");
    expect(advice.reasons.flatMap(({ rows }) => rows)).toEqual(
      expect.arrayContaining(["T4", "T5", "T7", "L21"]),
    );
  });

  test("T5: no model of 7 billion on 4 GB", () => {
    const small = advise(madeUpHost(4));
    expect(small.models.filter(({ ref }) => ref.includes("7b")).every(({ fits }) => !fits)).toBe(
      true,
    );
    expect(small.profile).toBe("vps");
  });

  test("T19: 8 GB have room for a small model", () => {
    const advice = advise(madeUpHost(8));
    expect(advice.model).toMatch(/^ollama\/.*:(?:3b|3\.8b|7b)/u);
    expect(advice.contextTokens).toBeGreaterThanOrEqual(16_384);
  });

  test("L8, L21: 24 GB run the default model with the recommended context", () => {
    expect(advise(madeUpHost(24))).toMatchObject({
      profile: "cage",
      model: "ollama/gpt-oss:20b",
      contextTokens: 65_536,
      cache: "f16",
    });
  });

  test("G20: 70 billion on 50 GB have half the context, on 40 GB none", () => {
    const big = advise(madeUpHost(50)).models.find(({ ref }) => ref === "ollama/llama3.3:70b");
    expect(big).toMatchObject({ fits: true, on: "cpu" });
    expect(big?.contextTokens).toBeLessThan(65_536);
    const tooBig = advise(madeUpHost(40)).models.find(({ ref }) => ref === "ollama/llama3.3:70b");
    expect(tooBig).toMatchObject({ fits: false, on: "nowhere" });
  });

  test("L13: a GPU is used before memory", () => {
    const host = madeUpHost(16, { gpus: [{ name: "a GPU", memoryBytes: 24e9 }] });
    expect(advise(host).models.find(({ ref }) => ref === "ollama/gpt-oss:20b")).toMatchObject({
      on: "gpu",
      contextTokens: 65_536,
    });
  });

  test("L12: a cgroup's limit counts, not the machine's memory", () => {
    const advice = advise(madeUpHost(64, { memoryLimitBytes: 2e9 }));
    expect(advice.profile).toBe("vps");
    expect(advice.reasons[0]?.text).toBe("a cgroup leaves 2.0 GB of 64.0 GB");
  });

  test("T1: the profile follows from what the host has", () => {
    const profile = (more: object): string => advise(madeUpHost(32, more)).profile;
    expect(profile({})).toBe("cage");
    expect(profile({ hasDocker: false, hasPodman: true })).toBe("podman");
    expect(profile({ hasDocker: false })).toBe("bare-metal");
    expect(profile({ hasDocker: false, hasSystemd: false })).toBe("notebook");
    expect(profile({ platform: "darwin" })).toBe("macos");
  });

  test("a model without tools is never recommended", () => {
    const model = advise(madeUpHost(999)).models.find(
      ({ ref }) => ref === "ollama/deepseek-coder-v2:16b",
    );
    expect(model).toMatchObject({ fits: false, why: expect.stringContaining("tools") });
  });

  test("what is advised is a spec that its own host accepts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 96 }),
        (memory, hasDocker, graphics) => {
          const host = madeUpHost(memory, {
            hasDocker,
            swapBytes: 4e9,
            gpus: graphics < 4 ? [] : [{ name: "g", memoryBytes: graphics * 1e9 }],
          });
          const { profile, model, contextTokens, cache } = advise(host);
          const deployment = spec(
            profile,
            model,
            `  contextTokens: ${contextTokens}`,
            `ollama: {OLLAMA_KV_CACHE_TYPE: ${cache}}`,
          );
          expect(codes(deployment, host)).toEqual([]);
        },
      ),
    );
  });
});

describe("a host is refused", () => {
  const local = spec("bare-metal", "ollama/llama3.2:3b");

  test("T5: 2 GB for any local model, with the number", () => {
    const problems = judgeHost(local, madeUpHost(2, { swapBytes: 4e9 }));
    const [refusal] = problems.filter(({ code }) => code === "HOST_MODEL_TOO_BIG");
    expect(refusal?.message).toMatch(/^ollama\/llama3\.2:3b needs [0-9.]+ GB .* has 2\.0 GB$/u);
    expect(refusal?.rows).toContain("T5");
  });

  test("T5: 4 GB for 7 billion parameters", () => {
    const seven = spec("bare-metal", "ollama/qwen2.5-coder:7b", "  contextTokens: 16384");
    expect(codes(seven, madeUpHost(4))).toEqual(["HOST_MODEL_TOO_BIG"]);
    expect(codes(seven, madeUpHost(8))).toEqual([]);
  });

  test("T5: 2 GB for containers", () => {
    const cloud = spec("credentialless", "ollama/kimi-k2.5:cloud");
    expect(codes(cloud, madeUpHost(2))).toEqual(["HOST_MEMORY_FOR_CONTAINERS"]);
  });

  test("T4: 2 GB without swap, and 1 GB at all", () => {
    const vps = spec("vps", "openrouter/meta/llama-3.1-8b-instruct:free");
    expect(codes(vps, madeUpHost(2))).toEqual(["HOST_SWAP"]);
    expect(codes(vps, madeUpHost(2, { swapBytes: 4e9 }))).toEqual([]);
    expect(codes(vps, madeUpHost(1, { swapBytes: 4e9 }))).toEqual(["HOST_MEMORY"]);
  });

  test("T6: one processor, whether the machine or a cgroup has it", () => {
    const vps = spec("vps", "openrouter/meta/llama-3.1-8b-instruct:free");
    expect(codes(vps, madeUpHost(8, { threads: 1 }))).toEqual(["HOST_CPU"]);
    expect(codes(vps, madeUpHost(8, { cpuLimit: 1.5 }))).toEqual(["HOST_CPU"]);
  });

  test("G27: a disk without room for the model", () => {
    const cage = spec("cage", "ollama/qwen2.5-coder:32b");
    const host = madeUpHost(64, { diskFreeBytes: 20e9 });
    expect(codes(cage, host)).toEqual(["HOST_DISK"]);
    expect(judgeHost(cage, host)[0]?.message).toContain("25.0 GB of disk are needed");
  });

  test("G20, T17: the context counts, and how it is kept", () => {
    const text = (cache: string): DeploymentSpec =>
      spec("cage", "ollama/qwen2.5-coder:32b", `ollama: {OLLAMA_KV_CACHE_TYPE: ${cache}}`);
    expect(codes(text("f16"), madeUpHost(36))).toEqual(["HOST_MODEL_TOO_BIG"]);
    expect(codes(text("q4_0"), madeUpHost(36))).toEqual([]);
  });

  test("T8: not for a model that runs elsewhere", () => {
    const remote = spec(
      "vps",
      "ollama/llama3.3:70b",
      "  endpoint: http://ollama.example.net:11434",
    );
    expect(codes(remote, madeUpHost(2, { swapBytes: 4e9 }))).toEqual([]);
  });
});
