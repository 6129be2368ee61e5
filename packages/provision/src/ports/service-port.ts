/** A service of a deployment, by whatever manages it: systemd, compose, or a process of our own. */
export interface ServicePort {
  readonly name: string;
  isRunning(): Promise<boolean>;
  /** Returns when it was started, which says nothing about its health. */
  start(): Promise<void>;
  /** Returns when it is gone; nothing is done when it does not run. */
  stop(): Promise<void>;
}

/** Asks whether what was applied works. */
export interface HealthGate {
  readonly name: string;
  /** Waits as long as it finds right. @returns why not, or `undefined` when it is well */
  check(): Promise<string | undefined>;
}
