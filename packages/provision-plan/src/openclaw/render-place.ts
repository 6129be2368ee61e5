import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** What only the host knows and paths need. */
export interface RenderPlace {
  /** Home of the user who runs a notebook or a user unit: absolute, without a slash at its end. */
  readonly home: string;
  /** Uid of the skills service, which its clients check before they send anything. */
  readonly skillsUid: number;
  /** The program that connects to it. */
  readonly skillProgram: string;
  /** `CLAWKEEP_HOME` of whoever runs a notebook. Default: where it is without that variable on Linux. */
  readonly clawkeepHome?: string;
  /** Who runs a notebook or a user unit. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A folder of a profile, with the deployment's name and the user's home in it. */
export function folderOf(template: string, spec: DeploymentSpec, place: RenderPlace): string {
  return template.replace(/^~(?=\/)/u, place.home).replaceAll("NAME", spec.name);
}
