// The BLAS and LAPACK routines in use, by their Fortran names, bound from an opened library.
//
// Calling convention: every argument is an address, INTEGER is 32 bits, and after the listed
// arguments comes one hidden length per CHARACTER. C libraries ignore those lengths; code compiled
// by gfortran may rely on their place on the stack, so they are always passed.
import type { LibraryHandle } from "koffi";

/** One letter per argument: c a character, i integers, d doubles, f floats. */
const ARGUMENTS = {
  dgemm: "cciiiddididdi",
  dsyrk: "cciiddiddi",
  dpotrf: "cidii",
  spotrf: "cifii",
  dtrsm: "cccciiddidi",
  strsm: "cccciiffifi",
  dsytrd: "cididdddii",
  dormtr: "ccciididdidii",
  dsterf: "iddi",
  dsyevd: "ccididdiiii",
} as const;

/** OpenBLAS, MKL and older Accelerate append an underscore, newer Accelerate also this. */
const SUFFIXES = ["_", "$NEWLAPACK"];

const KOFFI_TYPE: Readonly<Record<string, string>> = {
  c: "const char *",
  i: "int *",
  d: "double *",
  f: "float *",
};

/** A number stands for an array of one; arrays are passed by address and may be written to. */
export type Argument = string | number | Float64Array | Float32Array | Int32Array;
export type Routine = (...args: readonly Argument[]) => void;
export type RoutineName = keyof typeof ARGUMENTS;
export type Routines = Readonly<Record<RoutineName, Routine>>;

/** Binds all routines under the first suffix that has them. Throws Error naming what is missing. */
export function bindRoutines(library: LibraryHandle): Routines {
  const suffix = SUFFIXES.find((suffix) => has(library, `dgemm${suffix}`));
  if (suffix === undefined) throw new Error("has no dgemm_");
  const bind = (name: RoutineName): Routine => bindOne(library, name, suffix);
  return {
    dgemm: bind("dgemm"),
    dsyrk: bind("dsyrk"),
    dpotrf: bind("dpotrf"),
    spotrf: bind("spotrf"),
    dtrsm: bind("dtrsm"),
    strsm: bind("strsm"),
    dsytrd: bind("dsytrd"),
    dormtr: bind("dormtr"),
    dsterf: bind("dsterf"),
    dsyevd: bind("dsyevd"),
  };
}

function has(library: LibraryHandle, symbol: string): boolean {
  try {
    library.func(symbol, "void", []);
    return true;
  } catch {
    return false;
  }
}

function bindOne(library: LibraryHandle, name: RoutineName, suffix: string): Routine {
  const symbol = `${name}${suffix}`;
  if (!has(library, symbol)) throw new Error(`has no ${symbol}`);
  const letters = Array.from(ARGUMENTS[name]);
  const hidden = letters.filter((letter) => letter === "c");
  const call = library.func(symbol, "void", [
    ...letters.map((letter) => KOFFI_TYPE[letter] ?? "void *"),
    ...hidden.map(() => "size_t"),
  ]);
  // Numbers go by address through cells that each call takes again: fresh ones took 3 µs a call.
  const cells = letters.map((letter) => cellOf(letter));
  return (...args) => {
    if (args.length !== letters.length) {
      throw new TypeError(`${symbol} takes ${letters.length} arguments, got ${args.length}`);
    }
    const passed: (Exclude<Argument, number> | 1)[] = [];
    for (let i = 0; i < args.length; i++) {
      const value = args[i]!;
      if (typeof value !== "number") {
        passed.push(value);
        continue;
      }
      const cell = cells[i]!;
      cell[0] = value;
      passed.push(cell);
    }
    for (let i = 0; i < hidden.length; i++) passed.push(1);
    call(...passed);
  };
}

function cellOf(letter: string): Float64Array | Float32Array | Int32Array {
  if (letter === "i") return new Int32Array(1);
  return letter === "f" ? new Float32Array(1) : new Float64Array(1);
}
