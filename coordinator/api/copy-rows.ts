// The rows of a binary copy file, as views of their fields.

/** Each row's fields; null where a field is. */
export function* copyRows(file: Uint8Array): Generator<readonly (DataView | null)[]> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // 11 bytes of signature, flags and the length of an extension; −1 fields end the file.
  let at = 19;
  for (let count = view.getInt16(at); count >= 0; count = view.getInt16(at)) {
    at += 2;
    const fields: (DataView | null)[] = [];
    for (let field = 0; field < count; field++) {
      const bytes = view.getInt32(at);
      at += 4;
      fields.push(bytes < 0 ? null : new DataView(file.buffer, file.byteOffset + at, bytes));
      at += Math.max(0, bytes);
    }
    yield fields;
  }
}
