import { DatabaseSync } from "node:sqlite";

import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, textsOf } from "../scene/config-file.ts";
import type { Listener } from "../network/listeners.ts";
import type { Live } from "../network/live.ts";
import type { Scene } from "../scene/scene.ts";
import { hostAt } from "../scene/host.ts";
import { markOwner } from "@clawkeep/durable-files";
import { askable, ollamaUrl } from "./ollama-address.ts";
import { storeOf } from "./left-overs.ts";
import { word } from "./commands.ts";

/** What listens on the gateway's port, and what it says of itself. */
interface Gateway {
  readonly live: Live;
  readonly state: "absent" | "ours" | "other" | "silent";
  readonly listener: Listener | undefined;
}

/** Undefined where nothing is to be asked. */
export async function gatewayOf({ live, port }: Scene): Promise<Gateway | undefined> {
  if (live === undefined) return undefined;
  const table = live.listeners();
  const listener = table?.find((one) => one.port === port);
  if (table !== undefined && listener === undefined) return { live, state: "absent", listener };
  const answer = await live.ask(`http://127.0.0.1:${port}/healthz`);
  if (answer.status === 0 && answer.error === "ECONNREFUSED")
    return { live, state: "absent", listener };
  if (answer.status === 0 && answer.error === "TimeoutError")
    return { live, state: "silent", listener };
  const isOurs = answer.status === 200 && at(answer.json, "status") === "live";
  return { live, state: isOurs ? "ours" : "other", listener };
}

const notRunning = (port: number): { readonly notChecked: string } => ({
  notChecked: `the gateway does not run: nothing listens on port ${port}`,
});

/** S14: port conflict on 18789. */
export const portTaken: Check = {
  id: "port-taken",
  symptom: "the gateway does not start, or the browser shows somebody else's page",
  cause: "another program listens on the gateway's port",
  fix: "sudo ss -ltnp 'sport = :PORT', then end that program or change gateway.port of the spec",
  reads: "live",
  look: async (scene) => {
    const gateway = await gatewayOf(scene);
    if (gateway === undefined || gateway.state === "absent") return notRunning(scene.port);
    if (gateway.state !== "other") return found([]);
    const { pid, program = "", address = "" } = gateway.listener ?? {};
    const value =
      `${address} ${pid === undefined ? "held by another user" : `held by process ${pid} (${program})`}`.trim();
    return found([
      {
        evidence: [{ port: scene.port, value }],
        fix: `sudo ss -ltnp 'sport = :${scene.port}'  # end that program, or set gateway.port in deploy.yaml and claw apply`,
      },
    ]);
  },
};

/** It listens and says nothing. */
export const gatewayHangs: Check = {
  id: "gateway-hangs",
  symptom: "the page loads for ever",
  cause: "the gateway accepts connections and does not answer /healthz within five seconds",
  fix: "claw restart NAME  # what it was doing: claw logs NAME",
  reads: "live",
  look: async (scene) => {
    const gateway = await gatewayOf(scene);
    if (gateway === undefined || gateway.state === "absent") return notRunning(scene.port);
    if (gateway.state !== "silent") return found([]);
    return found([
      {
        evidence: [{ port: scene.port, value: "no answer in five seconds" }],
        fix: `claw restart ${word(scene.name || "NAME")}`,
      },
    ]);
  },
};

/** A supervisor that runs, and no gateway. */
export const gatewayDown: Check = {
  id: "gateway-not-listening",
  symptom: "`claw apply --start` said that it started, and nothing answers",
  cause: "our supervisor runs and the gateway does not listen: it starts, or ends again and again",
  fix: "tail -n 50 the log of the supervisor",
  reads: "live",
  look: async (scene) => {
    const store = storeOf(scene);
    const mark =
      store === undefined ? undefined : hostAt("").read(`${store}/run/gateway.supervisor`).text;
    if (mark === undefined || markOwner(mark.trim()) !== "alive")
      return { notChecked: "no supervisor of ours runs" };
    const gateway = await gatewayOf(scene);
    if (gateway?.state !== "absent") return found([]);
    const evidence = [
      { port: scene.port, value: "nothing listens" },
      { file: `${store ?? ""}/run/gateway.supervisor`, value: "runs" },
    ];
    return found([{ evidence, fix: `tail -n 50 ${word(`${store ?? ""}/run/gateway.log`)}` }]);
  },
};

/** `/readyz` names what fails. */
export const gatewayUnready: Check = {
  id: "gateway-not-ready",
  symptom: "the gateway answers, and agents do not",
  cause: "/readyz says that a part of it is not ready",
  fix: "claw logs NAME  # and look for the part that is named",
  reads: "live",
  look: async (scene) => {
    const gateway = await gatewayOf(scene);
    if (gateway?.state !== "ours") return notRunning(scene.port);
    const answer = await gateway.live.ask(`http://127.0.0.1:${scene.port}/readyz`);
    const { json } = answer;
    if (at(json, "ready") !== false) return found([]);
    const failing = textsOf(at(json, "failing")).filter((one) => /^[\w.:/-]{1,60}$/u.test(one));
    const evidence = [{ port: scene.port, value: `failing: ${failing.join(", ") || "not said"}` }];
    return found([{ evidence, fix: `claw logs ${word(scene.name || "NAME")}` }]);
  },
};

/** 4.2: asked as a browser asks. */
export const originRefused: Check = {
  id: "origin-refused",
  symptom: "`origin not allowed` in the browser on this very machine",
  cause:
    "the running gateway refuses the origin that its own address has: its configuration is another",
  fix: "claw fix-origins --name NAME  # which restarts the gateway",
  reads: "live",
  look: async (scene) => {
    const gateway = await gatewayOf(scene);
    if (gateway?.state !== "ours") return notRunning(scene.port);
    const ui = at(scene.config?.config, "gateway", "controlUi");
    if (at(ui, "enabled") === false) return { doesNotApply: "the Control UI is off" };
    const origins = [`http://127.0.0.1:${scene.port}`, ...textsOf(at(ui, "allowedOrigins"))];
    const faults: Fault[] = [];
    for (const origin of [...new Set(origins)].slice(0, 8)) {
      const answer = await gateway.live.origin(scene.port, origin);
      if (answer === "unknown") return { notChecked: "the gateway's WebSocket did not say" };
      if (answer === "refused") {
        faults.push({
          evidence: [{ port: scene.port, value: origin }],
          fix: `claw fix-origins --name ${word(scene.name || "NAME")}`,
        });
      }
    }
    return found(faults.slice(0, 1));
  },
};

/** 4.2, L26, T10: what the kernel says. */
export const listensEverywhere: Check = {
  id: "listening-on-all-interfaces",
  symptom: "neighbours in the network reach the gateway or Ollama",
  cause: "it listens on 0.0.0.0 or ::, and not on loopback",
  fix: "gateway.bind loopback; OLLAMA_HOST=127.0.0.1:11434",
  reads: "live",
  look: (scene) => {
    const table = scene.live?.listeners();
    if (table === undefined) return { notChecked: "there is no /proc/net/tcp" };
    const can = askable(scene);
    const ports = new Map<number, string>([
      [scene.port, "the gateway"],
      [scene.port + 2, "browser control"],
      ...("origin" in can ? [[Number(new URL(can.origin).port || 80), "Ollama"] as const] : []),
    ]);
    const there = table.filter(({ port }) => ports.has(port));
    if (there.length === 0) return { notChecked: "nothing of the deployment listens" };
    return found(
      there
        .filter(({ address }) => address === "0.0.0.0" || address === "::")
        .map(({ address, port, program }): Fault => ({
          evidence: [
            {
              port,
              value: `${ports.get(port) ?? ""} listens on ${address}${program === "" ? "" : ` (${program})`}`,
            },
          ],
          fix:
            ports.get(port) === "Ollama"
              ? "sudo systemctl edit ollama.service  # [Service] Environment=OLLAMA_HOST=127.0.0.1:11434, then restart it"
              : `claw apply deploy.yaml --folder ${word(scene.around.shown)} --overwrite-drift  # writes gateway.bind loopback`,
        })),
    );
  },
};

/** 4.2: the exact command, and never the switch that takes pairing away. */
export const pairingPending: Check = {
  id: "pairing-pending",
  symptom: "`disconnected (1008): pairing required`",
  cause: "a device asks to be paired and nobody has approved it",
  fix: "claw approve-device REQUEST-ID --name NAME",
  reads: "host",
  look: (scene) => {
    const { host, places } = scene;
    if (host === undefined || places.state === undefined)
      return { notChecked: "the gateway's state is in a volume" };
    const file = `${places.state}/state/openclaw.sqlite`;
    const about = host.about(file);
    if (about === undefined) return { notChecked: "the gateway has no state yet" };
    if (about.kind !== "file") return { notChecked: `${file} is no file` };
    const pending = readPending(`${host.root}${file}`);
    if (pending === undefined) return { notChecked: `${file} cannot be read` };
    return found(
      pending.map(({ id, name }): Fault => ({
        evidence: [{ file, value: `${name} asks, request ${id}` }],
        fix: `claw approve-device ${word(id)} --name ${word(scene.name || "NAME")}`,
      })),
    );
  },
};

function readPending(
  file: string,
): readonly { readonly id: string; readonly name: string }[] | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    try {
      const rows = database
        .prepare(
          "SELECT request_id, display_name, platform FROM device_pairing_pending ORDER BY ts LIMIT 20",
        )
        .all();
      return rows.map((row) => ({
        id: String(row["request_id"]),
        name: String(row["display_name"] ?? row["platform"] ?? "a device").slice(0, 60),
      }));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

/** For checks of Ollama: only while the gateway runs, as nobody asks it otherwise. */
export async function ollamaOrigin(
  scene: Scene,
): Promise<
  | { readonly origin: string; readonly live: Live }
  | { readonly notChecked: string }
  | { readonly doesNotApply: string }
> {
  if (ollamaUrl(scene.config) === undefined) return { doesNotApply: "no model of Ollama" };
  const can = askable(scene);
  if ("why" in can) return { notChecked: can.why };
  const gateway = await gatewayOf(scene);
  if (gateway === undefined) return { notChecked: "nothing is asked here" };
  return gateway.state === "ours"
    ? { origin: can.origin, live: gateway.live }
    : notRunning(scene.port);
}
