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
import { exchange } from './exchange.ts';
import { RpcError, type RpcOptions, STATUS } from './rpc-error.ts';
import { brokenOff } from './status.ts';

/** A connection attempt that takes longer than this has failed. */
export const CONNECT_MS = 2_000;
/** If a call waits on a connection, a healthy server sends something on it within this time. */
const SILENT_MS = 500;
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

export interface RpcStream<I extends DescMessage> {
  send(message: MessageInitShape<I>): void;
  /** `isSilent`: also the connection ends, if nothing came on it since the last message of the stream. */
  close(isSilent?: boolean): void;
}

/** The messages of a stream. `onEnd` is called once. */
export interface StreamHandlers<O extends DescMessage> {
  readonly onMessage: (message: MessageShape<O>) => void;
  readonly onEnd: (why: RpcError) => void;
}

/** `url` has the scheme http or https. */
export function openChannel(url: URL, tls: ChannelTls | null): Channel {
  let connection: Connection | null = null;
  let closed = false;

  function connectionNow(): Connection {
    if (closed) throw new RpcError(STATUS.canceled, 'the connection was closed', false);
    if (connection !== null && !connection.session.closed && !connection.session.destroyed) return connection;
    connection = dial(url, tls, (gone) => {
      if (connection === gone) connection = null;
    });
    return connection;
  }

  async function reach({ timeoutMs, signal }: RpcOptions): Promise<Connection> {
    const made = connectionNow();
    if (made.open) return made;
    await waited(made.ready, { timeoutMs: Math.min(timeoutMs, CONNECT_MS), signal }, (status) => {
      if (status === STATUS.canceled) return new RpcError(status, 'was not waited for', false);
      if (!made.open) made.session.destroy();
      return new RpcError(status, 'no connection in time', false);
    });
    return made;
  }

  return {
    name: url.host,
    unary: async (method, request, call) => {
      const bytes = toBinary(method.input, create(method.input, request));
      const beganMs = performance.now();
      const made = await reach(call);
      const timeoutMs = Math.max(1, call.timeoutMs - (performance.now() - beganMs));
      return fromBinary(method.output, await answerOf(made, pathOf(method), bytes, { ...call, timeoutMs }));
    },
    stream: async (method, handlers, call) => {
      const made = await reach(call);
      let heardBefore = made.heard;
      const { send, end } = exchange(made, pathOf(method), call.headers ?? {}, {
        onMessage: (bytes) => {
          heardBefore = made.heard;
          handlers.onMessage(fromBinary(method.output, bytes));
        },
        onEnd: (why) => handlers.onEnd(why ?? brokenOff()),
      });
      return {
        send: (message) => send(toBinary(method.input, create(method.input, message))),
        close: (isSilent = false) => {
          end(new RpcError(STATUS.canceled, 'the stream was closed', true));
          if (isSilent && made.heard === heardBefore) made.session.destroy();
        },
      };
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

/** Send one message, with the time of the call, so that the server gives up with the client. */
function answerOf(
  made: Connection,
  path: string,
  request: Uint8Array,
  options: RpcOptions,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const heardBefore = made.heard;
  const toldMs = Math.min(MOST_TOLD_MS, Math.ceil(options.timeoutMs));
  let answer: Uint8Array | undefined;
  const call = exchange(
    made,
    path,
    { ...options.headers, 'grpc-timeout': `${toldMs}m` },
    {
      onMessage: (message) => {
        answer = message;
      },
      onEnd: (why) => {
        if (answer !== undefined && why === null) resolve(answer);
        else reject(why ?? new RpcError(STATUS.unavailable, 'the answer was empty', true));
      },
    },
  );
  call.sendLast(request);
  return waited(promise, options, (status) => {
    const isLate = status === STATUS.deadline;
    const why = new RpcError(status, isLate ? 'did not answer in time' : 'was not waited for', true);
    call.end(why);
    // The connection was silent for a long time, so it may be dead: open a new one.
    if (isLate && options.timeoutMs >= SILENT_MS && made.heard === heardBefore) made.session.destroy();
    return why;
  });
}

const paths = new WeakMap<DescMethod, string>();

function pathOf(method: DescMethod): string {
  const known = paths.get(method);
  if (known !== undefined) return known;
  const path = `/${method.parent.typeName}/${method.name}`;
  paths.set(method, path);
  return path;
}
