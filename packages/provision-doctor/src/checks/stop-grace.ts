import { found } from "../check.ts";
import type { Check } from "../check.ts";
import { keyOf, renderAgain, serviceEvidence } from "./commands.ts";

/** The gateway drains for up to 315 s, and needs some seconds more. */
const leastSeconds = 330;

/** 4.1: stop loses work. */
export const stopGrace: Check = {
  id: "stop-grace-too-short",
  symptom: "a stop loses work; the next start looks as if its state were corrupt",
  cause:
    "the gateway drains for up to 315 s; Docker kills after 10 s and systemd after 90 s unless told otherwise",
  fix: "stop_grace_period: 330s in compose, TimeoutStopSec=330 in a unit",
  reads: "files",
  look: (scene) => {
    const { gateway } = scene;
    if (gateway === undefined) return { doesNotApply: "no container or unit of a gateway" };
    const { stopSeconds } = gateway;
    if (stopSeconds !== undefined && stopSeconds >= leastSeconds) return found([]);
    const key = keyOf(gateway, {
      compose: "stop_grace_period",
      quadlet: "TimeoutStopSec",
      unit: "TimeoutStopSec",
    });
    const value = stopSeconds === undefined ? `${key} is not set` : `${key}: ${stopSeconds} s`;
    const fix = renderAgain(scene, `${key} of 330 s`);
    return found([{ evidence: [serviceEvidence(gateway, [key], value)], fix }]);
  },
};
