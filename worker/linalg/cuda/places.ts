// Where CUDA's shared libraries lie: pip's wheels, conda, the toolkit, the system.
//
// One set is taken whole from one major version, newest first: libraries of two majors in one
// process do not share their handles. Files are numbered differently from CUDA itself.
import { dirname, join } from "node:path";
import type { CudaVariables } from "../../../schema/provider.ts";

/** File names of one major version, dependencies first: each is opened before what needs it. */
export interface Release {
  readonly major: number;
  readonly runtime: string;
  readonly blas: string;
  readonly solver: string;
  readonly compiler: string;
  /** What these load by name, and find if it is open already. */
  readonly needed: readonly string[];
}

export const RELEASES: readonly Release[] = [
  {
    major: 13,
    runtime: "libcudart.so.13",
    blas: "libcublas.so.13",
    solver: "libcusolver.so.12",
    compiler: "libnvrtc.so.13",
    needed: ["libnvJitLink.so.13", "libcublasLt.so.13", "libcusparse.so.12"],
  },
  {
    major: 12,
    runtime: "libcudart.so.12",
    blas: "libcublas.so.12",
    solver: "libcusolver.so.11",
    compiler: "libnvrtc.so.12",
    needed: ["libnvJitLink.so.12", "libcublasLt.so.12", "libcusparse.so.12"],
  },
  {
    major: 11,
    runtime: "libcudart.so.11.0",
    blas: "libcublas.so.11",
    solver: "libcusolver.so.11",
    compiler: "libnvrtc.so.11.2",
    needed: ["libcublasLt.so.11", "libcusparse.so.11"],
  },
];

/** They come with the driver, not with a release. */
export const DRIVER_FILE = "libcuda.so.1";
export const MANAGEMENT_FILE = "libnvidia-ml.so.1";

/** Names in a folder; none where there is no such folder. */
export type List = (folder: string) => readonly string[];

/**
 * Folders to look in, in order: those of NEARCLONE_CUDA_LIBS alone if it is set (separated by
 * colons), else virtual environments, conda, the toolkit, and Debian's. Where a library is in none
 * of them the loader's own search follows.
 */
export function libraryFolders(env: CudaVariables, list: List): string[] {
  const given = env["NEARCLONE_CUDA_LIBS"];
  if (given !== undefined) return given.split(":").filter((path) => path !== "");
  return [...new Set([
    ...environments(env).flatMap((root) => wheelFolders(root, list)),
    ...present([env["CONDA_PREFIX"]]).flatMap((root) =>
      ["lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib"].map((folder) => join(root, folder))),
    ...toolkits(env, list).flatMap((root) => [join(root, "lib64"), join(root, "lib")]),
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/nvidia/lib64",
  ])];
}

function present(values: readonly (string | undefined)[]): string[] {
  return values.filter((value): value is string => value !== undefined && value !== "");
}

/** Roots that may hold lib/python3.x/site-packages: the active one, then those of PATH. */
function environments(env: CudaVariables): string[] {
  const programs = (env["PATH"] ?? "").split(":").filter((folder) => folder.endsWith("/bin"));
  const home = env["HOME"] === undefined ? [] : [join(env["HOME"], ".local")];
  return [...present([env["VIRTUAL_ENV"], env["CONDA_PREFIX"]]), ...programs.map((path) => dirname(path)), ...home];
}

/** nvidia/cublas/lib and its like; CUDA 13's wheels share nvidia/cu13/lib. */
function wheelFolders(root: string, list: List): string[] {
  return list(join(root, "lib"))
    .filter((name) => name.startsWith("python3"))
    .flatMap((python) => ["site-packages", "dist-packages"].map((name) => join(root, "lib", python, name, "nvidia")))
    .flatMap((nvidia) => list(nvidia).map((part) => join(nvidia, part, "lib")));
}

/** CUDA_HOME, CUDA_PATH, /usr/local/cuda, then /usr/local/cuda-13.0 and its like, newest first. */
function toolkits(env: CudaVariables, list: List): string[] {
  const versioned = list("/usr/local").filter((name) => /^cuda-\d/.test(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return [
    ...present([env["CUDA_HOME"], env["CUDA_PATH"]]),
    "/usr/local/cuda",
    ...versioned.map((name) => join("/usr/local", name)),
  ];
}
