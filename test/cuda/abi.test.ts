// What tools/cuda-abi.ts reads out of headers, on one in the style of NVIDIA's. The headers and
// libraries themselves are gigabytes: whoever changes a signature runs the tool on them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVER_STATUSES } from "../../worker/linalg/cuda/driver-statuses.ts";
import { STATUS_NAMES } from "../../worker/linalg/cuda/status.ts";
import { agrees, readHeaders } from "../../tools/cuda-headers.ts";

const { argumentsOf, enumerators } = readHeaders(`
#define API __attribute__((visibility("default")))
/* A handle; wrong(int) is only said here. */
typedef struct context *handle_t;
typedef int device_v1;
typedef device_v1 device_t;
typedef enum { OP_N = 0, OP_T = 1 /* transposed */, } operation_t;
enum __device_builtin__ kind { NONE, FIRST = 0x10, SECOND };
typedef __device_builtin__ enum kind kind_t;
typedef long long int int64_t;
extern API int multiply_v2(handle_t handle, operation_t op, int m,
    const double *a, int64_t lda, size_t bytes = 0);
extern API int ask(device_t device, kind_t kind, enum kind other, unsigned int flags, float *all[]);
extern API int nothing(void);
`);

test("prototypes become size classes, through typedefs and enumerations", () => {
  assert.equal(argumentsOf("multiply_v2"), "*ii*lz");
  assert.equal(argumentsOf("ask"), "iiiu*");
  assert.equal(argumentsOf("nothing"), "");
  assert.equal(argumentsOf("wrong"), null);
});

test("enumerators have the values that they are given or count to", () => {
  assert.deepEqual(Object.fromEntries(enumerators), { OP_N: 0, OP_T: 1, NONE: 0, FIRST: 16, SECOND: 17 });
});

test("an address may be passed as such, as host memory or as a text, a number only as its own", () => {
  assert.ok(agrees("piimlz", "*ii*lz") && agrees("sa", "**"));
  for (const letters of ["piimiz", "piimlu", "iiimlz", "piiml", "piimlzp"]) {
    assert.ok(!agrees(letters, "*ii*lz"), letters);
  }
});

test("no two statuses of a library share a name", () => {
  assert.equal(STATUS_NAMES["driver"], DRIVER_STATUSES);
  for (const names of Object.values(STATUS_NAMES)) {
    assert.equal(new Set(Object.values(names)).size, Object.keys(names).length);
  }
});
