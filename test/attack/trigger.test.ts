// Triggers, pixel by pixel: against a drawing of the image, and against the formula of each kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Trigger } from "../../schema/experiments/krr.ts";
import { triggerIssue } from "../../schema/experiments/krr-trigger.ts";
import { applyTrigger, patternOf } from "../../worker/attack/trigger.ts";

type Shape = [number, number, number];

/** What the trigger does to a black image, as text: "#" where a pixel changed, in every channel. */
function drawing(trigger: unknown, [height, width, channels]: Shape): string {
  const dimension = height * width * channels;
  const shape: Shape = [height, width, channels];
  const pattern = patternOf(Trigger.parse(trigger), { dimension, image: shape });
  const black = new Float64Array(dimension);
  const image = applyTrigger(black, dimension, pattern, { strength: 1, clip: false });
  const lines: string[] = [];
  for (let y = 0; y < height; y++) {
    let line = "";
    for (let x = 0; x < width; x++) {
      const pixel = image.slice((y * width + x) * channels, (y * width + x + 1) * channels);
      assert.equal(new Set(pixel).size, 1, "all channels of a pixel change alike");
      line += pixel[0] === 0 ? "." : "#";
    }
    lines.push(line);
  }
  return lines.join("\n");
}

test("a cross has its bars through the middle, or through the pixel it names", () => {
  assert.equal(drawing({ kind: "cross" }, [5, 5, 1]), "..#..\n..#..\n#####\n..#..\n..#..");
  assert.equal(drawing({ kind: "cross", width: 2 }, [4, 6, 3]), "..##..\n######\n######\n..##..");
  assert.equal(drawing({ kind: "cross", row: 0, column: 2 }, [3, 3, 1]), "###\n..#\n..#");
});

test("a patch lies one pixel off the bottom right corner, or where it is put", () => {
  assert.equal(drawing({ kind: "patch" }, [5, 6, 1]), "......\n..###.\n..###.\n..###.\n......");
  assert.equal(drawing({ kind: "patch", size: 2, row: 0, column: 1 }, [3, 3, 3]), ".##\n.##\n...");
});

test("each kind changes a pixel by its formula, and others not at all", () => {
  const rows = Float64Array.of(0.2, 0.4, 0.6, 0.9, 0.1, 0.3, 0.5, 0.7);
  const image: Shape = [2, 2, 1];
  const apply = (trigger: unknown, strength: number, clip: boolean): number[] => {
    const pattern = patternOf(Trigger.parse(trigger), { dimension: 4, image });
    return [...applyTrigger(rows, 4, pattern, { strength, clip })];
  };
  const corner = { size: 1, row: 1, column: 1, value: 0.8 };
  assert.deepEqual(apply({ kind: "patch", ...corner }, 0.5, false),
    [0.2, 0.4, 0.6, 0.9 + 0.5 * (0.8 - 0.9), 0.1, 0.3, 0.5, 0.7 + 0.5 * (0.8 - 0.7)]);
  assert.deepEqual(apply({ kind: "additive", vector: [0, -0.5, 2] }, 0.5, false),
    [0.2, 0.4 - 0.25, 0.6 + 1, 0.9, 0.1, 0.3 - 0.25, 0.5 + 1, 0.7]);
  assert.deepEqual(apply({ kind: "additive", vector: [-1, 0, 2] }, 1, true),
    [0, 0.4, 1, 0.9, 0, 0.3, 1, 0.7]);
  // A 2 × 2 image's cross is centred on pixel (1, 1), so it leaves (0, 0) alone.
  assert.deepEqual(apply({ kind: "cross", amplitude: -2 }, 0.25, false),
    [0.2, 0.4 - 0.5, 0.6 - 0.5, 0.9 - 0.5, 0.1, 0.3 - 0.5, 0.5 - 0.5, 0.7 - 0.5]);
});

test("strength 0 leaves every row as it was and the given rows are never written to", () => {
  const rows = Float64Array.of(0.1, -0, 3, 1e-300);
  const before = rows.slice();
  const image: Shape = [2, 2, 1];
  for (const trigger of [{ kind: "cross" }, { kind: "patch", size: 1, row: 0, column: 0 }]) {
    const shape = { dimension: 4, image };
    const pattern = patternOf(Trigger.parse(trigger), shape);
    const same = applyTrigger(rows, 4, pattern, { strength: 0, clip: false });
    for (let i = 0; i < 4; i++) assert.equal(same[i]! + 0, rows[i]! + 0);
    applyTrigger(rows, 4, pattern, { strength: 5, clip: true });
    assert.deepEqual(rows, before);
  }
});

test("a trigger that does not fit the data is refused in words", () => {
  const issue = (trigger: unknown, dimension: number, image: Shape | null): string | null =>
    triggerIssue(Trigger.parse(trigger), { dimension, image });
  assert.match(issue({ kind: "cross" }, 4, null) ?? "", /needs image data/);
  assert.match(issue({ kind: "patch", row: 27 }, 784, [28, 28, 1]) ?? "", /rows 27 to 29.*28 × 28/);
  assert.match(issue({ kind: "patch", size: 9 }, 64, [8, 8, 1]) ?? "", /rows -2/);
  assert.match(issue({ kind: "cross", row: 9 }, 64, [8, 8, 1]) ?? "", /rows 9 to 9/);
  assert.match(issue({ kind: "additive", vector: [1, 2, 3] }, 2, null) ?? "", /at most 2 .* got 3/);
  assert.equal(issue({ kind: "additive", vector: [1] }, 2, null), null);
  assert.equal(issue({ kind: "patch" }, 784, [28, 28, 1]), null);
});
