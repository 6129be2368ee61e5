import { compareWithClawhub } from "./real-files.ts";

/**
 * What we pack against the real CLI of the registry: on folders made by chance its own functions list the same
 * files, compute the same fingerprint of them, and read the same fingerprint out of our bundle.
 */
const folders = 600;
const wrong = await compareWithClawhub(folders);
for (const line of wrong) process.stdout.write(`DISAGREES ${line}\n`);
process.stdout.write(`${folders} folders, ${wrong.length} disagreements with npm clawhub 0.23.3\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
