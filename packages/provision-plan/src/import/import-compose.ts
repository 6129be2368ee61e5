import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";
import { LineCounter, isNode, parseDocument } from "yaml";
import type { Document } from "yaml";

import { checkService } from "./check-service.ts";
import { collector } from "./import-result.ts";
import type { ImportResult } from "./import-result.ts";

/**
 * Reads a compose file as data. Nothing of it is followed: no `include`, no `extends`, no variable of our
 * environment. Aliases are read, since compose files live by them, as many as a person writes.
 */
export function importCompose(text: string, file: string): ImportResult {
  const { say, findings } = collector(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: "silent" });
  const none = { kind: "compose", changes: [], findings, spec: {} } as const;
  for (const problem of document.errors) {
    const { line, col } = lines.linePos(problem.pos[0]);
    say("IMPORT_YAML", "error", problem.message.split("\n")[0] ?? "", "Correct the YAML here.", {
      line,
      column: col,
    });
  }
  if (document.errors.length > 0) return none;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    say(
      "IMPORT_YAML_ALIASES",
      "error",
      "expected at most 100 aliases, got more",
      "Write them out.",
    );
    return none;
  }
  const services = isObject(value) && isObject(value["services"]) ? value["services"] : undefined;
  if (services === undefined || !isObject(value)) {
    say("IMPORT_COMPOSE_SHAPE", "error", "expected `services`, got none", "Is it a compose file?");
    return none;
  }
  if (value["include"] !== undefined) {
    say(
      "IMPORT_INCLUDE",
      "warning",
      "files that this one includes were not read",
      "Import them by themselves.",
    );
  }
  const objects = Object.entries(services).filter((entry): entry is [string, JsonObject] =>
    isObject(entry[1]),
  );
  for (const [name, service] of objects) {
    const line = lineOf(document, lines, name);
    checkService(name, service, Object.fromEntries(objects), (code, severity, message, hint) => {
      say(code, severity, `${name}: ${message}`, hint, { line });
    });
  }
  return { ...none, spec: specOf(objects) };
}

function lineOf(document: Document, lines: LineCounter, service: string): number {
  const node: unknown = document.getIn(["services", service], true);
  const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  // The first key of a service stands on the line after its name.
  return Math.max(1, lines.linePos(offset).line - 1);
}

function specOf(services: readonly [string, JsonObject][]): Readonly<Record<string, unknown>> {
  const hasOllama = services.some(([name, { image }]) =>
    `${name} ${JSON.stringify(image ?? "")}`.includes("ollama"),
  );
  const internal = services.some(([, { networks }]) =>
    JSON.stringify(networks ?? "").includes("internal"),
  );
  return {
    deploy: 1,
    profile: hasOllama || internal ? "cage" : "credentialless",
    models: { primary: "ollama/gpt-oss:20b" },
  };
}
