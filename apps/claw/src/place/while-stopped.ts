import { managedServices } from "./managed-services.ts";
import type { Operated } from "./operated.ts";

/** Nothing of the deployment runs meanwhile; what ran is started again, also when the work failed. */
export async function whileStopped<T>(operated: Operated, work: () => Promise<T>): Promise<T> {
  const services = await managedServices(operated);
  const ran: string[] = [];
  for (const service of services.toReversed()) {
    if (!(await service.isRunning())) continue;
    ran.push(service.name);
    await service.stop();
  }
  try {
    return await work();
  } finally {
    for (const service of services) if (ran.includes(service.name)) await service.start();
  }
}
