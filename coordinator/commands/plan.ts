// `nearclone plan`: what a study will cost, without computing or storing anything of it.
import { Command } from "commander";
import {
  CHOLESKY_RIDGES_MAX,
  jobMemoryBytes,
  type KrrShape,
  naiveFlops,
  studyFlops,
} from "../../schema/experiments/krr-cost.ts";
import { canReside, residentRoute } from "../../schema/experiments/krr-device.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import type { StudyOrder } from "../../schema/job.ts";
import type { DeviceRoute, Plan } from "../../schema/plan.ts";
import { cudaVariables } from "../../schema/provider.ts";
import { axesOf, fixedValue, type NetworkSpec, trainsNetworks } from "../../schema/study.ts";
import { type Context, dataCache, print } from "../context.ts";
import { estimateTimes, type TimeEstimate } from "../estimate.ts";
import { bytesText, countText, durationText, flopsText, plural, shortNumber } from "../face/number.ts";
import { labelLines } from "../face/table.ts";
import { jsonText } from "../face/value.ts";
import { probeHere, type ProviderReport } from "../local.ts";
import { deviceRoutes, type GpuRouteChoice } from "../gpu-routes.ts";
import { prepareStudy } from "../prepare.ts";
import { cacheBytesPerThread, shapeOf } from "../resources.ts";
import { readStudyFiles, type StudyFile } from "../study-file.ts";
import { studyTitle } from "../study-title.ts";
import { dataOption, gpuRouteOption, jsonOption, threadsOption, withExamples } from "./option.ts";

interface PlanOptions {
  readonly dataDir?: string;
  readonly gpuRoute: GpuRouteChoice;
  readonly threads: number;
  readonly json?: boolean;
}

/** Enough for orders of some hundreds, at which providers are near their full speed. */
const SPEED_TEST_MS = 1_200;

export function planCommand(context: Context): Command {
  const command = new Command("plan")
    .description("what a study will cost: jobs, arithmetic, memory, time; computes nothing of it")
    .argument("<study.yaml>", "study file: docs/STUDY-FILE.md")
    .addOption(dataOption())
    .addOption(gpuRouteOption())
    .addOption(threadsOption(context))
    .addOption(jsonOption())
    .action((file: string, options: PlanOptions) => planStudyFile(context, file, options));
  return withExamples(command, "nearclone plan studies/million.yaml", "nearclone plan my-study.yaml --json");
}

async function planStudyFile(context: Context, path: string, options: PlanOptions): Promise<void> {
  for (const file of await readStudyFiles(path, context.cwd)) await planOne(context, file, options);
}

async function planOne(context: Context, file: StudyFile, options: PlanOptions): Promise<void> {
  const { order } = await prepareStudy(file, dataCache(context, options.dataDir), deviceRoutes(context, options.gpuRoute));
  const shape = shapeOf(order);
  const reports =
    shape === null
      ? []
      : await probeHere({
        blasPath: context.env["NEARCLONE_BLAS"] ?? null,
        cuda: cudaVariables(context.env),
        budgetMs: SPEED_TEST_MS,
      });
  const times = shape === null ? [] : estimateTimes(shape, reports, options.threads);
  const cacheBytes = cacheBytesPerThread(context.memoryBytes, options.threads);
  if (options.json === true) print(context, jsonText(planObject(order, shape, times, options.threads)));
  else print(context, ...planLines({ order, shape, times, reports, cacheBytes }, options.threads));
}

function factorisations({ route, preparations, systems }: KrrShape): number {
  return route === "cholesky" ? preparations * systems : preparations;
}

interface Planned {
  readonly order: StudyOrder;
  readonly shape: KrrShape | null;
  readonly times: readonly TimeEstimate[];
  readonly reports: readonly ProviderReport[];
  readonly cacheBytes: number;
}

function planLines({ order, shape, times, reports, cacheBytes }: Planned, threads: number): string[] {
  const title = studyTitle(order, null);
  if (shape === null) {
    const { spec } = order;
    const work = trainsNetworks(spec)
      ? `${plural(order.plan.points, "training run")}, ${plural(trainingSteps(spec), "step")} of ${plural(spec.training.batch, "row")} in all`
      : "none: as fast as rows are stored";
    return [...title, ...labelLines([["work   ", work]])];
  }
  const [flops, naive] = [studyFlops(shape), naiveFlops(shape)];
  const pairs: [string, string][] = [
    ["jobs", jobText(order)],
    ["shared", sharedText(order)],
    ["route", routeText(shape)],
    ...(order.spec.experiment === "krr" && canReside(order.spec)
      ? [["", `on a GPU ${gpuRouteText(residentRoute(order.spec, order.plan, shape.systems), order.plan)}`] as [string, string]] : []),
    ["work", `${plural(factorisations(shape), "factorisation")} where one solve per point needs ${countText(shape.points)}`],
    ["", `${flopsText(flops)} where that needs ${flopsText(naive)}: ${shortNumber(naive / flops, 2)} times less`],
    ["memory", `${bytesText(jobMemoryBytes(shape))} per thread at the peak, and at most ${bytesText(cacheBytes)} of kernels kept`],
    ...times.map(({ provider, seconds, gflops }, i): [string, string] => [
      i === 0 ? "time" : "",
      `${durationText(seconds * 1000)} of arithmetic with ${provider} on ${plural(threads, "thread")}, ` +
        `at ${gflops.toFixed(0)} GFLOP/s a thread as measured now`,
    ]),
    ...reports
      .filter(({ why }) => why !== null)
      .map(({ name }): [string, string] => ["", `${name} is not here: nearclone doctor says why`]),
  ];
  return [...title, ...labelLines(pairs.map(([label, text]) => [label.padEnd(7), text]))];
}

/** Steps of all runs together. */
function trainingSteps(spec: NetworkSpec): number {
  const axes = axesOf(spec);
  const epochs = axes.find(({ name }) => name === "epochs")?.values ?? [fixedValue(spec, "epochs") ?? 0];
  const others = axes.filter(({ name }) => name !== "epochs").reduce((all, { values }) => all * values.length, 1);
  const stepsPerEpoch = Math.ceil(spec.data.train / spec.training.batch);
  return others * stepsPerEpoch * epochs.reduce((sum, one) => sum + one, 0);
}

/** `16 jobs of at most 651 points: length_scale 1 × ridge 21 × poison_count 31` */
function jobText({ spec, plan }: StudyOrder): string {
  const box = axesOf(spec).map(({ name }, i) => `${name} ${countText(plan.chunk[i] ?? 1)}`).join(" × ");
  const most = plan.chunk.reduce((product, length) => product * length, 1);
  return `${countText(plan.jobs)}, of at most ${plural(most, "point")}: ${box}`;
}

/** Which axes cost a factorisation for each value, and which share one. */
function sharedText({ spec }: StudyOrder): string {
  const parameters = EXPERIMENTS[spec.experiment].parameters;
  const isShared = (name: string): boolean =>
    parameters.find((one) => one.name === name)?.isShared === true;
  const names = axesOf(spec).map(({ name }) => name);
  const [own, along] = [names.filter(isShared), names.filter((name) => !isShared(name))];
  const each = own.length === 0 ? "the study" : `each ${own.join(" and ")}`;
  return along.length === 0 ? `nothing: ${each} is a point` : `one kernel matrix for ${each} serves all ${along.join(", ")}`;
}

function routeText({ route, attack, systems, isMixed }: KrrShape): string {
  if (isMixed) return "cholesky: a factor in float32 for each ridge, refined in float64, as the study asks";
  const most = CHOLESKY_RIDGES_MAX[attack];
  return route === "cholesky"
    ? `cholesky: a factor for each ridge, measured to be cheapest for up to ${plural(most, "ridge")}`
    : `${route}: one form for all ${countText(systems)} ridges of a kernel matrix, ` +
        `measured to be cheapest beyond ${plural(most, "ridge")}`;
}

function gpuRouteText(route: DeviceRoute, plan: Plan): string {
  const why = plan.deviceRoute === undefined ? "a rule that was not measured: nearclone doctor measures" : "recorded in the plan";
  return `${route}, ${route === "potrf" ? "a factor for each ridge" : "eigenvectors for all ridges"} (${why})`;
}

function planObject(
  order: StudyOrder,
  shape: KrrShape | null,
  times: readonly TimeEstimate[],
  threads: number,
): object {
  const { spec, plan } = order;
  const base = { study: spec.name, key: order.key, points: plan.points, jobs: plan.jobs, plan };
  if (trainsNetworks(spec)) return { ...base, trainingSteps: trainingSteps(spec) };
  if (shape === null) return base;
  return {
    ...base,
    route: shape.route,
    factorisations: factorisations(shape),
    naiveSolves: shape.points,
    flops: studyFlops(shape),
    naiveFlops: naiveFlops(shape),
    memoryBytesPerThread: jobMemoryBytes(shape),
    threads,
    estimates: times,
  };
}
