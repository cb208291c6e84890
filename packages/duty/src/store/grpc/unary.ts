import { constants } from 'node:http2';
import { messageOf } from '@watchbill/kit';
import { begin, type Connection, heardFrom } from './connection.ts';
import { frameOf, frameReader } from './frames.ts';
import { RpcError, type RpcOptions, STATUS } from './rpc-error.ts';
import { brokenOff, statusOf } from './status.ts';

/** If a call waits on a connection, a healthy server sends something on it within this time. */
const SILENT_MS = 500;

/** Send one message and wait for the answer. */
export function oneAnswer(
  made: Connection,
  path: string,
  request: Uint8Array,
  options: RpcOptions,
): Promise<Uint8Array> {
  const stream = begin(made, path, options.headers);
  const heardBefore = made.heard;
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const reader = frameReader();
  let answer: Uint8Array | undefined;
  let status: RpcError | null | undefined;
  const end = (why: RpcError | null): void => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    if (why !== null) reject(why);
    else if (answer !== undefined) resolve(answer);
    else reject(new RpcError(STATUS.unavailable, 'the answer was empty', true));
  };
  const giveUp = (code: number, message: string): void => {
    end(new RpcError(code, message, true));
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const timer = setTimeout(() => {
    giveUp(STATUS.deadline, 'did not answer in time');
    // The connection was silent for a long time, so it may be dead: open a new one. Pings know better.
    if (made.pulse === null && options.timeoutMs >= SILENT_MS && made.heard === heardBefore)
      made.session.destroy();
  }, options.timeoutMs);
  const abort = (): void => giveUp(STATUS.canceled, 'was not waited for');
  if (options.signal?.aborted === true) abort();
  else options.signal?.addEventListener('abort', abort, { once: true });
  stream.on('response', (headers) => {
    heardFrom(made);
    status = statusOf(headers);
  });
  stream.on('trailers', (headers) => {
    const told = statusOf(headers);
    if (told !== undefined) status = told;
  });
  stream.on('data', (chunk: Buffer) => {
    made.pulse?.heard();
    try {
      for (const message of reader.push(chunk)) answer = message;
    } catch (error) {
      giveUp(STATUS.unavailable, messageOf(error));
    }
  });
  stream.on('error', (error) => end(new RpcError(STATUS.unavailable, messageOf(error), true, error)));
  stream.on('close', () => end(status === undefined ? brokenOff() : status));
  stream.end(frameOf(request));
  return promise;
}
