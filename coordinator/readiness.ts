// Whether a coordinator is ready, from what its cluster tells: each trouble is over by its own word.
import type { ClusterEvent } from "./cluster-events.ts";

const DATABASE_AWAY = "the database is away";
const BROKER_AWAY = "the broker is away";

/** Ready is who leads or waits to, and reaches database and broker. */
export class Readiness {
  readonly #troubles = new Set(["starting"]);

  /** null while it is ready. */
  get why(): string | null {
    return this.#troubles.size === 0 ? null : [...this.#troubles].join("; ");
  }

  hear(event: ClusterEvent): void {
    // Either begins with connections of its own.
    if (event.kind === "leading" || event.kind === "standby") this.#troubles.clear();
    if (event.kind === "database away") this.#troubles.add(DATABASE_AWAY);
    if (event.kind === "database back") this.#troubles.delete(DATABASE_AWAY);
    if (event.kind !== "queue") return;
    if (event.event.kind === "disconnected") this.#troubles.add(BROKER_AWAY);
    if (event.event.kind === "reconnected") this.#troubles.delete(BROKER_AWAY);
  }
}
