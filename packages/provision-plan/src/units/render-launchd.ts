import type { Artifact } from "../artifacts/artifact.ts";
import { plistText } from "../formats/plist-text.ts";
import type { PlistValue } from "../formats/plist-text.ts";
import { ollamaEnvironment } from "../ollama/environment.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/**
 * Ollama native on macOS: an agent of launchd that serves, and one that sets the same variables for the desktop app,
 * as `launchctl setenv` in a terminal would until the next login.
 */
export function renderLaunchd(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  const variables = ollamaEnvironment(spec);
  const serve = `net.clawkeep.${spec.name}.ollama`;
  const setenv = `net.clawkeep.${spec.name}.ollama-environment`;
  return [
    agent(serve, place, {
      Label: serve,
      ProgramArguments: ["/opt/homebrew/bin/ollama", "serve"],
      EnvironmentVariables: variables,
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ProcessType: "Interactive",
      Umask: 0o077,
      StandardOutPath: `${place.home}/Library/Logs/${serve}.log`,
      StandardErrorPath: `${place.home}/Library/Logs/${serve}.log`,
    }),
    agent(setenv, place, {
      Label: setenv,
      ProgramArguments: ["/bin/launchctl", "setenv", ...Object.entries(variables).flat()],
      RunAtLoad: true,
    }),
  ];
}

function agent(label: string, place: RenderPlace, value: PlistValue): Artifact {
  return {
    path: `launchd/${label}.plist`,
    kind: "launchd-plist",
    mode: 0o644,
    text: plistText(value),
    install: `${place.home}/Library/LaunchAgents/${label}.plist`,
  };
}
