#!/bin/sh
# Packs all that a bare GPU machine needs to check and measure the `cuda` provider into one folder:
# Node, the benchmark in two files, koffi's binding, and OpenBLAS to compare with, if this machine
# has it. No npm and no network there; its own CUDA libraries are used.
#
# Needs `npm ci` done here, and the same processor architecture there.
#   sh scripts/gpu-bundle.sh FOLDER    makes FOLDER and FOLDER.tar.gz; there, unpacked:
#   sh FOLDER/run.sh [--quick] [--out FILE]
set -eu
folder="${1:?usage: sh scripts/gpu-bundle.sh FOLDER}"
mkdir -p "$folder"
target="$(cd "$folder" && pwd)"
cd "$(dirname "$0")/.."
npx tsc -p .

# koffi stays a package of its own: it finds its binding beside itself.
for entry in gpu gpu/sampler; do
  npx esbuild "dist/bench/$entry.js" --bundle --platform=node --format=esm --external:koffi \
    --banner:js='import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' \
    --log-level=warning --outfile="$target/$entry.mjs"
done
mv "$target/gpu/sampler.mjs" "$target/gpu/sampler.js"
echo '{ "type": "module" }' > "$target/package.json"
rm -rf "$target/node_modules"
mkdir -p "$target/node_modules/@koromix" "$target/lib"
cp -R node_modules/koffi "$target/node_modules/"
cp -R node_modules/@koromix/. "$target/node_modules/@koromix/"
cp "$(node -p process.execPath)" "$target/node"

# OpenBLAS and what it needs of a Fortran compiler.
openblas="$(ldconfig -p 2> /dev/null | sed -n 's/.*libopenblas\.so\.0.* => //p' | head -n 1)"
if [ -n "$openblas" ]; then
  cp -L "$openblas" "$target/lib/libopenblas.so.0"
  ldd "$openblas" | sed -n 's/.*\(lib\(gfortran\|quadmath\)\.so\.[0-9]*\) => \([^ ]*\).*/\1 \3/p' |
    while read -r name path; do cp -L "$path" "$target/lib/$name"; done
else
  echo "no OpenBLAS here: the job's comparison will fail there unless it has one" >&2
fi

cat > "$target/run.sh" << 'RUN'
#!/bin/sh
here="$(cd "$(dirname "$0")" && pwd)"
LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/node" "$here/gpu.mjs" "$@"
RUN

tar -C "$(dirname "$target")" -czf "$target.tar.gz" "$(basename "$target")"
echo "$target.tar.gz: $(du -sh "$target.tar.gz" | cut -f 1)"
