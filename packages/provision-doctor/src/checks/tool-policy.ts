import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, entriesOf, lineOfKey, textsOf } from "../scene/config-file.ts";
import { renderAgain } from "./commands.ts";

/** 4.1: settings are ignored, with a warning at run time only. */
export const toolsNotWidened: Check = {
  id: "tools-not-widened",
  symptom: "settings of a tool are ignored; skills are not offered to the model",
  cause:
    "the profile `minimal` is widened by `alsoAllow` only: tools.exec, tools.fs and mcp.servers do not",
  fix: "name the tool in tools.alsoAllow: exec, and bundle-mcp for servers of MCP",
  reads: "files",
  look: (scene) => {
    const { config } = scene;
    if (config === undefined) return { doesNotApply: "no openclaw.json" };
    const tools = at(config.config, "tools");
    if (at(tools, "profile") !== "minimal") return { doesNotApply: "the profile is not minimal" };
    const allowed = [...textsOf(at(tools, "alsoAllow")), ...textsOf(at(tools, "allow"))];
    const mode = at(tools, "exec", "mode");
    const wanted = [
      ...(mode !== undefined && mode !== "deny"
        ? [["exec", `tools.exec.mode is ${JSON.stringify(mode)}`]]
        : []),
      ...(entriesOf(at(config.config, "mcp", "servers")).length > 0
        ? [["bundle-mcp", "mcp.servers names a server"]]
        : []),
    ];
    return found(
      wanted
        .filter(([name = ""]) => !allowed.includes(name))
        .map(([name = "", why = ""]): Fault => ({
          evidence: [
            {
              file: config.file,
              line: lineOfKey(config, "tools", "alsoAllow"),
              value: `${why}, and alsoAllow has no ${name}`,
            },
          ],
          fix: renderAgain(scene, `add ${JSON.stringify(name)} to tools.alsoAllow`),
        })),
    );
  },
};
