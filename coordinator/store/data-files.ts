// Files of data sets in the database, in pieces: what a cluster's workers get their data from.
//
// Invariant: a file's row is committed together with all its pieces, after its digest was checked.
import { createHash } from "node:crypto";
import type { FileRecord } from "../../schema/data.ts";
import type { Database, Session } from "./database.ts";
import type { FileStore } from "./port.ts";

const PIECE_BYTES = 1024 * 1024;

export function fileStoreOver(database: Database): FileStore {
  const has = async (sha256: string): Promise<boolean> => {
    const { rows } = await database.query("select 1 from data_file where sha256 = $1", [sha256]);
    return rows.length > 0;
  };
  return {
    has,
    put: async (file, content) => {
      if (!(await has(file.sha256))) await database.transaction((session) => put(session, file, content));
    },
    read: (sha256) => read(database, sha256),
  };
}

async function put(session: Session, { sha256, bytes }: FileRecord, content: AsyncIterable<Uint8Array>) {
  const made = await session.query(
    "insert into data_file (sha256, bytes) values ($1, $2) on conflict do nothing", [sha256, bytes]);
  if (made.affected === 0) return; // somebody else stored it while we waited
  const hash = createHash("sha256");
  let number = 0;
  let length = 0;
  for await (const part of content) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      const piece = part.subarray(at, at + PIECE_BYTES);
      hash.update(piece);
      length += piece.length;
      await session.query(
        "insert into data_piece (file, number, content) values ($1, $2, decode($3, 'base64'))",
        [sha256, number++, Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("base64")]);
    }
  }
  const digest = hash.digest("hex");
  if (digest !== sha256 || length !== bytes) {
    throw new RangeError(`data file ${sha256.slice(0, 12)} of ${bytes} bytes: ` +
      `what came has ${length} bytes and digest ${digest.slice(0, 12)}: the file changed meanwhile`);
  }
}

async function* read(session: Session, sha256: string): AsyncIterable<Uint8Array> {
  const { rows } = await session.query(
    "select count(*) from data_piece where file = $1 having exists (select from data_file where sha256 = $1)", [sha256]);
  const count = rows[0]?.[0];
  if (count === undefined || count === null) throw new RangeError(`no data file ${sha256}`);
  for (let number = 0; number < Number(count); number++) {
    const piece = await session.query(
      "select encode(content, 'base64') from data_piece where file = $1 and number = $2", [sha256, number]);
    yield Buffer.from(piece.rows[0]?.[0] ?? "", "base64");
  }
}
