import { judgeContainers } from "@clawkeep/provision-judges";

import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import type { Service } from "../scene/service.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

/** Controls that a check of their own names better. */
const elsewhere =
  /no socket of Docker|ports on loopback|a healthcheck|exact image|exact tag|limit of memory|swap beyond|read-only root|\/tmp without|folder of the system/u;

/** 1.5, G6: what containers of guides lack. */
export const containerUnhardened: Check = {
  id: "container-unhardened",
  symptom: "nothing is seen until somebody is inside: then a container is the whole host",
  cause: "a container runs as root, with capabilities, new privileges, or without limits",
  fix: "user, cap_drop: [ALL], no-new-privileges, pids_limit, cpus for every service",
  reads: "files",
  look: (scene) => {
    const { compose } = scene;
    const file = scene.files.find(({ path }) => path === compose?.file);
    if (compose === undefined || file === undefined || compose.errors.length > 0)
      return { doesNotApply: "no compose file" };
    const { findings } = judgeContainers([
      { path: "compose.yaml", kind: "compose", text: file.text },
    ]);
    const bad = findings.filter(
      ({ message, code }) => !elsewhere.test(message) && code !== "CIS_IMAGE",
    );
    return found(
      compose.services.flatMap((service): readonly Fault[] => {
        const own = bad.filter(({ message }) => message.includes(`in service ${service.name},`));
        if (own.length === 0) return [];
        return [
          {
            evidence: own.map(({ message }) => serviceEvidence(service, [], message)),
            fix: renderAgain(scene, "see the evidence: each is a key of the service"),
          },
        ];
      }),
    );
  },
};

/** 1.5, G12: root on the host. */
export const dockerSocket: Check = {
  id: "docker-socket-mounted",
  symptom: "who gets into the container has root on the host",
  cause: "the socket of Docker or Podman is mounted into it",
  fix: "remove the mount; a sandbox for agents is sandbox.backend of the spec, with a waiver for its socket",
  reads: "files",
  look: (scene) => {
    const services = scene.services.filter(({ form }) => form !== "unit");
    if (services.length === 0) return { doesNotApply: "no container" };
    return found(
      mountFaults(services, /(?:docker|containerd|podman)\.sock$/u, "remove the mount", scene),
    );
  },
};

/** 1.5: folders of the host. */
export const hostFolder: Check = {
  id: "host-folder-mounted",
  symptom: "a container reads or changes the system of the host",
  cause: "a folder of the system, such as /etc, /dev/shm or /, is mounted into it",
  fix: "remove the mount, or name a folder that is the deployment's own",
  reads: "files",
  look: (scene) => {
    const services = scene.services.filter(({ form }) => form !== "unit");
    if (services.length === 0) return { doesNotApply: "no container" };
    const system =
      /^\/(?:$|(?:bin|boot|dev|etc|lib|lib64|proc|sbin|sys|usr)(?:\/(?!claw)|$)|root$|home$|var$|run$)/u;
    return found(mountFaults(services, system, "remove the mount", scene));
  },
};

function mountFaults(
  services: readonly Service[],
  pattern: RegExp,
  byHand: string,
  scene: Parameters<Check["look"]>[0],
): readonly Fault[] {
  return services.flatMap((service) =>
    service.mounts
      .filter(({ kind, source }) => kind === "bind" && pattern.test(source))
      .map(({ source, target }): Fault => ({
        evidence: [
          serviceEvidence(
            service,
            [service.form === "compose" ? "volumes" : "Volume"],
            `${source} -> ${target}`,
          ),
        ],
        fix: renderAgain(scene, byHand),
      })),
  );
}

/** 1.5: what was tested is not what runs tomorrow. */
export const floatingImage: Check = {
  id: "image-floating",
  symptom: "an update nobody asked for; two machines that run different programs",
  cause: "an image has no tag, or one that moves, such as `latest`",
  fix: "an exact version or a digest",
  reads: "files",
  look: (scene) => {
    const services = scene.services.filter(({ image }) => image !== "");
    if (services.length === 0) return { doesNotApply: "no image" };
    return found(
      services
        .filter(({ image }) => !/@sha256:[0-9a-f]{64}$|:[^:/]*[0-9][^:/]*$/u.test(image))
        .map((service): Fault => ({
          evidence: [
            serviceEvidence(
              service,
              [service.form === "compose" ? "image" : "Image"],
              service.image,
            ),
          ],
          fix: renderAgain(scene, "an exact version of the image"),
        })),
    );
  },
};

/** A name that a secret has; what is in it is never looked at further than whether it is there. */
const secretName = /(?:_API_KEY|_TOKEN|_SECRET|_PASSWORD)$/u;

/** 1.5, C1, T3: processes, inspect and core files show an environment. */
export const keyInEnvironment: Check = {
  id: "key-in-environment",
  symptom: "`docker inspect`, `systemctl show` or a crash report shows a key",
  cause: "a key or token is in the environment of a container or unit",
  fix: "a file of mode 0600 by reference: secrets of the spec",
  reads: "files",
  look: (scene) => {
    if (scene.services.length === 0) return { doesNotApply: "no container or unit" };
    return found(
      scene.services.flatMap((service) =>
        Object.entries(service.environment)
          .filter(
            ([name, value]) => secretName.test(name) && value !== "" && value !== "ollama-local",
          )
          .map(([name]): Fault => ({
            evidence: [
              serviceEvidence(
                service,
                service.form === "compose" ? ["environment", name] : ["Environment"],
                name,
              ),
            ],
            fix: renderAgain(scene, `take ${name} out, and make a new one: the old one is known`),
          })),
      ),
    );
  },
};
