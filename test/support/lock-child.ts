// A process of its own that takes a folder's lock, says whether it got it, and holds it until its
// standard input ends.
import { lockFolder } from "../../coordinator/store/folder-lock.ts";

const [folder] = process.argv.slice(2);
const answer = await lockFolder(folder ?? "").then(
  () => "locked",
  () => "refused",
);
process.stdout.write(`${answer}\n`);
process.stdin.resume();
