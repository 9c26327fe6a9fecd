// The part of the WebAssembly API in use: TypeScript declares it only together with the DOM.

export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; the old buffer becomes empty. Throws RangeError if it cannot. */
  grow(pages: number): number;
}

export type Exports = Readonly<Record<string, unknown>>;

interface WebAssemblyApi {
  readonly Memory: new (options: { initial: number; maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>,
  ) => { readonly exports: Exports };
}

export const webAssembly: WebAssemblyApi = Reflect.get(globalThis, "WebAssembly");
