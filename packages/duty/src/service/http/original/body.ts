import type { IncomingMessage } from 'node:http';

/**
 * Wait until a request has arrived whole, and discard its body: the original protocol has none, and some
 * clients send one. False if it is larger than the limit or never ended.
 */
export async function discardBody(request: IncomingMessage, maxBytes: number): Promise<boolean> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBytes) return false;
  if (announced === 0 && request.headers['transfer-encoding'] === undefined) return true;
  return new Promise((resolve) => {
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBytes) resolve(false);
    });
    request.once('end', () => resolve(true));
    request.once('close', () => resolve(false));
    request.once('error', () => resolve(false));
  });
}
