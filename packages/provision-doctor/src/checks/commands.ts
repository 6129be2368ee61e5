import type { Evidence } from "../check.ts";
import type { Scene } from "../scene/scene.ts";
import type { Service } from "../scene/service.ts";

/** A word of a command line as a shell takes it. */
export function word(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/u.test(text)
    ? text
    : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Writes again what the spec says; the comment is for whoever wrote the file by hand. */
export function renderAgain(scene: Scene, byHand: string): string {
  return `claw apply deploy.yaml --folder ${word(scene.around.shown)} --overwrite-drift  # or by hand: ${byHand}`;
}

/** A place in a service's file. */
export function serviceEvidence(
  service: Service,
  keys: readonly string[],
  value: string,
): Evidence {
  return { file: service.file, line: service.lineOf(...keys), value };
}

/** The key that means the same in each kind of file. */
export function keyOf(service: Service, keys: Readonly<Record<Service["form"], string>>): string {
  return keys[service.form];
}
