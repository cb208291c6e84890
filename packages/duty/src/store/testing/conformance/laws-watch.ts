import assert from 'node:assert/strict';
import type { Store, Watch } from '../../port.ts';
import { eventually, put, text, texts } from './expect.ts';
import type { Law, Opened } from './harness.ts';

interface Seen {
  readonly watch: Watch;
  /** The last value reported per key, null for gone. */
  readonly last: Map<string, string | null>;
  reports: number;
  resyncs: number;
}

/** Start a watch that records its reports, and wait until it is ready. */
async function watching(store: Store, prefix: string): Promise<Seen> {
  const last = new Map<string, string | null>();
  const watch = store.watch(prefix, {
    onChange: ({ key, value }) => {
      last.set(key, text(value));
      seen.reports++;
    },
    onResync: () => {
      seen.resyncs++;
    },
  });
  const seen: Seen = { watch, last, reports: 0, resyncs: 0 };
  await watch.ready;
  return seen;
}

function sees(opened: Opened, seen: Seen, expected: Readonly<Record<string, string | null>>): Promise<void> {
  return eventually(opened, () => assert.deepEqual(Object.fromEntries([...seen.last].sort()), expected));
}

/** Laws about watches. */
export const watchLaws: readonly Law[] = [
  {
    name: 'a watch reports every key that changes under its prefix after it is ready, and no others',
    check: async (opened) => {
      const { store } = opened;
      await put(store, { 'w/before': 'x' });
      const seen = await watching(store, 'w/');
      const expected: Record<string, string> = {};
      for (let index = 100; index < 160; index++) expected[`w/${index}`] = `value ${index}`;
      for (const [key, value] of Object.entries(expected)) await put(store, { [key]: value, w0: value });
      await sees(opened, seen, expected);
      seen.watch.stop();
    },
  },
  {
    name: 'a watch reports the last value of a key, and null for a removed key',
    check: async (opened) => {
      const { store } = opened;
      await put(store, { 'w/gone': '1', 'w/changed': '1', 'w/still': '1' });
      const seen = await watching(store, 'w/');
      await put(store, { 'w/gone': null, 'w/changed': '2' });
      await put(store, { 'w/changed': '3' });
      await sees(opened, seen, { 'w/changed': '3', 'w/gone': null });
      seen.watch.stop();
    },
  },
  {
    name: 'each of two watches gets every report, and a stopped one gets none',
    check: async (opened) => {
      const { store } = opened;
      const first = await watching(store, 'w/');
      const second = await watching(store, 'w/a');
      await put(store, { 'w/a': '1', 'w/b': '1' });
      await sees(opened, first, { 'w/a': '1', 'w/b': '1' });
      await sees(opened, second, { 'w/a': '1' });
      first.watch.stop();
      first.watch.stop();
      const reports = first.reports;
      await put(store, { 'w/a': '2', 'w/b': '2' });
      await sees(opened, second, { 'w/a': '2' });
      assert.equal(first.reports, reports, 'a stopped watch got a report');
      second.watch.stop();
    },
  },
  {
    name: 'a transaction in conflict is reported to no watch',
    check: async (opened) => {
      const { store } = opened;
      await put(store, { 'w/a': '1' });
      const seen = await watching(store, 'w/');
      const value = new Uint8Array([1]);
      await store.transact([{ compares: [{ key: 'w/a', value: null }], writes: [{ key: 'w/a', value }] }]);
      await put(store, { 'w/end': 'x' });
      await sees(opened, seen, { 'w/end': 'x' });
      seen.watch.stop();
    },
  },
  {
    name: 'a report never comes before a read can see the change',
    check: async (opened) => {
      const { store } = opened;
      const early: string[] = [];
      const checks: Promise<void>[] = [];
      const watch = store.watch('w/', {
        onChange: ({ key, value }) => {
          const check = async () => {
            const [now] = await texts(store, [key]);
            if (Number(now) < Number(text(value))) early.push(`${key}: reported ${text(value)}, read ${now}`);
          };
          checks.push(check());
        },
        onResync: () => {},
      });
      await watch.ready;
      for (let step = 1; step <= 20; step++) await put(store, { 'w/n': `${step}` });
      await eventually(opened, () => assert.ok(checks.length > 0));
      // Stopped first: a report during the last checks would read after the end of the test.
      watch.stop();
      await Promise.all(checks);
      assert.deepEqual(early, []);
    },
  },
];
