import { StoreFault, type WatchChange, type WatchHandlers } from '../../port.ts';
import { type BrokenStore, later, overriding } from './fake-engine.ts';

const short = (value: Uint8Array | null) => value?.slice(0, 65_536) ?? null;

/** Stores whose reads and lists differ from the port. */
export const brokenReads: readonly BrokenStore[] = [
  {
    name: 'answers reads in the order of the keys',
    spoil: overriding(({ sound }) => ({ read: (keys) => sound.read([...keys].sort()) })),
    noticedBy: [/a read answers every key/],
  },
  {
    name: 'takes an empty value for absence',
    spoil: overriding(({ sound }) => ({
      read: async (keys) => (await sound.read(keys)).map((value) => (value?.length === 0 ? null : value)),
    })),
    noticedBy: [/an empty value is a value/, /a restart keeps/],
  },
  {
    name: 'cuts values at 64 kB',
    spoil: overriding(({ sound }) => ({ read: async (keys) => (await sound.read(keys)).map(short) })),
    noticedBy: [/values are any bytes/],
  },
  {
    name: 'gives the same bytes to every reader',
    spoil: overriding(({ sound }) => {
      const given = new Map<string, Uint8Array | null>();
      return {
        read: async (keys) => {
          const values = await sound.read(keys);
          for (const [index, key] of keys.entries())
            if (!given.has(key)) given.set(key, values[index] ?? null);
          return keys.map((key) => given.get(key) ?? null);
        },
      };
    }),
    noticedBy: [/change of the caller's bytes/],
  },
  {
    name: 'reads keys in their normalised form',
    spoil: overriding(({ sound }) => ({
      read: (keys) => sound.read(keys.map((key) => key.normalize('NFC').toLowerCase())),
    })),
    noticedBy: [/keys are texts with slashes/],
  },
  {
    name: 'takes any key for absent',
    spoil: overriding(({ sound }) => ({
      read: (keys) => sound.read(keys).catch(() => keys.map(() => null)),
    })),
    noticedBy: [/a key that is empty/, /after close/],
  },
  {
    name: 'reads one key after the other',
    spoil: overriding(({ sound }) => ({
      read: async (keys) => {
        const values: (Uint8Array | null)[] = [];
        for (const key of keys) {
          values.push(...(await sound.read([key])));
          await later();
        }
        return values;
      },
    })),
    noticedBy: [/never sees half/],
  },
  {
    name: 'reads the value before the last write',
    spoil: overriding(({ sound }) => {
      let before = sound.snapshot();
      return {
        transact: (transactions, options) => {
          before = sound.snapshot();
          return sound.transact(transactions, options);
        },
        read: async (keys) => keys.map((key) => before.records.get(key)?.value ?? null),
      };
    }),
    noticedBy: [/after one caller got/, /a read answers every key/],
  },
  {
    name: 'lists beyond the border of a prefix',
    spoil: overriding(({ sound }) => ({
      list: (prefix, page, options) => sound.list(prefix.replace(/\/$/, ''), page, options),
    })),
    noticedBy: [/a list holds the records under/],
  },
  {
    name: 'lists in the order of JavaScript strings',
    spoil: overriding(({ sound }) => ({
      list: async (prefix, page, options) => {
        const { records, more } = await sound.list(prefix, page, options);
        return { records: [...records].sort((a, b) => (a.key < b.key ? -1 : 1)), more };
      },
    })),
    noticedBy: [/byte order of the UTF-8 keys/],
  },
  {
    name: 'takes a full page for one that others follow',
    spoil: overriding(({ sound }) => ({
      list: async (prefix, page, options) => {
        const { records } = await sound.list(prefix, page, options);
        return { records, more: records.length === page?.limit };
      },
    })),
    noticedBy: [/pages follow each other/],
  },
  {
    name: 'begins anew if the last key of a page has gone',
    spoil: overriding(({ sound }) => ({
      list: async (prefix, page, options) => {
        const [last] = page?.after === undefined ? [null] : await sound.read([page.after]);
        return sound.list(prefix, last === null ? { limit: page?.limit ?? 1_000 } : page, options);
      },
    })),
    noticedBy: [/begin after a key that was removed/],
  },
  {
    name: 'takes any page limit',
    spoil: overriding(({ sound }) => ({ list: (prefix, _page, options) => sound.list(prefix, {}, options) })),
    noticedBy: [/a page limit below 1/],
  },
];

/** Change which reports reach a handler. */
function reporting(pass: (change: WatchChange, handlers: WatchHandlers) => void): BrokenStore['spoil'] {
  return overriding(({ sound }) => ({
    watch: (prefix, handlers) =>
      sound.watch(prefix, { ...handlers, onChange: (change) => pass(change, handlers) }),
  }));
}

/** Stores whose watches miss or invent something. */
export const brokenWatches: readonly BrokenStore[] = [
  {
    name: 'loses one of forty changes',
    spoil: overriding(({ sound }) => {
      let count = 0;
      return {
        watch: (prefix, handlers) =>
          sound.watch(prefix, {
            ...handlers,
            onChange: (change) => {
              count++;
              if (count % 40 !== 0) handlers.onChange(change);
            },
          }),
      };
    }),
    noticedBy: [/a watch reports every key/],
  },
  {
    name: 'does not report a removed key',
    spoil: reporting((change, handlers) => {
      if (change.value !== null) handlers.onChange(change);
    }),
    noticedBy: [/null for a removed key/, /keys of a lease vanish/],
  },
  {
    name: 'reports to a watch that was stopped',
    spoil: overriding(({ sound }) => ({
      watch: (prefix, handlers) => ({ ready: sound.watch(prefix, handlers).ready, stop: () => {} }),
    })),
    noticedBy: [/each of two watches/],
  },
  {
    name: 'reports a change before a read can see it',
    spoil: overriding(({ sound }) => {
      const told: WatchHandlers[] = [];
      return {
        watch: (_prefix, handlers) => {
          told.push(handlers);
          return { ready: Promise.resolve(), stop: () => void told.splice(told.indexOf(handlers), 1) };
        },
        transact: async (transactions, options) => {
          for (const { writes } of transactions) {
            for (const write of writes) for (const handlers of told) handlers.onChange(write);
          }
          await later();
          return sound.transact(transactions, options);
        },
      };
    }),
    noticedBy: [
      /never comes before a read/,
      /in conflict is reported to no watch/,
      /a watch reports every key/,
    ],
  },
  {
    name: 'does not report a change whose answer was lost',
    spoil: overriding(({ sound }) => {
      const held: (() => void)[] = [];
      return {
        watch: (prefix, handlers) =>
          sound.watch(prefix, {
            ...handlers,
            onChange: (change) => void held.push(() => handlers.onChange(change)),
          }),
        transact: async (transactions, options) => {
          const results = await sound.transact(transactions, options);
          const reports = held.splice(0);
          if (results[0]?.outcome !== 'ambiguous') for (const report of reports) report();
          return results;
        },
      };
    }),
    noticedBy: [/reports a change whose answer was lost/],
  },
  {
    name: 'watches on after close',
    spoil: overriding(({ sound }) => ({
      watch: (prefix, handlers) => {
        const { ready, stop } = sound.watch(prefix, handlers);
        return { ready: ready.catch((error) => void (error instanceof StoreFault)), stop };
      },
    })),
    noticedBy: [/after close/],
  },
];
