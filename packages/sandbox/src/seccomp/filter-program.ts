import type { Condition, FilterArchitecture, RefusalError, SystemCallRule } from "./rules.ts";

/** `linux/filter.h` and `linux/bpf_common.h`. */
const LOAD_WORD = 0x20;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;

/** `linux/seccomp.h`. */
const RETURN_ALLOW = 0x7fff0000;
const RETURN_ERROR = 0x00050000;
const RETURN_KILL_PROCESS = 0x80000000;
const RETURN_ASK = 0x7fc00000;

/** Offsets in `struct seccomp_data`; both architectures are little-endian. */
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;

/** `linux/audit.h`. i386 calls on x86-64 carry another value and die there. */
const auditArchitectures: Readonly<Record<FilterArchitecture, number>> = {
  x64: 0xc000003e,
  arm64: 0xc00000b7,
};

/** x32 calls on x86-64 have the same architecture and this bit in their number. */
const X32_BIT = 0x40000000;

/** What a program finds in `errno`; the same on both architectures. */
export const refusalErrors: Readonly<Record<RefusalError, number>> = {
  EPERM: 1,
  EACCES: 13,
  ENOSYS: 38,
};

/** What a filter is made of: a rule that refuses, or `ASK`, which leaves the answer to a listener. */
export type FilterRule = Pick<SystemCallRule, "numbers" | "when"> & {
  readonly error: RefusalError | "ASK";
};

interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly operand: number;
}

/**
 * Turns rules into the bytes of a classic BPF program, an array of `struct sock_filter`, in the form
 * that `bwrap --seccomp FD` and `seccomp(2)` take. Calls that no rule names are allowed; calls for
 * another architecture kill the process.
 */
export function filterProgram(
  rules: readonly FilterRule[],
  architecture: FilterArchitecture,
): Uint8Array {
  const program: Instruction[] = [
    load(ARCHITECTURE_OFFSET),
    jump(JUMP_IF_EQUAL, auditArchitectures[architecture], 1, 0),
    answer(RETURN_KILL_PROCESS),
    load(NUMBER_OFFSET),
  ];
  if (architecture === "x64") {
    program.push(jump(JUMP_IF_AT_LEAST, X32_BIT, 0, 1), answer(RETURN_KILL_PROCESS));
  }
  for (const rule of rules) {
    const number = rule.numbers[architecture];
    if (number === undefined) {
      continue;
    }
    const refusal = answer(
      rule.error === "ASK" ? RETURN_ASK : RETURN_ERROR | refusalErrors[rule.error],
    );
    // A condition overwrites the accumulator, so each ends by loading the number again.
    const body =
      rule.when === undefined ? [refusal] : [...whenTrue(rule.when, refusal), load(NUMBER_OFFSET)];
    program.push(jump(JUMP_IF_EQUAL, number, 0, body.length), ...body);
  }
  program.push(answer(RETURN_ALLOW));
  return encode(program);
}

/** Instructions that reach `refusal` when the condition holds and run off their end when it does not. */
function whenTrue(condition: Condition, refusal: Instruction): Instruction[] {
  const low = ARGUMENTS_OFFSET + 8 * condition.argument;
  if (condition.test === "equals") {
    return [load(low), jump(JUMP_IF_EQUAL, condition.value, 0, 1), refusal];
  }
  if (condition.test === "any-bit") {
    return [load(low), jump(JUMP_IF_ANY_BIT, condition.mask, 0, 1), refusal];
  }
  if (condition.test === "not-zero") {
    const [lowIsZero, highIsZero] = [jump(JUMP_IF_EQUAL, 0, 0, 2), jump(JUMP_IF_EQUAL, 0, 1, 0)];
    return [load(low), lowIsZero, load(low + 4), highIsZero, refusal];
  }
  const { values } = condition;
  return [
    load(low),
    { code: AND, ifTrue: 0, ifFalse: 0, operand: condition.mask },
    ...values.map((value, index) => jump(JUMP_IF_EQUAL, value, values.length - index, 0)),
    refusal,
  ];
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, ifTrue: 0, ifFalse: 0, operand: offset };
}

function jump(code: number, operand: number, ifTrue: number, ifFalse: number): Instruction {
  return { code, ifTrue, ifFalse, operand };
}

function answer(value: number): Instruction {
  return { code: RETURN, ifTrue: 0, ifFalse: 0, operand: value };
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, ifTrue, ifFalse, operand }] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand >>> 0, true);
  }
  return bytes;
}
