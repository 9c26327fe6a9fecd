// Sizes in messages, and texts out of C strings.

/** "1.50 GiB", "12.0 MiB", "800 B" */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 1000 ? Math.round(value) : value.toPrecision(3);
  return `${digits} ${units[unit]}`;
}

/** Up to its end mark. */
export function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
