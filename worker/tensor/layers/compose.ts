// Layers made of layers.
import * as tf from "@tensorflow/tfjs-core";
import type { Layer, Pass, Want } from "./layer.ts";

/** One after the other. Outputs between the layers live only as long as a layer keeps them. */
export function sequence(...layers: readonly Layer[]): Layer {
  const firstWeighted = layers.findIndex(({ hasWeights }) => hasWeights);
  return {
    hasWeights: firstWeighted >= 0,
    forward(x, run) {
      const passes: Pass[] = [];
      let y = x;
      for (const layer of layers) {
        const pass = layer.forward(y, run);
        if (y !== x) y.dispose();
        y = pass.y;
        passes.push(pass);
      }
      if (y === x) y = x.clone();
      return {
        y,
        pull: (dy, want) => pullBack(passes, dy, want, firstWeighted),
        release: () => passes.forEach((pass) => pass.release()),
      };
    },
  };
}

function pullBack(
  passes: readonly Pass[],
  dy: tf.Tensor,
  want: Want,
  firstWeighted: number,
): tf.Tensor | null {
  const reachesWeights = want.gradients !== null && firstWeighted >= 0;
  let flow: tf.Tensor | null = dy;
  for (let index = passes.length - 1; index >= 0; index--) {
    if (flow === null) return null;
    const input = want.input || (reachesWeights && index > firstWeighted);
    const next: tf.Tensor | null | undefined = passes[index]?.pull(flow, { ...want, input });
    if (flow !== dy) flow.dispose();
    flow = next ?? null;
  }
  return flow === dy && want.input ? dy.clone() : flow;
}

/** The input as it is. */
export const identity: Layer = {
  hasWeights: false,
  forward: (x) => ({
    y: x.clone(),
    pull: (dy, want) => (want.input ? dy.clone() : null),
    release: () => undefined,
  }),
};

/** branch(x) + shortcut(x). */
export function residual(branch: Layer, shortcut: Layer): Layer {
  return {
    hasWeights: branch.hasWeights || shortcut.hasWeights,
    forward(x, run) {
      const [one, other] = [branch.forward(x, run), shortcut.forward(x, run)];
      const y = tf.add(one.y, other.y);
      tf.dispose([one.y, other.y]);
      return {
        y,
        pull(dy, want) {
          const [through, past] = [one.pull(dy, want), other.pull(dy, want)];
          if (through === null || past === null) {
            tf.dispose([through, past].filter((tensor) => tensor !== null));
            return null;
          }
          const dx = tf.add(through, past);
          tf.dispose([through, past]);
          return dx;
        },
        release() {
          one.release();
          other.release();
        },
      };
    },
  };
}
