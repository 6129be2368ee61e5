/** What JSON leaves as it is and a terminal or a log reader would act on: see `escapeForTerminal`. */
const unsafe: RegExp =
  // eslint-disable-next-line no-control-regex -- matching control characters is the purpose
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** JSON text that means the same to every parser and does nothing to a terminal. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafe, escapeUnits);
}

/** Each UTF-16 unit as JSON escapes it: a character beyond the basic plane is two. */
export function escapeUnits(text: string): string {
  let escaped = "";
  for (let index = 0; index < text.length; index += 1) {
    escaped += `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
