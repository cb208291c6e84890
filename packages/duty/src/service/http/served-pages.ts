import type { IncomingMessage, RequestListener } from 'node:http';
import { isLoopback } from '@watchbill/kit';
import type { ServedPermit } from '../contract.ts';
import type { HttpContext } from './context.ts';
import { type Caller, type Identified, identify } from './identity.ts';
import type { ListenAddress } from './listen.ts';
import { pathOf } from './original/path.ts';

/** The parts of a server that pages of another package need. */
export interface PagesHost {
  readonly permit: ServedPermit;
  /** Whether only this machine can reach the address: loopback or a unix socket. */
  readonly isLocal: boolean;
  readonly isTls: boolean;
  readonly log: HttpContext['log'];
  readonly maxStreams: number;
  readonly streamBufferBytes: number;
  /** Must be called once a request has shown its identity; false if its connection was ended. */
  readonly belongs: HttpContext['belongs'];
  /** The identity of a request by its token or client certificate. */
  identify(request: IncomingMessage): Identified;
  /** The identity of a bearer secret. */
  identifySecret(secret: string): Caller | null;
}

/** Pages of another package under paths that the service does not use itself. */
export interface ServedPages {
  /** Whether it answers requests for this path. */
  owns(path: string): boolean;
  handle: RequestListener;
  /** Ends its streams. */
  close(): void;
}

export type MakePages = (host: PagesHost) => ServedPages;

/** Pages for one server, with their answers counted; null without pages. */
export function servedPages(
  make: MakePages | undefined,
  context: HttpContext,
  address: ListenAddress,
  isTls: boolean,
): ServedPages | null {
  if (make === undefined) return null;
  const { permit, log, metrics, limits, belongs } = context;
  const { maxStreams, streamBufferBytes } = limits;
  const isLocal = address.kind === 'unix' || isLoopback(address.host ?? '127.0.0.1');
  const pages = make({
    ...{ permit, log, belongs, isLocal, isTls, maxStreams, streamBufferBytes },
    identify: (request) => identify(permit, request),
    identifySecret: (secret) => {
      const token = permit.identify(secret);
      return token === null || token.original !== null ? null : token;
    },
  });
  const handle: RequestListener = (request, response) => {
    response.once('finish', () => metrics.answered('console', response.statusCode));
    pages.handle(request, response);
  };
  return { ...pages, owns: (target) => pages.owns(pathOf(target)), handle };
}
