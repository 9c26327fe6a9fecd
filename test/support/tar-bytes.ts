// Tar archives written from the ustar format's definition.

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`;

function header(name: string, bytes: number, type: string): Uint8Array {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(bytes, 12), 124);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** An archive of those files, after a directory and a pax header, and the two blocks at its end. */
export function tarBytes(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks: Uint8Array[] = [header("set/", 0, "5"), header("pax", 20, "x"), Buffer.alloc(512)];
  for (const [name, bytes] of Object.entries(files)) {
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    blocks.push(header(name, bytes.length, "0"), bytes, padding);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
