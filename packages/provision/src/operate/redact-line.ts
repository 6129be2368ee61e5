/*
 * Secrets of forms that are known by themselves; those of the deployment are compared by value. What
 * stays must still say what happened, so only the secret is taken out.
 */
const forms: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}/giu,
  /\b(?:sk|pk|rk|xox[abprs]|ghp|gho|ghs|glpat|AKIA)[-_A-Za-z0-9]{12,}\b/gu,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gu,
  /\b[0-9]{6,12}:[\w-]{30,}\b/gu,
  /(?<=[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/giu,
  /(?<=\b(?:token|password|secret|api[-_]?key|authorization|bootstrap)["']?\s*[=:]\s*["']?)[^\s"'&,}]{4,}/giu,
  /(?<![0-9A-Za-z])(?<!sha256:)[0-9a-f]{64}(?![0-9A-Za-z])/gu,
];

/** A line of a log without secrets. @param secrets Values that the deployment has, whatever they look like. */
export function redactLine(line: string, secrets: readonly string[]): string {
  let text = line;
  for (const secret of secrets)
    if (secret.length >= 4) text = text.replaceAll(secret, "[redacted]");
  for (const form of forms) text = text.replaceAll(form, "[redacted]");
  return text;
}
