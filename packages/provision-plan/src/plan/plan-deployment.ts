import type { Artifact, ArtifactKind } from "../artifacts/artifact.ts";
import { renderDeployment } from "../artifacts/render-deployment.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { differencesOf } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { exposedPage } from "./exposed-page.ts";

/** What has to happen to what runs: made anew, stopped and started, told to read again, or not touched. */
export type Effect = "recreate" | "restart" | "reload" | "nothing";

/** One file that is not as it should be. */
export interface PlannedChange {
  readonly path: string;
  readonly kind: ArtifactKind;
  readonly action: "create" | "change" | "remove";
  readonly effect: Effect;
  /** Parts that the effect is about, such as `gateway`; of a compose file the services that differ. */
  readonly parts: readonly string[];
  readonly differences: readonly Difference[];
}

/** From what lies in a folder to what a spec says. */
export interface Plan {
  readonly version: 1;
  readonly name: string;
  readonly profile: string;
  readonly changes: readonly PlannedChange[];
  /** Files that are byte for byte as they should be. */
  readonly unchanged: number;
  /** The strongest effect on each part. */
  readonly effects: Readonly<Record<string, Effect>>;
  /** The page "what is still exposed", as Markdown. */
  readonly exposed: string;
}

/**
 * What has to change so that a folder holds a deployment. Pure: `current` is what lies there, text by path. Files that
 * no renderer of ours makes are nobody's business here: they are neither compared nor removed.
 */
export function planDeployment(
  spec: DeploymentSpec,
  place: RenderPlace,
  current: ReadonlyMap<string, string>,
): Plan {
  const wanted = renderDeployment(spec, place);
  const changes = [
    ...wanted.flatMap((artifact) => {
      const change = changeOf(artifact, current.get(artifact.path));
      return change === undefined ? [] : [change];
    }),
    ...leftOver(wanted, current),
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return {
    version: 1,
    name: spec.name,
    profile: spec.profile.name,
    changes,
    unchanged: wanted.filter(({ path, text }) => current.get(path) === text).length,
    effects: strongest(changes),
    exposed: exposedPage(spec),
  };
}

function changeOf(
  { path, kind, text }: Artifact,
  before: string | undefined,
): PlannedChange | undefined {
  if (before === text) return undefined;
  const differences = before === undefined ? [] : differencesOf(kind, before, text);
  const isSame = before !== undefined && differences.length === 0;
  return {
    path,
    kind,
    action: before === undefined ? "create" : "change",
    effect: isSame ? "nothing" : effects[kind],
    parts: isSame ? [] : partsOf(path, kind, differences),
    differences,
  };
}

/** What was rendered for another spec and is not part of this one. */
function leftOver(
  wanted: readonly Artifact[],
  current: ReadonlyMap<string, string>,
): readonly PlannedChange[] {
  return [...current.keys()]
    .filter((path) => !wanted.some((one) => one.path === path))
    .flatMap((path): readonly PlannedChange[] => {
      const kind = artifactKindOf(path);
      if (kind === undefined) return [];
      return [
        {
          path,
          kind,
          action: "remove",
          effect: effects[kind],
          parts: partsOf(path, kind, []),
          differences: [],
        },
      ];
    });
}

const effects: Readonly<Record<ArtifactKind, Effect>> = {
  "openclaw-config": "restart",
  "mcporter-config": "nothing",
  "agent-advice": "nothing",
  environment: "restart",
  modelfile: "reload",
  compose: "recreate",
  "compose-variables": "nothing",
  dockerfile: "recreate",
  "systemd-unit": "restart",
  sysusers: "reload",
  tmpfiles: "reload",
  sysctl: "reload",
  quadlet: "recreate",
  "launchd-plist": "restart",
  nftables: "reload",
  iptables: "reload",
  ufw: "reload",
  caddyfile: "reload",
  squid: "reload",
  "ssh-config": "nothing",
  "exposed-page": "nothing",
};

function partsOf(
  path: string,
  kind: ArtifactKind,
  differences: readonly Difference[],
): readonly string[] {
  if (kind === "compose") {
    const services = differences.flatMap(({ at }) => /^services\/([^/]+)/u.exec(at)?.[1] ?? []);
    const isShared = differences.some(({ at }) => !at.startsWith("services/"));
    return services.length === 0 || isShared ? ["containers"] : [...new Set(services)];
  }
  const unit =
    /(?:units|quadlet)\/claw-.*-(gateway|skills|ollama-gate|ollama|egress)\.(?:service|container)$/u.exec(
      path,
    );
  if (unit?.[1] !== undefined) return [unit[1]];
  return owners[kind] ?? [];
}

const owners: Readonly<Partial<Record<ArtifactKind, readonly string[]>>> = {
  "openclaw-config": ["gateway"],
  environment: ["ollama"],
  modelfile: ["ollama"],
  dockerfile: ["containers"],
  quadlet: ["containers"],
  "launchd-plist": ["ollama"],
  nftables: ["firewall"],
  iptables: ["firewall"],
  ufw: ["firewall"],
  caddyfile: ["caddy"],
  squid: ["egress"],
  sysusers: ["accounts"],
  sysctl: ["kernel"],
};

/** Paths that a renderer can have made, whatever the spec was. */
const made: readonly (readonly [RegExp, ArtifactKind])[] = [
  [/^config\/openclaw\.json$/u, "openclaw-config"],
  [/^config\/mcporter\.json$/u, "mcporter-config"],
  [/^config\/AGENTS\.md$/u, "agent-advice"],
  [/^config\/ollama\.env$/u, "environment"],
  [/^config\/squid\.conf$/u, "squid"],
  [/^Modelfile\.[^/]+$/u, "modelfile"],
  [/^compose(?:\.[a-z]+)?\.yaml$/u, "compose"],
  [/^\.env\.example$/u, "compose-variables"],
  [/^Dockerfile$/u, "dockerfile"],
  [/^units\/claw-[^/]+\.service$/u, "systemd-unit"],
  [/^sysusers\/claw-[^/]+\.conf$/u, "sysusers"],
  [/^sysctl\/60-claw-[^/]+\.conf$/u, "sysctl"],
  [/^quadlet\/claw-[^/]+\.(?:container|network)$/u, "quadlet"],
  [/^launchd\/net\.clawkeep\.[^/]+\.plist$/u, "launchd-plist"],
  [/^nftables\/claw-[^/]+\.nft$/u, "nftables"],
  [/^iptables\/claw-[^/]+\.v[46]$/u, "iptables"],
  [/^ufw\.rules$/u, "ufw"],
  [/^Caddyfile$/u, "caddyfile"],
  [/^ssh_config$/u, "ssh-config"],
  [/^EXPOSED\.md$/u, "exposed-page"],
];

/** What a file of a deployment's folder is, by its path; undefined for one that is not ours. */
export function artifactKindOf(path: string): ArtifactKind | undefined {
  return made.find(([pattern]) => pattern.test(path))?.[1];
}

function strongest(changes: readonly PlannedChange[]): Readonly<Record<string, Effect>> {
  const order: readonly Effect[] = ["nothing", "reload", "restart", "recreate"];
  const found = new Map<string, Effect>();
  for (const { parts, effect } of changes) {
    for (const part of parts) {
      const before = found.get(part) ?? "nothing";
      if (order.indexOf(effect) >= order.indexOf(before)) found.set(part, effect);
    }
  }
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
