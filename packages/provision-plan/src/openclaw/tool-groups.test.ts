import type { OpenClawConfig } from "@clawkeep/openclaw-contract";
import { describe, expect, test } from "vitest";

import { exposedPage } from "../plan/exposed-page.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { toolGroups } from "../spec/written-spec.ts";
import { renderOpenClawConfig } from "./render-config.ts";

const place = { home: "/home/me", skillsUid: 2000, skillProgram: "/usr/local/bin/clawkeep-skill" };
const plain = "deploy: 1\nprofile: single-container\nmodels: {primary: ollama/gpt-oss:20b}\n";
const waived = (...controls: readonly string[]): string =>
  `allow: [${controls.map((control) => `{control: ${control}, reason: a reason that is given}`).join(", ")}]\n`;

function config(more: string): OpenClawConfig {
  const { spec, findings } = parseSpec(Buffer.from(plain + more), "deploy.yaml");
  if (spec === undefined) throw new Error(JSON.stringify(findings));
  return renderOpenClawConfig(spec, place);
}

const codes = (more: string): readonly string[] =>
  parseSpec(Buffer.from(plain + more), "deploy.yaml").findings.map(({ code }) => code);

describe("L24: groups of tools", () => {
  test("that only read need nothing; what writes, acts or sends needs a waiver", () => {
    expect(codes("tools: {groups: [sessions, memory]}\n")).toEqual([]);
    for (const group of toolGroups.filter((one) => one !== "sessions" && one !== "memory"))
      expect([group, codes(`tools: {groups: [${group}]}\n`)]).toEqual([
        group,
        expect.arrayContaining(["DEPLOY_WAIVER_MISSING"]),
      ]);
    expect(codes("tools: {groups: [runtime]}\n")).not.toEqual([]);
  });

  test("are given by name, and what stands in their way is lifted, no more", () => {
    const { tools } = config(`tools: {groups: [fs, memory]}\n${waived("tool-groups")}`);
    expect(tools.alsoAllow).toEqual(expect.arrayContaining(["read", "group:fs", "group:memory"]));
    expect(tools.deny).not.toContain("write");
    for (const name of ["apply_patch", "exec", "group:runtime", "group:ui", "group:web"])
      expect(tools.deny).toContain(name);
    expect(tools.profile).toBe("minimal");
  });

  test("bring no shell and no word to another agent", () => {
    const { tools } = config(
      `privateData: false\ntools: {groups: [ui, sessions]}\n${waived("tool-groups")}`,
    );
    for (const name of ["terminal", "sessions_send", "sessions_spawn", "conversations_send"])
      expect(tools.deny).toContain(name);
    expect(tools.deny).not.toContain("group:ui");
  });

  test("by which something can be sent count as a way out beside private data", () => {
    const more =
      "tools: {groups: [messaging]}\negress: {mode: allowlist}\ncapabilities: {github: read}\n";
    const { findings } = parseSpec(Buffer.from(plain + more), "deploy.yaml");
    expect(findings.map(({ message }) => message).join()).toContain("private-data-and-outward");
  });
});

describe("L24: a configuration of one's own", () => {
  const own = `openclaw: {include: own.json}\n${waived("own-config")}`;

  test("lies under what is rendered, in the folder that is mounted, and needs a waiver", () => {
    expect(codes("openclaw: {include: own.json}\n")).toContain("DEPLOY_WAIVER_MISSING");
    const rendered = config(own);
    expect(Object.entries(rendered)[0]).toEqual(["$include", "./own.json"]);
    expect({ ...rendered, $include: undefined }).toEqual({ ...config(""), $include: undefined });
    const { spec } = parseSpec(Buffer.from(plain + own), "deploy.yaml");
    if (spec === undefined) throw new Error("no spec");
    expect(exposedPage(spec)).toContain("**own-config**: own.json can add");
  });

  test("is a name in that folder and never a way out of it", () => {
    for (const name of ["../own.json", "/etc/own.json", "own", "openclaw.json", "a/b.json"])
      expect([name, codes(`openclaw: {include: ${name}}\n`)]).not.toEqual([name, []]);
  });
});
