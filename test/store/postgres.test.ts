// A Postgres server: the store's exam.
import { after } from "node:test";
import { examineStore } from "../contract/store.ts";
import { skipWithoutPostgres, startPostgres, type TestPostgres } from "../support/postgres.ts";

let server: TestPostgres | undefined;
after(() => server?.remove());

examineStore(
  "postgres",
  async () => {
    server = await startPostgres();
    return server.url;
  },
  skipWithoutPostgres,
);
