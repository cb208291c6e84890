import { keyOf } from '../testing/records.ts';
import { makeIntent } from '../transactions/intent.ts';
import { openProgrammeStore, type StoreSetting } from './open.ts';

const TIMES = 20;

/** One of two processes that write the same things at the same time. */
async function write(setting: StoreSetting): Promise<void> {
  const store = await openProgrammeStore(setting, () => 1);
  const intent = makeIntent({
    nominator: keyOf(1),
    real: keyOf(1),
    signer: keyOf(2),
    way: 'proxy',
    era: 7,
    round: 'round 7',
    targets: [keyOf(3)],
    fromHeight: 1n,
    deadlineRelay: 9n,
  });
  await store.intents.add(intent);
  for (let time = 0; time < TIMES; ) {
    const faults = Array.from({ length: 2 }, (_, n) => ({
      kind: 'offline' as const,
      era: 2 * time + n,
      atMs: 1,
      reason: 'away',
      evidence: [],
    }));
    await store.history.addFaults(keyOf(1), faults);
    const stored = await store.intents.load(intent.id);
    if (stored === null) throw new Error('the intent is gone');
    const saving = await store.intents.save({ ...stored, notes: [], closed: [] });
    if (saving.ok) time += 1;
  }
  await store.close();
}

const [target = ''] = process.argv.slice(2);
await write(target.startsWith('postgres') ? { url: target } : { file: target });
