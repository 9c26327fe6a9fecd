// A process that opens the provider named and prints its hashes for data at several places.
import { openProvider } from "../../../worker/linalg/choose.ts";
import { hashOfWorkload } from "./workload.ts";
import { ProviderChoice } from "../../../schema/provider.ts";

const { provider } = openProvider(ProviderChoice.parse(process.argv[2]), {
  blasPath: process.argv[3],
});
const hashes = [0, 1, 2, 5].map((shift) => hashOfWorkload(provider, shift));
console.log(JSON.stringify({ detail: provider.detail, hashes }));
