/** A port that a service publishes on the host. */
export interface PublishedPort {
  /** As it is written. */
  readonly text: string;
  /** Address of the host; empty for all of them. */
  readonly address: string;
  /** Undefined where it is a variable. */
  readonly host: number | undefined;
  readonly inside: number | undefined;
}

/** Something of the host, or a volume, in a service's file system. */
export interface Mount {
  readonly kind: "bind" | "volume" | "tmpfs";
  /** Of the host for `bind`; the name of a volume; empty for `tmpfs`. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What asks whether a service is well. */
export interface HealthCheck {
  readonly test: string;
  readonly isOff: boolean;
  readonly startSeconds: number | undefined;
}

/** One container or unit as its file describes it: compose, Quadlet or systemd. */
export interface Service {
  readonly form: "compose" | "quadlet" | "unit";
  readonly file: string;
  readonly name: string;
  readonly role: "gateway" | "cli" | "ollama" | "ollama-gate" | "skills" | "egress" | "other";
  readonly image: string;
  readonly command: readonly string[];
  /** As it is written: a name or a number, perhaps with a group. */
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly networks: readonly string[];
  readonly networkMode: string;
  readonly dns: readonly string[];
  readonly extraHosts: readonly string[];
  readonly health: HealthCheck | undefined;
  readonly stopSeconds: number | undefined;
  readonly memoryMb: number | undefined;
  readonly readOnlyRoot: boolean;
  readonly mounts: readonly Mount[];
  readonly dependsOn: readonly { readonly name: string; readonly condition: string }[];
  /** `Restart` of a unit, `restart` of a container. */
  readonly restart: string;
  /** Only asked for by name. */
  readonly isOnDemand: boolean;
  /** The line of one of its keys, or of its beginning. */
  lineOf(...keys: readonly string[]): number;
}

/** What a service is for, by its name: ours, and those of the guides. */
export function roleOf(name: string): Service["role"] {
  if (/(?:^|[-_])cli$/u.test(name)) return "cli";
  if (/(?:^|[-_])ollama-gate$/u.test(name)) return "ollama-gate";
  if (/(?:^|[-_])ollama$/u.test(name)) return "ollama";
  if (/(?:^|[-_])skills$/u.test(name)) return "skills";
  if (/(?:^|[-_])egress$/u.test(name)) return "egress";
  return /(?:^|[-_])gateway$|^openclaw$|^clawbot$|^clawlama$/u.test(name) ? "gateway" : "other";
}

/** Seconds of `330`, `330s`, `5m30s`, `5min 30s`; undefined for anything else. */
export function seconds(text: string): number | undefined {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)\s*(ms|min|sec|h|m|s)?\s*/gu)];
  if (text.trim() === "" || parts.map(([all]) => all).join("") !== text.trimStart())
    return undefined;
  const unit: Readonly<Record<string, number>> = {
    ms: 0.001,
    h: 3600,
    m: 60,
    min: 60,
    s: 1,
    sec: 1,
  };
  return parts.reduce(
    (sum, [, count = "0", name = "s"]) => sum + Number(count) * (unit[name] ?? 1),
    0,
  );
}

/** Mebibytes of `2048m`, `2g`, `2048M`, `2GiB`, or of bytes; undefined for anything else. */
export function mebibytes(text: string): number | undefined {
  const [, count = "", unit = ""] =
    /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?$/iu.exec(text.trim()) ?? [];
  if (count === "") return undefined;
  const power = ["", "k", "m", "g", "t"].indexOf(unit.toLowerCase());
  return (Number(count) * 1024 ** power) / 1024 ** 2;
}

/** `127.0.0.1:18789:18789/tcp` and shorter forms. */
export function publishedPort(text: string): PublishedPort {
  const plain = text.replace(/\/(?:tcp|udp)$/u, "");
  const parts = /^(?:(\[[^\]]+\]|[^:]*):)?(?:([^:]*):)?([^:]+)$/u.exec(plain);
  const [, first, second, last = ""] = parts ?? [];
  const hasAddress = second !== undefined;
  const host = hasAddress ? second : first;
  return {
    text,
    address: hasAddress ? (first ?? "") : "",
    host: portNumber(host ?? last),
    inside: portNumber(last),
  };
}

/** A port in digits; undefined for a variable, a range or nothing. */
export function portNumber(value: unknown): number | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[0-9]{1,5}$/u.test(text) ? Number(text) : undefined;
}
