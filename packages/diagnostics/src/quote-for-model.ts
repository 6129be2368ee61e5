import { escapeForTerminal } from "./escape-for-terminal.ts";
import { escapeUnits, printableJson } from "./printable-json.ts";

/**
 * What agents and chat templates act on when it stands in a prompt: OpenClaw's context marks, the
 * control tokens of ChatML, Llama, Mistral, Gemma, Phi and DeepSeek templates, tool-call and
 * reasoning tags. One token of plain text in a document, several roles in a conversation.
 */
function delimiterRule(letter: string, letterOrDigit: string, bar: string): RegExp {
  return new RegExp(
    [
      String.raw`<{3,}(?=\s*\/?[${letter}_])`,
      String.raw`(?<=[${letterOrDigit}_]\s*)>{3,}`,
      String.raw`<[${bar}](?=[^\s<>${bar}][^<>${bar}]{0,60}[${bar}]>)`,
      String.raw`<<(?=\/?SYS>>)`,
      String.raw`\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])`,
      String.raw`<(?=\/?(?:s|bos|eos|start_of_turn|end_of_turn|system|assistant|user|human|tool|tools|tool_call|tool_calls|tool_use|tool_result|tool_results|tool_response|function_call|function_calls|function_results|invoke|think|thinking|antml:[a-z_]+)(?:\s[^<>]{0,200})?>)`,
    ].join("|"),
    "giu",
  );
}

const anyDelimiters: RegExp = delimiterRule(
  String.raw`\p{L}`,
  String.raw`\p{L}\p{N}`,
  String.raw`|\uff5c`,
);
/** The same in text that is ASCII: the Unicode classes take milliseconds to compile in a cold query. */
const asciiDelimiters: RegExp = delimiterRule("A-Z", "A-Z0-9", "|");

function delimitersIn(text: string): RegExp {
  // eslint-disable-next-line no-control-regex -- the whole of ASCII is meant
  return /^[\u0000-\u007f]*$/u.test(text) ? asciiDelimiters : anyDelimiters;
}

/**
 * A passage as data: control, bidirectional, zero-width and tag characters and the first character
 * of every agent-protocol delimiter become `\u{…}`; new lines and tabs stay. The original is found
 * by the citation's byte range and digest.
 */
export function quoteForModel(text: string): string {
  const plain = escapeForTerminal(text.replaceAll("\r\n", "\n"), { keepNewlines: true });
  return plain.replace(delimitersIn(plain), (match) =>
    Array.from(match, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`).join(
      "",
    ),
  );
}

/** One line of {@link quoteForModel}: for paths, headings and titles. */
export function quoteLine(text: string): string {
  return quoteForModel(text).replace(/[\n\t]/gu, (character) =>
    character === "\n" ? "\\u{a}" : "\\u{9}",
  );
}

/**
 * `JSON.stringify` whose bytes hold no character that a terminal acts on and no agent-protocol
 * delimiter: both become `\uXXXX` inside the strings, so parsing gives back the exact value.
 */
export function jsonForModel(value: unknown, indent?: number): string {
  const safe = printableJson(value, indent);
  return safe.replace(delimitersIn(safe), (match) => escapeUnits(match));
}
