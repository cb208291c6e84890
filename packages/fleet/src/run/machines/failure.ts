import type { Done } from '../../file/live/index.ts';
import type { Ran } from './ssh.ts';

/** Null if the script succeeded. */
export function failureOf(ran: Ran): Done | null {
  if (ran.kind !== 'ended') return { outcome: ran.kind, detail: ran.detail };
  if (ran.code === 0) return null;
  return { outcome: 'invalid', detail: ran.err.trim() || `the script ended with ${ran.code}` };
}
