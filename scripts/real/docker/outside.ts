import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { must } from "./world.ts";

/** Addresses beyond the host: one of the internet, and the one where clouds keep metadata. */
export const outsideAddress = "93.184.215.14";
export const metadataAddress = "169.254.169.254";

/** A world beyond the host, in a network namespace of its own: whoever gets there is written down. */
export interface Outside extends AsyncDisposable {
  /** The process in it. */
  readonly pid: number;
  /** What came in since the last call: protocol, address and port of each. */
  heard(): readonly string[];
}

/** Routes of the stage's host lead there, and nowhere else. */
export async function startOutside(): Promise<Outside> {
  const script = path.join(import.meta.dirname, "outside-listener.ts");
  const child = spawn("unshare", ["--net", process.execPath, script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let heard: string[] = [];
  let text = "";
  const ready = new Promise<void>((resolve, reject) => {
    child.on("exit", () => reject(new Error("the world outside ended")));
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "ready") resolve();
        else if (line !== "waiting") heard.push(line);
      }
    });
  });
  await once(child.stdout, "data");
  must("ip", ["link", "add", "out0", "type", "veth", "peer", "name", "out1"]);
  must("ip", ["link", "set", "out1", "netns", String(child.pid)]);
  must("ip", ["address", "add", "192.0.2.1/24", "dev", "out0"]);
  must("ip", ["-6", "address", "add", "2001:db8::1/64", "dev", "out0", "nodad"]);
  must("ip", ["link", "set", "out0", "up"]);
  must("ip", ["route", "add", "default", "via", "192.0.2.2"]);
  must("ip", ["-6", "route", "add", "default", "via", "2001:db8::2"]);
  child.stdin.write("go\n");
  await ready;
  // A neighbour who knows where containers are, and routes there by way of the host.
  must("nsenter", [
    ...["--net", "--target", String(child.pid)],
    ...["ip", "route", "add", "172.16.0.0/12", "via", "192.0.2.1"],
  ]);
  return {
    pid: child.pid ?? 0,
    heard: () => {
      const since = heard;
      heard = [];
      return since;
    },
    [Symbol.asyncDispose]: async () => {
      child.removeAllListeners("exit");
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
