import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import type { JudgedFile } from "../artifacts/judged-file.ts";
import { allPassed } from "../verdict.ts";
import type { Verdict } from "../verdict.ts";
import { judgeForeign } from "./judge-foreign.ts";

/** Programs that answer what the test wrote, in the place of the real ones. */
const folders: string[] = [];
afterAll(() => folders.forEach((one) => rmSync(one, { recursive: true, force: true })));

function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "claw-programs-"));
  folders.push(folder);
  for (const [name, body] of Object.entries(scripts)) {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

async function judged(
  judge: string,
  files: readonly JudgedFile[],
  scripts: Readonly<Record<string, string>>,
): Promise<Verdict | undefined> {
  const verdicts = await judgeForeign(files, { folders: [programs(scripts)], only: [judge] });
  return verdicts[0];
}

const dockerfile: JudgedFile = { path: "Dockerfile", kind: "dockerfile", text: "FROM scratch\n" };
const compose: JudgedFile = { path: "compose.yaml", kind: "compose", text: "services: {}\n" };
const unit: JudgedFile = {
  path: "units/one.service",
  kind: "systemd-unit",
  text: "[Service]\nUser=2000\nExecStart=/nowhere/program --flag\n",
};

test("what is in no file is not applicable, and a missing program is not judged", async () => {
  const nothing = await judgeForeign([], { folders: [] });
  expect(new Set(nothing.map(({ status }) => status))).toEqual(new Set(["not-applicable"]));
  expect(allPassed(nothing)).toBe(false);
  expect(await judged("kics", [dockerfile], {})).toMatchObject({ status: "not-judged" });
});

test("a judge has a copy, an environment of its own, and no way out of its folder", async () => {
  process.env["CLAWKEEP_TEST_CANARY"] = "ours";
  const verdict = await judged("hadolint", [{ ...dockerfile, path: "../../../Dockerfile" }], {
    hadolint: `[ "$1" = --version ] && { echo "judge 1.2.3"; exit; }
printf '[{"code":"DL1","level":"error","line":1,"message":"%s %s"}]' "$(pwd)" "$(env | cut -d= -f1 | sort | xargs)"`,
  });
  delete process.env["CLAWKEEP_TEST_CANARY"];
  expect(verdict).toMatchObject({ status: "failed", version: "1.2.3", codes: ["DL1"] });
  const words = verdict?.findings[0]?.message ?? "";
  expect(words).not.toContain("CANARY");
  expect(words).toMatch(/HOME LC_ALL PATH/u);
  expect(words).not.toContain("claw-judge-");
});

describe("what programs print becomes findings", () => {
  test("hadolint: a warning is a no, an information is not", async () => {
    const say = (level: string): Readonly<Record<string, string>> => ({
      hadolint: `echo '[{"code":"DL3008","level":"${level}","line":2,"message":"pin"}]'`,
    });
    expect(await judged("hadolint", [dockerfile], say("warning"))).toMatchObject({
      status: "failed",
    });
    expect(await judged("hadolint", [dockerfile], say("info"))).toMatchObject({
      status: "passed",
      codes: ["DL3008"],
    });
    expect(
      await judged("hadolint", [dockerfile], { hadolint: "echo crash; exit 3" }),
    ).toMatchObject({
      status: "failed",
      findings: [{ message: expect.stringContaining("crash") }],
    });
  });

  test("compose: the base and each overlay on it are asked", async () => {
    const files = [compose, { ...compose, path: "compose.gpu.yaml" }];
    const script = 'case "$*" in *gpu*) echo "no such network" >&2; exit 15;; esac';
    expect(await judged("compose config", files, { "docker-compose": script })).toMatchObject({
      status: "failed",
      findings: [
        {
          file: "compose.yaml + compose.gpu.yaml",
          message: expect.stringContaining("no such network"),
        },
      ],
    });
  });

  test("kics: high and medium are a no, low is named", async () => {
    const say = (severity: string): Readonly<Record<string, string>> => ({
      kics: `[ "$1" = version ] && exit; cat > ../home/said.json <<'END'
{"queries":[{"query_name":"Caps","severity":"${severity}","files":[{"file_name":"compose.yaml","line":3,"actual_value":"x"}]}]}
END`,
    });
    expect(await judged("kics", [compose], say("LOW"))).toMatchObject({ status: "not-judged" });
    for (const [severity, status] of [
      ["HIGH", "failed"],
      ["MEDIUM", "failed"],
      ["LOW", "passed"],
    ] as const) {
      const folder = programs(say(severity));
      mkdirSync(path.join(folder, "kics-assets"));
      const [verdict] = await judgeForeign([compose], { folders: [folder], only: ["kics"] });
      expect([severity, verdict?.status, verdict?.codes]).toEqual([
        severity,
        status,
        [`KICS_${severity}`],
      ]);
    }
  });

  test("systemd: words about the unit are a no, and so is an exposure over 2", async () => {
    const say = (words: string): Readonly<Record<string, string>> => ({
      "systemd-analyze": `case "$*" in
*security*) echo "→ Overall exposure level for one.service: ${words} OK";;
*verify*) grep -q '^ExecStart=/usr/bin/true --flag' one.service || echo "one.service: no stand-in" >&2; echo "other.service: x" >&2; ${words === "9.6" ? 'echo "one.service: unknown key" >&2' : ""};;
esac`,
    });
    expect(await judged("systemd-analyze security", [unit], say("1.2"))).toMatchObject({
      status: "passed",
      codes: ["exposure 1.2"],
    });
    expect(await judged("systemd-analyze security", [unit], say("9.6"))).toMatchObject({
      status: "failed",
    });
    expect(await judged("systemd-analyze verify", [unit], say("1.2"))).toMatchObject({
      status: "passed",
    });
    expect(await judged("systemd-analyze verify", [unit], say("9.6"))).toMatchObject({
      status: "failed",
      findings: [{ message: "one.service: unknown key" }],
    });
  });

  test.each([
    ["nft -c", "nft", { path: "a.nft", kind: "nftables", text: "x" }],
    ["squid -k parse", "squid", { path: "squid.conf", kind: "squid", text: "x" }],
    ["caddy validate", "caddy", { path: "Caddyfile", kind: "caddyfile", text: "x" }],
    ["promtool check rules", "promtool", { path: "a.rules.yaml", kind: "unknown", text: "x" }],
    ["plistlib", "python3", { path: "l/a.plist", kind: "launchd-plist", text: "x" }],
  ] as const)("%s: an exit code is a no, with its words", async (judge, program, file) => {
    const says = `case "$1" in *version*|-v) exit 0;; esac; echo "line 3 is wrong" >&2; exit 1`;
    expect(await judged(judge, [file], { [program]: says })).toMatchObject({
      status: "failed",
      findings: [{ file: file.path, message: expect.stringContaining("line 3 is wrong") }],
    });
  });

  test("squid: a warning is a no although it ends with 0", async () => {
    const file = { path: "squid.conf", kind: "squid", text: "x" };
    const says = { squid: 'echo "WARNING: a is a subnetwork of b" >&2' };
    expect(await judged("squid -k parse", [file], says)).toMatchObject({ status: "failed" });
  });

  test("quadlet: a file of which no unit was made is a no", async () => {
    const files = [
      { path: "quadlet/a.container", kind: "quadlet", text: "x" },
      { path: "quadlet/b.network", kind: "quadlet", text: "x" },
    ];
    const made = (...names: readonly string[]): Readonly<Record<string, string>> => ({
      quadlet: names.map((name) => `echo "---${name}---"`).join("\n"),
    });
    expect(await judged("quadlet --dryrun", files, made("a.service"))).toMatchObject({
      status: "failed",
      findings: [{ file: "quadlet/b.network" }],
    });
    expect(
      await judged("quadlet --dryrun", files, made("a.service", "b-network.service")),
    ).toMatchObject({ status: "passed" });
  });

  test("shellcheck: a text in a healthcheck is read as its shell reads it", async () => {
    const file = {
      ...compose,
      text: 'services: {a: {healthcheck: {test: [CMD, bash, -c, "echo $$x"]}}}\n',
    };
    const says = {
      shellcheck: `[ "$1" = --version ] && exit; read -r text; [ "$text" = 'echo $x' ] && [ "$5" = bash ] && echo '[{"code":2154,"line":1,"message":"x"}]'; exit 1`,
    };
    expect(await judged("shellcheck", [file], says)).toMatchObject({
      status: "failed",
      codes: ["SC2154"],
    });
  });
});
