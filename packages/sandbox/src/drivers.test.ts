import { testableLevels } from "../test/attacker.ts";
import { driverCases } from "./driver.cases.ts";

for (const level of await testableLevels()) {
  driverCases(level);
}
