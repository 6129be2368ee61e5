import { profileAbouts } from "@clawkeep/provision-plan";

/** One answer that can be chosen. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** The profiles with what each is. */
export const profileChoices: readonly Choice[] = Object.entries(profileAbouts()).map(
  ([value, hint]) => ({ value, label: value, hint }),
);
