import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Daemon } from "./daemon.ts";
import { baseArchive, ollamaBinary } from "./rootfs.ts";
import { remove } from "./world.ts";

/** Port of the registry of packages in the stage's own network. */
export const registryPort = 4873;

/** Images of the stage that stand where users have those of Docker Hub. */
export const localImages: {
  readonly base: string;
  readonly ollama: string;
  readonly standIn: string;
} = {
  base: "clawkeep-local/node:bookworm-3",
  ollama: "clawkeep-local/ollama:real-3",
  standIn: "clawkeep-local/ollama:stand-in",
};

/** Imports the base, and makes both Ollamas of it: the real one, and a script that answers as a model would. */
export function makeLocalImages(daemon: Daemon, root: string): void {
  if (daemon.docker("images", "--quiet", localImages.base).trim() === "") {
    const changes = [
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      `ENV NPM_CONFIG_REGISTRY=http://127.0.0.1:${registryPort}`,
    ].flatMap((line) => ["--change", line]);
    daemon.docker("import", ...changes, baseArchive(), localImages.base);
  }
  if (daemon.docker("images", "--quiet", localImages.ollama).trim() === "") {
    buildOf(
      daemon,
      localImages.ollama,
      [
        "COPY ollama /usr/bin/ollama",
        // It was built without libraries of its own.
        'RUN ["mkdir", "-p", "/usr/lib/ollama"]',
      ],
      (folder) => {
        cpSync(ollamaBinary(), path.join(folder, "ollama"));
      },
    );
  }
  const lines = ["COPY real /opt/stand-in", "COPY ollama /usr/bin/ollama"];
  buildOf(daemon, localImages.standIn, lines, (folder) => {
    for (const name of [
      "deploy/stand-in-ollama.ts",
      "deploy/question.ts",
      "openclaw/stand-in-model.ts",
    ]) {
      mkdirSync(path.join(folder, "real", path.dirname(name)), { recursive: true });
      cpSync(path.join(root, "scripts/real", name), path.join(folder, "real", name));
    }
    writeFileSync(path.join(folder, "real/package.json"), '{"type":"module"}\n');
    const list = `fetch("http://127.0.0.1:11434/api/tags").then((a)=>process.exit(a.ok?0:1),()=>process.exit(1))`;
    writeFileSync(
      path.join(folder, "ollama"),
      `#!/bin/sh\n[ "$1" = list ] && exec node -e '${list}'\nexec node /opt/stand-in/deploy/stand-in-ollama.ts\n`,
      { mode: 0o755 },
    );
  });
}

function buildOf(
  daemon: Daemon,
  tag: string,
  lines: readonly string[],
  fill: (folder: string) => void,
): void {
  const folder = mkdtempSync(path.join(tmpdir(), "ck-image-"));
  try {
    fill(folder);
    writeFileSync(
      path.join(folder, "Dockerfile"),
      [`FROM ${localImages.base}`, ...lines, ""].join("\n"),
    );
    daemon.docker("build", "--quiet", "--tag", tag, folder);
  } finally {
    remove(folder);
  }
}

/** Builds the images of a deployment by its own Dockerfile: only the two arguments are the stage's. */
export function buildDeployment(
  daemon: Daemon,
  folder: string,
  targets: Readonly<Record<string, string>>,
  ollama: string,
): void {
  for (const [target, tag] of Object.entries(targets)) {
    daemon.docker(
      "build",
      "--quiet",
      // The registry of packages listens on loopback of the stage's own network.
      ...["--network", "host", "--target", target, "--tag", tag],
      ...["--build-arg", `BASE=${localImages.base}`, "--build-arg", `OLLAMA=${ollama}`],
      ...["--build-arg", "TARGETARCH=amd64"],
      folder,
    );
  }
}

export function sizeMiB(daemon: Daemon, tag: string): number {
  return Math.round(
    Number(daemon.docker("image", "inspect", "--format", "{{.Size}}", tag)) / 2 ** 20,
  );
}
