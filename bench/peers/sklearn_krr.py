"""scikit-learn's KernelRidge as a black box, once per point: the peer of the krr sweep.

Usage: python3 bench/peers/sklearn_krr.py FOLDER_OF_MNIST_TEST_FILES
One thread (set OPENBLAS_NUM_THREADS=1), n=2000, d=784, 10 outputs, 500 test rows.
"""
import gzip
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.kernel_ridge import KernelRidge


def read(name, offset):
    with gzip.open(f"{sys.argv[1]}/{name}") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784) / 255.0
labels = read("t10k-labels-idx1-ubyte.gz", 8)
targets = np.eye(10)[labels] - 0.1
seconds = []
for alpha in [1e-3, 1e-2, 1e-1, 1, 10]:
    begin = time.perf_counter()
    model = KernelRidge(kernel="rbf", gamma=1 / (2 * 7.0**2), alpha=alpha)
    model.fit(images[:2000], targets[:2000])
    model.predict(images[2000:2500])
    seconds.append(time.perf_counter() - begin)
print(json.dumps({"sklearn": sklearn.__version__, "seconds_per_point": min(seconds), "all": seconds}))
