import { oneLine } from "./plain-text.ts";

/** What a property list is made of. */
export type PlistValue =
  | string
  | number
  | boolean
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue };

/**
 * A property list as XML, for launchd.
 * @throws CodedError ARTIFACT_VALUE for control characters, which XML 1.0 cannot hold
 */
export function plistText(value: PlistValue): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...element(value, ""),
    "</plist>",
    "",
  ].join("\n");
}

function element(value: PlistValue, indent: string): readonly string[] {
  if (typeof value === "string") return [`${indent}<string>${escaped(value)}</string>`];
  if (typeof value === "number") return [`${indent}<integer>${Math.trunc(value)}</integer>`];
  if (typeof value === "boolean") return [`${indent}<${value ? "true" : "false"}/>`];
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items: readonly PlistValue[] = value;
    return [
      `${indent}<array>`,
      ...items.flatMap((one) => element(one, deeper)),
      `${indent}</array>`,
    ];
  }
  return [
    `${indent}<dict>`,
    ...Object.entries(value).flatMap(([key, one]) => [
      `${deeper}<key>${escaped(key)}</key>`,
      ...element(one, deeper),
    ]),
    `${indent}</dict>`,
  ];
}

function escaped(text: string): string {
  return oneLine(text, "a property list")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
