// A small WebAssembly assembler: code is a list of bytes, a kernel is a function of variables.
//
// V8 compiles a loop over a Float64Array to scalar code with a bounds check per access; the same
// loop in WebAssembly gets two lanes and no checks, four times as fast and as portable. Lanes are
// IEEE doubles and nothing is fused, so the bits are those of the scalar loop on every machine.

export type Code = readonly number[];

/** A local of a function under construction. */
export interface Variable {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

/** Hands out the locals of one function. */
export interface Scope {
  readonly integer: () => Variable;
  readonly scalar: () => Variable;
  readonly vector: () => Variable;
}

/** A function of 32-bit integers without a result. */
export interface Definition {
  readonly name: string;
  readonly parameters: number;
  readonly code: Code;
}

const TYPE = { integer: 0x7f, scalar: 0x7c, vector: 0x7b };
const VOID = 0x40;
const MEMORY_OFFSET_ALIGNMENT = 3;

function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest & 127];
}

const simd = (operation: number): Code => [0xfd, ...unsigned(operation)];
const binary = (operation: Code) => (x: Code, y: Code): Code => [...x, ...y, ...operation];
const reading = (operation: Code) => (address: Code, offset = 0): Code =>
  [...address, ...operation, MEMORY_OFFSET_ALIGNMENT, ...unsigned(offset)];
const writing = (operation: Code) => (address: Code, offset: number, value: Code): Code =>
  [...address, ...value, ...operation, MEMORY_OFFSET_ALIGNMENT, ...unsigned(offset)];

/** Arithmetic on addresses and counts. */
export const integer = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: binary([0x6a]),
  subtract: binary([0x6b]),
  multiply: binary([0x6c]),
};

/** Arithmetic on doubles. */
export const scalar = {
  add: binary([0xa0]),
  multiply: binary([0xa2]),
  load: reading([0x2b]),
  store: writing([0x39]),
};

/** Arithmetic on pairs of doubles. */
export const vector = {
  zero: [...simd(0x0c), ...Array.from({ length: 16 }, () => 0)],
  add: binary(simd(0xf0)),
  multiply: binary(simd(0xf2)),
  load: reading(simd(0x00)),
  loadSame: reading(simd(0x0a)),
  store: writing(simd(0x0b)),
  /** The sum of both lanes, a double. */
  sum: (v: Variable): Code =>
    scalar.add([...v.get, ...simd(0x21), 0], [...v.get, ...simd(0x21), 1]),
};

/** variable += step */
export function advance(variable: Variable, step: Code): Code {
  return variable.set(integer.add(variable.get, step));
}

/** Runs body while counter > 0, taking step from it each time. */
export function countDown(counter: Variable, step: number, body: Code): Code {
  const positive = [...counter.get, ...integer.constant(0), 0x4a];
  const loop = [0x03, VOID, ...body, ...advance(counter, integer.constant(-step))];
  return [...positive, 0x04, VOID, ...loop, ...positive, 0x0d, 0, 0x0b, 0x0b];
}

export function call(index: number, args: readonly Code[]): Code {
  return [...args.flat(), 0x10, ...unsigned(index)];
}

/** A function whose body is built over its parameters and the locals it asks for. */
export function define(
  name: string,
  parameters: number,
  build: (parameters: readonly Variable[], scope: Scope) => Code,
): Definition {
  const locals: number[] = [];
  const variable = (index: number): Variable => ({
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  });
  const fresh = (type: number) => (): Variable => variable(parameters + locals.push(type) - 1);
  const given = Array.from({ length: parameters }, (_, i) => variable(i));
  const body = build(given, {
    integer: fresh(TYPE.integer),
    scalar: fresh(TYPE.scalar),
    vector: fresh(TYPE.vector),
  });
  const declarations = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type])];
  return { name, parameters, code: [...declarations, ...body, 0x0b] };
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const text = (value: string): Code => sized(Array.from(new TextEncoder().encode(value)));
/** "\0asm" and version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module that exports the functions, over a memory imported as `host.memory`. */
export function assemble(functions: readonly Definition[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) =>
    [0x60, ...list(Array.from({ length: parameters }, () => [TYPE.integer])), 0]);
  const memory = [...text("host"), ...text("memory"), 0x02, 0x00, 0x01];
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, list(functions.map(({ code }) => sized(code)))),
  ]);
}
