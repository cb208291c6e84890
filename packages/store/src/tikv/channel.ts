import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { CONNECT_MS, type Connection, dial, settled } from './connection.ts';
import type { TikvTls } from './options.ts';
import { RpcError, type RpcOptions, STATUS } from './rpc-error.ts';
import { openStream, type RpcStream, type StreamHandlers } from './stream.ts';
import { oneAnswer } from './unary.ts';

/** One server of the cluster: a connection that opens when needed, and calls over it. */
export interface Channel {
  /** Host and port, for messages. */
  readonly name: string;
  /** Rejects with an {@link RpcError}. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: RpcOptions,
  ): Promise<MessageShape<O>>;
  /**
   * A stream in both directions. Resolves when there is a connection; `onEnd` is called once, with the way it
   * ended.
   */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    handlers: StreamHandlers<O>,
    options: RpcOptions,
  ): Promise<RpcStream<I>>;
  /** Settles when there is a connection. Rejects with an {@link RpcError}. */
  reach(options: RpcOptions): Promise<void>;
  close(): void;
}

/** `url` has the scheme http or https. */
export function openChannel(url: URL, tls: TikvTls | null): Channel {
  let connection: Connection | null = null;
  let closed = false;

  function connectionNow(): Connection {
    if (connection !== null && !connection.session.closed && !connection.session.destroyed) return connection;
    connection = dial(url, tls, (gone) => {
      if (connection === gone) connection = null;
    });
    return connection;
  }

  async function reach(options: RpcOptions): Promise<Connection> {
    if (closed) throw new RpcError(STATUS.canceled, 'the connection was closed', false);
    const made = connectionNow();
    if (made.open) return made;
    await settled(made.ready, { ...options, timeoutMs: Math.min(options.timeoutMs, CONNECT_MS) }, () => {
      made.session.destroy();
    });
    return made;
  }

  return {
    name: url.host,
    unary: async (method, request, options) => {
      const bytes = toBinary(method.input, create(method.input, request));
      const made = await reach(options);
      const answer = await oneAnswer(made, pathOf(method), bytes, options);
      return fromBinary(method.output, answer);
    },
    stream: async (method, handlers, options) => {
      const made = await reach(options);
      return openStream(made, pathOf(method), method, handlers);
    },
    reach: async (options) => {
      await reach(options);
    },
    close: () => {
      closed = true;
      connection?.session.destroy();
    },
  };
}

const paths = new WeakMap<DescMethod, string>();

function pathOf(method: DescMethod): string {
  const known = paths.get(method);
  if (known !== undefined) return known;
  const path = `/${method.parent.typeName}/${method.name}`;
  paths.set(method, path);
  return path;
}
