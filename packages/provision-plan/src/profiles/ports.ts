/** Every port of a deployment that is not the gateway's own, in one place. */
export const ports: {
  readonly gateway: number;
  /** Browser control of OpenClaw, on loopback: the gateway's port and two. */
  readonly browserOffset: number;
  readonly ollama: number;
  /** The proxy in front of Ollama that lets five paths through; beside Ollama on a host, alone in a container. */
  readonly gateBesideOllama: number;
  readonly egressProxy: number;
} = {
  gateway: 18_789,
  browserOffset: 2,
  ollama: 11_434,
  gateBesideOllama: 11_435,
  egressProxy: 3128,
};
