// A TCP proxy that can fail as networks do: cut, refuse, or go on looking well while nothing arrives.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Lets new connections through. */
  heal(): void;
  /** Nothing that those who are connected send will ever arrive, and nobody tells them. */
  swallow(): void;
  close(): Promise<void>;
}

export async function openProxy(targetPort: number): Promise<Proxy> {
  let isCut = false;
  const pairs = new Set<readonly [Socket, Socket]>();
  const dead = new Set<Socket>();
  const relay = (from: Socket, to: Socket): void => {
    from.on("data", (chunk) => {
      if (dead.has(from)) return;
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => from.resume());
  };
  const server = createServer((client) => {
    if (isCut) return void client.resetAndDestroy();
    const upstream = connect(targetPort, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    relay(client, upstream);
    relay(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const reset = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    port: address.port,
    cut: () => {
      isCut = true;
      reset();
    },
    heal: () => {
      isCut = false;
    },
    swallow: () => {
      for (const pair of pairs) for (const socket of pair) dead.add(socket);
    },
    close: async () => {
      isCut = true;
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
