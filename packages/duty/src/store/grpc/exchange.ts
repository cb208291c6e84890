import { type ClientHttp2Stream, constants } from 'node:http2';
import { messageOf } from '@watchbill/kit';
import type { Connection } from './connection.ts';
import { frameOf, frameReader } from './frames.ts';
import { RpcError, STATUS } from './rpc-error.ts';
import { brokenOff, statusOf } from './status.ts';

/** One call on a connection: messages go out, and messages come in until one side ends it. */
export interface Exchange {
  send(message: Uint8Array): void;
  /** No message follows this one. */
  sendLast(message: Uint8Array): void;
  /** Ends the call here, with this reason. Without effect if it has ended. */
  end(why: RpcError): void;
}

export interface ExchangeHandlers {
  /** If it throws, the call ends with that text. */
  readonly onMessage: (message: Uint8Array) => void;
  /** Called once; null: the server ended the call with success. */
  readonly onEnd: (why: RpcError | null) => void;
}

/** Begins a call. Throws if that is not possible; then the call was not sent. */
export function exchange(
  made: Connection,
  path: string,
  headers: Readonly<Record<string, string>>,
  { onMessage, onEnd }: ExchangeHandlers,
): Exchange {
  const stream = begin(made, path, headers);
  const reader = frameReader();
  let status: RpcError | null | undefined;
  let ended = false;
  const end = (why: RpcError | null): void => {
    if (ended) return;
    ended = true;
    onEnd(why);
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const fail = (error: unknown): void => end(new RpcError(STATUS.unavailable, messageOf(error), true, error));
  const close = (): void => end(status === undefined ? brokenOff() : status);
  stream.on('response', (told) => {
    made.heard += 1;
    status = statusOf(told);
  });
  stream.on('trailers', (told) => {
    const ending = statusOf(told);
    if (ending !== undefined) status = ending;
    // No further message comes. If this side still sends, the stream does not close by itself.
    if (!stream.writableEnded) close();
  });
  stream.on('data', (chunk: Buffer) => {
    made.heard += 1;
    try {
      for (const message of reader.push(chunk)) if (!ended) onMessage(message);
    } catch (error) {
      fail(error);
    }
  });
  stream.on('error', fail);
  stream.on('close', close);
  return {
    send: (message) => {
      if (!ended) stream.write(frameOf(message));
    },
    sendLast: (message) => void stream.end(frameOf(message)),
    end,
  };
}

function begin(
  { session }: Connection,
  path: string,
  headers: Readonly<Record<string, string>>,
): ClientHttp2Stream {
  try {
    return session.request({
      ...headers,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  } catch (error) {
    throw new RpcError(STATUS.unavailable, `the connection ended: ${messageOf(error)}`, false, error);
  }
}
