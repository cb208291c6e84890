import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { type ChannelTls, type Connection, dial, waited } from './connection.ts';
import type { KeepAlive } from './keep-alive.ts';
import { RpcError, type RpcOptions, STATUS } from './rpc-error.ts';
import { openStream, type RpcStream, type StreamHandlers } from './stream.ts';
import { oneAnswer } from './unary.ts';

/** A connection attempt that takes longer than this has failed, unless the channel has its own time. */
const CONNECT_MS = 2_000;
/** gRPC's `grpc-timeout` has at most eight digits. */
const MOST_TOLD_MS = 99_999_999;

/** One request and one answer, or a stream that the server ends when it has answered all requests. */
export type UnaryMethod<I extends DescMessage, O extends DescMessage> =
  | DescMethodUnary<I, O>
  | DescMethodBiDiStreaming<I, O>;

/** One server: a connection that opens when needed, and calls over it. */
export interface Channel {
  /** Host and port, for messages. */
  readonly name: string;
  /**
   * One request and one answer. The request leaves at most once; rejects with an {@link RpcError}.
   */
  unary<I extends DescMessage, O extends DescMessage>(
    method: UnaryMethod<I, O>,
    request: MessageInitShape<I>,
    options: RpcOptions,
  ): Promise<MessageShape<O>>;
  /**
   * A stream in both directions. Resolves when there is a connection, for which `timeoutMs` counts; `onEnd`
   * is called once, with the way it ended.
   */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    handlers: StreamHandlers<O>,
    options: RpcOptions,
  ): Promise<RpcStream<I>>;
  /** Settles when there is a connection. Rejects with an {@link RpcError}, and has sent no request then. */
  reach(options: RpcOptions): Promise<void>;
  /** Ends the connection, and with it every call; later calls are refused. */
  close(): void;
}

export interface ChannelOptions {
  readonly tls: ChannelTls | null;
  /**
   * Pings that find a dead peer. Without them, a call that ends without any sign of life of the peer ends the
   * connection.
   */
  readonly keepAlive?: KeepAlive;
  /** A connection attempt that takes longer than this has failed; default 2,000. */
  readonly connectMs?: number;
  /** Send the time of each call (`grpc-timeout`), so that the server gives up with the client. */
  readonly tellTimeout?: boolean;
}

/** `url` has the scheme http or https. */
export function openChannel(url: URL, options: ChannelOptions): Channel {
  const { tls, keepAlive = null, connectMs = CONNECT_MS, tellTimeout = false } = options;
  let connection: Connection | null = null;
  let closed = false;

  function connectionNow(): Connection {
    if (closed) throw new RpcError(STATUS.canceled, 'the connection was closed', false);
    if (connection !== null && !connection.session.closed && !connection.session.destroyed) return connection;
    const onGone = (gone: Connection): void => {
      if (connection === gone) connection = null;
    };
    connection = dial(url, { tls, keepAlive, onGone });
    return connection;
  }

  /** The connection, a new one if it does not answer. */
  async function verified(): Promise<Connection> {
    const made = connectionNow();
    await made.ready;
    const answers = made.pulse?.verify() ?? null;
    if (answers === null || (await answers)) return made;
    return verified();
  }

  async function reach(call: RpcOptions): Promise<Connection> {
    const made = connectionNow();
    if (made.open && (made.pulse?.verify() ?? null) === null) return made;
    return waited(verified(), { ...call, timeoutMs: Math.min(call.timeoutMs, connectMs) }, (status) => {
      if (status === STATUS.canceled) return new RpcError(status, 'was not waited for', false);
      if (connection !== null && !connection.open) connection.session.destroy();
      return new RpcError(status, 'no connection in time', false);
    });
  }

  return {
    name: url.host,
    unary: async (method, request, call) => {
      const bytes = toBinary(method.input, create(method.input, request));
      const beganMs = performance.now();
      const made = await reach(call);
      const answer = await oneAnswer(made, pathOf(method), bytes, sentWith(call, beganMs, tellTimeout));
      return fromBinary(method.output, answer);
    },
    stream: async (method, handlers, call) => {
      const made = await reach(call);
      return openStream(made, { path: pathOf(method), method, headers: call.headers }, handlers);
    },
    reach: async (call) => {
      await reach(call);
    },
    close: () => {
      closed = true;
      connection?.session.destroy();
    },
  };
}

/** The call as it is sent: with the time that the connection left of it. */
function sentWith(call: RpcOptions, beganMs: number, tellTimeout: boolean): RpcOptions {
  const timeoutMs = Math.max(1, call.timeoutMs - (performance.now() - beganMs));
  if (!tellTimeout) return { ...call, timeoutMs };
  const told = Math.min(MOST_TOLD_MS, Math.ceil(timeoutMs));
  return { ...call, timeoutMs, headers: { ...call.headers, 'grpc-timeout': `${told}m` } };
}

const paths = new WeakMap<DescMethod, string>();

function pathOf(method: DescMethod): string {
  const known = paths.get(method);
  if (known !== undefined) return known;
  const path = `/${method.parent.typeName}/${method.name}`;
  paths.set(method, path);
  return path;
}
