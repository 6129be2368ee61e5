/** What a title says that its test shows. */
export interface RowTag {
  readonly id: string;
  /** Whether the title itself says that something ran; otherwise the package decides. */
  readonly ran: boolean;
}

const rowId = /^[CGLTS][0-9]{1,3}$/u;

/**
 * The rows in one part of a title: `G3, T10: the port …` at its beginning, `… [G5]` at its end, and `… [ran G5]` where a
 * package that renders also runs something.
 */
export function tagsIn(title: string): readonly RowTag[] {
  const words = (text: string): readonly string[] => text.split(/[\s,]+/u);
  const [first = ""] = words(title);
  const colon = title.indexOf(":");
  const leading =
    colon > 0 && rowId.test(first.replace(/:$/u, "")) ? words(title.slice(0, colon)) : [];
  const trailing = /\[(ran )?([^[\]]+)\]$/u.exec(title);
  const listed = words(trailing?.[2] ?? "");
  const isTag = listed.every((one) => rowId.test(one));
  return [
    ...leading.filter((one) => rowId.test(one)).map((id) => ({ id, ran: false })),
    ...(isTag ? listed : []).map((id) => ({ id, ran: trailing?.[1] !== undefined })),
  ];
}

/** For `vitest -t`: every test whose full name can hold a tag. */
export const tagged: string = String.raw`(^| )[CGLTS][0-9]{1,3}[ ,:]|\[(ran )?[CGLTS][0-9]{1,3}`;
