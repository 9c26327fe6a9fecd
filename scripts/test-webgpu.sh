#!/bin/sh
# Examines the `webgpu` backend on a machine without a GPU: Dawn on SwiftShader, a Vulkan driver
# that computes on the processor, out of Debian's chromium-common. Where that is installed,
# `CI=true npm test -- tensor/webgpu` does the same.
#
# Needs npm, apt-get and dpkg. Takes a minute and 250 MB. Nothing is written to package.json.
#   sh scripts/test-webgpu.sh
set -eu
cd "$(dirname "$0")/.."
sh scripts/add-optional.sh webgpu@0.6 @tensorflow/tfjs-backend-webgpu@4.22.0
driver="$(mktemp -d)"
trap 'rm -rf "$driver"' EXIT
(cd "$driver" && apt-get download -qq chromium-common libvulkan1 && for deb in *.deb; do dpkg -x "$deb" .; done)
export VK_ICD_FILENAMES="$driver/usr/lib/chromium/vk_swiftshader_icd.json"
export LD_LIBRARY_PATH="$(dirname "$(find "$driver" -name 'libvulkan.so.1' -path '*linux-gnu*')")"
NEARCLONE_TEST_BACKEND=webgpu npm test -- tensor/operators tensor/resume
