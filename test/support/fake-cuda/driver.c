/* libnvrtc, libcuda and libnvidia-ml. Kernels are compiled by gcc: a launch runs the grid's threads
   one after the other. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fake.h"

struct program { char* source; char* log; char image[256]; int is_ptx; };

int nvrtcVersion(int* major, int* minor) { *major = 12; *minor = 4; return 0; }
const char* nvrtcGetErrorString(int status) {
  return status == 6 ? "NVRTC_ERROR_COMPILATION" : status == 5 ? "NVRTC_ERROR_INVALID_OPTION" : "NVRTC_SUCCESS";
}

int nvrtcCreateProgram(struct program** out, const char* source, const char* name, int headers, const void* h, const void* n) {
  if (headers || h || n || !name) return violation(3, "nvrtcCreateProgram: headers");
  *out = calloc(1, sizeof **out);
  (*out)->source = strdup(source);
  (*out)->log = calloc(1, 4096);
  return 0;
}

int nvrtcDestroyProgram(struct program** program) {
  free((*program)->source);
  free((*program)->log);
  free(*program);
  return 0;
}

static const char PRELUDE[] =
  "#include <math.h>\n"
  "static __thread struct { unsigned x, y, z; } threadIdx, blockIdx, blockDim, gridDim;\n"
  "#define __device__\n#define __global__\n"
  "void fake_run(void (*f)(void**), const unsigned* grid, const unsigned* block, void** p) {\n"
  "  gridDim.x = grid[0]; blockDim.x = block[0];\n"
  "  for (blockIdx.x = 0; blockIdx.x < grid[0]; blockIdx.x++)\n"
  "    for (threadIdx.x = 0; threadIdx.x < block[0]; threadIdx.x++) f(p);\n"
  "}\n";

/* For each kernel a function of an array of addresses, as cuLaunchKernel takes its arguments. */
static void write_wrappers(FILE* out, const char* source) {
  static const char mark[] = "__global__ void ";
  for (const char* at = strstr(source, mark); at; at = strstr(at, mark)) {
    at += strlen(mark);
    const char* open = strchr(at, '(');
    const char* close = strchr(open, ')');
    fprintf(out, "void %.*s__run(void** p) { %.*s(", (int)(open - at), at, (int)(open - at), at);
    int index = 0;
    for (const char* from = open + 1; from < close; index++) {
      const char* end = from;
      while (end < close && *end != ',') end++;
      const char* name = end;
      while (name[-1] != ' ') name--;
      fprintf(out, "%s*(%.*s*)p[%d]", index ? ", " : "", (int)(name - from), from, index);
      from = end + 1;
    }
    fprintf(out, "); }\n");
    at = close;
  }
}

int nvrtcCompileProgram(struct program* program, int count, const char* const* options) {
  for (int i = 0; i < count; i++) {
    int number = 0, is_ptx = sscanf(options[i], "--gpu-architecture=compute_%d", &number) == 1;
    if (is_ptx || sscanf(options[i], "--gpu-architecture=sm_%d", &number) == 1) {
      const char* newest = getenv("FAKE_NVRTC_NEWEST");
      if (newest && number > atoi(newest)) return 5;
      program->is_ptx = is_ptx;
    } else if (strcmp(options[i], "--fmad=false")) {
      return violation(5, "nvrtcCompileProgram: option %s", options[i]);
    }
  }
  static const char language[] = "extern \"C\"";
  for (char* at; (at = strstr(program->source, language));) memset(at, ' ', strlen(language));
  char file[200];
  snprintf(file, sizeof file, "%s/fake-cuda-XXXXXX", P_tmpdir);
  int fd = mkstemp(file);
  FILE* out = fdopen(fd, "w");
  fputs(PRELUDE, out);
  fputs(program->source, out);
  write_wrappers(out, program->source);
  fclose(out);
  snprintf(program->image, sizeof program->image, "%s.so", file);
  char command[600];
  snprintf(command, sizeof command, "gcc -O1 -ffp-contract=off -shared -fPIC -x c %s -lm -o %s 2>&1", file, program->image);
  FILE* compiler = popen(command, "r");
  fread(program->log, 1, 4000, compiler);
  int failed = pclose(compiler);
  unlink(file);
  return failed ? 6 : 0;
}

int nvrtcGetProgramLogSize(struct program* program, size_t* bytes) { *bytes = strlen(program->log) + 1; return 0; }
int nvrtcGetProgramLog(struct program* program, char* log) { strcpy(log, program->log); return 0; }
static int image_size(struct program* program, size_t* bytes, int is_ptx) {
  *bytes = program->is_ptx == is_ptx ? sizeof program->image : 0;
  return 0;
}
static int image_of(struct program* program, char* image, int is_ptx) {
  if (program->is_ptx != is_ptx) return violation(1, "nvrtc: the program is %s PTX", is_ptx ? "no" : "");
  memcpy(image, program->image, sizeof program->image);
  return 0;
}
int nvrtcGetCUBINSize(struct program* program, size_t* bytes) { return image_size(program, bytes, 0); }
int nvrtcGetCUBIN(struct program* program, char* image) { return image_of(program, image, 0); }
int nvrtcGetPTXSize(struct program* program, size_t* bytes) { return image_size(program, bytes, 1); }
int nvrtcGetPTX(struct program* program, char* image) { return image_of(program, image, 1); }

int cuInit(unsigned flags) { return flags ? 1 : 0; }
int cuDeviceGet(int* device, int ordinal) { *device = 7; return ordinal ? 101 : 0; }
int cuDeviceGetName(char* name, int length, int device) {
  snprintf(name, length, "Fake GPU");
  return device == 7 ? 0 : 101;
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  if (device != 7 || (attribute != 75 && attribute != 76)) return violation(1, "cuDeviceGetAttribute %d of %d", attribute, device);
  *value = attribute == 75 ? 9 : 0;
  return 0;
}

int cuModuleLoadData(void** module, const char* image) {
  *module = dlopen(image, RTLD_NOW);
  unlink(image);
  fake_handles++;
  return *module ? 0 : 200;
}
int cuModuleUnload(void* module) { fake_handles--; return dlclose(module) ? 1 : 0; }

struct function { void (*run)(void (*)(void**), const unsigned*, const unsigned*, void**); void (*body)(void**); };

int cuModuleGetFunction(struct function** out, void* module, const char* name) {
  char symbol[100];
  snprintf(symbol, sizeof symbol, "%s__run", name);
  static struct function functions[1000];
  static int count;
  if (count == 1000) return 2;
  struct function* one = &functions[__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED)];
  *(void**)&one->run = dlsym(module, "fake_run");
  *(void**)&one->body = dlsym(module, symbol);
  *out = one;
  return one->body ? 0 : 500;
}

int cuLaunchKernel(struct function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
    unsigned bz, unsigned shared, uint64_t stream, void** params, void** extra) {
  if (!f || gy != 1 || gz != 1 || by != 1 || bz != 1 || shared || stream || extra || gx < 1 || bx > 1024) {
    return violation(1, "cuLaunchKernel: grid %u %u %u of %u %u %u", gx, gy, gz, bx, by, bz);
  }
  int status = take(&fake_next_launch);
  if (status) return status;
  f->run(f->body, &gx, &bx, params);
  return 0;
}

/* Two devices, of which a process sees the first. With FAKE_NVML_SLICES the second is in MIG mode and
   has so many slices, with handles from 0xa00. */
int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
const char* nvmlErrorString(int status) { return status ? "Invalid Argument" : "Success"; }
int nvmlSystemGetDriverVersion(char* text, unsigned length) { snprintf(text, length, "550.54.15"); return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, uint64_t* device) { *device = 0x900 + index; return index < 2 ? 0 : 2; }
int nvmlDeviceGetName(uint64_t device, char* name, unsigned length) {
  snprintf(name, length, device >= 0xa00 ? "Fake GPU MIG 1g.1gb" : "Fake GPU");
  return device < 0x900 ? 2 : 0;
}
int nvmlDeviceGetCudaComputeCapability(uint64_t device, int* major, int* minor) {
  *major = 9;
  *minor = 0;
  return device < 0x900 || device >= 0xa00 ? 2 : 0;
}
int nvmlDeviceGetMigMode(uint64_t device, unsigned* current, unsigned* pending) {
  if (device >= 0xa00) return violation(2, "nvmlDeviceGetMigMode of a slice");
  if (!getenv("FAKE_NVML_SLICES")) return 3;
  *current = *pending = device == 0x901;
  return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(uint64_t device, unsigned* count) { *count = 7; return device == 0x901 ? 0 : 3; }
int nvmlDeviceGetMigDeviceHandleByIndex(uint64_t device, unsigned index, uint64_t* slice) {
  if (device != 0x901 || index >= 7) return violation(2, "nvmlDeviceGetMigDeviceHandleByIndex %u of %lx", index, (long)device);
  /* The first place is empty, as after one slice was taken away. */
  *slice = 0xa00 + index;
  return index >= 1 && index <= (unsigned)atoi(getenv("FAKE_NVML_SLICES")) ? 0 : 6;
}
int nvmlDeviceGetUUID(uint64_t device, char* text, unsigned length) {
  int is_slice = device >= 0xa00;
  snprintf(text, length, "%s-00000000-0000-0000-0000-%012lu", is_slice ? "MIG" : "GPU", (unsigned long)(device - (is_slice ? 0xa00 : 0x900)));
  return 0;
}
int nvmlDeviceGetMemoryInfo(uint64_t device, unsigned long long* memory) {
  memory[0] = (device >= 0xa00 ? 2ull : 4ull) << 30;
  memory[1] = 3ull << 30;
  memory[2] = 1ull << 30;
  return device < 0x900 ? 2 : 0;
}
int nvmlDeviceGetUtilizationRates(uint64_t device, unsigned* rates) {
  if (device >= 0xa00) return 3;
  rates[0] = 90 + (device - 0x900);
  rates[1] = 40;
  return 0;
}
