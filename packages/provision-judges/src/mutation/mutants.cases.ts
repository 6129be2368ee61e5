import { isObject } from "@clawkeep/openclaw-contract";
import type { JudgedFile } from "../artifacts/judged-file.ts";
import { readYaml } from "../artifacts/read-yaml.ts";

/** A file of a deployment that lost one line, or in which one line says less. */
export interface Mutant {
  /** `PATH: WHAT`, unique in a deployment. */
  readonly id: string;
  readonly file: JudgedFile;
}

/** Every mutant of one file: each line or key removed in turn, and each weakened where there is a weaker form. */
export function mutantsOf(file: JudgedFile): readonly Mutant[] {
  // Words for people and for models: nothing is held by them.
  if (file.kind === "exposed-page" || file.kind === "agent-advice") return [];
  if (file.kind === "compose")
    return structured(file, readYaml(file.text), (value) => JSON.stringify(value));
  if (file.kind === "openclaw-config")
    return structured(file, JSON.parse(file.text), (value) => JSON.stringify(value, undefined, 2));
  if (file.kind === "launchd-plist") return plist(file);
  return lines(file);
}

/** Forms that let more through, as they are found in guides. */
const weaker: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1/u, "0.0.0.0"],
  [/=yes$/u, "=no"],
  [/=strict$/u, "=no"],
  [/=true$/u, "=false"],
  [/\b(?:drop|reject)$/u, "accept"],
  [/\bDROP$/u, "ACCEPT"],
  [/^deny /u, "allow "],
  [/^(\s*)default deny/u, "$1default allow"],
  [/http_access deny/u, "http_access allow"],
  [/noexec,/u, ""],
  [/nosuid,/u, ""],
  [/require_and_verify/u, "request"],
  [/^(User|Group)=.*$/u, "$1=0"],
  [/^USER .*$/u, "USER root"],
  [/:ro(?=,|$)/u, ""],
  [/mode=0400/u, "mode=0444"],
  [/^UMask=.*$/u, "UMask=0022"],
  [/^(MemoryMax|TasksMax|CPUQuota)=.*$/u, "$1=infinity"],
  [/^(TimeoutStopSec)=330$/u, "$1=90"],
  [/^(IPAddressDeny)=any$/u, "$1="],
  [/ 169\.254\.0\.0\/16,?/u, ""],
  [/@[0-9]+\.[0-9]+\.[0-9]+/u, "@latest"],
  [/^(ARG \w+=[^:]+):.*$/u, "$1:latest"],
  [/^(Image=[^:]+):.*$/u, "$1:latest"],
];

function lines(file: JudgedFile): readonly Mutant[] {
  const all = file.text.split("\n");
  return all.flatMap((line, at): readonly Mutant[] => {
    const words = line.trim();
    // A section, a brace or a comment is no line that does something by itself.
    if (words === "" || /^(?:\[.*\]|[{}]|#(?!!).*)$/u.test(words)) return [];
    const make = (what: string, text: readonly string[]): Mutant => ({
      id: `${file.path}: ${what}`,
      file: { ...file, text: text.join("\n") },
    });
    const without =
      words.endsWith("{") && !words.startsWith("iifname")
        ? all.filter((_, index) => index < at || index > endOf(all, at))
        : all.filter((_, index) => index !== at);
    return [
      make(`${at + 1} removed: ${words}`, without),
      ...weaker
        .filter(([from, to]) => from.test(words) && words.replace(from, to) !== words)
        .map(([from, to]) =>
          make(
            `${at + 1} weakened: ${words.replace(from, to)}`,
            all.map((one, index) =>
              index === at ? one.replace(words, words.replace(from, to)) : one,
            ),
          ),
        ),
    ];
  });
}

/** Line of the brace that ends a block. */
function endOf(all: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < all.length; at += 1) {
    depth += (all[at]?.split("{").length ?? 1) - (all[at]?.split("}").length ?? 1);
    if (depth === 0) return at;
  }
  return all.length - 1;
}

/** Values that let more through, by the name of their key. */
const weakerValues: Readonly<Record<string, unknown>> = {
  read_only: false,
  internal: false,
  init: false,
  host_ip: "0.0.0.0",
  user: "0:0",
  restart: "always",
  stop_grace_period: "10s",
  create_host_path: true,
  "com.docker.network.bridge.enable_ip_masquerade": "true",
  "com.docker.network.bridge.enable_icc": "true",
  OPENCLAW_CONFIG_READONLY: "0",
  pids_limit: -1,
  mem_limit: 0,
  cpus: 0,
  condition: "service_started",
  network_mode: "host",
  image: "ollama/ollama:latest",
  workspaceOnly: false,
  dmPolicy: "open",
  dmScope: "main",
  profile: "full",
  visibility: "all",
  contextTokens: 4096,
  num_ctx: 4096,
  api: "openai-completions",
  apiKey: "sk-0123456789abcdef",
  allowedOrigins: ["*"],
  trustedProxies: ["172.16.0.0/12"],
  allowBundled: ["*"],
  deny: [],
};

function structured(
  file: JudgedFile,
  value: unknown,
  write: (value: unknown) => string,
): readonly Mutant[] {
  const found: Mutant[] = [];
  const make = (what: string, changed: unknown): void => {
    found.push({ id: `${file.path}: ${what}`, file: { ...file, text: write(changed) } });
  };
  const walk = (inner: unknown, at: readonly (string | number)[]): void => {
    const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(inner)
      ? inner.map((one, index) => [index, one] as const)
      : isObject(inner)
        ? Object.entries(inner)
        : [];
    for (const [key, one] of entries) {
      const path = [...at, key];
      const name = path.join(".");
      make(`${name} removed`, changedAt(value, path, undefined));
      if (typeof one === "boolean")
        make(`${name} weakened: ${String(!one)}`, changedAt(value, path, !one));
      else if (
        typeof key === "string" &&
        Object.hasOwn(weakerValues, key) &&
        JSON.stringify(weakerValues[key]) !== JSON.stringify(one)
      )
        make(
          `${name} weakened: ${JSON.stringify(weakerValues[key])}`,
          changedAt(value, path, weakerValues[key]),
        );
      walk(one, path);
    }
  };
  walk(value, []);
  return found;
}

function changedAt(
  value: unknown,
  [key, ...rest]: readonly (string | number)[],
  to: unknown,
): unknown {
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    if (rest.length === 0 && to === undefined) copy.splice(Number(key), 1);
    else copy[Number(key)] = rest.length === 0 ? to : changedAt(copy[Number(key)], rest, to);
    return copy;
  }
  if (!isObject(value) || key === undefined) return value;
  const copy: Record<string, unknown> = { ...value };
  if (rest.length === 0 && to === undefined) delete copy[key];
  else copy[key] = rest.length === 0 ? to : changedAt(copy[key], rest, to);
  return copy;
}

/** Each key of a property list goes with its value. */
function plist(file: JudgedFile): readonly Mutant[] {
  const pairs = [
    ...file.text.matchAll(
      / *<key>([^<]+)<\/key>\s*(?:<(\w+)>[\s\S]*?<\/\2>|<(?:true|false)\/>)\n/gu,
    ),
  ];
  return [
    ...pairs.map(([whole, key = ""], index) => ({
      id: `${file.path}: ${key} ${index} removed`,
      file: { ...file, text: file.text.replace(whole, "") },
    })),
    ...[
      ["127.0.0.1", "0.0.0.0"],
      ["<integer>63<", "<integer>18<"],
    ].flatMap(([from = "", to = ""]) =>
      file.text.includes(from)
        ? [
            {
              id: `${file.path}: weakened: ${to}`,
              file: { ...file, text: file.text.replace(from, to) },
            },
          ]
        : [],
    ),
  ];
}
