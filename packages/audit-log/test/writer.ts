/**
 * A child that opens a log and records executions.
 *
 * `writer.ts FOLDER RUNS [STEP [SEGMENT-RECORDS [REMOVE-BEFORE|rotate]]]`: at the STEP-th step that changes the
 * disk (from 1) it kills itself; a step that writes is cut off in the middle first when STEP ends in `t`,
 * for torn. It prints the id of each execution when its start is on the disk, and `end ID` likewise; then
 * it removes segments or rotates the key, if it is told to, and prints `steps` with their number and `names` with their names.
 */
import { openSync, writeSync } from "node:fs";

import type { FaultHook } from "@clawkeep/durable-files";

import { openAuditLog } from "../src/open-audit-log.ts";
import { sampleEnd, sampleStart } from "./sample-records.ts";

const [folder = "", runs = "1", killAt = "0", records = "1000000", before] = process.argv.slice(2);
const names: string[] = [];

const faults: FaultHook = (name, { path, bytes, offset }) => {
  names.push(name);
  if (names.length !== Number.parseInt(killAt, 10)) {
    return;
  }
  if (killAt.endsWith("t") && name.endsWith(":write") && bytes !== undefined) {
    writeSync(openSync(path, "r+"), bytes, 0, Math.floor(bytes.length / 2), offset);
  }
  process.kill(process.pid, "SIGKILL");
};

const log = await openAuditLog({ folder, faults, segmentRecords: Number(records) });
for (let run = 0; run < Number(runs); run += 1) {
  const { id } = await log.start(sampleStart);
  writeSync(1, `start ${id}\n`);
  await log.end(sampleEnd(id));
  writeSync(1, `end ${id}\n`);
}
if (before === "rotate") {
  await log.rotateKey();
} else if (before !== undefined) {
  await log.removeSegments(Number(before));
}
await log.close();
writeSync(1, `steps ${names.length}\nnames ${names.join(" ")}\n`);
