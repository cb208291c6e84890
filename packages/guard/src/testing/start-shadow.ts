import type { TestContext } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { GuardFault } from '../fault.ts';
import { runShadow, type ShadowParts, type ShadowVerdict } from '../run/shadow.ts';
import { DEFAULT_RULES } from '../run/verdict.ts';
import { fakeNodes, KEYS } from './start-guard.ts';

/** A shadow over fakes: a keystore of names, and three nodes of one chain. `said`: events, as `gran wait`. */
export function startShadow(t: TestContext, over: Partial<ShadowParts> = {}) {
  const clock = createVirtualClock({ flowing: false });
  const { own, witnesses, parts: nodes } = fakeNodes(clock);
  const present = [...KEYS];
  const said: string[] = [];
  const acts = new Map<string, string>();
  let verdicts: readonly ShadowVerdict[] = [];
  const parts: ShadowParts = {
    ...{ ...nodes, rules: DEFAULT_RULES, validator: null },
    keystore: { names: async () => present.map(({ name }) => name) },
    uptimeMs: () => clock.monotonicMs(),
    database: () => ({ device: 1n, inode: 2n, bornNs: 3n }),
    events: {
      started: () => {
        acts.clear();
        said.push('found');
      },
      ended: () => void said.push('gone'),
      lapsed: (ms) => void said.push(`lapsed ${ms}`),
      continuity: ({ state }) => void said.push(state),
      compared: ({ state }) => void said.push(`compared ${state}`),
      unread: (node, fault) => {
        if (fault instanceof GuardFault) said.push(`unread ${node}: ${fault.message}`);
      },
      placed: () => undefined,
      verdicts: (all) => {
        verdicts = all;
        for (const { name, act } of all) {
          if (acts.get(name.kind) !== act && act !== 'keep') said.push(`${name.kind} ${act}`);
          acts.set(name.kind, act);
        }
      },
    },
    ...over,
  };
  const stop = new AbortController();
  const running = runShadow(parts, stop.signal);
  running.catch(() => undefined);
  t.after(async () => {
    stop.abort();
    await clock.advance(10_000);
    await running.catch(() => undefined);
  });
  const last = (kind: string): ShadowVerdict | undefined => verdicts.find(({ name }) => name.kind === kind);
  return { clock, own, witnesses, present, said, running, stop, last };
}
