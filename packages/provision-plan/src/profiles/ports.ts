import type { Profile } from "./profile.ts";

/** Every port of a deployment that is not the gateway's own, in one place. */
export const ports: {
  readonly gateway: number;
  /** Browser control of OpenClaw, on loopback: the gateway's port and two. */
  readonly browserOffset: number;
  readonly ollama: number;
  /** The proxy in front of Ollama that lets five paths through; beside Ollama on a host, alone in a container. */
  readonly gateBesideOllama: number;
  readonly egressProxy: number;
  /** Open WebUI's page, published on loopback. */
  readonly openWebui: number;
} = {
  gateway: 18_789,
  browserOffset: 2,
  ollama: 11_434,
  gateBesideOllama: 11_435,
  egressProxy: 3128,
  openWebui: 3000,
};

/** Between the same ports of two deployments of one host. */
const step = 10;

/** The ports of one deployment on its host. In containers only the gateway's and Open WebUI's are the host's, and a notebook asks the Ollama of its person. */
export function portsOf(spec: {
  readonly instance: number;
  readonly profile: Pick<Profile, "gateway">;
}): Omit<typeof ports, "browserOffset"> {
  const away = spec.instance * step;
  const { gateway } = spec.profile;
  const onHost = gateway === "system-unit" || gateway === "user-unit";
  return {
    gateway: ports.gateway + away,
    ollama: ports.ollama + (onHost ? away : 0),
    gateBesideOllama: ports.gateBesideOllama + (onHost ? away : 0),
    egressProxy: ports.egressProxy + (onHost ? away : 0),
    openWebui: ports.openWebui + away,
  };
}
