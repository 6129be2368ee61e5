/** A child that replaces, appends or locks, and kills itself at the step it is told. */
import { openAppendLog } from "../src/append-log.ts";
import type { FaultHook } from "../src/fault-hook.ts";
import { lockFile } from "../src/lock-file.ts";
import { replaceFile } from "../src/replace-file.ts";

const [action = "", path = "", step = ""] = process.argv.slice(2);

const faults: FaultHook = (name) => {
  if (name === step) {
    process.kill(process.pid, "SIGKILL");
  }
};

if (action === "replace") {
  await replaceFile(path, "new ".repeat(1000), { faults });
} else if (action === "append") {
  const log = await openAppendLog(path, { faults });
  await log.append(Buffer.from("new\n"));
} else if (action === "count") {
  // Read, add one, write: lost updates show when two are inside at once.
  for (let round = 0; round < 25; round += 1) {
    using _lock = await lockFile(`${path}.lock`);
    const log = await openAppendLog(path);
    const text = Buffer.from(await log.read(0, 20)).toString();
    await log.close();
    await replaceFile(path, String(Number(text) + 1));
  }
} else {
  await lockFile(path);
  process.stdout.write("locked\n");
  process.stdin.resume();
}
