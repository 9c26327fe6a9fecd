// The official data sets: their files' names, sizes, digests and addresses.
//
// Digests and sizes are those that the TensorFlow Datasets project publishes; the two MNIST test
// files were also checked here against real ones, and the CIFAR MD5s of their home page belong to
// the same archives.
export type OfficialName = "mnist" | "cifar10" | "cifar100";
export const OFFICIAL_NAMES: readonly OfficialName[] = ["mnist", "cifar10", "cifar100"];

/** What is downloaded: a data file itself, or an archive of several. */
export interface Download {
  readonly name: string;
  readonly bytes: number;
  /** Of the bytes as downloaded. */
  readonly sha256: string;
}

export interface OfficialSet {
  readonly title: string;
  readonly trainRows: number;
  readonly testRows: number;
  /** Addresses that each hold all downloads, in the order they are tried; no closing slash. */
  readonly addresses: readonly string[];
  readonly downloads: readonly Download[];
  /** Files in an archive download and their sizes; empty where the downloads are the files. */
  readonly members: Readonly<Record<string, number>>;
}

const CIFAR_ADDRESSES = ["https://www.cs.toronto.edu/~kriz", "https://cave.cs.toronto.edu/kriz"];

export const OFFICIAL: Readonly<Record<OfficialName, OfficialSet>> = {
  mnist: {
    title: "MNIST: 28×28 handwritten digits, 10 classes",
    trainRows: 60_000,
    testRows: 10_000,
    addresses: [
      "https://ossci-datasets.s3.amazonaws.com/mnist",
      "https://storage.googleapis.com/cvdf-datasets/mnist",
    ],
    downloads: [
      {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
      {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
      {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    ],
    members: {},
  },
  cifar10: {
    title: "CIFAR-10: 32×32 colour images, 10 classes",
    trainRows: 50_000,
    testRows: 10_000,
    addresses: CIFAR_ADDRESSES,
    downloads: [
      {
        name: "cifar-10-binary.tar.gz",
        bytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    ],
    members: {
      "data_batch_1.bin": 30_730_000,
      "data_batch_2.bin": 30_730_000,
      "data_batch_3.bin": 30_730_000,
      "data_batch_4.bin": 30_730_000,
      "data_batch_5.bin": 30_730_000,
      "test_batch.bin": 30_730_000,
    },
  },
  cifar100: {
    title: "CIFAR-100: 32×32 colour images, 100 fine or 20 coarse classes",
    trainRows: 50_000,
    testRows: 10_000,
    addresses: CIFAR_ADDRESSES,
    downloads: [
      {
        name: "cifar-100-binary.tar.gz",
        bytes: 168_513_733,
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
      },
    ],
    members: { "train.bin": 153_700_000, "test.bin": 30_740_000 },
  },
};
