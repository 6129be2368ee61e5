import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, lineOfKey, textsOf } from "../scene/config-file.ts";
import type { ConfigFile } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { word } from "./commands.ts";

interface Ui {
  readonly config: ConfigFile;
  readonly origins: readonly string[];
  readonly line: number;
  readonly isOn: boolean;
}

function uiOf({ config }: Scene): Ui | undefined {
  if (config === undefined) return undefined;
  const ui = at(config.config, "gateway", "controlUi");
  return {
    config,
    origins: textsOf(at(ui, "allowedOrigins")),
    line: lineOfKey(config, "gateway", "controlUi", "allowedOrigins"),
    isOn: at(ui, "enabled") !== false,
  };
}

/** What a browser's address bar shows for the gateway on its own host. */
function expectedOrigin(scene: Scene): string {
  return `http://127.0.0.1:${scene.port}`;
}

function fixOf(scene: Scene): string {
  return `claw import ${word(`${scene.around.shown}/${scene.config?.file ?? "openclaw.json"}`)} --out migrated.json  # then set gateway.controlUi.allowedOrigins to ["${expectedOrigin(scene)}", "http://localhost:${scene.port}"]`;
}

function isExact(origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).origin === origin;
}

/** 4.2: a restart loop of the gateway. */
export const originsMissing: Check = {
  id: "origins-missing",
  symptom:
    "`non-loopback Control UI requires gateway.controlUi.allowedOrigins`, and the gateway restarts for ever",
  cause: "the gateway listens beyond loopback, its Control UI is on, and no origin is allowed",
  fix: "list the exact origins, port included, in gateway.controlUi.allowedOrigins",
  reads: "files",
  look: (scene) => {
    const ui = uiOf(scene);
    if (ui === undefined) return { doesNotApply: "no openclaw.json" };
    const bind = at(ui.config.config, "gateway", "bind") ?? "loopback";
    if (!ui.isOn || bind === "loopback") return { doesNotApply: "no Control UI beyond loopback" };
    if (ui.origins.length > 0) return found([]);
    const value = `bind is ${JSON.stringify(bind)}, and allowedOrigins has none`;
    return found([
      { evidence: [{ file: ui.config.file, line: ui.line, value }], fix: fixOf(scene) },
    ]);
  },
};

/** 4.2, 1.5: wildcards, ranges of addresses, lists in one text. */
export const originsInexact: Check = {
  id: "origins-inexact",
  symptom: "`origin not allowed` with origins set, or every page of the web may use the gateway",
  cause:
    "an origin is scheme, host and port: a wildcard, a range of addresses, a path or several in one text is none",
  fix: "one exact origin an entry, such as http://127.0.0.1:18789",
  reads: "files",
  look: (scene) => {
    const ui = uiOf(scene);
    if (ui === undefined) return { doesNotApply: "no openclaw.json" };
    return found(
      ui.origins
        .filter((origin) => !isExact(origin))
        .map((origin): Fault => ({
          evidence: [{ file: ui.config.file, line: ui.line, value: origin.slice(0, 200) }],
          fix: fixOf(scene),
        })),
    );
  },
};

/** 4.1, 4.2: OpenClaw seeds origins with its own port, which is not the published one. */
export const originsWithoutPort: Check = {
  id: "origins-without-port",
  symptom: "`origin not allowed` although an origin of this host is listed",
  cause: "no listed origin has the port that is published on this host",
  fix: "add http://127.0.0.1:PORT and http://localhost:PORT with the published port",
  reads: "files",
  look: (scene) => {
    const ui = uiOf(scene);
    if (ui === undefined) return { doesNotApply: "no openclaw.json" };
    if (!ui.isOn || ui.origins.length === 0) return { doesNotApply: "no origin is listed" };
    const exact = ui.origins.filter(isExact);
    const local = exact.filter((origin) =>
      /^(?:127\.0\.0\.1|localhost)$/u.test(new URL(origin).hostname),
    );
    const named = exact.filter((origin) => !local.includes(origin));
    if (local.length === 0 && (named.length > 0 || exact.length === 0)) return found([]);
    if (local.some((origin) => portOf(origin) === scene.port)) return found([]);
    return found([
      {
        evidence: [
          { file: ui.config.file, line: ui.line, port: scene.port, value: local.join(", ") },
        ],
        fix: fixOf(scene),
      },
    ]);
  },
};

function portOf(origin: string): number {
  const { port, protocol } = new URL(origin);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** 1.5: who may say which address a browser has. */
export const trustedProxiesWide: Check = {
  id: "trusted-proxies-wide",
  symptom: "a neighbour in the network counts as the machine itself",
  cause: "gateway.trustedProxies names a range: everybody in it may say from where a request comes",
  fix: "name the one address of the proxy, or none",
  reads: "files",
  look: (scene) => {
    const { config } = scene;
    if (config === undefined) return { doesNotApply: "no openclaw.json" };
    const wide = textsOf(at(config.config, "gateway", "trustedProxies")).filter((one) => {
      const [address = "", bits = ""] = one.split("/");
      return bits !== "" && Number(bits) < (address.includes(":") ? 128 : 32);
    });
    const line = lineOfKey(config, "gateway", "trustedProxies");
    return found(
      wide.map((value): Fault => ({
        evidence: [{ file: config.file, line, value: value.slice(0, 100) }],
        fix: `claw import ${word(`${scene.around.shown}/${config.file}`)} --out migrated.json  # then set gateway.trustedProxies to []`,
      })),
    );
  },
};
