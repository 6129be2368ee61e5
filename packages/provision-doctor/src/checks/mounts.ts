import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import type { Scene } from "../scene/scene.ts";
import type { Mount, Service } from "../scene/service.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

const volumes = (service: Service): readonly string[] =>
  service.form === "compose"
    ? ["volumes"]
    : service.form === "quadlet"
      ? ["Volume"]
      : ["ReadOnlyPaths"];

function gatewayFaults(
  scene: Scene,
  judge: (gateway: Service) => readonly Fault[],
): ReturnType<Check["look"]> {
  const { gateway } = scene;
  return gateway === undefined
    ? { doesNotApply: "no container or unit of a gateway" }
    : found(judge(gateway));
}

const isReadonlyFlagged = ({ environment }: Service): boolean =>
  environment["OPENCLAW_CONFIG_READONLY"] === "1";

/** 4.2: a file that is mounted alone cannot be replaced. */
export const singleFileMount: Check = {
  id: "config-single-file-mount",
  symptom:
    "`EBUSY: resource busy or locked, rename …/openclaw.json`, or a configuration that stays old",
  cause:
    "openclaw.json is mounted as one file: it is replaced by rename, which a mount point refuses",
  fix: "mount the folder, or set OPENCLAW_CONFIG_READONLY=1",
  reads: "files",
  look: (scene) =>
    gatewayFaults(scene, (gateway) =>
      isReadonlyFlagged(gateway)
        ? []
        : gateway.mounts
            .filter(({ kind, target }) => kind === "bind" && target.endsWith("/openclaw.json"))
            .map(({ source, target }): Fault => ({
              evidence: [serviceEvidence(gateway, volumes(gateway), `${source} -> ${target}`)],
              fix: renderAgain(scene, "mount the folder instead of the file"),
            })),
    ),
};

/** 4.2: EROFS when the configuration is saved. */
export const readOnlyWithoutFlag: Check = {
  id: "config-readonly-without-flag",
  symptom: "`EROFS: read-only file system` when the gateway saves its configuration",
  cause: "the folder of openclaw.json is mounted read-only, and the gateway was not told",
  fix: "set OPENCLAW_CONFIG_READONLY=1",
  reads: "files",
  look: (scene) =>
    gatewayFaults(scene, (gateway) => {
      const file =
        gateway.environment["OPENCLAW_CONFIG_PATH"] ?? "/home/node/.openclaw/openclaw.json";
      const mount = gateway.mounts.find(
        ({ target, readOnly }) => readOnly && (file === target || file.startsWith(`${target}/`)),
      );
      if (mount === undefined || isReadonlyFlagged(gateway) || file === mount.target) return [];
      return [
        {
          evidence: [serviceEvidence(gateway, volumes(gateway), `${mount.target} is read-only`)],
          fix: renderAgain(scene, "OPENCLAW_CONFIG_READONLY=1 in the gateway's environment"),
        },
      ];
    }),
};

/** 4.2: cron and plugins need a few places. */
export const writablePaths: Check = {
  id: "writable-path-missing",
  symptom: "cron, plugins or logs fail with EROFS on a read-only root",
  cause:
    "/tmp, the home or ~/.cache cannot be written: logs, a lock and the compile cache are there",
  fix: "a tmpfs at /tmp, and a volume or tmpfs for the home",
  reads: "files",
  look: (scene) => {
    const { gateway } = scene;
    if (gateway === undefined || !gateway.readOnlyRoot)
      return { doesNotApply: "no read-only root" };
    const home = gateway.environment["HOME"] ?? "/home/node";
    const missing = ["/tmp", home, `${home}/.cache`].filter(
      (path) => !isWritable(gateway.mounts, path),
    );
    const [first] = missing;
    if (first === undefined) return found([]);
    const key =
      gateway.form === "compose" ? "tmpfs" : gateway.form === "quadlet" ? "Tmpfs" : "PrivateTmp";
    const evidence = [serviceEvidence(gateway, [key], `not writable: ${missing.join(", ")}`)];
    return found([{ evidence, fix: renderAgain(scene, `a tmpfs at ${first}`) }]);
  },
};

function isWritable(mounts: readonly Mount[], path: string): boolean {
  const inside = mounts.filter(({ target }) => path === target || path.startsWith(`${target}/`));
  return inside.toSorted((a, b) => b.target.length - a.target.length)[0]?.readOnly === false;
}
