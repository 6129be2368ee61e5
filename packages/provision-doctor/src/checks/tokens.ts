import { createHash } from "node:crypto";

import { found } from "../check.ts";
import type { Check, Evidence, Fault } from "../check.ts";
import { at } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";

/** A digest in place of a secret: nothing that is compared is kept or printed. */
function digestOf(secret: string): string {
  return createHash("sha256").update(secret.trim()).digest("hex");
}

interface Held {
  readonly evidence: Evidence;
  readonly digest: string;
  readonly isEmpty: boolean;
  /** Why it cannot be a secret that was made at random; empty where it can. */
  readonly flaw: string;
}

function flawOf(value: string): string {
  const text = value.trim();
  if (/[$`]\(|\$\{?[A-Z_]+\}?|^`/u.test(text)) return "the text of a command or variable";
  if (
    /^(?:changeme|change-me|your[-_ ].*|<.*>|xxx+|secret|password|token|todo|example.*)$/iu.test(
      text,
    )
  )
    return "a placeholder";
  return text.length < 24 ? `${text.length} characters` : "";
}

function held(value: string, evidence: Evidence): Held {
  return { evidence, digest: digestOf(value), isEmpty: value.trim() === "", flaw: flawOf(value) };
}

/** The gateway's token where `.env` has one. */
function environmentToken(scene: Scene): Held | undefined {
  const file = scene.files.find(({ path }) => path === ".env");
  for (const [index, line] of (file?.text ?? "").split("\n").entries()) {
    const value = /^\s*(?:export\s+)?OPENCLAW_GATEWAY_TOKEN=(.*)$/u.exec(line)?.[1];
    if (value !== undefined && file !== undefined) {
      const plain = value.trim().replace(/^(["'])(.*)\1$/u, "$2");
      return held(plain, { file: file.path, line: index + 1, value: "OPENCLAW_GATEWAY_TOKEN" });
    }
  }
  return undefined;
}

function tokenProvider(scene: Scene): string | undefined {
  const provider = at(scene.config?.config, "gateway", "auth", "token", "provider");
  return typeof provider === "string" ? provider : undefined;
}

/** S14, T7: a key that is referred to and is not there. */
export const secretMissing: Check = {
  id: "secret-missing",
  symptom: "`secret could not be resolved`, `No API key found`, and the gateway does not start",
  cause: "openclaw.json refers to a secret whose file is missing or empty",
  fix: "(umask 077; cat > FILE), then Ctrl-D; the gateway's own token is made by claw apply",
  reads: "files",
  look: (scene) => {
    if (scene.secrets.length === 0) return { doesNotApply: "no secret is a file here" };
    if (!scene.isApplied) return { notChecked: "not applied yet: claw apply makes the token" };
    const { state } = scene.places;
    if (scene.form === "process" && state !== undefined && scene.host?.about(state) === undefined)
      return { notChecked: `${state} is missing` };
    const faults = scene.secrets.flatMap(({ name, host, file, path }): readonly Fault[] => {
      const read = host.read(file);
      if (read.text === undefined && read.why !== "absent") return [];
      if (read.text !== undefined && read.text.trim() !== "") return [];
      const fix =
        name === tokenProvider(scene)
          ? `claw apply deploy.yaml --folder ${word(scene.around.shown)}`
          : `(umask 077; cat > ${word(host === scene.inside ? `${scene.around.shown}/${path}` : path)})`;
      return [
        { evidence: [{ file: path, value: read.text === undefined ? "missing" : "empty" }], fix },
      ];
    });
    return found(faults);
  },
};

/** 1.5: a heredoc in quotes makes no token. */
export const tokenNotMade: Check = {
  id: "token-not-random",
  symptom: "anybody who read the guide has the token",
  cause:
    "the token is the text of a command, such as $(openssl rand -hex 32), a placeholder, or short",
  fix: "claw regenerate-token NAME  # or openssl rand -hex 32 into the file",
  reads: "files",
  look: (scene) => {
    const files = tokenFile(scene);
    const tokens = [...(files === undefined ? [] : [files]), environmentToken(scene)].filter(
      (one) => one !== undefined,
    );
    if (tokens.length === 0) return { doesNotApply: "no token lies here" };
    return found(
      tokens
        .filter(({ isEmpty, flaw }) => !isEmpty && flaw !== "")
        .map(({ evidence, flaw }): Fault => ({
          evidence: [{ ...evidence, value: flaw }],
          fix:
            evidence.file === ".env"
              ? `sed -i "s/^OPENCLAW_GATEWAY_TOKEN=.*/OPENCLAW_GATEWAY_TOKEN=$(openssl rand -hex 32)/" ${word(`${scene.around.shown}/.env`)}`
              : `(umask 077; openssl rand -hex 32 > ${word(String(evidence.file))})`,
        })),
    );
  },
};

function tokenFile(scene: Scene): Held | undefined {
  const secret = scene.secrets.find(({ name }) => name === tokenProvider(scene));
  const read = secret?.host.read(secret.file);
  return secret === undefined || read?.text === undefined
    ? undefined
    : held(read.text, { file: secret.path });
}

/** 4.2: several places, several tokens. */
export const tokenMismatch: Check = {
  id: "token-mismatch",
  symptom: "`gateway token mismatch`, or `gateway token missing`, though one is set",
  cause: "the token in its file, in .env and in the process that runs are not the same",
  fix: "keep the one in the secret's file, take the others away, restart the gateway",
  reads: "files",
  look: (scene) => {
    const places = [tokenFile(scene), environmentToken(scene), runningToken(scene)].filter(
      (one) => one !== undefined && !one.isEmpty && one.flaw === "",
    );
    if (places.length < 2) return { doesNotApply: "the token is in one place at most" };
    if (new Set(places.map((one) => one?.digest)).size === 1) return found([]);
    const evidence = places.map((one): Evidence => ({ ...one?.evidence, value: "another value" }));
    const fix = `sed -i /^OPENCLAW_GATEWAY_TOKEN=/d ${word(`${scene.around.shown}/.env`)}  # the secret's file is the one that counts; restart the gateway`;
    return found([{ evidence, fix }]);
  },
};

/** The token in the environment of the gateway's container, where Docker can be asked. */
function runningToken(scene: Scene): Held | undefined {
  if (scene.form !== "containers" || scene.live === undefined || scene.name === "")
    return undefined;
  const container = `claw-${scene.name}-gateway-1`;
  const text = scene.live.output("docker", [
    "inspect",
    "--format",
    "{{json .Config.Env}}",
    container,
  ]);
  const line = (text ?? "").match(/"OPENCLAW_GATEWAY_TOKEN=((?:[^"\\]|\\.)*)"/u)?.[1];
  return line === undefined ? undefined : held(line, { value: `environment of ${container}` });
}
