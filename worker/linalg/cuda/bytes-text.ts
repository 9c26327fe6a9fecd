// Sizes in messages.

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
