import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { filterProgram } from "./filter-program.ts";
import { systemCallRules } from "./rules.ts";
import type { Condition, FilterArchitecture } from "./rules.ts";

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const refused = { EPERM: 0x00050001, EACCES: 0x0005000d, ENOSYS: 0x00050026 };
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 };

interface Call {
  readonly number: number;
  readonly architecture: number;
  readonly values: readonly bigint[];
}

/** What the kernel does with such a program, written from `Documentation/networking/filter.rst`. */
function run(program: Uint8Array, { number, architecture, values }: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  for (const [index, value] of values.entries()) {
    data.setBigUint64(16 + index * 8, value, true);
  }
  const code = new DataView(program.buffer, program.byteOffset, program.length);
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    const operand = code.getUint32(at * 8 + 4, true);
    const jump = (taken: boolean): void => {
      at += code.getUint8(at * 8 + (taken ? 2 : 3));
    };
    const operation = code.getUint16(at * 8, true);
    if (operation === 0x20) accumulator = data.getUint32(operand, true);
    else if (operation === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (operation === 0x15) jump(accumulator === operand);
    else if (operation === 0x35) jump(accumulator >= operand);
    else if (operation === 0x45) jump((accumulator & operand) !== 0);
    else if (operation === 0x06) return operand;
    else throw new Error(`unknown instruction ${operation}`);
  }
  throw new Error("the program ran off its end");
}

function holds(condition: Condition, values: readonly bigint[]): boolean {
  const whole = values[condition.argument] ?? 0n;
  const low = Number(whole & 0xffffffffn);
  if (condition.test === "equals") return low === condition.value;
  if (condition.test === "any-bit") return (low & condition.mask) !== 0;
  if (condition.test === "not-zero") return whole !== 0n;
  return !condition.values.includes((low & condition.mask) >>> 0);
}

describe.each(["x64", "arm64"] as const)("the filter for %s", (name: FilterArchitecture) => {
  const program = filterProgram(systemCallRules, name);
  const numbers = systemCallRules.flatMap((rule) => rule.numbers[name] ?? []);
  const value = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(
      0n,
      1n,
      2n,
      5n,
      0x5412n,
      0x541cn,
      0x10000000n,
      2n ** 32n,
      0x80001n,
      0x100000002n,
    ),
  );
  const call = fc.record({
    number: fc.oneof(fc.constantFrom(...numbers), fc.integer({ min: 0, max: 600 })),
    values: fc.array(value, { minLength: 6, maxLength: 6 }),
  });

  test("answers every call as the table says", () => {
    fc.assert(
      fc.property(call, ({ number, values }) => {
        const rule = systemCallRules.find(
          (row) =>
            row.numbers[name] === number && (row.when === undefined || holds(row.when, values)),
        );
        const answer = run(program, { number, architecture: audit[name], values });
        expect(answer).toBe(rule === undefined ? ALLOW : refused[rule.error]);
      }),
      { numRuns: 2000 },
    );
  });

  test("kills whatever calls for another architecture", () => {
    fc.assert(
      fc.property(call, fc.integer({ min: 0, max: 0xffffffff }), ({ number, values }, other) => {
        fc.pre(other !== audit[name]);
        expect(run(program, { number, architecture: other, values })).toBe(KILL);
      }),
    );
  });

  test.runIf(name === "x64")("kills x32 calls", () => {
    fc.assert(
      fc.property(call, ({ number, values }) => {
        const x32 = (number | 0x40000000) >>> 0;
        expect(run(program, { number: x32, architecture: audit.x64, values })).toBe(KILL);
      }),
    );
  });

  test("lets a program make connected stream pairs and nothing else that is a socket", () => {
    const pair = { x64: 53, arm64: 199 }[name];
    const made = (family: bigint, type: bigint): number =>
      run(program, {
        number: pair,
        architecture: audit[name],
        values: [family, type, 0n, 0n, 0n, 0n],
      });
    expect([made(1n, 1n), made(1n, 0x80801n), made(1n, 5n)]).toEqual([ALLOW, ALLOW, ALLOW]);
    expect([made(1n, 2n), made(2n, 1n), made(16n, 3n), made(1n, 0x80802n)]).toEqual(
      Array.from({ length: 4 }, () => refused.EACCES),
    );
  });

  test("fits into what the kernel takes", () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThanOrEqual(4096);
  });
});
