import { isIP } from 'node:net';
import { connect } from 'node:tls';

/**
 * When the certificate of an endpoint ends, in Unix seconds. Untrusted and expired certificates are read too.
 * Rejects if there is none before the deadline.
 */
export function certificateEnd(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const names = isIP(host) === 0 ? { servername: host } : {};
    // This connection sends no data, it only reads the date.
    const socket = connect({ host, port, rejectUnauthorized: false, ...names });
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', late);
      socket.destroy();
      settle();
    };
    const late = (): void => end(() => reject(new Error(`${host}:${port} showed no certificate in time`)));
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('secureConnect', () => {
      const ends = Date.parse(socket.getPeerCertificate().valid_to ?? '');
      if (Number.isNaN(ends)) end(() => reject(new Error(`${host}:${port} showed no date`)));
      else end(() => resolve(ends / 1_000));
    });
  });
}
