/** What is wrong with a path of a published file, or `undefined`. Paths are relative, with `/`. */
export function pathProblem(path: string): string | undefined {
  if (path === "" || path.length > 1024) return "expected a path of 1 to 1024 characters";
  if (!path.isWellFormed() || path.normalize("NFC") !== path) return "expected UTF-8 in form NFC";
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u.test(path)) {
    return "expected no control characters";
  }
  if (/[\\:]/u.test(path)) return "expected no backslash and no colon";
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "expected a path that stays inside, without empty parts";
  }
  if (path.split("/").some((part) => part.startsWith("."))) {
    return "expected no hidden names: the registry publishes none";
  }
  return undefined;
}

/** The form in which two names are one on file systems that fold case and form. */
export function foldedPath(path: string): string {
  return path.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase();
}
