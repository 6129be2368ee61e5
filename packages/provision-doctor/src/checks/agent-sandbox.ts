import { found } from "../check.ts";
import type { Check } from "../check.ts";
import { at, lineOfKey } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

function sandboxOf(
  scene: Scene,
): { readonly mode: string; readonly backend: string; readonly user: unknown } | undefined {
  const sandbox = at(scene.config?.config, "agents", "defaults", "sandbox");
  const mode = at(sandbox, "mode");
  if (typeof mode !== "string" || mode === "off") return undefined;
  const backend = at(sandbox, "backend");
  return {
    mode,
    backend: typeof backend === "string" ? backend : "docker",
    user: at(sandbox, "docker", "user"),
  };
}

const sockets: Readonly<Record<string, RegExp>> = {
  docker: /docker\.sock$/u,
  podman: /(?:podman|docker)\.sock$/u,
};

/** 4.2, G12: a container cannot start containers by itself. */
export const sandboxBackend: Check = {
  id: "sandbox-backend-missing",
  symptom:
    "`spawn docker ENOENT`; no sandbox ever starts, and agents run nothing or run outside one",
  cause:
    "a sandbox is configured, and the gateway's container has no socket or program to start one",
  fix: "sandbox: {backend: none}, a gateway on the host, or a rootless socket with its waiver",
  reads: "files",
  look: (scene) => {
    const sandbox = sandboxOf(scene);
    if (sandbox === undefined || scene.config === undefined)
      return { doesNotApply: "no sandbox for agents" };
    const { gateway, config, live } = scene;
    const line = lineOfKey(config, "agents", "defaults", "sandbox", "mode");
    const evidence = {
      file: config.file,
      line,
      value: `mode ${sandbox.mode}, backend ${sandbox.backend}`,
    };
    if (gateway !== undefined && gateway.form !== "unit") {
      const socket = sockets[sandbox.backend] ?? /\.sock$/u;
      const has =
        gateway.mounts.some(({ source }) => socket.test(source)) ||
        "DOCKER_HOST" in gateway.environment;
      if (has) return found([]);
      return found([
        {
          evidence: [evidence, serviceEvidence(gateway, ["volumes"], "no socket")],
          fix: renderAgain(scene, 'agents.defaults.sandbox.mode "off"'),
        },
      ]);
    }
    if (live === undefined)
      return { notChecked: "whether the backend is there is asked of this machine" };
    if (live.output(sandbox.backend, ["--version"]) !== undefined) return found([]);
    return found([
      {
        evidence: [evidence, { value: `no program ${sandbox.backend}` }],
        fix: `sudo apt-get install ${sandbox.backend === "podman" ? "podman" : "docker.io"}`,
      },
    ]);
  },
};

/** 4.2: the daemon is of the host, and knows paths of the host. */
export const sandboxPaths: Check = {
  id: "sandbox-workspace-path",
  symptom: "a sandbox starts and finds an empty workspace, or may not read it",
  cause:
    "the daemon of the host mounts by paths of the host: the workspace has another path or owner inside",
  fix: "mount the workspace at the same path on both sides, and give docker.user its uid",
  reads: "files",
  look: (scene) => {
    const sandbox = sandboxOf(scene);
    const { gateway } = scene;
    if (sandbox === undefined) return { doesNotApply: "no sandbox for agents" };
    if (gateway === undefined || gateway.form === "unit")
      return { doesNotApply: "the gateway is in no container" };
    const hasDaemon =
      "DOCKER_HOST" in gateway.environment ||
      gateway.mounts.some(({ source }) => source.endsWith(".sock"));
    if (!hasDaemon) return { doesNotApply: "no daemon is reached" };
    const workspace = at(scene.config?.config, "agents", "defaults", "workspace");
    const mount = gateway.mounts.find(
      ({ target }) =>
        typeof workspace === "string" &&
        (workspace === target || workspace.startsWith(`${target}/`)),
    );
    const user = typeof sandbox.user === "string" ? sandbox.user : "";
    const isOther = user !== "" && user.split(":")[0] !== gateway.user.split(":")[0];
    if (mount?.kind === "bind" && mount.source === mount.target && !isOther) return found([]);
    const value = isOther
      ? `docker.user ${user}, gateway ${gateway.user}`
      : `${String(workspace)} is ${mount?.source ?? "in no mount"} on the host`;
    const evidence = [serviceEvidence(gateway, ["volumes"], value)];
    return found([{ evidence, fix: renderAgain(scene, "the same path and uid on both sides") }]);
  },
};
