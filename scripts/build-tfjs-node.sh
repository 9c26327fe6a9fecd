#!/bin/sh
# Builds the `tensorflow` backend's native binding where its own download is out of reach: against
# the C library inside a TensorFlow wheel.
#
# Needs npm, pip (the machine's own package indexes), unzip, g++ and Node's headers. Takes a minute
# and 850 MB. Nothing is written to package.json; `npm ci` removes it again.
#   sh scripts/build-tfjs-node.sh [wheel, default tensorflow-cpu==2.15.1]
set -eu
cd "$(dirname "$0")/.."
wheel="${1:-tensorflow-cpu==2.15.1}"
package=node_modules/@tensorflow/tfjs-node

sh scripts/add-optional.sh @tensorflow/tfjs-node@4.22.0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$work" "$wheel"

mkdir -p "$package/deps/lib" "$package/lib/napi-v8"
unzip -q -o "$work"/*.whl 'tensorflow/include/tensorflow/c/*' 'tensorflow/include/tensorflow/core/platform/*' \
  'tensorflow/include/tsl/*' 'tensorflow/libtensorflow_cc.so.2' 'tensorflow/libtensorflow_framework.so.2' -d "$work"
mv "$work"/tensorflow/lib*.so.2 "$package/deps/lib/"
ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"

headers="$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')"
[ -f "$headers/node_api.h" ] || { echo "no Node headers in $headers" >&2; exit 1; }
g++ -shared -fPIC -O2 -std=c++17 -DBUILDING_NODE_EXTENSION -DNAPI_VERSION=8 \
  -I"$headers" -I"$work/tensorflow/include" -I"$package" \
  "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
  -L"$package/deps/lib" -ltensorflow -ltensorflow_framework '-Wl,-rpath,$ORIGIN/../../deps/lib' \
  -o "$package/lib/napi-v8/tfjs_binding.node"
TF_CPP_MIN_LOG_LEVEL=2 node --input-type=module -e '
  const { default: tf } = await import("@tensorflow/tfjs-node");
  console.log(`${tf.getBackend()} backend, 1 + 1 = ${tf.add(1, 1).dataSync()[0]}`);'
