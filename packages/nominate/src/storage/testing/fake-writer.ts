import { keyOf, sampleIntent } from '../../testing/records.ts';
import { openProgrammeStore, type StoreSetting } from '../open.ts';
import { StorageFault } from '../port.ts';

const TIMES = 20;
/** Each takes as long as the wait for the other process. */
const MOST_TRIES = 12;

/** Retries if the other process held the file too long, as on a slow disk. */
async function patiently<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StorageFault) || error.code !== 'unavailable' || tries === MOST_TRIES)
        throw error;
    }
  }
}

/** One of two processes that write the same data at the same time. */
async function write(setting: StoreSetting): Promise<void> {
  const store = await patiently(() => openProgrammeStore(setting, () => 1));
  const intent = sampleIntent(1);
  await patiently(() => store.intents.add(intent));
  for (let time = 0; time < TIMES; ) {
    const faults = Array.from({ length: 2 }, (_, n) => ({
      kind: 'offline' as const,
      era: 2 * time + n,
      atMs: 1,
      reason: 'away',
      evidence: [],
    }));
    await patiently(() => store.history.addFaults(keyOf(1), faults));
    const stored = await patiently(() => store.intents.load(intent.id));
    if (stored === null) throw new Error('the intent is gone');
    const saving = await patiently(() => store.intents.save({ ...stored, notes: [], closed: [] }));
    if (saving.ok) time += 1;
  }
  await store.close();
}

const [target = ''] = process.argv.slice(2);
await write(target.startsWith('postgres') ? { url: target } : { file: target });
