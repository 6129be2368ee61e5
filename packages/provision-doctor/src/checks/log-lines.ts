import { found } from "../check.ts";
import type { Check, CheckAbout } from "../check.ts";
import { hostAt } from "../scene/host.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";
import { storeOf } from "./left-overs.ts";

/** Of a log, so much of its end is read. */
const tailBytes = 256 * 1024;

interface Log {
  readonly file: string;
  readonly lines: readonly string[];
  /** Whether the beginning was left out, and lines are counted from the end. */
  readonly isCut: boolean;
}

/** A log of the gateway: the one that was named, or that of our own supervisor. */
function logOf(scene: Scene): Log | undefined {
  const store = storeOf(scene);
  const file = scene.around.log ?? (store === undefined ? undefined : `${store}/run/gateway.log`);
  if (file === undefined) return undefined;
  const read = hostAt("").read(file, { end: tailBytes });
  if (read.text === undefined) return undefined;
  return { file, lines: read.text.split("\n"), isCut: read.isCut };
}

type Sign = Omit<CheckAbout, "reads"> & {
  /** What in a line is the sign. Only the words that match are shown: a line of a log can hold anything. */
  readonly pattern: RegExp;
};

/** A check that looks for words in the gateway's log. */
function sign({ pattern, ...about }: Sign): Check {
  return {
    ...about,
    reads: "host",
    look: (scene) => {
      const log = logOf(scene);
      if (log === undefined) return { notChecked: "there is no log: name one with --log FILE" };
      const hits = log.lines.flatMap((line, index) => {
        const words = pattern.exec(line)?.[0];
        return words === undefined ? [] : [{ line: index + 1, words }];
      });
      const last = hits.at(-1);
      if (last === undefined) return found([]);
      const value = `${last.words}${hits.length > 1 ? `, ${hits.length} times` : ""}`;
      const evidence = { file: log.file, ...(log.isCut ? {} : { line: last.line }), value };
      const fix = about.fix.replaceAll("NAME", word(scene.name || "NAME"));
      return found([{ evidence: [evidence], fix }]);
    },
  };
}

/** S14 and 4.2: what the gateway's log says. */
export const logChecks: readonly Check[] = [
  sign({
    id: "log-port-conflict",
    symptom: "the gateway ends at once: `another gateway instance is already listening`",
    cause: "another program, perhaps an older gateway, has the port",
    fix: "sudo ss -ltnp 'sport = :18789'  # end that program, or set gateway.port in deploy.yaml and claw apply",
    pattern: /EADDRINUSE|another gateway instance is already listening|gateway already running/u,
  }),
  sign({
    id: "log-key-missing",
    symptom: "`No API key found`, and no answer from a hosted model",
    cause: "a provider's key is not where openclaw.json refers to",
    fix: "claw doctor --json  # secret-missing names the file; then (umask 077; cat > FILE)",
    pattern:
      /No API key (?:found )?for|secret (?:reference )?(?:could not be|not) resolved|Missing API key/iu,
  }),
  sign({
    id: "log-dependency",
    symptom:
      "`Cannot find module`, `ERR_MODULE_NOT_FOUND` or `NODE_MODULE_VERSION`: the gateway does not start",
    cause: "openclaw was installed in part, or for another Node",
    fix: "npm install --prefix ~/.cache/clawkeep/openclaw --ignore-scripts openclaw@2026.9.6",
    pattern:
      /ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|Cannot find (?:module|package)|NODE_MODULE_VERSION|ERR_DLOPEN_FAILED/u,
  }),
  sign({
    id: "log-output-truncated",
    symptom: "an answer ends in the middle, or the model says that it saw only a part",
    cause: "the output of a tool was longer than the limit and was cut",
    fix: "grep -n maxBytes skills/*/exec.yaml  # ask for less, or raise output.maxBytes and: clawkeep-skill lock skills/SKILL",
    pattern: /output (?:was )?truncated|\[truncated\]|"truncated":\s?true|\.\.\.\s?\(truncated\)/iu,
  }),
  sign({
    id: "log-origin-refused",
    symptom: "`origin not allowed` in the browser",
    cause: "the page's scheme, host and port are not in gateway.controlUi.allowedOrigins",
    fix: "claw fix-origins --name NAME",
    pattern: /origin not allowed|origin-mismatch/u,
  }),
  sign({
    id: "log-pairing-required",
    symptom: "`disconnected (1008): pairing required`",
    cause:
      "the browser or client looks remote, often because of NAT, and its device was never approved",
    fix: "claw devices NAME  # then: claw approve-device REQUEST-ID --name NAME",
    pattern: /pairing required|PAIRING_REQUIRED/u,
  }),
  sign({
    id: "log-token-mismatch",
    symptom: "`gateway token mismatch` or `gateway token missing`",
    cause: "the client has another token than the gateway, or none",
    fix: "claw ui NAME  # opens the page and lets this browser in",
    pattern: /gateway token (?:mismatch|missing)/u,
  }),
  sign({
    id: "device-token-mismatch",
    symptom: "`device token mismatch` after a restore or a rotation",
    cause: "the gateway's state was restored or rotated, and the device kept its old token",
    fix: "claw devices NAME  # then: claw shell NAME -- openclaw devices rotate --device DEVICE --role operator",
    pattern: /device token mismatch|AUTH_DEVICE_TOKEN_MISMATCH/u,
  }),
  sign({
    id: "upgrade-refused",
    symptom: "after an update the gateway restarts for ever, with exit code 78",
    cause:
      "the migration of its state was refused: a newer or damaged state needs the matching program",
    fix: "claw openclaw-doctor --repair --name NAME  # once, then start it; or with the backup of before the update: claw restore FILE --name NAME",
    pattern:
      /exit(?:ed)?(?: with)?(?: code| status)?[ =:]+78\b|state migration (?:was )?refused|EX_CONFIG/u,
  }),
  sign({
    id: "heap-out-of-memory",
    symptom: "`JavaScript heap out of memory`, and the gateway restarts",
    cause: "the gateway's heap is full: too many sessions for its limit",
    fix: "claw apply deploy.yaml  # with limits.memoryMb raised, or limits.concurrent lowered",
    pattern: /JavaScript heap out of memory|heap limit Allocation failed/u,
  }),
  sign({
    id: "cli-name-resolution",
    symptom: "`EAI_AGAIN` when the command-line container installs something",
    cause: "the hardened container has no NET_RAW and no names: Docker Desktop's resolver needs it",
    fix: "docker compose run --rm --cap-add NET_RAW cli plugins install PLUGIN  # for that one command, not for good",
    pattern: /EAI_AGAIN/u,
  }),
  sign({
    id: "log-context-too-small",
    symptom: "`Model context window too small`",
    cause: "Ollama gave the model fewer tokens than a turn needs",
    fix: "claw apply deploy.yaml  # with models.contextTokens of 65536, or 16384 at least",
    pattern: /Model context window too small|context window (?:is )?too small/u,
  }),
  sign({
    id: "log-model-without-tools",
    symptom: "HTTP 400 of Ollama: `does not support tools`",
    cause: "the model cannot call tools, and an agent is nothing without",
    fix: "claw models  # then models.primary in deploy.yaml, and claw apply",
    pattern: /does not support tools/u,
  }),
];
