import { type Clock, counted } from '@watchbill/kit';
import type { Log } from './ports.ts';

/** So many days before its end a certificate needs a person, as the alert `WatchbillCertificateEnds` says. */
export const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;

/** Cause and remedy of a TLS certificate that ends; null without TLS, and while its end is far away. */
export function certificateTrouble(endsMs: number | undefined, nowMs: number) {
  if (endsMs === undefined || endsMs - nowMs >= CERTIFICATE_DAYS * DAY_MS) return null;
  const hasEnded = endsMs <= nowMs;
  const days = Math.max(0, Math.floor((endsMs - nowMs) / DAY_MS));
  const cause = hasEnded
    ? 'has expired, so no node and no other service connects'
    : `expires in ${counted(days, 'day')}`;
  const whole = `the TLS certificate of this service ${cause} (${new Date(endsMs).toISOString()})`;
  const remedy = 'renew it, and restart the services one by one: `watchbill docs tls`';
  return { hasEnded, text: `${whole}: ${remedy}` };
}

/** Logs such a trouble now, at the end of the certificate, and once a day. Returns the way to stop. */
export function followCertificate(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  endsMs: number | undefined,
): () => void {
  const stopping = new AbortController();
  const follow = async (ends: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      const trouble = certificateTrouble(ends, clock.nowMs());
      if (trouble !== null)
        log[trouble.hasEnded ? 'error' : 'warn']({ event: 'certificate-ends' }, trouble.text);
      const restMs = ends - clock.nowMs();
      await clock.sleep(restMs > 0 ? Math.min(DAY_MS, restMs) : DAY_MS, stopping.signal);
    }
  };
  if (endsMs !== undefined) void follow(endsMs);
  return () => stopping.abort();
}
