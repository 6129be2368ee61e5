import { describe, expect, test } from "vitest";

import type { ServicePort } from "./service-port.ts";

/** A service of one kind on a place of its own, and what there is to see of it. */
export interface ServicePlace extends AsyncDisposable {
  readonly service: ServicePort;
  /** Writes what the service is started from; `broken` does not come up. */
  readonly write: (version: "one" | "two" | "broken") => void;
  /** Takes that away again. */
  readonly remove: () => void;
  /** Asks the machine, not the port: the version that runs. */
  readonly running: () => Promise<string | undefined>;
}

/**
 * What every kind of service has to do, so that apply and rollback need not know which one it is.
 *
 * @param kind Its name, as tests print it.
 */
export function servicePortCases(
  kind: string,
  make: () => Promise<ServicePlace>,
  { failsAtStart = true }: { readonly failsAtStart?: boolean } = {},
): void {
  describe(`a service kept by ${kind}`, () => {
    test("does not run before it is started, and stopping it is nothing", async () => {
      await using place = await make();
      expect(await place.service.isRunning()).toBe(false);
      await place.service.stop();
      place.write("one");
      expect(await place.service.isRunning()).toBe(false);
      await place.service.stop();
      expect([await place.service.isRunning(), await place.running()]).toEqual([false, undefined]);
    }, 60_000);

    test("runs when it was started, and is gone when it was stopped, twice or once", async () => {
      await using place = await make();
      place.write("one");
      await place.service.start();
      expect([await place.service.isRunning(), await place.running()]).toEqual([true, "one"]);
      await place.service.stop();
      expect([await place.service.isRunning(), await place.running()]).toEqual([false, undefined]);
      await place.service.stop();
    }, 60_000);

    test("starts from what lies there now, and from what lay there before when that is put back", async () => {
      await using place = await make();
      for (const version of ["one", "two", "one"] as const) {
        place.write(version);
        await place.service.start();
        expect(await place.running()).toBe(version);
        await place.service.stop();
      }
    }, 60_000);

    test("can be stopped after what it was started from is gone", async () => {
      await using place = await make();
      place.write("one");
      await place.service.start();
      place.remove();
      await place.service.stop();
      expect(await place.running()).toBeUndefined();
    }, 60_000);

    test.runIf(failsAtStart)(
      "says why it does not start, and can be started afterwards",
      async () => {
        await using place = await make();
        place.write("broken");
        await expect(place.service.start()).rejects.toMatchObject({ code: "SERVICE_FAILED" });
        await place.service.stop();
        place.write("two");
        await place.service.start();
        expect(await place.running()).toBe("two");
      },
      60_000,
    );
  });
}
