import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

import { imageTag, renderImage } from "@clawkeep/container-supervisor";
import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { runOnTerminal } from "@clawkeep/provision";
import type { ProgramRun } from "@clawkeep/provision";

import { printData, printNote } from "../output/print.ts";
import { writeNew } from "../output/write-new.ts";

/** Options of `container files` and `container build` as they were written. */
export interface ContainerFilesOptions {
  readonly floating?: boolean;
  readonly port: string;
}

/** Options of `container build` as they were written. */
export interface ContainerBuildOptions extends ContainerFilesOptions {
  readonly tag?: string;
  readonly gpu?: boolean;
  readonly platform?: string;
  readonly push?: boolean;
  readonly dryRun?: boolean;
}

/** Options of `container backup` and `container restore` as they were written. */
export interface ContainerDataOptions {
  readonly volume: string;
  readonly image: string;
  readonly container?: string;
  readonly dryRun?: boolean;
}

/** Writes Dockerfile, compose file, overlay and variables of the single container into a new folder. */
export function writeContainerFiles(folder: string, options: ContainerFilesOptions): number {
  const artifacts = renderImage(wishesOf(options));
  writeNew(folder, artifacts, 0o755);
  printNote(escapeForTerminal(`${artifacts.length} files in ${folder}`));
  return 0;
}

/** Builds the image from those files. Several platforms need buildx and a registry that the image is pushed to. */
export async function buildContainer(options: ContainerBuildOptions): Promise<number> {
  const wishes = wishesOf(options);
  const platforms = (options.platform ?? "").split(",").filter((one) => one !== "");
  if (platforms.length > 1 && options.push !== true) {
    throw new CodedError({
      code: "CONTAINER_PLATFORMS",
      message: `expected --push beside several platforms, got ${platforms.join(", ")}`,
      hint: "An engine keeps the image of one platform: name one, or push a list of them to a registry.",
    });
  }
  const args = [
    ...(options.push === true ? ["buildx", "build", "--push"] : ["build"]),
    ...(platforms.length === 0 ? [] : ["--platform", platforms.join(",")]),
    ...["--target", "all", "--tag", options.tag ?? imageTag(wishes)],
    ...(options.gpu === true ? ["--build-arg", "LIBRARIES=ollama-all"] : []),
    ...(wishes.floating ? ["--pull", "--no-cache"] : []),
  ];
  const folder = mkdtempSync(path.join(tmpdir(), "claw-image-"));
  try {
    for (const { path: name, text } of renderImage(wishes))
      writeFileSync(path.join(folder, name), text);
    return await engine([...args, folder], options.dryRun);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Stops the container, writes an archive of its volume, and starts it again (L23). */
export async function backupContainer(
  file: string,
  options: ContainerDataOptions,
): Promise<number> {
  return whileContainerStopped(options, () => onVolume("backup", file, options));
}

/** Stops the container, gives its volume what an archive holds, and starts it again. */
export async function restoreContainer(
  file: string,
  options: ContainerDataOptions,
): Promise<number> {
  return whileContainerStopped(options, () => onVolume("restore", file, options));
}

async function whileContainerStopped(
  { container, dryRun }: ContainerDataOptions,
  work: () => Promise<number>,
): Promise<number> {
  if (container === undefined) return work();
  const stopped = await engine(["stop", "--time", "350", container], dryRun);
  if (stopped !== 0) return 2;
  try {
    return await work();
  } finally {
    await engine(["start", container], dryRun);
  }
}

/** The image itself does it, as its own user, without a network; a volume that is in use is refused. */
function onVolume(
  command: "backup" | "restore",
  file: string,
  { volume, image, dryRun }: ContainerDataOptions,
): Promise<number> {
  const archive = path.resolve(file);
  const folder = path.dirname(archive);
  if (`${folder}${volume}`.includes(":")) {
    throw new CodedError({
      code: "USAGE",
      message: `expected a folder and a volume without a colon, got ${folder} and ${volume}`,
    });
  }
  const mounts = [
    ...["--volume", `${volume}:/data`],
    ...["--volume", `${folder}:/backup${command === "restore" ? ":ro" : ""}`],
  ];
  const closed = [
    ...["--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges"],
  ];
  return engine(
    ["run", "--rm", ...closed, ...mounts, image, command, `/backup/${path.basename(archive)}`],
    dryRun,
  );
}

function wishesOf({ floating, port }: ContainerFilesOptions): { floating: boolean; port: number } {
  const isPort = /^[0-9]{4,5}$/u.test(port) && Number(port) >= 1024 && Number(port) <= 65_000;
  if (isPort) return { floating: floating === true, port: Number(port) };
  throw new CodedError({
    code: "USAGE",
    message: `--port: expected a port from 1024 to 65000, got ${port}`,
  });
}

async function engine(args: readonly string[], dryRun = false): Promise<number> {
  if (dryRun) {
    printData(escapeForTerminal(["docker", ...args].join(" ")));
    return 0;
  }
  const names = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_BUILDKIT",
    "XDG_RUNTIME_DIR",
    "TERM",
  ];
  const run: ProgramRun = {
    program: "docker",
    args,
    environment: Object.fromEntries(
      names.flatMap((name): [string, string][] => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    cwd: process.cwd(),
  };
  return runOnTerminal(run);
}
