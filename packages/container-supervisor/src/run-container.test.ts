import { readFileSync, statSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { checkHealth } from "./check-health.ts";
import { isGone, makeContainer, someFacts } from "./made-container.cases.ts";
import type { MadeContainer, StartedContainer } from "./made-container.cases.ts";
import { readSettings } from "./settings/read-settings.ts";

let made: MadeContainer;
let started: StartedContainer | undefined;

beforeEach(async () => {
  made = await makeContainer();
  started = undefined;
});
afterEach(async () => {
  started?.stop("SIGTERM");
  await started?.code;
  made.remove();
});

function start(): StartedContainer {
  started = made.start();
  return started;
}

const exit = (port: number, code: number): Promise<unknown> =>
  fetch(`http://127.0.0.1:${port}/exit/${code}`).catch(() => undefined);

const tokenFile = (): string => join(made.place.data, "secrets/gateway-token");

function health(): Promise<readonly string[]> {
  const { settings } = readSettings(made.environment, someFacts, made.place);
  if (settings === undefined) throw new Error("no settings");
  return checkHealth(settings);
}

function order(lines: readonly string[], ...texts: readonly string[]): readonly number[] {
  return texts.map((text) => lines.findIndex((line) => line.includes(text)));
}

describe("start", () => {
  test("L4: report, Ollama, its answer, the model, the gateway, in this order, and a banner", async () => {
    const one = start();
    await one.until("are up");
    const at = order(
      one.lines,
      "architecture x64",
      "ollama: started as serve",
      "model llama3.2:3b: fetched",
      "gateway: started as gateway run",
      "OpenClaw and Ollama are up",
    );
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at[0]).toBeGreaterThanOrEqual(0);
    expect(one.lines).toContain("model llama3.2:3b: 50% of 0.00 GB");
    // A line of Ollama's comes by a pipe, whenever that is read.
    await one.until("ollama: pull llama3.2:3b");
  });

  test("L15: the banner says where, what and on which machine, and no line has the token", async () => {
    const one = start();
    await one.until("  network ");
    const banner = one.lines.slice(order(one.lines, "are up")[0]).join("\n");
    expect(banner).toContain(`http://127.0.0.1:${made.ports.gateway}`);
    for (const text of ["x64", "AVX2", "physical cores", "64.0 GB", "no GPU", "llama3.2:3b"]) {
      expect(banner).toContain(text);
    }
    const token = readFileSync(tokenFile(), "utf8").trim();
    expect(token).toMatch(/^[0-9a-f]{64}$/u);
    expect(one.lines.join("\n")).not.toContain(token);
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
  });

  test("L15, S12: the banner claims no evidence against the gateway, which has the same uid", async () => {
    const one = start();
    expect(await one.until("  one uid ")).toContain("no evidence against the gateway");
  });

  test("L13, success 10: without a GPU nothing in the log is an error", async () => {
    const one = start();
    await one.until("are up");
    expect(one.lines).toContain("no GPU: models run on the processors");
    expect(one.lines.filter((line) => /error|nvidia|cuda/iu.test(line))).toEqual([]);
  });

  test("L4: what Ollama cannot fetch ends the container with a reason and what to do", async () => {
    made.environment["CLAWLAMA_MODEL"] = "missing:1b";
    const one = start();
    expect(await one.code).toBe(1);
    const words = one.lines.join("\n");
    expect(words).toContain("CONTAINER_MODEL");
    expect(words).toContain("file does not exist");
    expect(words).not.toContain("gateway: started");
  });

  test("L4: a model is made from a Modelfile where one is named", async () => {
    const file = join(made.place.data, "Modelfile");
    mkdirSync(made.place.data);
    writeFileSync(file, "FROM ./weights.gguf\n");
    made.environment["CLAWLAMA_MODELFILE"] = file;
    const one = start();
    await one.until("are up");
    expect(one.lines).toContain("model llama3.2:3b: made");
    expect(one.lines.filter((line) => line.includes("pull "))).toEqual([]);
  });

  test("L9: settings with mistakes are all said, nothing is started, and the exit code is 2", async () => {
    Object.assign(made.environment, { CLAWLAMA_MODLE: "x:1", CLAWLAMA_MAX_TOKENS: "1" });
    const one = start();
    expect(await one.code).toBe(2);
    const words = one.lines.join("\n");
    expect(words).toContain("CLAWLAMA_MODEL?");
    expect(words).toContain("from 256 to 131072");
    expect(words).not.toContain("started as");
  });

  test("L9, C1: neither program gets a variable or a token that is not for it", async () => {
    process.env["SOME_SECRET_KEY"] = "held-by-the-supervisor";
    made.environment["CLAWLAMA_TELEGRAM_BOT_TOKEN"] = `123456789:${"a".repeat(35)}`;
    try {
      const one = start();
      await one.until("are up");
    } finally {
      delete process.env["SOME_SECRET_KEY"];
    }
    const words = started?.lines.join("\n") ?? "";
    expect(words).not.toContain("held-by-the-supervisor");
    expect(words).not.toContain("a".repeat(35));
    expect(words).not.toContain("CLAWLAMA_TELEGRAM");
  });

  test("L7: a second container on the same volume is refused", async () => {
    const one = start();
    await one.until("are up");
    const two = made.start();
    expect(await two.code).toBe(1);
    expect(two.lines.join("\n")).toContain("CONTAINER_DATA_TAKEN");
  });
});

describe("end", () => {
  test("L5: when Ollama ends, the gateway is ended and the container has Ollama's exit code", async () => {
    const one = start();
    await one.until("are up");
    await exit(made.ports.ollama, 7);
    expect(await one.code).toBe(7);
    expect(one.lines).toContain("ollama ended with exit code 7: the container ends");
    expect(one.lines).toContain("gateway: got SIGTERM");
  });

  test("L5: when the gateway ends, Ollama is ended and the container has the gateway's exit code", async () => {
    const one = start();
    await one.until("are up");
    await exit(made.ports.gateway, 78);
    expect(await one.code).toBe(78);
    expect(one.lines).toContain("ollama: got SIGTERM");
  });

  test("L5: a program that ends well has still failed: a restart policy starts the container again", async () => {
    const one = start();
    await one.until("are up");
    await exit(made.ports.ollama, 0);
    expect(await one.code).toBe(1);
  });

  test("L5: a kill is 128 and its signal", async () => {
    const one = start();
    await one.until("are up");
    const line = await one.until("gateway: helper ");
    const helper = Number(/[0-9]+$/u.exec(line)?.[0]);
    const parent = /^PPid:\s+([0-9]+)$/mu.exec(readFileSync(`/proc/${helper}/status`, "utf8"))?.[1];
    process.kill(Number(parent), "SIGKILL");
    expect(await one.code).toBe(137);
    expect(isGone(helper)).toBe(true);
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "L5: %s reaches both, the gateway first; nothing is left running and the exit code is 0",
    async (signal) => {
      const one = start();
      await one.until("are up");
      const line = await one.until("gateway: helper ");
      one.stop(signal);
      expect(await one.code).toBe(0);
      const [gateway = -1, ollama = -1] = order(
        one.lines,
        `gateway: got ${signal}`,
        `ollama: got ${signal}`,
      );
      expect(gateway).toBeGreaterThan(0);
      expect(ollama).toBeGreaterThan(gateway);
      expect(isGone(Number(/[0-9]+$/u.exec(line)?.[0]))).toBe(true);
    },
  );

  test("L5: a signal while a model is fetched ends it too", async () => {
    const one = start();
    await one.until("ollama: started");
    one.stop("SIGTERM");
    expect(await one.code).toBe(0);
  });

  test("L5: a signal before anything was started ends it", async () => {
    const one = start();
    one.stop("SIGTERM");
    expect(await one.code).toBe(0);
  });
});

describe("what is kept", () => {
  test("L7, success 6 and 7: token, workspace, models and advice stay through a stop and a start", async () => {
    const first = start();
    await first.until("are up");
    const token = readFileSync(tokenFile(), "utf8");
    const advice = join(made.place.data, "workspace/AGENTS.md");
    writeFileSync(advice, "mine\n");
    writeFileSync(join(made.place.data, "workspace/note.md"), "kept\n");
    first.stop("SIGTERM");
    await first.code;
    const second = start();
    await second.until("are up");
    expect(readFileSync(tokenFile(), "utf8")).toBe(token);
    expect(readFileSync(advice, "utf8")).toBe("mine\n");
    expect(readFileSync(join(made.place.data, "workspace/note.md"), "utf8")).toBe("kept\n");
    expect(second.lines).toContain("model llama3.2:3b: is there");
    expect(second.lines.filter((line) => line.includes("pull "))).toEqual([]);
  });

  test("L11, success 5: another model by the environment alone is fetched and configured", async () => {
    const first = start();
    await first.until("are up");
    first.stop("SIGTERM");
    await first.code;
    made.environment["CLAWLAMA_MODEL"] = "qwen2.5:7b";
    made.environment["CLAWLAMA_MODELS"] = "llama3.2:3b, qwen2.5:3b";
    const second = start();
    await second.until("are up");
    const pulls = second.lines.filter((line) => line.startsWith("ollama: pull"));
    expect(pulls).toEqual(["ollama: pull qwen2.5:7b", "ollama: pull qwen2.5:3b"]);
    const config = JSON.parse(
      readFileSync(join(made.place.data, "config/openclaw.json"), "utf8"),
    ) as { agents: { defaults: { model: unknown } } };
    expect(config.agents.defaults.model).toEqual({
      primary: "ollama/qwen2.5:7b",
      fallbacks: ["ollama/llama3.2:3b", "ollama/qwen2.5:3b"],
    });
  });

  test("L17: AGENTS.md, which OpenClaw reads, is written once, and says that it is advice", async () => {
    const one = start();
    await one.until("are up");
    const text = readFileSync(join(made.place.data, "workspace/AGENTS.md"), "utf8");
    for (const word of ["commit", "push", "reset", "/etc", "Nothing enforces it"])
      expect(text).toContain(word);
  });

  test("L19: the image's skills are brought and locked at each start, others stay", async () => {
    const own = join(made.place.data, "workspace/skills/mine");
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, "SKILL.md"), "mine\n");
    const one = start();
    await one.until("skills: git-readonly, locked");
    await one.until("are up");
    expect(readFileSync(join(own, "SKILL.md"), "utf8")).toBe("mine\n");
    const skill = join(made.place.data, "workspace/skills/git-readonly/SKILL.md");
    expect(readFileSync(skill, "utf8")).toBe("a skill\n");
  });

  test("L19: a skill that cannot be locked is said with the reason, and keeps nothing from starting", async () => {
    const script =
      "#!/bin/sh\necho locked one\necho '  git: error LOCK_PROGRAM: not here' >&2\nexit 1\n";
    writeFileSync(made.place.skillProgram, script);
    const one = start();
    await one.until("are up");
    expect(await one.until("skills: not all")).toContain("run: git: error LOCK_PROGRAM: not here");
  });

  test("L24: a configuration that is mounted is used as it is, with its port and models", async () => {
    mkdirSync(made.place.mounted);
    const file = join(made.place.mounted, "openclaw.json");
    const config = {
      gateway: { port: made.ports.gateway },
      models: { providers: { ollama: { models: [{ id: "qwen2.5:3b" }] } } },
    };
    writeFileSync(file, JSON.stringify(config));
    delete made.environment["CLAWLAMA_OPENCLAW_PORT"];
    const one = start();
    await one.until("are up");
    expect(one.lines.join("\n")).toContain(`"OPENCLAW_CONFIG_PATH":"${file}"`);
    expect(one.lines).toContain("ollama: pull qwen2.5:3b");
    expect(readFileSync(file, "utf8")).toBe(JSON.stringify(config));
  });
});

describe("health", () => {
  test("L6: it asks gateway and Ollama, and names what does not answer", async () => {
    const both = await health();
    expect(both.map((line) => line.split(":")[0])).toEqual([
      "gateway /healthz",
      "Ollama /api/tags",
    ]);
    const one = start();
    await one.until("are up");
    expect(await health()).toEqual([]);
    writeFileSync(join(made.place.data, "ollama/models.json"), "[]");
    expect((await health()).join()).toContain("lacks llama3.2:3b");
  });
});
