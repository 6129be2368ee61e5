/** A child that adds to a metrics file: `add-metrics.ts FILE TIMES`. */
import { openMetricsFile } from "../src/metrics/metrics-file.ts";

const [file = "", times = "1"] = process.argv.slice(2);
const metrics = await openMetricsFile(file);
for (let time = 0; time < Number(times); time += 1) {
  await metrics.add([
    {
      skill: "probe",
      action: "echo",
      kind: "run",
      hasFailed: true,
      hasTimedOut: false,
      durationSeconds: 0.25,
      queueSeconds: 0,
      outputBytes: 7,
    },
  ]);
}
