import type { Logger } from 'pino';
import type { ShadowEvents, ShadowVerdict } from '../../run/shadow.ts';
import { readingLog } from './log.ts';

const WOULD = {
  place: ['info', 'would place the key'],
  keep: ['info', 'would leave the key placed'],
  remove: ['warn', 'would remove the key'],
  wait: ['info', 'would wait'],
  refuse: ['error', 'would refuse the key'],
} as const;

/** The log of a shadow: what the guard would do with a key, once when that changes. */
export function shadowLog(log: Logger): ShadowEvents {
  const acts = new Map<string, ShadowVerdict['act']>();
  return {
    ...readingLog(log),
    found: () => {
      acts.clear();
      log.info({ event: 'node-found' }, 'the node answers: the guard would have started it without keys');
    },
    gone: (why) =>
      log.warn({ event: 'node-gone' }, `the node does not answer: taken for the end of its process: ${why}`),
    lapsed: (ms) =>
      log.warn(
        { event: 'lease-lapsed', ms: Math.round(ms) },
        'the shadow was paused for too long: the guard would have ended the node',
      ),
    judged: (all) => {
      for (const { name, act, say, inKeystore } of all) {
        const before = acts.get(name.file);
        acts.set(name.file, act);
        if (act === before || act === 'keep') continue;
        const [level, would] = WOULD[act];
        const fields = { event: `would-${act}`, kind: name.kind, key: name.publicKey, inKeystore };
        log[level](fields, `${would}: ${say}`);
      }
    },
  };
}
