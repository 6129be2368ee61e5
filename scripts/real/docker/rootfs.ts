import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { cacheFolder } from "../cache.ts";
import { must, remove } from "./world.ts";

/** Programs of the distribution that the stage needs, and the package of each. */
const programs: readonly (readonly [program: string, name: string])[] = [
  ["/usr/sbin/dockerd", "docker.io"],
  ["/usr/sbin/iptables-save", "iptables"],
  ["/usr/sbin/nft", "nftables"],
  ["/usr/sbin/debootstrap", "debootstrap"],
];

const npmVersion = "11.19.1";

/** Installs what is missing of the daemon and its tools. They start nothing by themselves. */
export function installPrograms(): void {
  const missing = programs.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return;
  must("apt-get", ["update", "--quiet"]);
  // Without a policy the package would start a daemon where there is systemd.
  must("apt-get", ["install", "--yes", "--quiet", "--no-install-recommends", ...missing], {
    environment: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
}

/** A Debian with Node and npm and the user `node`, as the official image has them: made once, kept as an archive. */
export function baseArchive(): string {
  const archive = cacheFolder(
    "docker",
    `base-3-node-${process.versions.node}-npm-${npmVersion}.tar`,
  );
  if (existsSync(archive)) return archive;
  const folder = cacheFolder("docker", "rootfs-bookworm-3");
  if (!existsSync(path.join(folder, "complete"))) {
    remove(folder);
    mkdirSync(folder, { recursive: true });
    const include = "--include=ca-certificates,libstdc++6,libgomp1,git,tini";
    must("nice", ["-n", "10", "debootstrap", "--variant=minbase", include, "bookworm", folder]);
    must("chroot", [
      folder,
      "useradd",
      "--uid",
      "1000",
      "--create-home",
      "--shell",
      "/bin/bash",
      "node",
    ]);
    // What a Dockerfile installs of it is there, and nothing is asked of a network.
    writeFileSync(path.join(folder, "etc/apt/sources.list"), "");
    writeFileSync(path.join(folder, "complete"), "");
  }
  must("cp", [process.execPath, path.join(folder, "usr/local/bin/node")]);
  const modules = path.join(folder, "usr/local/lib/node_modules");
  mkdirSync(modules, { recursive: true });
  const flags = ["--prefix", path.join(folder, "usr/local"), "--ignore-scripts", "--no-audit"];
  must("npm", ["install", "--global", ...flags, "--no-fund", `npm@${npmVersion}`]);
  must("tar", [
    "-C",
    folder,
    "--exclude=./complete",
    "--exclude=./var/cache/apt",
    "-cf",
    `${archive}.part`,
    ".",
  ]);
  renameSync(`${archive}.part`, archive);
  return archive;
}

const ollamaVersion = "0.17.4";

/**
 * The real Ollama, built once from its Go module. The module leaves out what is in folders named `vendor`: the headers
 * come from the distribution and from a package.
 */
export function ollamaBinary(): string {
  const folder = cacheFolder(`ollama-${ollamaVersion}`);
  const binary = path.join(folder, "ollama");
  if (existsSync(binary)) return binary;
  const headers = path.join(folder, "include/miniaudio");
  mkdirSync(headers, { recursive: true });
  must("apt-get", ["install", "--yes", "--quiet", "nlohmann-json3-dev", "libstb-dev"], {
    environment: { DEBIAN_FRONTEND: "noninteractive" },
  });
  const fetched = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-binary",
    ":all:",
    "miniaudio",
    "-d",
    ".",
  ];
  must("python3", fetched, { cwd: folder });
  must(
    "sh",
    [
      "-c",
      "tar -xzf miniaudio-*.tar.gz && cp miniaudio-*/miniaudio/miniaudio.h include/miniaudio/",
    ],
    { cwd: folder },
  );
  must("nice", ["-n", "10", "go", "install", `github.com/ollama/ollama@v${ollamaVersion}`], {
    environment: { CGO_CPPFLAGS: `-I${path.join(folder, "include")}`, GOBIN: folder },
  });
  return binary;
}
