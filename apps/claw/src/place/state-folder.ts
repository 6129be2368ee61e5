import { CodedError } from "@clawkeep/diagnostics";

import type { Operated } from "./operated.ts";

/** The state of a deployment's OpenClaw where this host has it; undefined in a volume of a container engine. */
export function stateFolder({ card, definitions }: Operated): string | undefined {
  if (card.manager !== "container") return card.state;
  // A cage of ours shows a folder of this host where a container has its volume.
  const gateway = definitions.find(({ name }) => name === "gateway");
  return gateway?.cage?.binds.findLast(({ target, writable }) => writable && target === card.state)
    ?.source;
}

/**
 * The same where it has to be a folder. A volume is the engine's: what is in it is read and written by its own programs,
 * and nothing has been stopped yet when this is said.
 *
 * @throws CodedError `OPERATE_VOLUME` with what to type instead
 */
export function stateOf(operated: Operated): string {
  const state = stateFolder(operated);
  if (state !== undefined) return state;
  const { card } = operated;
  const isPodman = card.profile === "podman";
  const volume = isPodman ? `claw-${card.name}-gateway` : `claw-${card.name}_gateway`;
  const image = `${isPodman ? "localhost/" : ""}claw-${card.name}/gateway:${card.openclaw}`;
  const tar = `${isPodman ? "podman" : "docker"} run --rm -i --network none --entrypoint /bin/tar -v ${volume}:/state`;
  throw new CodedError({
    code: "OPERATE_VOLUME",
    message: `expected a state folder on this host, got the volume ${volume} of ${card.profile}'s containers`,
    hint: `claw stop ${card.name} && ${tar}:ro ${image} -C /state -cf - . > ${card.name}.tar; back: ${tar} ${image} -C /state -xf - < ${card.name}.tar; then: claw start ${card.name}`,
  });
}
