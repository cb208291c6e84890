import { table } from '@watchbill/kit';
import { shortHex } from '@watchbill/kit/command/text';
import type { ShadowEvents, ShadowVerdict } from '../../run/shadow.ts';
import { WOULD } from './shadow-log.ts';

/** Keeps the last verdicts, and the time until each key would have been placed. */
export function shadowTally(nowMs: () => number) {
  const beganMs = nowMs();
  const placedMs = new Map<string, number>();
  let foundMs = beganMs;
  let last: readonly ShadowVerdict[] = [];
  const events: Partial<ShadowEvents> = {
    started: () => {
      foundMs = nowMs();
      placedMs.clear();
    },
    placed: ({ file }) => placedMs.set(file, nowMs() - foundMs),
    verdicts: (all) => {
      last = all;
    },
  };
  /** `placedAfterMs` counts from the moment at which the node was found; null: it never was placed. */
  const seen = () => ({
    mode: 'shadow' as const,
    seconds: Math.round((nowMs() - beganMs) / 1_000),
    keys: last.map(({ name: { kind, publicKey, file }, act: would, say, inKeystore }) => {
      const ms = placedMs.get(file);
      const placedAfterMs = ms === undefined ? null : Math.round(ms);
      return { kind, publicKey, would, say, inKeystore, placedAfterMs };
    }),
  });
  return { events, seen };
}

type Seen = ReturnType<ReturnType<typeof shadowTally>['seen']>;

export function tallyText({ seconds, keys }: Seen): string {
  if (keys.length === 0) return `shadow of ${seconds} s: the node did not answer, so it made no decision\n`;
  const rows = keys.map(({ kind, publicKey, inKeystore, would, placedAfterMs, say }) => [
    ...[kind, shortHex(publicKey), inKeystore ? 'in the keystore' : 'absent', WOULD[would].row],
    placedAfterMs === null ? 'never' : `${(placedAfterMs / 1_000).toFixed(1)} s`,
    say,
  ]);
  const head = ['KEY', 'PUBLIC KEY', 'NOW', 'THE GUARD WOULD', 'PLACED AFTER', 'REASON'];
  return `shadow of ${seconds} s: it wrote nothing\n${table(head, rows)}`;
}
