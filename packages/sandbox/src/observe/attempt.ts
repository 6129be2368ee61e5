/** What an observed program tried. `left-behind` is a process that was still there when it ended. */
export type AttemptKind = "write" | "network" | "process" | "left-behind";

/** How a run was observed. Both see the call in the kernel, also when the program hides the error. */
export type ObservationMechanism = "seccomp" | "strace";

/** One thing that an observed program tried, as the kernel saw it. */
export interface Attempt {
  readonly kind: AttemptKind;
  /** Name of the system call, such as `openat`; `exit` for a process that was left behind. */
  readonly call: string;
  /** Absolute path as seen inside, links resolved as far as it exists. Absent when it cannot be read. */
  readonly path?: string;
  /** For the network: `host:port`, `unix:PATH`, or only the family such as `AF_INET` where no address was given yet. */
  readonly address?: string;
  /**
   * Whether the policy permits it: a write in a write root, in the private `/tmp` or to a device that
   * keeps nothing; a program of a root or a system folder. The network and a process left behind never are.
   * It says nothing of what happened: at level `none` a call that is not allowed succeeds.
   */
  readonly allowed: boolean;
  /** Absolute path of the program that made the call, as seen inside. */
  readonly program?: string;
  /** How often the same was tried. */
  readonly times: number;
}
