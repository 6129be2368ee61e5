import { pathProblem } from "./argument-value.ts";

/** Why a text does not name a file that can be part of a skill, or `undefined`. */
export function relativeFileProblem(path: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  if (/[\u0000-\u001f\u007f-\u009f\\]|\p{Surrogate}/u.test(path)) {
    return "expected a file name without control characters or backslashes";
  }
  if (path === ".") return "expected a file, got the folder itself";
  if (path.split("/").some((part) => part.startsWith(".") && part !== "." && part !== "..")) {
    return "expected a file of the skill, got one whose path has a part that starts with a dot";
  }
  return pathProblem(path);
}
