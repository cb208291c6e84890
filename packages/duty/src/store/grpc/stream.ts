import { constants } from 'node:http2';
import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { messageOf } from '@watchbill/kit';
import { begin, type Connection, heardFrom } from './connection.ts';
import { frameOf, frameReader } from './frames.ts';
import { RpcError, STATUS } from './rpc-error.ts';
import { brokenOff, statusOf } from './status.ts';

export interface RpcStream<I extends DescMessage> {
  send(message: MessageInitShape<I>): void;
  close(): void;
}

/** The messages of a stream. `onEnd` is called once. */
export interface StreamHandlers<O extends DescMessage> {
  readonly onMessage: (message: MessageShape<O>) => void;
  readonly onEnd: (why: RpcError) => void;
}

/** The question of a stream. */
export interface StreamCall<I extends DescMessage, O extends DescMessage> {
  /** For example `/etcdserverpb.Watch/Watch`. */
  readonly path: string;
  readonly method: DescMethodStreaming<I, O>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A stream in both directions. */
export function openStream<I extends DescMessage, O extends DescMessage>(
  made: Connection,
  { path, method, headers }: StreamCall<I, O>,
  handlers: StreamHandlers<O>,
): RpcStream<I> {
  const stream = begin(made, path, headers);
  const reader = frameReader();
  let status: RpcError | null | undefined;
  let ended = false;
  const end = (why: RpcError): void => {
    if (ended) return;
    ended = true;
    handlers.onEnd(why);
    stream.close(constants.NGHTTP2_CANCEL);
  };
  stream.on('response', (told) => {
    status = statusOf(told);
  });
  stream.on('trailers', (told) => {
    // No further message comes, whether the peer waits for this side or not.
    end(statusOf(told) ?? status ?? brokenOff());
  });
  stream.on('data', (chunk: Buffer) => {
    heardFrom(made);
    try {
      for (const message of reader.push(chunk)) {
        if (!ended) handlers.onMessage(fromBinary(method.output, message));
      }
    } catch (error) {
      end(new RpcError(STATUS.unavailable, messageOf(error), true, error));
    }
  });
  stream.on('error', (error) => end(new RpcError(STATUS.unavailable, messageOf(error), true, error)));
  stream.on('close', () => end(status ?? brokenOff()));
  return {
    send: (message) => {
      if (!ended) stream.write(frameOf(toBinary(method.input, create(method.input, message))));
    },
    close: () => end(new RpcError(STATUS.canceled, 'the stream was closed', true)),
  };
}
