import type { Runtime } from "../open-runtime.ts";
import type { MetricsFile } from "./metrics-file.ts";
import { runSample } from "./run-sample.ts";

/**
 * A runtime that adds each of its requests to a metrics file. A result is never lost for a metric:
 * what goes wrong with the file after the run is told to `onProblem`.
 */
export function measuredRuntime(
  runtime: Runtime,
  metrics: MetricsFile,
  onProblem: (error: unknown) => void,
): Runtime {
  const adding = new Set<Promise<void>>();
  const add = (result: Parameters<typeof runSample>[0]): Promise<void> => {
    const added = metrics.add([runSample(result)]).catch(onProblem);
    adding.add(added);
    return added.finally(() => adding.delete(added));
  };
  const close = async (): Promise<void> => {
    await runtime.close();
    await Promise.all(adding);
  };
  return {
    invoke: async (request) => {
      try {
        const result = await runtime.invoke(request);
        await add(result);
        return result;
      } catch (error) {
        await add(undefined);
        throw error;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
