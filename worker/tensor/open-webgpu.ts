// tfjs on WebGPU, in Node through the npm package `webgpu` (Dawn): GPUs of any vendor.
//
// Optional peers: Dawn unpacks to 130 MB. VK_ICD_FILENAMES chooses a Vulkan driver, for instance
// SwiftShader's, which computes on the processor.
import * as tf from "@tensorflow/tfjs-core";
import { firstLine, type Opened, optionalPackage } from "./opened.ts";

const HOW_TO_GET = "npm i webgpu @tensorflow/tfjs-backend-webgpu";

/** Dawn ends with the last reference to it, so it is held for as long as the thread lives. */
let dawn: { readonly gpu: object; readonly device: string } | undefined;

export async function openWebgpu(): Promise<Opened> {
  try {
    dawn ??= await startDawn();
    const backend = await optionalPackage("@tensorflow/tfjs-backend-webgpu");
    if (backend === undefined) {
      return { ok: false, why: `@tensorflow/tfjs-backend-webgpu is not installed: ${HOW_TO_GET}` };
    }
    if (backend instanceof Error) return { ok: false, why: firstLine(backend) };
    if (!(await tf.setBackend("webgpu"))) return { ok: false, why: "tfjs could not initialise it" };
    return { ok: true, device: dawn.device, isReproducible: false, complaint: complaintsOf(tf.backend()) };
  } catch (error) {
    return { ok: false, why: firstLine(error) };
  }
}

/** Puts `navigator.gpu` and the constants of WebGPU where tfjs looks for them. */
async function startDawn(): Promise<{ gpu: object; device: string }> {
  const loaded = await optionalPackage("webgpu");
  if (loaded === undefined) throw new Error(`webgpu is not installed: ${HOW_TO_GET}`);
  if (loaded instanceof Error) throw loaded;
  if (!("create" in loaded) || typeof loaded.create !== "function" || !("globals" in loaded)) {
    throw new Error("package webgpu has no create or globals: expected version 0.2 or later");
  }
  const gpu: unknown = loaded.create([]);
  const device = await nameOfAdapter(gpu);
  if (typeof gpu !== "object" || gpu === null || device === undefined) {
    throw new Error("no adapter: no Vulkan, Metal or Direct3D driver was found (VK_ICD_FILENAMES names one)");
  }
  Object.assign(globalThis, loaded.globals);
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  return { gpu, device };
}

/**
 * WebGPU reports failures as events and computes on, with zeros: the first one is kept. tfjs makes
 * a device when it opens the backend.
 */
function complaintsOf(backend: object): () => string | null {
  let first: string | null = null;
  const device: unknown = Reflect.get(backend, "device");
  if (typeof EventTarget === "undefined" || !(device instanceof EventTarget)) return () => first;
  device.addEventListener("uncapturederror", (event) => {
    const error: unknown = Reflect.get(event, "error");
    first ??= error instanceof Error ? error.message : String(Reflect.get(Object(error), "message"));
    event.preventDefault(); // Dawn would print it too
  });
  return () => first;
}

async function nameOfAdapter(gpu: unknown): Promise<string | undefined> {
  const adapter = await call(gpu, "requestAdapter");
  if (typeof adapter !== "object" || adapter === null) return undefined;
  const info: unknown = "info" in adapter ? adapter.info : undefined;
  if (typeof info !== "object" || info === null) return "unnamed adapter";
  const parts = ["vendor", "architecture", "description"].map((key): unknown => Reflect.get(info, key));
  return parts.filter((part) => typeof part === "string" && part !== "").join(" ");
}

async function call(target: unknown, method: string): Promise<unknown> {
  if (typeof target !== "object" || target === null) return undefined;
  const found: unknown = Reflect.get(target, method);
  return typeof found === "function" ? (found.call(target) as unknown) : undefined;
}
