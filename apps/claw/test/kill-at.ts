import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import process from "node:process";

/*
 * For `node --import`, before the executable as it is built: every step that it tells to a fault hook, whoever gave one,
 * is counted, and the process kills itself before the one that CLAW_KILL_AT says by number or by name, such as `12` or
 * `apply:start gateway`. `survey` kills nothing and lists them. Without the variable, as in what `claw` starts, nothing
 * is done.
 */
const at = process.env["CLAW_KILL_AT"];
/** What a kill between these leaves is what one at `replace:create` or `replace:rename` leaves. */
const same: ReadonlySet<string> = new Set(["replace:write", "replace:sync", "replace:done"]);
let step = 0;

function clawStep(name: string, { path }: { readonly path: string }): void {
  if (same.has(name)) return;
  step += 1;
  if (at === "survey") writeSync(2, `step ${step}: ${name} ${path}\n`);
  if (at !== String(step) && at !== `${name} ${path}`) return;
  writeSync(2, `killed at ${step}: ${name} ${path}\n`);
  process.kill(process.pid, "SIGKILL");
}

if (at !== undefined) {
  Object.assign(globalThis, { clawStep });
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      const { source } = loaded;
      if (!/\/bundle-[^/]+\/[^/]+\.js$/u.test(url) || source === undefined || source === null) {
        return loaded;
      }
      const text = typeof source === "string" ? source : new TextDecoder().decode(source);
      return { ...loaded, source: text.replaceAll(/[\w.#]*\bfaults\?\.\(/gu, "clawStep(") };
    },
  });
}
