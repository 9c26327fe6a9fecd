// The queue between machines: NATS JetStream, server 2.9 or later. Only queue/nats/ knows `nats`.
//
// Jobs are a work queue with one durable consumer that all workers share; a lease is one message,
// asked for by one free slot. Reports are a second work queue, orders the last word per study,
// presence plain messages. docs/OPERATIONS.md and deploy/nats.conf say what that needs of a server.
//
// Invariants: streams hold what is on its way and nothing else, so wiping them costs time, never a
// point; a call waits while the server is away and ends only when it is done, when its signal
// aborts or when the queue is closed; nothing that arrives can crash a process.
export { connectCoordinatorQueue, type CoordinatorOptions } from "./nats/coordinator.ts";
export { connectWorkerQueue } from "./nats/worker.ts";
export type { Credentials, NatsOptions, QueueEvent, QueueTimes, TlsFiles } from "./nats/options.ts";
