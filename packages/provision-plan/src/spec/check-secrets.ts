import type { DeploymentSpec, SecretPlace } from "./deployment-spec.ts";
import type { SpecProblem } from "./spec-problem.ts";
import type { WrittenSpec } from "./written-spec.ts";

/** Every secret of a spec with its path. */
export function secretsOf(
  spec: DeploymentSpec,
): readonly { readonly place: SecretPlace; readonly path: SpecProblem["path"] }[] {
  const named: readonly [SecretPlace | undefined, SpecProblem["path"]][] = [
    [spec.secrets.gatewayToken, ["secrets", "gatewayToken"]],
    [spec.secrets.openrouterKey, ["secrets", "openrouterKey"]],
    [spec.secrets.searchKey, ["secrets", "searchKey"]],
    ...Object.entries(spec.channels).map(
      ([name, { token }]): [SecretPlace | undefined, SpecProblem["path"]] => [
        token,
        ["channels", name, "token"],
      ],
    ),
  ];
  return named.flatMap(([place, path]) => (place === undefined ? [] : [{ place, path }]));
}

/** References that lead somewhere, and none by a way that others can read. */
export function checkSecrets(spec: DeploymentSpec, written: WrittenSpec): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  for (const { place, path } of secretsOf(spec)) {
    if (place.source === "env" && spec.profile.gateway !== "process") {
      problems.push({
        code: "DEPLOY_SECRET_IN_ENVIRONMENT",
        severity: "error",
        path,
        message: `expected a secret that no environment holds in profile ${spec.profile.name}, got env:${place.name}`,
        hint: "An environment is inherited by every command and shown by inspection. Write file:NAME (S12).",
      });
    }
    if (place.source === "exec" && !Object.hasOwn(spec.secrets.commands, place.command)) {
      problems.push({
        code: "DEPLOY_SECRET_COMMAND",
        severity: "error",
        path,
        message: `expected a command of secrets.commands, got ${place.command}`,
        hint: "Declare it there with its absolute path.",
      });
    }
  }
  for (const [name, channel] of Object.entries(written.channels ?? {})) {
    if (name === "whatsapp" || channel.token !== undefined) continue;
    problems.push({
      code: "DEPLOY_CHANNEL_TOKEN",
      severity: "error",
      path: ["channels", name],
      message: `expected a token for ${name}, got none`,
      hint: `Write token: file:${name}-token (G23).`,
    });
  }
  return problems;
}
