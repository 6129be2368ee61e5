import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

import { CodedError } from "@clawkeep/diagnostics";

/**
 * Where Clawkeep keeps its state (logs, keys, sockets): `$CLAWKEEP_HOME`, else the platform's state
 * folder: `~/Library/Application Support/clawkeep` on macOS, `$XDG_STATE_HOME/clawkeep` or
 * `~/.local/state/clawkeep` elsewhere (XDG Base Directory Specification 0.8, which also says that a
 * relative `$XDG_STATE_HOME` is to be ignored). Nothing is made or checked.
 *
 * @param env The environment of the process.
 * @throws CodedError `STATE_HOME_RELATIVE` when `$CLAWKEEP_HOME` depends on the working directory
 */
export function stateHome(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const own = env["CLAWKEEP_HOME"] ?? "";
  if (own !== "") {
    if (!isAbsolute(own)) {
      throw new CodedError({
        code: "STATE_HOME_RELATIVE",
        message: `expected an absolute path in CLAWKEEP_HOME, got ${JSON.stringify(own)}`,
        hint: "Otherwise each working directory would have a log and a key of its own.",
      });
    }
    return own;
  }
  const home = absolute(env["HOME"]) ?? userInfo().homedir;
  if (platform === "darwin") {
    return join(home, "Library", "Application Support", "clawkeep");
  }
  return join(absolute(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state"), "clawkeep");
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
