import { fillIn, isDraft, madeAt, objectAt, take } from "./draft.ts";
import type { Rule } from "./draft.ts";

const modes: ReadonlySet<string> = new Set(["auto", "lan", "loopback", "custom", "tailnet"]);

/** `bind: "127.0.0.1:18789"` was an address; it is a mode, and the port has a key of its own. */
const bind: Rule = (draft, note) => {
  const gateway = objectAt(draft, "gateway");
  const written = gateway?.["bind"];
  if (gateway === undefined || typeof written !== "string" || modes.has(written)) return;
  const { host, port } = splitAddress(written);
  const mode = modeOf(host);
  gateway["bind"] = mode;
  if (mode === "custom") gateway["customBindHost"] = host;
  if (port !== undefined && gateway["port"] === undefined) gateway["port"] = port;
  note(
    "gateway.bind",
    "replaced",
    `an address is not a bind mode: now ${JSON.stringify(mode)}${port === undefined ? "" : ` and port ${port}`}`,
  );
};

function splitAddress(written: string): { readonly host: string; readonly port?: number } {
  const found = /^(?<host>\[[^\]]*\]|[^:]*):(?<port>[0-9]{1,5})$/u.exec(written);
  const host = found?.groups?.["host"] ?? written;
  const port = Number(found?.groups?.["port"]);
  return {
    host: host.replace(/^\[|\]$/gu, ""),
    ...(port >= 1 && port <= 65_535 ? { port } : {}),
  };
}

function modeOf(host: string): string {
  if (host === "localhost" || host === "::1" || host.startsWith("127.")) return "loopback";
  if (host === "" || host === "0.0.0.0" || host === "::" || host === "*") return "lan";
  // 100.64.0.0/10 is what Tailscale gives out.
  const second = Number(/^100\.([0-9]{1,3})\./u.exec(host)?.[1]);
  return second >= 64 && second <= 127 ? "tailnet" : "custom";
}

/** `auth: "none"` is now `auth: {mode: "none"}`. */
const auth: Rule = (draft, note) => {
  const gateway = objectAt(draft, "gateway");
  const written = gateway?.["auth"];
  if (gateway === undefined || typeof written !== "string") return;
  gateway["auth"] = { mode: written };
  note("gateway.auth", "replaced", `now an object with mode ${JSON.stringify(written)}`);
};

/** `control: {ui, deviceAuth}` is now `controlUi`; pairing of devices is never switched off by us. */
const control: Rule = (draft, note) => {
  const gateway = objectAt(draft, "gateway");
  const written = gateway === undefined ? undefined : take(gateway, "control");
  if (gateway === undefined || !isDraft(written)) return;
  const ui = written["ui"];
  if (typeof ui === "boolean") fillIn(madeAt(gateway, "controlUi"), { enabled: ui });
  note(
    "gateway.control",
    "moved",
    `now gateway.controlUi${"deviceAuth" in written ? "; deviceAuth is left out: devices are paired" : ""}`,
  );
};

const insecureAuth: Rule = (draft, note) => {
  const controlUi = objectAt(draft, "gateway", "controlUi");
  if (controlUi === undefined || take(controlUi, "allowInsecureAuth") === undefined) return;
  note("gateway.controlUi.allowInsecureAuth", "removed", "the key is gone; it is never allowed");
};

/** A `tailscale` beside `gateway` moves into it. `serve` needs a gateway that listens on loopback. */
const tailscale: Rule = (draft, note) => {
  const written = take(draft, "tailscale");
  if (written === undefined) return;
  const mode = isDraft(written) ? written["mode"] : written;
  const serves = mode === "on" || mode === true || mode === "serve" || mode === "funnel";
  const gateway = madeAt(draft, "gateway");
  fillIn(madeAt(gateway, "tailscale"), { mode: serves ? "serve" : "off" });
  note(
    "tailscale",
    "moved",
    `now gateway.tailscale, mode ${serves ? "serve (tailnet only)" : "off"}; resetOnExit is gone`,
  );
  if (serves && gateway["bind"] !== "loopback" && gateway["bind"] !== undefined) {
    note("gateway.bind", "replaced", 'now "loopback": tailscale serve brings the tailnet to it');
    gateway["bind"] = "loopback";
  }
};

/** What was said of the gateway under other names, or in other shapes. */
export const gatewayRules: readonly Rule[] = [bind, auth, control, insecureAuth, tailscale];
