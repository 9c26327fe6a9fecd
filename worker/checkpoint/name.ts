// What a checkpoint is called: whose run it is, computed by what. Another experiment's version or
// backend gives other numbers, so it goes by another name and is not taken up.

export interface CheckpointOwner {
  readonly study: string;
  readonly point: number;
  /** Of the experiment. */
  readonly version: number;
  readonly backend: string;
}

const NAME = /^(st_[0-9a-f]{16})-(\d{1,10})-v(\d{1,6})-([a-z]+)$/;

export function checkpointName({ study, point, version, backend }: CheckpointOwner): string {
  return `${study}-${point}-v${version}-${backend}`;
}

/** Whose checkpoint goes by a name; null for what is no such name. */
export function checkpointOwner(name: string): CheckpointOwner | null {
  const [, study, point, version, backend] = NAME.exec(name) ?? [];
  if (study === undefined || backend === undefined) return null;
  return { study, point: Number(point), version: Number(version), backend };
}
