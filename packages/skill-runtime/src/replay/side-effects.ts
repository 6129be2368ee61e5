import type { Action } from "@clawkeep/skill-format";

/**
 * What doing an action again would do beside giving an output, in words; none for an action that only
 * reads. A root that may be written counts although a replay gets a copy: what is in it says what the
 * program is for.
 */
export function sideEffects(action: Action): readonly string[] {
  const written = Object.entries(action.roots).filter(([, { access }]) => access === "write");
  const secrets = Object.keys(action.secrets);
  return [
    ...(action.effects === "writes" ? ["the contract says that it writes"] : []),
    ...written.map(([name]) => `it writes into the root ${name}`),
    ...action.services.map((name) => `it talks to the service ${name}`),
    ...secrets.map((name) => `it is given the secret ${name}`),
    ...(action.network === "none" ? [] : ["it uses the network"]),
  ];
}
