// One guard of a pair as a process: real folders, files and a real node process, three nodes of a fake chain,
// and the store of the test, which it asks over the channel of its parent. Started by `pair-processes.ts`.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store, Transaction } from '@watchbill/duty/store';
import { type Clock, systemClock } from '@watchbill/kit';
import { openFolder } from '../custody/open-folder.ts';
import { guardFailpoint } from '../failpoints.ts';
import { startNode } from '../node/process.ts';
import { keepRole } from '../pair/keeper.ts';
import { taken } from '../pair/record.ts';
import { readRole } from '../pair/role-store.ts';
import { termFile } from '../pair/terms.ts';
import { replaceRole } from '../pair/view.ts';
import { chainFile } from '../run/chain-file.ts';
import { runGuard } from '../run/guard.ts';
import { latchFile } from '../run/latch.ts';
import { markFile, tokenFile, uptimeMs } from '../run/memory.ts';
import type { GuardParts } from '../run/parts.ts';
import { DEFAULT_RULES, type Rules } from '../run/verdict.ts';
import type { Answer, Asked, GuardProcessSettings } from './pair-processes.ts';
import { fakeNodes, KEYS, silentEvents } from './start-guard.ts';

/** A chain and rules that need seconds in place of a minute. */
const PACE = { roundMs: 200, finalityMs: 500 };
const RULES: Rules = {
  ...DEFAULT_RULES,
  votes: { ...DEFAULT_RULES.votes, clockMarginMs: 0 },
  slots: { aheadSlots: 3n, renewSlots: 1n },
};

const settings = JSON.parse(process.argv[2] ?? '{}') as GuardProcessSettings;
const failpoint = guardFailpoint(process.env.WATCHBILL_FAILPOINT);
const waiting = new Map<number, (answer: Answer) => void>();
let asked = 0;
let steppedMs = 0;

process.on('message', (message: Answer | { readonly stepMs: number }) => {
  if ('stepMs' in message) steppedMs += message.stepMs;
  else waiting.get(message.id)?.(message);
});
// The store ends with the test.
process.on('disconnect', () => process.exit(1));

function ask(question: Asked): Promise<unknown> {
  asked += 1;
  const id = asked;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  waiting.set(id, resolve);
  process.send?.({ ...question, id });
  return promise.then(({ result }) => result);
}

const store = {
  read: (keys: readonly string[]) => ask({ method: 'read', argument: keys }),
  transact: (all: readonly Transaction[]) => ask({ method: 'transact', argument: all }),
} as unknown as Store;

const system = systemClock();
const clock: Clock = { ...system, nowMs: () => system.nowMs() + steppedMs };

async function runAsGuard({ name, folder, hasFence }: GuardProcessSettings): Promise<void> {
  const [runtime, state, keystore] = [
    join(folder, 'run'),
    join(folder, 'state'),
    join(folder, 'run/keystore'),
  ];
  for (const path of [state, runtime, keystore]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const powerOff = async (machine: string) => {
    await ask({ method: 'power-off', argument: machine });
    return { isOff: true, say: 'off' };
  };
  const parts: GuardParts = {
    ...{ ...fakeNodes(clock, PACE).parts, keys: KEYS, rules: RULES, failpoint, keystore, uptimeMs },
    ...{ validator: null, allowed: () => null, announced: () => false, seal: async () => undefined },
    folder: await openFolder(keystore, failpoint),
    marks: markFile(state),
    chain: chainFile(state),
    token: tokenFile(runtime),
    role: keepRole({ store, name, terms: termFile(state), clock, uptimeMs }),
    fence: hasFence ? { afterMs: 7_000, powerOff } : null,
    database: () => ({ device: 1n, inode: 2n, bornNs: 3n }),
    start: () => startNode(['sleep', '300'], clock),
    latch: latchFile(state),
    events: { ...silentEvents, started: (pid) => void process.send?.({ startedPid: pid }) },
  };
  await runGuard([parts], new AbortController().signal);
}

/** The command of a person, once the other machine is off. */
async function runAsCommand({ name }: GuardProcessSettings): Promise<void> {
  const before = await readRole(store);
  const by = { how: 'person', by: 'ada', reason: 'a test', seenTerm: 0n } as const;
  await replaceRole(store, before, taken(before, { ...by, holder: name }), failpoint);
  process.disconnect();
}

await (settings.isCommand ? runAsCommand(settings) : runAsGuard(settings));
