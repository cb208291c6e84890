import type { Logger } from 'pino';
import { GuardFault } from '../../fault.ts';
import { continuitySentence } from '../../restart/continuity.ts';
import type { GuardEvents, ReadingEvents } from '../../run/parts.ts';

const LEVEL = { open: 'info', waiting: 'info', refused: 'error' } as const;

const COMPARED = {
  'not-asked': ['warn', 'the keys are not compared with the chain: name the validator with --validator'],
  unknown: ['info', 'this node synchronises: the keys are compared with the chain later'],
  match: ['info', 'the keys match those that the chain has of the validator'],
  mismatch: ['error', ''],
} as const;

const ROTATION = {
  none: 'new keys are no longer taken: a foreign file ends the node',
  open: 'new keys are announced: they are sealed when the node makes them',
} as const;

/** Whether a text is another one than the last of this thing, which it replaces. */
export function newsOf() {
  const last = new Map<string, string>();
  const isNews = (of: string, text: string): boolean => {
    const isNew = last.get(of) !== text;
    last.set(of, text);
    return isNew;
  };
  return { isNews, forget: () => last.clear() };
}

/** The log of a guard: a key's state once when it changes. */
export function guardLog(log: Logger): GuardEvents {
  const { isNews, forget } = newsOf();
  return {
    ...readingLog(log),
    started: (pid) => {
      forget();
      log.info({ event: 'node-started', pid }, 'the node starts without keys');
    },
    ended: ({ code, signal }) =>
      log.warn({ event: 'node-ended', code, signal }, 'the node ended; the guard removes its keys'),
    allowed: ({ by, reason }, refusal) => {
      if (refusal === null)
        return log.warn({ event: 'person-allows', by, reason }, 'a person allows keys that vote');
      log.error(
        { event: 'allowance-dropped', by, reason },
        `the word of a person allows nothing now: ${refusal}`,
      );
    },
    rotation: (rotation) => {
      if (rotation.state !== 'failed')
        return log.info({ event: `rotation-${rotation.state}` }, ROTATION[rotation.state]);
      log.error(
        { event: 'rotation-failed' },
        `a new key was removed: it could not be sealed: ${rotation.why}`,
      );
    },
    sealed: ({ kind, publicKey }) =>
      log.info({ event: 'key-sealed', kind, key: publicKey }, 'a new key is sealed'),
    lapsed: (ms) =>
      log.error(
        { event: 'lease-lapsed', ms: Math.round(ms) },
        'the guard was paused for too long, so the node is ended: it may run elsewhere by now',
      ),
    placed: () => undefined,
    verdicts: (all) => {
      for (const { name, state, say } of all) {
        if (isNews(name.file, state))
          log[LEVEL[state]]({ event: `key-${state}`, kind: name.kind, key: name.publicKey }, say);
      }
    },
    ...pairLog(log),
  };
}

/** The findings of readings: a failing node once until it answers otherwise. */
export function readingLog(log: Logger): ReadingEvents {
  const { isNews } = newsOf();
  return {
    continuity: (continuity) => {
      const isMistake = continuity.state === 'not-proven' && continuity.why === 'no-database';
      const fields = { event: 'continuity', ...continuity };
      log[isMistake ? 'warn' : 'info'](fields, continuitySentence(continuity));
    },
    compared: (check) => {
      const [level, text] = COMPARED[check.state];
      log[level](
        { event: `keys-${check.state}` },
        check.state === 'mismatch' ? `the keys do not match the chain: ${check.say}` : text,
      );
    },
    unread: (node, fault) => {
      const { code, message, remedy } = fault;
      if (!isNews(node, message)) return;
      if (fault instanceof GuardFault)
        return log.error({ event: 'other-chain', node }, `${message}: ${remedy}`);
      log.warn({ event: 'node-unread', node, code }, message);
    },
  };
}

/** The events of a pair: a standing and a failure once until they change. */
function pairLog(log: Logger) {
  const { isNews } = newsOf();
  return {
    standing: (of) => {
      const text = of.role === 'active' ? `this machine is active in term ${of.term}` : of.say;
      if (isNews('standing', text)) log.info({ event: `pair-${of.role}` }, text);
    },
    stopped: (say) => log.error({ event: 'stopped' }, say),
    roleLost: (say) =>
      log.error(
        { event: 'role-lost' },
        `the node is ended, because this machine lost the active role: ${say}`,
      ),
    handedOver: (to) => log.warn({ event: 'handed-over', to }, `${to} is the active machine from now on`),
    pairUnread: (why) => {
      if (isNews('store', why))
        log.warn({ event: 'pair-unread' }, `the store of the pair gave no certain answer: ${why}`);
    },
    fenced: (machine, isOff, say) =>
      log[isOff ? 'warn' : 'error'](
        { event: isOff ? 'fenced' : 'fence-failed', machine },
        isOff
          ? `the fence confirmed that ${machine} is off: ${say}`
          : `nothing confirms that ${machine} is off: ${say}`,
      ),
  } satisfies Partial<GuardEvents>;
}
