// Tests that need a nats-server of their own, and what a refused connection must say.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { connectCoordinatorQueue, type NatsOptions } from "../../queue/nats.ts";
import { UserError } from "../../schema/failure.ts";
import { type NatsServer, skipWithoutNats, startNats } from "./nats.ts";

const folder = mkdtempSync(join(tmpdir(), "nearclone-nats-conf-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A test with a server of its own, configured by `config` where that is given. */
export function natsTest(
  title: string,
  body: (server: NatsServer) => Promise<void>,
  options: { config?: string; jetStream?: boolean } = {},
): void {
  test(`nats: ${title}`, { skip: skipWithoutNats }, async () => {
    const { config: text, ...rest } = options;
    const config = join(
      folder,
      `${title.length}-${title.slice(0, 20).replaceAll(/\W/g, "_")}.conf`,
    );
    if (text !== undefined) writeFileSync(config, text);
    const server = await startNats(text === undefined ? rest : { ...rest, config });
    try {
      await body(server);
    } finally {
      await server.close();
    }
  });
}

/** Fails unless `connecting` is refused with a UserError of one line that fits all of `says`. */
export async function refuses(
  connecting: Promise<{ close(): Promise<void> }>,
  ...says: RegExp[]
): Promise<void> {
  try {
    await (await connecting).close();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    for (const part of says) assert.match(error.message, part);
    return;
  }
  assert.fail("connected, though it should be refused");
}

/** A coordinator with nothing special about it. */
export const asCoordinator = (options: NatsOptions, cluster = "one") =>
  connectCoordinatorQueue({ ...options, cluster });
