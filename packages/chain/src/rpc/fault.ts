import { PackageFault } from '@watchbill/kit';

/**
 * Failures between this client and a node:
 *
 * | code | meaning |
 * |---|---|
 * | `bad-url` | the address is not valid |
 * | `busy` | too many calls wait already; the call was not sent |
 * | `unreachable` | no connection before the deadline; the call was not sent |
 * | `lost` | the connection ended after the call was sent: it may or may not have run |
 * | `timeout` | no answer before the deadline: it may or may not have run |
 * | `refused` | the node answered with an error |
 * | `malformed` | the node's answer is not JSON-RPC, or does not fit the call |
 * | `unsupported` | the transport cannot do this |
 * | `closed` | this client was closed |
 */
export type NodeFaultCode =
  | 'bad-url'
  | 'busy'
  | 'unreachable'
  | 'lost'
  | 'timeout'
  | 'refused'
  | 'malformed'
  | 'unsupported'
  | 'closed';

const REMEDY: Readonly<Record<NodeFaultCode, string>> = {
  'bad-url':
    'give ws://HOST:PORT, wss://…, http://… or https://…, without user and password; for example ws://127.0.0.1:9944',
  busy: 'wait for the running calls, or make fewer at once',
  unreachable: 'check that the node runs and that its RPC listens on that address (--rpc-port)',
  lost: 'read the state of the chain before calling again; the log of the node has the reason for the lost connection',
  timeout: 'check whether the node is overloaded or stuck; allow more time if it is only slow',
  refused:
    'read the answer of the node; a method that is missing may need --rpc-methods unsafe or another runtime',
  malformed: 'check that the address is the RPC of a Substrate node',
  unsupported: 'use a ws:// or wss:// address for subscriptions',
  closed: 'open a new client',
};

/**
 * The one error of this package. Its text names the host of the node, never a path or query, which may be
 * secret.
 */
export class NodeFault extends PackageFault<NodeFaultCode> {
  override readonly name = 'NodeFault';
  /** The number of a JSON-RPC error, if the node answered with one. */
  readonly rpcCode: number | null;
  constructor(
    code: NodeFaultCode,
    message: string,
    more: { readonly rpcCode?: number; readonly cause?: unknown } = {},
  ) {
    super(code, message, REMEDY[code], more.cause);
    this.rpcCode = more.rpcCode ?? null;
  }
}

/** Whether an error is a {@link NodeFault} with one of these codes. */
export function isNodeFault(error: unknown, ...codes: readonly NodeFaultCode[]): error is NodeFault {
  return error instanceof NodeFault && codes.includes(error.code);
}

/** The answer, or null if the node refused it. */
export async function unlessRefused<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if (isNodeFault(error, 'refused')) return null;
    throw error;
  }
}

/**
 * The node itself said that it cannot answer, for example because it discarded the state of an old block. A
 * proxy or a rate limit before it gives an HTTP status and no code; then it may answer later.
 */
export function isRefusedByNode(error: unknown): error is NodeFault {
  return isNodeFault(error, 'refused') && error.rpcCode !== null;
}

export function closedFault(address: string): NodeFault {
  return new NodeFault('closed', `the client of ${address} is closed`);
}

export function busyFault(address: string, waiting: number): NodeFault {
  return new NodeFault('busy', `${waiting} calls to ${address} wait already`);
}

export function timeoutFault(address: string, method: string, timeoutMs: number): NodeFault {
  return new NodeFault('timeout', `${address} did not answer ${method} within ${timeoutMs} ms`);
}
