import type { IncomingHttpHeaders } from 'node:http2';
import { RpcError, STATUS } from './rpc-error.ts';

/** HTTP statuses of proxies that find no server now (gRPC's document http-grpc-status-mapping). */
const UNAVAILABLE = new Set([429, 502, 503, 504]);

/** Null for success; undefined if the headers hold no status yet. */
export function statusOf(headers: IncomingHttpHeaders): RpcError | null | undefined {
  const status = headers['grpc-status'];
  if (status === '0') return null;
  if (typeof status === 'string') {
    const text = headers['grpc-message'];
    return new RpcError(Number(status), typeof text === 'string' ? decoded(text) : `status ${status}`, true);
  }
  const http = headers[':status'];
  if (http === undefined || Number(http) === 200) return undefined;
  const code = UNAVAILABLE.has(Number(http)) ? STATUS.unavailable : STATUS.unimplemented;
  return new RpcError(code, `answered with HTTP status ${http}`, true);
}

/** gRPC percent-encodes its messages. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The end of a call without a status. */
export function brokenOff(): RpcError {
  return new RpcError(STATUS.unavailable, 'the connection broke before the answer', true);
}
