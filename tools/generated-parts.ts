// Replaces the marked parts of a document: `<!-- generated: NAME -->` … `<!-- end -->`.

const MARKED = /(<!-- generated: ([^>]+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * The document with every marked part replaced by the lines of that name.
 * @throws RangeError on a marker without a part, or a part without a marker.
 */
export function withGenerated(text: string, parts: ReadonlyMap<string, readonly string[]>): string {
  const unused = new Set(parts.keys());
  const result = text.replaceAll(MARKED, (_, open: string, name: string, close: string) => {
    const lines = parts.get(name);
    if (lines === undefined) throw new RangeError(`no generated part "${name}"`);
    unused.delete(name);
    return `${open}\n${lines.join("\n")}\n\n${close}`;
  });
  if (unused.size > 0) throw new RangeError(`no marker for ${[...unused].join(", ")}`);
  return result;
}
