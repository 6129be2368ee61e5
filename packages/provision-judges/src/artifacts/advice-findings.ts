import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

import { wrong } from "./judged-file.ts";
import type { JudgedFile } from "./judged-file.ts";
import { at } from "./read-artifacts.ts";

/**
 * Soft rules: they say of themselves that they are advice, and an image brings them to the workspace of each agent that
 * openclaw.json names (L17).
 */
export function adviceFindings(
  config: JsonObject,
  files: readonly JudgedFile[],
): readonly Finding[] {
  const found: Finding[] = [];
  const say = (file: string, message: string): void => {
    found.push(wrong("CONSISTENCY_ADVICE", file, message, "Render again."));
  };
  const advice = files.filter(({ kind }) => kind === "agent-advice");
  for (const { path, text } of advice) {
    if (!/^## Tools$/mu.test(text))
      say(path, "expected the heading under which OpenClaw reads what is said about tools");
    if (!/\badvice\b[^.]*\. Nothing enforces it/u.test(text))
      say(path, "expected rules to say that nothing enforces them");
  }
  const dockerfile = files.find(({ kind }) => kind === "dockerfile");
  if (dockerfile === undefined || advice.length === 0) return found;
  const copied = [...dockerfile.text.matchAll(/^COPY (\S+) \["([^"]+)", "([^"]+)"\]$/gmu)].filter(
    ([, , source]) => advice.some(({ path }) => path === source),
  );
  for (const workspace of workspacesOf(config)) {
    const line = copied.find(([, , , target]) => target === `${workspace}/AGENTS.md`);
    if (line === undefined) say(dockerfile.path, `expected AGENTS.md in ${workspace}, got none`);
    else if (line[1] !== "--chown=1000:1000")
      say(dockerfile.path, `expected AGENTS.md of the gateway's user, got ${line[1] ?? ""}`);
  }
  return found;
}

/** Where OpenClaw looks: the one folder that is named, or one below it for each agent of a list. */
function workspacesOf(config: JsonObject): readonly string[] {
  const root = at(config, "agents", "defaults", "workspace");
  if (typeof root !== "string") return [];
  const entries = at(config, "agents", "entries");
  return isObject(entries) ? Object.keys(entries).map((name) => `${root}/${name}`) : [root];
}
