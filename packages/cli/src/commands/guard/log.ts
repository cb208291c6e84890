import type { GuardEvents, Verdict } from '@watchbill/guard';
import { continuitySentence } from '@watchbill/guard';
import type { Logger } from 'pino';

const LEVEL = { open: 'info', waiting: 'info', refused: 'error' } as const;

const COMPARED = {
  'not-asked': ['warn', 'the keys are not compared with the chain: name the validator with --validator'],
  unknown: ['info', 'the own node synchronises: the keys are compared with the chain later'],
  match: ['info', 'the keys match those that the chain has of the validator'],
  mismatch: ['error', ''],
} as const;

const ROTATION = {
  none: 'new keys are no longer taken: a foreign file ends the node',
  open: 'new keys are announced: they are sealed when the node makes them',
} as const;

/**
 * The log of a guard: a key's state once when it changes, and a failing node once until it answers otherwise.
 */
export function guardLog(log: Logger): GuardEvents {
  const states = new Map<string, Verdict['state']>();
  const failing = new Map<string, string>();
  return {
    started: (pid) => {
      states.clear();
      log.info({ event: 'node-started', pid }, 'the node starts without keys');
    },
    ended: ({ code, signal }) =>
      log.warn({ event: 'node-ended', code, signal }, 'the node ended; no key lies open'),
    continuity: (continuity) =>
      log.info({ event: 'continuity', ...continuity }, continuitySentence(continuity)),
    allowed: ({ by, reason }) =>
      log.warn({ event: 'person-allows', by, reason }, 'a person allows keys that vote'),
    compared: (check) => {
      const [level, text] = COMPARED[check.state];
      log[level](
        { event: `keys-${check.state}` },
        check.state === 'mismatch' ? `the keys do not match the chain: ${check.say}` : text,
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
        'the guard stood still for too long, so the node is ended: it may run elsewhere by now',
      ),
    placed: () => undefined,
    verdicts: (all) => {
      for (const { name, state, say } of all) {
        if (states.get(name.file) === state) continue;
        states.set(name.file, state);
        log[LEVEL[state]]({ event: `key-${state}`, kind: name.kind, key: name.publicKey }, say);
      }
    },
    unread: (node, { code, message }) => {
      if (failing.get(node) === message) return;
      failing.set(node, message);
      log.warn({ event: 'node-unread', node, code }, message);
    },
  };
}
