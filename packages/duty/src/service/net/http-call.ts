import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { PackageFault, systemCause } from '@watchbill/kit';

/** PEM texts for https: the operator's own authority, and a client certificate. */
export interface CallTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface CallAnswer {
  readonly status: number;
  readonly text: string;
}

/** One request and its whole answer. Rejects with a {@link CallError} that never holds headers or bodies. */
export type Caller = (url: string, call: Call) => Promise<CallAnswer>;

/** The reason why there is no answer: place, cause and remedy. */
export class CallError extends PackageFault<
  'address-invalid' | 'unreachable' | 'timeout' | 'answer-too-large' | 'answer-invalid'
> {
  override readonly name = 'CallError';
}

const MAX_SOCKETS = 16;

/**
 * Bounded requests over kept connections. No redirect is followed, so that credentials reach only the given
 * address.
 */
export function httpCaller(tls: CallTls = {}): Caller {
  const plain = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const secure = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, minVersion: 'TLSv1.2', ...tls });
  return async (address, call) => {
    const url = URL.parse(address);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new CallError(
        'address-invalid',
        'the address is not an http or https URL',
        'Write it like https://watchbill.example:7443.',
      );
    }
    const where = url.origin;
    const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const agent = url.protocol === 'https:' ? secure : plain;
    const signal = AbortSignal.timeout(call.timeoutMs);
    try {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const headers = {
        ...call.headers,
        ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
      };
      const request = begin(url, { method: call.method, headers, agent, signal });
      request.once('response', resolve);
      request.once('error', reject);
      request.end(call.body);
      const response = await promise;
      return { status: response.statusCode ?? 0, text: await readAll(response, call.maxBytes, where) };
    } catch (error) {
      throw asCallError(error, where, signal.aborted, call.timeoutMs);
    }
  };
}

async function readAll(response: IncomingMessage, maxBytes: number, where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new CallError(
        'answer-too-large',
        `${where} answered with more than ${maxBytes} bytes`,
        'Check that the address is the right one.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function asCallError(error: unknown, where: string, timedOut: boolean, timeoutMs: number): CallError {
  if (error instanceof CallError) return error;
  if (timedOut) {
    return new CallError('timeout', `${where} did not answer within ${timeoutMs} ms`, 'Check that it is up.');
  }
  const message = `${where} cannot be reached: ${systemCause(error) ?? 'the connection broke'}`;
  return new CallError('unreachable', message, 'Check the address, the network and the certificates.', error);
}
