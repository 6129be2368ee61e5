import type { Artifact } from "../artifacts/artifact.ts";
import { oneLine } from "../formats/plain-text.ts";
import { servicesWithAccounts } from "../layout/services.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Users without a shell, one for each part, with fixed ids: the firewall names them by id. */
export function renderAccounts(spec: DeploymentSpec, place: RenderPlace): Artifact {
  const lines = servicesWithAccounts(spec, place).map(({ uid, role, state }) =>
    oneLine(`u claw${uid} ${uid} "${role} of ${spec.name}" ${state} -`, "sysusers.d"),
  );
  const name = `claw-${spec.name}.conf`;
  return {
    path: `sysusers/${name}`,
    kind: "sysusers",
    mode: 0o644,
    text: `${lines.join("\n")}\n`,
    install: `/etc/sysusers.d/${name}`,
  };
}

/** Swap is used late on a small server, and nothing forwards packets (T4). */
export function renderKernelSettings(spec: DeploymentSpec): Artifact {
  const name = `60-claw-${spec.name}.conf`;
  return {
    path: `sysctl/${name}`,
    kind: "sysctl",
    mode: 0o644,
    text: ["vm.swappiness = 60", "kernel.dmesg_restrict = 1", "kernel.kptr_restrict = 2", ""].join(
      "\n",
    ),
    install: `/etc/sysctl.d/${name}`,
  };
}
