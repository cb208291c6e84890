import type { Logger } from 'pino';
import type { ShadowEvents } from '../../run/shadow.ts';
import { newsOf, readingLog } from './log.ts';

/** The acts of a guard in words, for the log of a shadow and for the table of its result. */
export const WOULD = {
  place: { level: 'info', log: 'would place the key', row: 'place it' },
  keep: { level: 'info', log: 'would leave the key placed', row: 'leave it placed' },
  remove: { level: 'warn', log: 'would remove the key', row: 'remove it' },
  wait: { level: 'info', log: 'would wait', row: 'wait' },
  refuse: { level: 'error', log: 'would refuse the key', row: 'refuse it' },
} as const;

/** The log of a shadow: what the guard would do with a key, once when that changes. */
export function shadowLog(log: Logger): ShadowEvents {
  const { isNews, forget } = newsOf();
  return {
    ...readingLog(log),
    started: () => {
      forget();
      log.info({ event: 'node-found' }, 'the node answers: the guard would have started it without keys');
    },
    ended: (why) =>
      log.warn({ event: 'node-gone' }, `the node does not answer: taken for the end of its process: ${why}`),
    lapsed: (ms) =>
      log.warn(
        { event: 'lease-lapsed', ms: Math.round(ms) },
        'the shadow was paused for too long: the guard would have ended the node',
      ),
    placed: () => undefined,
    verdicts: (all) => {
      for (const { name, act, say, inKeystore } of all) {
        if (!isNews(name.file, act) || act === 'keep') continue;
        const fields = { event: `would-${act}`, kind: name.kind, key: name.publicKey, inKeystore };
        log[WOULD[act].level](fields, `${WOULD[act].log}: ${say}`);
      }
    },
  };
}
