import { readStrictYaml } from "@clawkeep/skill-format";
import { describe, expect, test } from "vitest";

import { readVariables } from "../settings/read-variables.ts";
import { containerVariables } from "../settings/variables.ts";
import { imageTag, renderImage } from "./render-image.ts";

const pinned = { floating: false, port: 18_789 };

function text(path: string, wishes = pinned): string {
  return renderImage(wishes).find((one) => one.path === path)?.text ?? "";
}

interface Service {
  readonly environment: readonly string[];
  readonly ports: readonly unknown[];
  readonly volumes: readonly unknown[];
  readonly [key: string]: unknown;
}

function service(path = "compose.yaml", wishes = pinned): Service {
  const { value } = readStrictYaml(text(path, wishes), { file: path });
  return (value as { services: { claw: Service } }).services.claw;
}

describe("Dockerfile", () => {
  test("L1, L2: several stages, exact versions, no scripts of packages, and nothing piped into a shell", () => {
    const file = text("Dockerfile");
    expect(file.match(/^FROM /gmu)).toHaveLength(5);
    expect(file).not.toMatch(/curl|wget|https?:|\| *(?:ba)?sh/u);
    for (const line of file.split("\n").filter((one) => one.includes('"npm", "install"'))) {
      expect(line).toContain('"--ignore-scripts"');
      const packages = [...line.matchAll(/"((?:@clawkeep\/)?[a-z-]+@[^"]+)"/gu)].map(
        ([, name]) => name,
      );
      for (const name of packages) expect(name).toMatch(/@[0-9]+\.[0-9]+\.[0-9]+$/u);
    }
    for (const line of file.split("\n").filter((one) => /^ARG (?:BASE|OLLAMA)=/u.test(one))) {
      expect(line).toMatch(/:[^:]*[0-9]/u);
    }
    expect(file).not.toContain("latest");
  });

  test("L2: --floating takes what is newest, and nothing else differs in what runs", () => {
    const file = text("Dockerfile", { ...pinned, floating: true });
    for (const word of ["node:lts-bookworm-slim", "ollama/ollama:latest", "openclaw@latest"]) {
      expect(file).toContain(word);
    }
    const end = (one: string): string => one.slice(one.indexOf("USER "));
    expect(end(file)).toBe(end(text("Dockerfile")));
    expect(imageTag({ floating: true })).not.toBe(imageTag(pinned));
  });

  test("L5, L20: tini in front of one program, and a user that is not root", () => {
    const lines = text("Dockerfile").trimEnd().split("\n");
    expect(lines).toContain('ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/claw-container"]');
    expect(
      lines.slice(lines.indexOf("USER 1000:1000")).some((line) => line.startsWith("RUN")),
    ).toBe(false);
    expect(lines.at(-1)).toBe('CMD ["start"]');
  });

  test("L6: a health that covers both, at the times that were asked for", () => {
    expect(text("Dockerfile")).toContain(
      'HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["/usr/local/bin/claw-container", "health"]',
    );
  });

  test("L7, L13: one volume; what only a GPU needs is left out unless it is asked for", () => {
    const file = text("Dockerfile");
    expect(file).toContain('VOLUME ["/data"]');
    expect(file).toMatch(/^ARG LIBRARIES=ollama-cpu$/mu);
    expect(file).toContain("/usr/lib/ollama/cuda_v12");
  });
});

describe("compose", () => {
  test("L22, L26: the gateway's port on loopback, Ollama's nowhere, a read-only root", () => {
    const one = service();
    expect(one.ports).toEqual([
      { mode: "host", host_ip: "127.0.0.1", target: 18_789, published: "18789", protocol: "tcp" },
    ]);
    expect(one).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      stop_grace_period: "350s",
    });
    expect(text("compose.yaml")).not.toContain("11434");
    expect(one.volumes).toEqual([{ type: "volume", source: "data", target: "/data" }]);
  });

  test("L22: another port is the same in container, environment and host", () => {
    const one = service("compose.yaml", { ...pinned, port: 19_000 });
    expect(one.environment).toContain("CLAWLAMA_OPENCLAW_PORT=19000");
    expect(JSON.stringify(one.ports)).toContain('"target":19000,"published":"19000"');
    expect(text("Dockerfile", { ...pinned, port: 19_000 })).toContain("EXPOSE 19000");
  });

  test("L22, L9: every variable can be given by .env or by a stack, and no value stands in the file", () => {
    const names = service().environment.map((one) => one.split("=")[0]);
    expect(names.toSorted()).toEqual(containerVariables.map(({ name }) => name).toSorted());
    expect(service().environment.filter((one) => one.includes("="))).toHaveLength(1);
  });

  test("L22: .env.example is read by the container without a finding", () => {
    const lines = text(".env.example")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const environment = Object.fromEntries(
      lines.map((line) => line.split("=", 2) as [string, string]),
    );
    expect(readVariables(environment).findings).toEqual([]);
    expect(lines.length).toBeGreaterThan(8);
  });

  test("L13: a GPU is an overlay, with the libraries that it needs", () => {
    expect(service("compose.gpu.yaml")).toMatchObject({
      build: { args: { LIBRARIES: "ollama-all" } },
    });
  });
});
