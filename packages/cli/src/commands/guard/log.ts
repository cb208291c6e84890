import type { GuardEvents, Verdict } from '@watchbill/guard';
import { continuitySentence } from '@watchbill/guard';
import type { Logger } from 'pino';

const LEVEL = { open: 'info', waiting: 'info', refused: 'error' } as const;

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
