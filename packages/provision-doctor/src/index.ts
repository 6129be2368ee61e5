export type { CheckAbout, Evidence, Repair } from "./check.ts";
export { allChecks } from "./checks/all-checks.ts";
export { examineDeployment } from "./examine.ts";
export type { CheckOutcome, Diagnosis, DoctorReport } from "./examine.ts";
export { thisMachine } from "./network/live.ts";
export { repair } from "./repair/repair.ts";
export type { Repaired } from "./repair/repair.ts";
export type { Surroundings } from "./scene/scene.ts";
