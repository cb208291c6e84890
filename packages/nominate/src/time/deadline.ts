import type { Clock } from '@watchbill/kit';
import { after } from './after.ts';

/**
 * A signal that aborts with `signal`, or as a `TimeoutError` after `timeoutMs` of a clock unless it is
 * cancelled before.
 */
export function deadline(
  clock: Pick<Clock, 'sleep'>,
  timeoutMs: number,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const late = new AbortController();
  const cancel = after(clock, timeoutMs, () =>
    late.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')),
  );
  return { signal: AbortSignal.any([signal, late.signal]), cancel };
}
