import { CodedError } from "@clawkeep/diagnostics";
import { isScalar, parseDocument } from "yaml";

/** One value of a spec, by its path. */
export interface SpecEdit {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * The text of a spec with other values. Comments, the order of keys and what is not named stay; whether the result
 * holds is for `parseSpec` to say.
 *
 * @throws CodedError `DEPLOY_NOT_EDITED` for a text that is no YAML mapping
 */
export function editSpec(text: string, edits: readonly SpecEdit[]): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || document.contents === null) {
    throw new CodedError({
      code: "DEPLOY_NOT_EDITED",
      message: "expected a spec that can be read, got something else",
      hint: "claw check says what is wrong with it.",
    });
  }
  for (const { path, value } of edits) {
    const node: unknown = document.getIn(path, true);
    // The node stays, and with it the comment beside the value.
    if (isScalar(node) && (typeof value !== "object" || value === null)) node.value = value;
    else document.setIn(path, value);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
