import type { Connection } from './connection.ts';
import { busyFault, closedFault, NodeFault, timeoutFault } from './fault.ts';
import { requestText } from './json-rpc.ts';
import type { RpcSettings } from './settings.ts';

/**
 * The end of a request: exactly one of the two is called, once, in the turn of the event loop in which the
 * message came, before the next message is read.
 */
export interface Settle {
  readonly succeed: (result: unknown) => void;
  readonly fail: (fault: NodeFault) => void;
}

/** A call without an answer yet. */
interface Pending extends Settle {
  readonly method: string;
  readonly text: string;
  /** Monotonic milliseconds at which it was sent; null while it waits for a connection. */
  sentAtMs: number | null;
  /** Stops its deadline. */
  readonly done: AbortController;
}

/** The requests of one client, over any connection. */
export interface Calls {
  readonly request: (method: string, params: readonly unknown[], timeoutMs: number, settle: Settle) => void;
  /** Requests without a waiting caller: their failure is ignored. */
  readonly tell: (method: string, params: readonly unknown[]) => void;
  readonly waiting: () => number;
  readonly succeed: (id: number, result: unknown) => void;
  readonly fail: (id: number, fault: NodeFault) => void;
  /** Sends the requests that waited for the connection. */
  readonly opened: () => void;
  /** Fails the sent requests: whether they ran is unknown. */
  readonly lost: () => void;
  readonly close: () => void;
}

export function createCalls(settings: RpcSettings, connection: () => Connection): Calls {
  const { clock, timeoutMs: usualMs } = settings;
  const { address } = settings.address;
  const pending = new Map<number, Pending>();
  let closed = false;
  let lastId = 0;

  /** Removes the call; undefined if it is unknown or was taken already. */
  function take(id: number): Pending | undefined {
    const call = pending.get(id);
    pending.delete(id);
    call?.done.abort();
    return call;
  }

  function send(call: Pending): void {
    if (connection().send(call.text)) call.sentAtMs = clock.monotonicMs();
    else connection().ensure();
  }

  function request(method: string, params: readonly unknown[], timeoutMs: number, settle: Settle): void {
    const isFull = pending.size >= settings.maxPending;
    const refused = closed ? closedFault(address) : isFull ? busyFault(address, pending.size) : null;
    if (refused !== null) {
      settle.fail(refused);
      return;
    }
    lastId += 1;
    const id = lastId;
    const done = new AbortController();
    const call: Pending = { method, text: requestText(id, method, params), sentAtMs: null, done, ...settle };
    pending.set(id, call);
    void clock.sleep(timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted && take(id) !== undefined) expire(call, timeoutMs, address, connection());
    });
    send(call);
  }

  return {
    request,
    tell: (method, params) =>
      request(method, params, usualMs, { succeed: () => undefined, fail: () => undefined }),
    waiting: () => pending.size,
    succeed: (id, result) => take(id)?.succeed(result),
    fail: (id, fault) => take(id)?.fail(fault),
    opened: () => {
      for (const call of [...pending.values()]) if (call.sentAtMs === null) send(call);
    },
    // Waiting requests are sent as soon as a connection opens, so all of them were sent.
    lost: () =>
      failAll(pending, ({ method }) => {
        const text = `the connection to ${address} ended before it answered ${method}`;
        return new NodeFault('lost', text);
      }),
    close: () => {
      closed = true;
      failAll(pending, () => closedFault(address));
    },
  };
}

function failAll(pending: Map<number, Pending>, faultOf: (call: Pending) => NodeFault): void {
  for (const [id, call] of [...pending]) {
    // The caller of an earlier one may have ended it meanwhile.
    if (!pending.delete(id)) continue;
    call.done.abort();
    call.fail(faultOf(call));
  }
}

/** Fails a call whose time is over. */
function expire(call: Pending, timeoutMs: number, address: string, connection: Connection): void {
  if (call.sentAtMs === null) {
    const text = `no connection to ${address} within ${timeoutMs} ms, for ${call.method}`;
    call.fail(new NodeFault('unreachable', text));
    return;
  }
  call.fail(timeoutFault(address, call.method, timeoutMs));
  const heardAtMs = connection.heardAtMs();
  // The peer has sent nothing since the call was sent: it is gone without a close, as after a power cut.
  if (heardAtMs !== null && heardAtMs < call.sentAtMs) connection.drop();
}
