import { fileURLToPath } from "node:url";

/** Absolute path of the folder that holds the packaged model's files. */
export function modelFolder(): string {
  return fileURLToPath(new URL("../files", import.meta.url));
}
