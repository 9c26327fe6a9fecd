// Studies in the database: found by identity, name or key, made together with all their jobs.
import { z } from "zod";
import { DataDescription } from "../../schema/data.ts";
import { EXPERIMENTS } from "../../schema/experiments/registry.ts";
import { UserError } from "../../schema/failure.ts";
import { strides } from "../../schema/grid.ts";
import { firstDifference, studyKeyOf } from "../../schema/identity.ts";
import { StudyKey, type StudyOrder } from "../../schema/job.ts";
import { jobGrid, Plan } from "../../schema/plan.ts";
import { DesiredState } from "../../schema/state.ts";
import { StudySpec } from "../../schema/study.ts";
import { rowsOf } from "./cell.ts";
import type { RawResult, Session } from "./database.ts";
import type { AgendaItem, StoredStudy } from "./port.ts";

/** A study with its number in the database. */
export interface StudyRecord {
  readonly id: number;
  readonly version: number;
  readonly stored: StoredStudy;
}

/** Parsed texts of a kind that are kept: those of more studies than a page lists. */
const KEPT_MAX = 1_000;

/**
 * Text of a JSON column, checked against `shape` once for each text: a dashboard lists every study
 * each second, and what a study is never changes. The parsed values are shared: nobody may write
 * to them.
 */
function json<Parsed>(shape: z.ZodType<Parsed>): z.ZodType<Parsed> {
  const kept = new Map<string, Parsed>();
  return z.string().transform((text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const parsed = shape.parse(JSON.parse(text));
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(text, parsed);
    return parsed;
  });
}

const StudyRow = z.object({
  id: z.int(),
  key: StudyKey,
  identity: z.string(),
  experiment_version: z.int(),
  spec: json(StudySpec),
  plan: json(Plan),
  data: json(DataDescription).nullable(),
  folder: z.string(),
  desired: DesiredState,
  priority: z.int(),
  duplicates: z.int(),
  conflicts: z.int(),
  created: z.number(),
  finished: z.number().nullable(),
});

const COLUMNS = `id, key, identity, experiment_version, spec, plan, data, folder, desired, priority,
  duplicates, conflicts, extract(epoch from created_at) * 1000 as created,
  extract(epoch from finished_at) * 1000 as finished`;

function recordsOf(result: RawResult): StudyRecord[] {
  return rowsOf(result, StudyRow).map((row) => ({
    id: row.id,
    version: row.experiment_version,
    stored: {
      order: { key: row.key, spec: row.spec, plan: row.plan, data: row.data, folder: row.folder },
      identity: row.identity,
      desired: row.desired,
      priority: row.priority,
      duplicates: row.duplicates,
      conflicts: row.conflicts,
      createdAt: row.created,
      finishedAt: row.finished,
    },
  }));
}

/** By name or key; null if there is none. */
export async function findStudy(session: Session, nameOrKey: string): Promise<StudyRecord | null> {
  const found = await session.query(`select ${COLUMNS} from study where name = $1 or key = $1`, [
    nameOrKey,
  ]);
  return recordsOf(found)[0] ?? null;
}

/** Newest first. */
export async function listStudies(session: Session): Promise<StudyRecord[]> {
  return recordsOf(
    await session.query(`select ${COLUMNS} from study order by created_at desc, id desc`),
  );
}

const AgendaLine = z.object({ key: StudyKey, desired: DesiredState, priority: z.int(), isOpen: z.boolean() });

/** See Store.agenda. Each question of a study is answered by the first entry of a partial index. */
export async function readAgenda(session: Session): Promise<AgendaItem[]> {
  const isAny = (condition: string): string => `exists (select from job where study = s.id and ${condition})`;
  const open = ["state = 'queued'", "state = 'planned' and not_before is null", "state = 'planned' and not_before is not null"];
  const found = await session.query(
    `select key, desired, priority, ${open.map(isAny).join(" or ")} as "isOpen"
     from study s where finished_at is null order by id`,
  );
  return rowsOf(found, AgendaLine);
}

/** Stores a study and its jobs, or finds it: see Store.ensureStudy. Call within a transaction. */
export async function ensureStudy(
  session: Session,
  order: StudyOrder,
  identity: string,
): Promise<StudyRecord> {
  const { spec, plan, key } = order;
  if (key !== studyKeyOf(identity))
    throw new RangeError(`study key ${key} is not of identity ${identity}`);
  const version = EXPERIMENTS[spec.experiment].version;
  const made = await session.query(
    `insert into study (key, name, experiment, experiment_version, identity,
       spec, plan, data, folder, points, jobs)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict do nothing returning ${COLUMNS}`,
    [
      key,
      spec.name,
      spec.experiment,
      version,
      identity,
      JSON.stringify(spec),
      JSON.stringify(plan),
      order.data === null ? null : JSON.stringify(order.data),
      order.folder,
      plan.points,
      plan.jobs,
    ],
  );
  const [record] = recordsOf(made);
  if (record === undefined) return resume(session, order, identity, version);
  await insertJobs(session, record.id, plan);
  return record;
}

/** The study that stands where `order` was to go, if it is the same one. */
async function resume(session: Session, order: StudyOrder, identity: string, version: number) {
  const { name } = order.spec;
  const named = await findStudy(session, name);
  if (named === null) {
    const same = await findStudy(session, order.key);
    if (same === null) throw new RangeError(`study ${name} can neither be stored nor found`);
    throw new UserError(
      `study "${name}" is stored as "${same.stored.order.spec.name}" already, ` +
        "with equal content: use that name, or another seed",
    );
  }
  if (named.stored.identity !== identity) throw otherSpec(named, order, version);
  // A study may move with its files: their content is the same, or the identity would differ.
  await session.query("update study set folder = $2, data = $3 where id = $1", [
    named.id,
    order.folder,
    order.data === null ? null : JSON.stringify(order.data),
  ]);
  const { folder, data } = order;
  return { ...named, stored: { ...named.stored, order: { ...named.stored.order, folder, data } } };
}

function otherSpec(found: StudyRecord, order: StudyOrder, version: number): UserError {
  const { order: stored } = found.stored;
  const ways = "give this one another name, or put the field back";
  const exists = `study "${order.spec.name}" exists with another spec`;
  const field = firstDifference(stored.spec, order.spec);
  if (field !== null) {
    return new UserError(
      `${exists}: ${field.path} is ${field.stored} there, ${field.given} here: ${ways}`,
    );
  }
  if (stored.data?.fingerprint !== order.data?.fingerprint) {
    const [there, here] = [stored.data, order.data].map(
      (data) => data?.fingerprint.slice(0, 12) ?? "none",
    );
    return new UserError(
      `study "${order.spec.name}" exists with other data: ` +
        `the files' fingerprint is ${there} there, ${here} here: ` +
        "give this one another name, or put the files back",
    );
  }
  if (found.version !== version) {
    return new UserError(
      `study "${order.spec.name}" exists with experiment version ${found.version}, ` +
        `this build has ${version}, whose numbers differ: give this one another name`,
    );
  }
  return new UserError(`${exists}: ${ways}`);
}

/** All jobs of a plan in one statement: how many points a job has is arithmetic on its number. */
async function insertJobs(session: Session, study: number, plan: Plan): Promise<void> {
  const grid = jobGrid(plan);
  const steps = strides(grid);
  const lengths = grid.map((jobs, axis) => {
    const [size, chunk] = [plan.sizes[axis] ?? 1, plan.chunk[axis] ?? 1];
    return `least(${chunk}, ${size} - (number / ${steps[axis] ?? 1} % ${jobs}) * ${chunk})`;
  });
  await session.query(
    `insert into job (study, number, points) select $1, number, ${["1", ...lengths].join(" * ")}
     from generate_series(0, $2::int - 1) as number`,
    [study, plan.jobs],
  );
}
