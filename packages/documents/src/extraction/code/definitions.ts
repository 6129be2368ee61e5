import type { Node } from "web-tree-sitter";

/** A function, class or rule, and where it stands with the comments that belong to it. */
export interface Definition {
  readonly node: Node;
  /** In UTF-16 code units: the start of its first line. */
  readonly start: number;
  readonly end: number;
  readonly signature: string;
  /** True for what holds definitions itself, such as a class. */
  readonly isContainer: boolean;
}

/** Node types of all grammars that are used here; no name means different things in two of them. */
const functions: ReadonlySet<string> = new Set(
  "function_declaration generator_function_declaration function_definition function_item function_definition_statement local_function_definition_statement method_declaration method_definition method singleton_method constructor_declaration destructor_declaration init_declaration deinit_declaration subscript_declaration secondary_constructor macro_definition preproc_function_def operator_declaration rule_set keyframes_statement".split(
    " ",
  ),
);
const containers: ReadonlySet<string> = new Set(
  "class_declaration abstract_class_declaration class_definition class module interface_declaration trait_declaration trait_definition trait_item struct_item struct_declaration enum_declaration enum_item enum_definition union_item record_declaration object_declaration object_definition companion_object protocol_declaration impl_item mod_item namespace_declaration namespace_definition internal_module type_alias_declaration type_declaration type_definition annotation_type_declaration extension_definition given_definition media_statement supports_statement at_rule".split(
    " ",
  ),
);
/** Definitions only where they have a body: elsewhere they are the type of something. */
const specifiers: ReadonlySet<string> = new Set([
  "struct_specifier",
  "class_specifier",
  "enum_specifier",
  "union_specifier",
]);
/** Stand around one definition. */
const wrappers: ReadonlySet<string> = new Set([
  "export_statement",
  "decorated_definition",
  "template_declaration",
  "ambient_declaration",
]);
const functionValues: ReadonlySet<string> = new Set([
  "arrow_function",
  "function_expression",
  "generator_function",
  "class",
]);
const elixirDefinitions =
  /^(defmodule|defprotocol|defimpl|def|defp|defmacro|defmacrop|defguard|defdelegate|describe|test)$/u;
const elixirContainers = /^(?:defmodule|defprotocol|defimpl|describe)$/u;

const bodyTypes: ReadonlySet<string> = new Set(
  "class_body function_body enum_class_body do_block block declaration_list keyframe_block_list template_body field_declaration_list enum_body interface_body body_statement statement_block object_type".split(
    " ",
  ),
);

const belongs = /comment|^attribute_item$|^decorator$|^annotation$|^attribute_list$/u;
/** How deep inside other nodes a definition is looked for. */
const maxDepth = 5;
const maxSignature = 300;

/** The definitions below a node that are in no other definition, in order. */
export function definitionsIn(root: Node, text: string): readonly Definition[] {
  const found: Definition[] = [];
  let behind = root.startIndex;
  const visit = (node: Node, depth: number): void => {
    for (const child of node.namedChildren) {
      if (child === null) {
        continue;
      }
      const inner = coreOf(child);
      if (inner !== undefined) {
        const start = Math.max(behind, startOf(child, text));
        const end =
          child.endIndex +
          (/^[;,]/u.exec(text.slice(child.endIndex, child.endIndex + 1))?.[0].length ?? 0);
        const isContainer = isContainerNode(inner);
        found.push({
          node: inner,
          start,
          end,
          signature: signatureOf(child, inner, text),
          isContainer,
        });
        behind = end;
      } else if (depth < maxDepth) {
        visit(child, depth + 1);
      }
    }
  };
  visit(root, 0);
  return found;
}

/** The definition that a node is, or that it stands around. */
function coreOf(node: Node): Node | undefined {
  if (isDefinition(node)) {
    return node;
  }
  if (!wrappers.has(node.type)) {
    return undefined;
  }
  for (const child of node.namedChildren) {
    const core = child === null ? undefined : coreOf(child);
    if (core !== undefined) {
      return core;
    }
  }
  return undefined;
}

function isDefinition(node: Node): boolean {
  const { type } = node;
  if (functions.has(type) || containers.has(type)) {
    return true;
  }
  if (specifiers.has(type)) {
    return node.childForFieldName("body") !== null;
  }
  if (type === "lexical_declaration" || type === "variable_declaration") {
    return functionValueOf(node) !== undefined;
  }
  return type === "call" && elixirDefinitions.test(node.childForFieldName("target")?.text ?? "");
}

function isContainerNode(node: Node): boolean {
  return (
    containers.has(node.type) ||
    specifiers.has(node.type) ||
    (node.type === "call" && elixirContainers.test(node.childForFieldName("target")?.text ?? ""))
  );
}

/** `const name = () => …` is a function with a name. */
function functionValueOf(node: Node): Node | undefined {
  const [declarator] = node.namedChildren;
  const value = declarator?.childForFieldName("value") ?? undefined;
  return value !== undefined && functionValues.has(value.type) ? value : undefined;
}

/** Comments and attributes right above belong to it; a comment behind other code does not. */
function startOf(node: Node, text: string): number {
  let start = lineStart(text, node.startIndex);
  for (
    let sibling = node.previousNamedSibling;
    sibling !== null && (belongs.test(sibling.type) || isElixirNote(sibling));
    sibling = sibling.previousNamedSibling
  ) {
    const gap = text.slice(sibling.endIndex, start);
    const begin = lineStart(text, sibling.startIndex);
    const isOwnLine = text.slice(begin, sibling.startIndex).trim() === "";
    if (gap.trim() !== "" || gap.split("\n").length > 2 || !isOwnLine) {
      break;
    }
    start = begin;
  }
  return start;
}

function isElixirNote(node: Node): boolean {
  return node.type === "unary_operator" && /^@(?:doc|spec|impl|tag)\b/u.test(node.text.slice(0, 8));
}

/** The start of the line when only white space is in front, the place itself otherwise. */
function lineStart(text: string, at: number): number {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return text.slice(start, at).trim() === "" ? start : at;
}

/** Everything in front of the body, on one line. */
function signatureOf(outer: Node, node: Node, text: string): string {
  const from = outer.type === "decorated_definition" ? node.startIndex : outer.startIndex;
  const holder = functionValueOf(node) ?? node;
  const body =
    holder.childForFieldName("body") ??
    holder.namedChildren.find((child) => child !== null && bodyTypes.has(child.type));
  const newline = text.indexOf("\n", node.startIndex);
  const line = newline === -1 ? node.endIndex : Math.min(newline, node.endIndex);
  const to = body === null || body === undefined ? line : Math.max(body.startIndex, from);
  const signature = text
    .slice(from, Math.min(to, from + 2 * maxSignature))
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/\s*(?:\{|:|=>|=|\bdo)$/u, "");
  return signature.slice(0, maxSignature).toWellFormed();
}
