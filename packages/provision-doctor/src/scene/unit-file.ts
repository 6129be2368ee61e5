import { mebibytes, publishedPort, roleOf, seconds } from "./service.ts";
import type { Mount, Service } from "./service.ts";

interface Line {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

function linesOf(text: string): readonly Line[] {
  return text.split("\n").flatMap((line, index): readonly Line[] => {
    const split = line.indexOf("=");
    return split < 1 || /^\s*[#;[]/u.test(line)
      ? []
      : [
          {
            key: line.slice(0, split).trim(),
            value: line.slice(split + 1).trim(),
            line: index + 1,
          },
        ];
  });
}

function words(text: string): readonly string[] {
  return (text.match(/"(?:[^"\\]|\\.)*"|\S+/gsu) ?? []).map((one) =>
    (one.startsWith('"') ? one.slice(1, -1).replace(/\\(.)/gsu, "$1") : one)
      .replaceAll("%%", "%")
      .replaceAll("$$", "$"),
  );
}

/** A `.service` of systemd or a `.container` of Quadlet, as a service. */
export function unitService(file: string, text: string): Service {
  const lines = linesOf(text);
  const all = (key: string): readonly string[] =>
    lines.filter((line) => line.key === key).map(({ value }) => value);
  const last = (key: string): string => all(key).at(-1) ?? "";
  const isQuadlet = file.endsWith(".container");
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.(?:service|container)$/u, "");
  const podman = all("PodmanArgs").flatMap(words);
  const limit = podman.find((one) => one.startsWith("--memory="))?.slice("--memory=".length);
  return {
    form: isQuadlet ? "quadlet" : "unit",
    file,
    name,
    role: roleOf(name),
    image: last("Image"),
    command: words(isQuadlet ? last("Exec") : last("ExecStart")),
    user: last("User"),
    environment: Object.fromEntries(
      all("Environment")
        .flatMap(words)
        .map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]),
    ),
    ports: all("PublishPort").map(publishedPort),
    networks: all("Network").map((one) => one.replace(/\.network$/u, "")),
    networkMode: "",
    dns: all("DNS"),
    extraHosts: all("AddHost"),
    health: isQuadlet && last("HealthCmd") !== "" ? quadletHealth(all) : undefined,
    stopSeconds: seconds(last("TimeoutStopSec")),
    memoryMb: mebibytes(last("MemoryMax")) ?? mebibytes(limit ?? ""),
    readOnlyRoot: isQuadlet ? last("ReadOnly") === "true" : last("ProtectSystem") === "strict",
    mounts: isQuadlet ? quadletMounts(all) : unitMounts(all, last),
    dependsOn: [],
    restart: last("Restart"),
    isOnDemand: false,
    lineOf: (key = "") => lines.findLast((line) => line.key === key)?.line ?? 1,
  };
}

type All = (key: string) => readonly string[];

function quadletHealth(all: All): Service["health"] {
  const startSeconds = seconds(all("HealthStartPeriod").at(-1) ?? "");
  return { test: all("HealthCmd").at(-1) ?? "", isOff: false, startSeconds };
}

function quadletMounts(all: All): readonly Mount[] {
  return [
    ...all("Volume").map((text): Mount => {
      const [source = "", target = "", options = ""] = text.split(":");
      const kind = /^[./~]/u.test(source) ? "bind" : "volume";
      return { kind, source, target, readOnly: options.split(",").includes("ro") };
    }),
    ...all("Tmpfs").map((text): Mount => ({
      kind: "tmpfs",
      source: "",
      target: text.split(":")[0] ?? "",
      readOnly: false,
    })),
  ];
}

/** What a unit may write although the system is read-only. */
function unitMounts(all: All, last: (key: string) => string): readonly Mount[] {
  const writable = (source: string): Mount => ({
    kind: "bind",
    source,
    target: source,
    readOnly: false,
  });
  return [
    ...all("StateDirectory")
      .flatMap(words)
      .map((name) => writable(`/var/lib/${name}`)),
    ...all("RuntimeDirectory")
      .flatMap(words)
      .map((name) => writable(`/run/${name}`)),
    ...all("ReadWritePaths")
      .flatMap(words)
      .map((path) => writable(path.replace(/^[-+]+/u, ""))),
    ...all("ReadOnlyPaths")
      .flatMap(words)
      .map((path): Mount => ({ ...writable(path.replace(/^[-+]+/u, "")), readOnly: true })),
    ...(last("PrivateTmp") === "yes"
      ? [{ kind: "tmpfs" as const, source: "", target: "/tmp", readOnly: false }]
      : []),
  ];
}
