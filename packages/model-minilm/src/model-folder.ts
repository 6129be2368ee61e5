import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Absolute path of the folder that holds the packaged model's files: beside this module's folder, in source
 * and in the build alike; or, when this module was bundled into an application, in the package
 * `@clawkeep/model-minilm` as Node finds it from there. Whoever opens the files says what is missing.
 */
export function modelFolder(): string {
  const beside = fileURLToPath(new URL("../files", import.meta.url));
  if (existsSync(join(beside, "model.onnx"))) {
    return beside;
  }
  try {
    const description = createRequire(import.meta.url).resolve(
      "@clawkeep/model-minilm/package.json",
    );
    return join(dirname(description), "files");
  } catch {
    return beside;
  }
}
