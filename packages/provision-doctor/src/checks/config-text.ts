import { migrateConfig } from "@clawkeep/openclaw-contract";

import { found } from "../check.ts";
import type { Check, Fault, Look } from "../check.ts";

import { lineOfKey } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";

/** The gateway refuses to start with it. */
export const configUnreadable: Check = {
  id: "config-unreadable",
  symptom: "the gateway does not start: its configuration cannot be parsed",
  cause: "openclaw.json is no JSON5 object, or a compose file no YAML",
  fix: "correct the file at the line that is named, or render it again",
  reads: "files",
  look: ({ config, compose }) => {
    if (config === undefined && compose === undefined)
      return { doesNotApply: "no openclaw.json and no compose file" };
    const faults = [
      ...(config?.findings ?? []).map(({ message, line }): Fault => ({
        evidence: [
          { file: config?.file ?? "", ...(line === undefined ? {} : { line }), value: message },
        ],
        fix: `\${EDITOR:-vi} +${line ?? 1} ${word(config?.file ?? "")}`,
      })),
      ...(compose?.errors ?? []).slice(0, 5).map(({ message, line }): Fault => ({
        evidence: [{ file: compose?.file ?? "", line, value: message }],
        fix: `\${EDITOR:-vi} +${line} ${word(compose?.file ?? "")}`,
      })),
    ];
    return found(faults);
  },
};

type Change = ReturnType<typeof migrateConfig>["changes"][number];

const isSecret = ({ path }: Change): boolean =>
  /(?:token|password|apiKey)$/iu.test(path) && !path.startsWith("models.providers.ollama.");
const isInterface = ({ path }: Change): boolean => /^models\.providers\.[^.]+$/u.test(path);

function lookForChanges(scene: Scene, isOf: (change: Change) => boolean, then: string): Look {
  const { config } = scene;
  if (config === undefined || config.findings.length > 0)
    return { doesNotApply: "no openclaw.json that can be read" };
  const changes = migrateConfig(config.config).changes.filter(isOf);
  if (changes.length === 0) return found([]);
  const evidence = changes.slice(0, 20).map(({ path }) => ({
    file: config.file,
    line: lineOfKey(config, ...path.split(/[.[]/u)),
    value: path,
  }));
  const file = word(`${scene.around.shown}/${config.file}`);
  return found([{ evidence, fix: `claw import ${file} --out migrated.json  # then ${then}` }]);
}

/** 1.6: nine of thirteen configurations of guides do not start a gateway. */
export const configStale: Check = {
  id: "config-stale-keys",
  symptom: "the gateway refuses to start after an update: `Unrecognized key`",
  cause: "openclaw.json has keys of an older OpenClaw or of a guide",
  fix: "claw import openclaw.json --out migrated.json",
  reads: "files",
  look: (scene) =>
    lookForChanges(
      scene,
      (one) => !isSecret(one) && !isInterface(one),
      "put it in the place of the old one",
    ),
};

/** 4.2: raw JSON of tool calls in the chat. */
export const ollamaV1: Check = {
  id: "ollama-v1",
  symptom: "raw JSON of a tool call stands in the chat, and tools never run",
  cause:
    "Ollama is asked by `/v1` or another api than `ollama`: streamed tool calls are lost there",
  fix: 'baseUrl without /v1, and api: "ollama"',
  reads: "files",
  look: (scene) => lookForChanges(scene, isInterface, "put it in the place of the old one"),
};

/** C1, S12: configurations are copied, backed up and pasted into issues. */
export const secretInConfig: Check = {
  id: "secret-in-config",
  symptom: "a token or key is in a file that backups, generations and bug reports copy",
  cause: "openclaw.json holds the secret, or `${NAME}`, where a reference belongs",
  fix: "claw import openclaw.json --out migrated.json  # writes references; make a new secret, the old one is known",
  reads: "files",
  look: (scene) => lookForChanges(scene, isSecret, "make a new secret: the old one is known"),
};
