import type { Connection } from './connection.ts';
import { busyFault, closedFault, NodeFault, timeoutFault } from './fault.ts';
import { requestText } from './json-rpc.ts';
import { createPendingCalls, type Pending } from './pending.ts';
import type { RpcSettings } from './settings.ts';

/** The end of a request: exactly one of the two is called, once. */
export type Settle = Pick<Pending, 'succeed' | 'fail'>;

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
  const pending = createPendingCalls(clock);
  let closed = false;
  let lastId = 0;

  function send(call: Pending): void {
    if (connection().send(call.text)) call.sentAtMs = clock.monotonicMs();
    else connection().ensure();
  }

  function request(method: string, params: readonly unknown[], timeoutMs: number, settle: Settle): void {
    const refused = closed ? closedFault(address) : full() ? busyFault(address, pending.size()) : null;
    if (refused !== null) {
      settle.fail(refused);
      return;
    }
    lastId += 1;
    const text = requestText(lastId, method, params);
    const call: Pending = { id: lastId, method, text, sentAtMs: null, ...settle };
    pending.add(call, timeoutMs, (late) => expire(late, timeoutMs, address, connection()));
    send(call);
  }

  function full(): boolean {
    return pending.size() >= settings.maxPending;
  }

  function lost(): void {
    // Waiting requests are sent as soon as a connection opens, so all of them were sent.
    for (const { id, method } of pending.all())
      pending
        .take(id)
        ?.fail(new NodeFault('lost', `the connection to ${address} ended before it answered ${method}`));
  }

  return {
    request,
    tell: (method, params) =>
      request(method, params, usualMs, { succeed: () => undefined, fail: () => undefined }),
    waiting: () => pending.size(),
    succeed: (id, result) => pending.take(id)?.succeed(result),
    fail: (id, fault) => pending.take(id)?.fail(fault),
    opened: () => {
      for (const call of pending.unsent()) send(call);
    },
    lost,
    close: () => {
      closed = true;
      for (const { id } of pending.all()) pending.take(id)?.fail(closedFault(address));
    },
  };
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
