import { type Calls, createCalls } from './calls.ts';
import { type Connection, createConnection } from './connection.ts';
import { readMessage } from './json-rpc.ts';
import type { CallOptions, NodeRpc, SubscribeOptions } from './port.ts';
import type { RpcSettings } from './settings.ts';
import { type OpenSocket, openWebSocket } from './socket.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';

/** After this much silence, the client checks whether a node with subscribers is still there. */
const QUIET_MS = 15_000;

/** The RPC of a node by WebSocket: calls and subscriptions share one connection. */
export function socketNode(settings: RpcSettings, open: OpenSocket = openWebSocket): NodeRpc {
  const { address, timeoutMs: usualMs } = settings;
  const closing = new AbortController();
  const calls = createCalls(settings, () => connection);
  const subscriptions = createSubscriptions(calls, () => connection);
  const connection: Connection = createConnection(address.href, open, settings.clock, {
    onOpen: () => {
      subscriptions.opened();
      calls.opened();
    },
    onMessage: (text) => receive(text, { calls, subscriptions, connection }),
    onLost: () => {
      subscriptions.lost();
      calls.lost();
    },
    wanted: () => calls.waiting() > 0 || subscriptions.count() > 0,
  });
  const watch = silenceWatch(settings, { calls, subscriptions, connection }, closing.signal);

  return {
    address: address.address,
    call: <T>(method: string, params: readonly unknown[] = [], options: CallOptions = {}) =>
      new Promise<T>((resolve, reject) => {
        const succeed = (result: unknown): void => resolve(result as T);
        calls.request(method, params, options.timeoutMs ?? usualMs, { succeed, fail: reject });
      }),
    subscribe: async <T>(
      method: string,
      params: readonly unknown[],
      unsubscribeMethod: string,
      onItem: (item: T) => void,
      { timeoutMs = usualMs, onGap = () => undefined }: SubscribeOptions = {},
    ) => {
      const tell = (item: unknown): void => onItem(item as T);
      const wish = { method, params, unsubscribeMethod, onItem: tell, onGap, timeoutMs };
      const subscription = await subscriptions.subscribe(wish);
      watch();
      return subscription;
    },
    close: () => {
      closing.abort();
      calls.close();
      subscriptions.close();
      connection.close();
    },
  };
}

interface Parts {
  readonly calls: Calls;
  readonly subscriptions: Subscriptions;
  readonly connection: Connection;
}

function receive(text: string, { calls, subscriptions, connection }: Parts): void {
  const message = readMessage(text);
  if (message.kind === 'result') calls.succeed(message.id, message.result);
  else if (message.kind === 'item') subscriptions.item(message.subscription, message.item);
  else if (message.kind === 'error' && message.id !== null) calls.fail(message.id, message.fault);
  else if (message.kind === 'ended' && !subscriptions.wants(message.subscription)) return;
  // An unreadable message may have been an answer. An ended subscription needs a new connection.
  else connection.drop();
}

/**
 * A reader that only listens would never notice that the peer is gone, so the client asks when it is quiet.
 */
function silenceWatch({ clock }: RpcSettings, parts: Parts, closed: AbortSignal): () => void {
  const { calls, subscriptions, connection } = parts;
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    while (!closed.aborted && subscriptions.count() > 0) {
      await clock.sleep(QUIET_MS, closed);
      const heardAtMs = connection.heardAtMs();
      if (heardAtMs !== null && clock.monotonicMs() - heardAtMs >= QUIET_MS) calls.tell('system_name', []);
    }
    running = false;
  };
}
