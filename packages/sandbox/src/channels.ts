import type { Duplex } from "node:stream";

import type { ExecutionPolicy } from "./policy.ts";

/** One end of a connected stream that the program is born with; the other end is the caller's. */
export interface Channel {
  /** Environment variable that tells the program the number of its descriptor. */
  readonly variable: string;
  /** Called with the caller's end as soon as the program has been started. */
  readonly attach: (stream: Duplex) => void;
}

/** Number of the first channel: above whatever a level itself hands down. */
export const firstChannel = 100;

/** The policy of a program with channels: its environment names their descriptors. */
export function withChannels(
  policy: ExecutionPolicy,
  channels: readonly Channel[],
): ExecutionPolicy {
  if (channels.length === 0) {
    return policy;
  }
  const variables = channels.map(({ variable }, index): [string, string] => [
    variable,
    String(firstChannel + index),
  ]);
  return {
    ...policy,
    environment: { ...policy.environment, ...Object.fromEntries(variables) },
    keptDescriptors: channels.map((_, index) => firstChannel + index),
  };
}
