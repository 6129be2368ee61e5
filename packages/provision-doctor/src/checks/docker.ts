import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";

/** First engine that keeps neighbours from ports that are published on loopback. */
const firstSafe = 28;

function engineOf(scene: Scene): string | undefined {
  return scene.live?.output("docker", ["version", "--format", "{{.Server.Version}}"])?.trim();
}

/** 4.2: moby 45610. */
export const dockerEngine: Check = {
  id: "docker-engine-old",
  symptom: "a neighbour in the same network reaches a port that is published on 127.0.0.1",
  cause: "Docker before 28 routes packets from the same network to loopback ports and containers",
  fix: "update Docker to 28 or newer",
  reads: "live",
  look: (scene) => {
    if (scene.form !== "containers") return { doesNotApply: "no containers of Docker" };
    const version = engineOf(scene);
    if (version === undefined) return { notChecked: "no Docker answers here" };
    const major = Number(/^([0-9]+)\./u.exec(version)?.[1] ?? Number.NaN);
    if (Number.isNaN(major)) return { notChecked: "Docker did not say its version" };
    if (major >= firstSafe) return found([]);
    return found([
      {
        evidence: [{ value: `Docker ${version.slice(0, 40)}` }],
        fix: "sudo apt-get install --only-upgrade docker-ce",
      },
    ]);
  },
};

/** 4.2: why a container ended, as Docker remembers it. */
export const containerEnded: Check = {
  id: "container-ended",
  symptom: "the gateway's container restarts, or is gone",
  cause: "it was out of memory (OOMKilled, 137), or refused its state or configuration (78)",
  fix: "78: claw openclaw-doctor --repair; 137: a higher limits.memoryMb",
  reads: "live",
  look: (scene) => {
    if (scene.form !== "containers" || scene.name === "")
      return { doesNotApply: "no containers of Docker" };
    const name = `claw-${scene.name}-gateway-1`;
    const text = scene.live?.output("docker", ["inspect", "--format", "{{json .State}}", name]);
    if (text === undefined)
      return { notChecked: `no Docker answers here, or no container ${name}` };
    const state = stateOf(text);
    const [code, killed] = [at(state, "ExitCode"), at(state, "OOMKilled")];
    const faults: readonly Fault[] =
      killed === true || code === 137
        ? [
            {
              evidence: [{ value: `${name}: out of memory, exit code ${String(code)}` }],
              fix: "claw apply deploy.yaml  # with a higher limits.memoryMb",
            },
          ]
        : code === 78
          ? [
              {
                evidence: [{ value: `${name}: exit code 78` }],
                fix: "docker compose run --rm cli doctor --fix",
              },
            ]
          : [];
    return found(faults);
  },
};

function stateOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
