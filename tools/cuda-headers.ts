// Reads prototypes and enumerators out of CUDA's C headers, as far as an ABI needs them.
//
// No C parser: comments go, `typedef` lines are followed, and what is left of an argument is its
// size class. Letters are those of worker/linalg/cuda/functions.ts.

export interface Headers {
  /** Letter by letter, what a function takes: i, u, l, z or * for anything that is an address. */
  readonly argumentsOf: (symbol: string) => string | null;
  /** Values of every `NAME = number` and of enumerations that count by themselves. */
  readonly enumerators: ReadonlyMap<string, number>;
}

/** Over the text of all headers together. */
export function readHeaders(text: string): Headers {
  const plain = text.replaceAll(/\/\*[\s\S]*?\*\//g, " ").replaceAll(/\/\/.*$/gm, " ").replaceAll(/^\s*#.*$/gm, " ");
  const typedefs = typedefsIn(plain);
  return {
    enumerators: enumeratorsIn(plain),
    argumentsOf(symbol) {
      const [, list] = new RegExp(`\\b${symbol}\\s*\\(([^;{}]*?)\\)\\s*;`).exec(plain) ?? [];
      if (list === undefined) return null;
      const types = list.split(",").map((one) => one.trim()).filter((one) => one !== "" && one !== "void");
      return types.map((type) => letterOf(type, typedefs)).join("");
    },
  };
}

/** `typedef X name;` and `typedef enum … { … } name;`. */
function typedefsIn(plain: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, type = "", name = ""] of plain.matchAll(/\btypedef\s+([^;{}()]+?)\b(\w+)\s*;/g)) found.set(name, type);
  for (const [, name = ""] of plain.matchAll(/\benum\b[\w\s]*\{[^}]*\}\s*(\w+)\s*;/g)) found.set(name, "int");
  return found;
}

function enumeratorsIn(plain: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [, body = ""] of plain.matchAll(/\benum\b[\w\s]*\{([^}]*)\}/g)) {
    let next = 0;
    for (const entry of body.split(",")) {
      const [, name, value] = /^\s*(\w+)\s*(?:=\s*(0x[\da-f]+|-?\d+)[uU]?\s*)?$/i.exec(entry) ?? [];
      if (name === undefined) continue;
      next = value === undefined ? next : Number(value);
      found.set(name, next);
      next++;
    }
  }
  return found;
}

const PLAIN: Readonly<Record<string, string>> = {
  int: "i", "unsigned int": "u", unsigned: "u", size_t: "z", int64_t: "l", "long long": "l",
  "long long int": "l", "unsigned long long": "z",
};

/** One argument as declared, its name and a default behind it. */
function letterOf(declared: string, typedefs: ReadonlyMap<string, string>): string {
  if (/[*[]/.test(declared)) return "*";
  const words = declared.replace(/=.*$/, "").split(/\s+/)
    .filter((word) => word !== "" && !/^(const|__dv|CUBLASWINAPI|__device_builtin__)$/.test(word));
  if (words.includes("enum")) return "i";
  if (words.includes("struct")) return "?";
  // The last word is the argument's name, unless there is only a type.
  for (const end of [words.length, words.length - 1]) {
    const type = words.slice(0, end).join(" ");
    const plain = PLAIN[type];
    if (plain !== undefined) return plain;
    const meant = typedefs.get(type);
    if (meant !== undefined && meant.trim() !== type) return letterOf(meant, typedefs);
  }
  return "?";
}

/** Whether letters of functions.ts agree with a prototype's: an address may be passed in any way. */
export function agrees(letters: string, prototype: string): boolean {
  return letters.length === prototype.length &&
    Array.from(letters).every((letter, at) => {
      const declared = prototype[at];
      return declared === "*" ? "pmsa".includes(letter) : declared === letter;
    });
}
