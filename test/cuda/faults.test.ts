// What a missing, wrong, full or failing CUDA is reported as; and that nothing stays allocated.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ComputeError } from "../../schema/failure.ts";
import { openCuda } from "../../worker/linalg/cuda.ts";
import { libraryFolders } from "../../worker/linalg/cuda/places.ts";
import { matrix } from "../../worker/linalg/matrix.ts";
import type { LinalgProvider } from "../../worker/linalg/provider.ts";
import { random, randomDefinite, randomSymmetric } from "../contract/linalg/matrices.ts";
import { buildFakeCuda, type FakeOptions, whyNoFake } from "../support/fake-cuda.ts";

const skip = whyNoFake() ?? false;

/** Why a fake built so is not used. */
function missesOf(options: FakeOptions): string {
  const { provider, misses } = openCuda(buildFakeCuda(options).variables);
  assert.equal(provider, null);
  return misses.join("; ");
}

test("a library without a function that is needed is named with it", { skip }, () => {
  assert.match(missesOf({ without: "cusolverDnXsyevd" }), /CUDA 12: libcusolver\.so\.11: has no cusolverDnXsyevd/);
  assert.match(missesOf({ without: "cuLaunchKernel" }), /^libcuda\.so\.1: has no cuLaunchKernel/);
});

test("a runtime of another major version than its file name is refused with both", { skip }, () => {
  assert.match(missesOf({ version: 10_020 }), /CUDA 12: libcudart\.so\.12: is of CUDA 10, expected 12/);
});

test("each release is found by its own file names", { skip }, () => {
  for (const [major, version] of [[11, 11_080], [13, 13_000]] as const) {
    const { provider, misses } = openCuda(buildFakeCuda({ major, version }).variables);
    assert.ok(provider !== null, misses.join("; "));
    assert.match(provider.detail, new RegExp(`^Fake GPU \\(sm_90, 1\\.00 GiB\\), CUDA ${major}\\.`));
    provider.session.close();
  }
});

test("a release of which a file is absent is passed over with the file's name", { skip }, () => {
  const misses = missesOf({ major: 12, version: 10_000 });
  assert.match(misses, /CUDA 13: libcudart\.so\.13: not in /);
  assert.match(misses, /CUDA 11: libcudart\.so\.11\.0: not in /);
});

/** Runs with a variable set that the fake reads of the process's own environment, as CUDA does. */
function withVariable(name: string, value: string, run: () => void): void {
  assert.equal(process.env[name], undefined);
  process.env[name] = value;
  try {
    run();
  } finally {
    delete process.env[name];
  }
}

test("a machine without a device says so", { skip }, () => {
  withVariable("FAKE_CUDA_NO_DEVICE", "1", () =>
    assert.match(missesOf({}), /cudaGetDeviceCount returned 100, cudaErrorNoDevice/));
});

test("a release that is too new for the driver is passed over with both versions", { skip }, () => {
  withVariable("FAKE_CUDA_DRIVER", "12080", () => {
    assert.match(missesOf({ major: 13, version: 13_000 }),
      /^CUDA 13: libcudart\.so\.13: needs a driver for CUDA 13, this one is for CUDA 12; CUDA 12: libcudart\.so\.12: not in /);
    const { provider } = openCuda(buildFakeCuda().variables);
    assert.match(provider?.detail ?? "", /CUDA 12\.4, driver for 12\.8/);
    provider?.session.close();
  });
});

test("a compiler older than the device compiles for an older one, and says so if it knows none", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider?.device !== undefined);
  const workspace = provider.device.open("a test");
  const a = workspace.upload(matrix(2, 2));
  withVariable("FAKE_NVRTC_NEWEST", "35", () =>
    assert.throws(() => provider.device?.isFinite(a), /nvrtcCompileProgram for compute_60 returned NVRTC_ERROR_INVALID_OPTION/));
  withVariable("FAKE_NVRTC_NEWEST", "86", () => assert.equal(provider.device?.isFinite(a), true));
  workspace.release();
  provider.session.close();
  assert.equal(fake.violations(), 0, fake.violation());
});

const VERBS: Readonly<Record<string, (linalg: LinalgProvider) => unknown>> = {
  gemm: (linalg) => linalg.gemm({ a: random(5, 4, 1), b: random(4, 3, 2), c: random(5, 3, 3), beta: 1 }),
  gram: (linalg) => linalg.gram(random(5, 4, 1)),
  cholesky: (linalg) => linalg.cholesky(randomDefinite(6, 1)),
  solveLower: (linalg) => linalg.solveLower(randomDefinite(6, 1), random(6, 2, 2)),
  solveBatch: (linalg) => linalg.solveBatch([{ a: randomDefinite(6, 1), b: random(6, 2, 2) }, { a: randomDefinite(300, 1), b: random(300, 1, 2) }]),
  choleskySingle(linalg) {
    const factor = linalg.choleskySingle(randomDefinite(6, 1), 0);
    try {
      factor?.solve(random(6, 2, 2));
      factor?.sums();
    } finally {
      factor?.release();
    }
  },
  tridiagonalise: (linalg) => linalg.tridiagonalise(randomSymmetric(6, 1)),
  symmetricEigen: (linalg) => linalg.symmetricEigen(randomSymmetric(6, 1)),
};

test("memory that runs out in any allocation of any verb is a resource failure that leaves none", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider !== null);
  const before = fake.used();
  for (const [name, run] of Object.entries(VERBS)) {
    const start = fake.allocations();
    run(provider);
    const count = fake.allocations() - start;
    assert.ok(count > 0, name);
    for (let failing = 1; failing <= count; failing++) {
      fake.failMalloc(failing);
      assert.throws(() => run(provider), (error) => {
        assert.ok(error instanceof ComputeError, String(error));
        assert.equal(`${error.kind} ${error.code}`, "resource out_of_memory");
        assert.match(error.message,
          /^cuda: .+ needs [\d.]+ (B|KiB) of device memory: [\d.]+ MiB of 1\.00 GiB are free, .+ held here$/);
        return true;
      });
      assert.equal(fake.used(), before, `${name}, allocation ${failing}`);
    }
    fake.failMalloc(0);
    run(provider);
  }
  provider.session.close();
  assert.equal(fake.used(), 0);
  assert.equal(fake.handles(), 0);
  assert.equal(fake.violations(), 0, fake.violation());
});

test("many small systems are one call, of few allocations", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider !== null);
  const batch = (count: number): number => {
    const before = fake.allocations();
    provider.solveBatch(Array.from({ length: count }, (_, at) => ({ a: randomDefinite(5 + (at % 3), at), b: random(5 + (at % 3), 2, at) })));
    return fake.allocations() - before;
  };
  assert.equal(batch(60), batch(1));
  provider.session.close();
  assert.equal(fake.violations(), 0, fake.violation());
});

test("a large system is carried to the device once", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider !== null);
  const order = 300;
  fake.watchUploads(8 * order ** 2);
  provider.solveBatch([{ a: randomDefinite(order, 1), b: random(order, 2, 2) }]);
  assert.equal(fake.watchedUploads(), 1);
  provider.session.close();
  assert.equal(fake.violations(), 0, fake.violation());
});

test("a matrix larger than the device names its size before anything is computed", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider !== null);
  fake.setMemory(100_000);
  assert.throws(() => provider.gram(matrix(4, 200)),
    /the Gram matrix of 200 columns: a 200 × 200 matrix needs 313 KiB of device memory: 97\.7 KiB of 97\.7 KiB/);
  assert.throws(() => provider.device?.require(1e6, "a job"), /a job needs 977 KiB/);
  provider.session.close();
});

test("a call that fails is named with its status, and frees what it took", { skip }, () => {
  const fake = buildFakeCuda();
  const { provider } = openCuda(fake.variables);
  assert.ok(provider !== null);
  const { device } = provider;
  assert.ok(device !== undefined);
  const before = fake.used();
  const fails = (run: () => unknown, pattern: RegExp, kind = "infrastructure"): void => {
    assert.throws(run, (error) => {
      assert.ok(error instanceof ComputeError, String(error));
      assert.equal(error.kind, kind);
      assert.match(error.message, pattern);
      return true;
    });
    assert.equal(fake.used(), before);
  };
  fake.failBlas(13);
  fails(() => VERBS["gemm"]?.(provider), /^cuda: cublasDgemm_v2 returned 13, CUBLAS_STATUS_EXECUTION_FAILED$/);
  fake.failBlas(3);
  fails(() => VERBS["gram"]?.(provider), /cublasDsyrk_v2 returned 3, CUBLAS_STATUS_ALLOC_FAILED$/, "resource");
  fake.failSolver(7);
  fails(() => VERBS["cholesky"]?.(provider), /Xpotrf_bufferSize returned 7, CUSOLVER_STATUS_INTERNAL_ERROR$/);
  fake.failSolver(99);
  fails(() => VERBS["symmetricEigen"]?.(provider), /returned 99, a status without a name$/);
  fails(() => {
    const workspace = device.open("a test");
    try {
      const a = workspace.upload(random(3, 3, 1));
      fake.failLaunch(719);
      device.map(a, { name: "rbf", scale: -1, offset: 0, degree: 1 });
    } finally {
      workspace.release();
    }
  }, /cuLaunchKernel of kernel_values returned 719, CUDA_ERROR_LAUNCH_FAILED$/);
  provider.session.close();
  assert.equal(fake.handles(), 0);
});

test("libraries are looked for in wheels, conda, toolkits and the system, newest toolkit first", () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    "/venv/lib": ["python3.12", "other"],
    "/venv/lib/python3.12/site-packages/nvidia": ["cublas", "cu13"],
    "/usr/local": ["cuda-9.2", "cuda-12.4", "bin"],
  };
  const env = { VIRTUAL_ENV: "/venv", CONDA_PREFIX: "/conda", CUDA_HOME: "/opt/cuda" };
  assert.deepEqual(libraryFolders(env, (folder) => tree[folder] ?? []).slice(0, 13), [
    "/venv/lib/python3.12/site-packages/nvidia/cublas/lib",
    "/venv/lib/python3.12/site-packages/nvidia/cu13/lib",
    "/conda/lib",
    "/conda/targets/x86_64-linux/lib",
    "/conda/targets/sbsa-linux/lib",
    "/opt/cuda/lib64", "/opt/cuda/lib",
    "/usr/local/cuda/lib64", "/usr/local/cuda/lib",
    "/usr/local/cuda-12.4/lib64", "/usr/local/cuda-12.4/lib",
    "/usr/local/cuda-9.2/lib64", "/usr/local/cuda-9.2/lib",
  ]);
  assert.deepEqual(libraryFolders({ ...env, NEARCLONE_CUDA_LIBS: "/a:/b" }, () => []), ["/a", "/b"]);
});
