import type { Command } from "commander";

import type { DoctorOptions } from "../commands/doctor.ts";

/** The command that names what is wrong with a deployment. */
export function addDoctorCommand(program: Command, done: (code: number) => void): void {
  program
    .command("doctor")
    .description(
      "name what is wrong with a deployment: symptom, cause, evidence, and the command to type",
    )
    .option("--folder <folder>", "where the deployment's files lie", "rendered")
    .option(
      "--root <folder>",
      "examine the host whose `/` is this folder, and ask nothing that runs",
    )
    .option("--log <file>", "a log of the gateway (default: that of `claw apply --start`)")
    .option("--files", "read the deployment's files only: nothing of this machine, and ask nothing")
    .option("--ask-model", "let the loaded model call a tool once; loading it can take minutes")
    .option(
      "--fix",
      "make the changes that are safe: modes, stale locks and sockets, missing folders",
    )
    .option("--list", "print every check instead of examining")
    .option("--json", "print one JSON object")
    .addHelpText("after", doctorExamples)
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import("../commands/doctor.ts");
      done(await doctor(options));
    });
}

const doctorExamples = `
Examples:
  claw doctor
  claw doctor --folder rendered --fix
  claw doctor --json --files
  docker compose logs gateway > gateway.log; claw doctor --log gateway.log

A check that cannot look here is "not checked", with the reason, and never passed. No value of a secret is printed: they are
compared by digest. With --fix, what was changed is said, and the deployment is examined again.
Exit codes: 0 nothing found, 1 something found, 2 usage or failure.
`;
