// Finds the stored study that a command line means: by name, by key, or by its study file.
import { UserError } from "../schema/failure.ts";
import { nearest } from "../schema/nearest.ts";
import type { Store, StoredStudy } from "./store/port.ts";
import { readStudyFile, readStudyFiles } from "./study-file.ts";

/**
 * @param wanted a name, a key (`st_…`), or the path of a study file (`….yaml`).
 * @throws UserError if the database has no such study, naming the nearest that it has.
 */
export async function findStudy(store: Store, wanted: string, cwd: string): Promise<StoredStudy> {
  return named(store, isFile(wanted) ? (await readStudyFile(wanted, cwd)).spec.name : wanted);
}

/** The same for what may be a file of several studies: all of them, in its order. */
export async function findStudies(store: Store, wanted: string, cwd: string): Promise<StoredStudy[]> {
  const names = isFile(wanted) ? (await readStudyFiles(wanted, cwd)).map(({ spec }) => spec.name) : [wanted];
  const found: StoredStudy[] = [];
  for (const name of names) found.push(await named(store, name));
  return found;
}

const isFile = (wanted: string): boolean => /\.ya?ml$/i.test(wanted);

async function named(store: Store, name: string): Promise<StoredStudy> {
  const found = await store.study(name);
  if (found !== null) return found;
  const names = (await store.studies()).map(({ order }) => order.spec.name);
  const close = nearest(name, names);
  const hint =
    close !== undefined
      ? `did you mean ${close}?`
      : names.length === 0
        ? "it holds no study yet: nearclone run STUDY.yaml"
        : `it holds ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`;
  throw new UserError(`no study "${name}" in ${store.label}: ${hint}`);
}
