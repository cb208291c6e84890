import { entryHash, type LedgerEntry } from '../../rule/index.ts';
import type { DecisionLine } from '../../service/ledger/lines.ts';
import {
  adopted,
  bodyOf,
  decisionsOf,
  digestFor,
  type Exported,
  granted,
  type History,
  headsOf,
  markOf,
} from './ground.ts';
import { all, broken, type Fault, isGrant, signedPart, top, withLast, without } from './histories.ts';

/** Faults of entries, digests and owners. */
export const ENTRY_FAULTS: Readonly<Record<string, Fault>> = {
  'text of an entry changed': {
    finds: 'entry-altered',
    inject(line, pick) {
      const at = pick % line.entries.length;
      const entry = line.entries[at] as LedgerEntry;
      const { body } = bodyOf({ ...entry, note: 'changed' });
      return all(line, { forged: new Map([[at, { body, hash: entryHash(entry) }]]) });
    },
  },
  'text and hash of an entry changed': {
    finds: 'chain-broken',
    inject(line, pick) {
      const at = pick % (line.entries.length - 1);
      const forged = bodyOf({ ...(line.entries[at] as LedgerEntry), note: 'changed' });
      const last = line.entries.at(-1) as LedgerEntry;
      // Within an epoch the next entry shows it; at its end, the adoption that follows names an unknown
      // entry.
      const inside = line.entries[at + 1]?.epoch === line.entries[at]?.epoch;
      return inside ? all(line, { forged: new Map([[at, forged]]) }) : broken(line, last);
    },
  },
  'entry of another ledger': {
    finds: 'entry-foreign',
    inject(line, pick) {
      const at = pick % line.entries.length;
      const entry = { ...(line.entries[at] as LedgerEntry), ledger: 'ledger-2' };
      return all(line, { entries: line.entries.toSpliced(at, 1, entry), heads: headsOf(line.entries) });
    },
  },
  'entry in the middle missing': {
    finds: 'gap',
    verdict: 'unproven',
    inject(line) {
      const longer = withLast(withLast(withLast(line)));
      return all(longer, { entries: without(longer, longer.entries.length - 2), decisions: [] });
    },
  },
  'adoption that begins missing': {
    finds: 'epoch-start',
    verdict: 'unproven',
    inject: (line) => all(line, { entries: line.entries.slice(1), decisions: [] }),
  },
  'last entry missing, and the store knows of it': {
    finds: 'store-ahead',
    verdict: 'unproven',
    inject(line) {
      const entries = line.entries.slice(0, -1);
      return all(line, { entries, heads: [], decisions: decisionsOf(entries) });
    },
  },
  'last entry missing, and the head knows of it': {
    finds: 'gap',
    verdict: 'unproven',
    inject: (line) => all(line, { entries: line.entries.slice(0, -1), heads: line.entries.slice(-1) }),
  },
  'no marks of the store': {
    finds: 'no-marks',
    verdict: 'unproven',
    inject: (line) => all(line, { marks: null }),
  },
  'a part with two digests': {
    finds: 'two-digests',
    duties: ['babe', 'grandpa', 'beefy'],
    inject(line) {
      const one = withLast(line);
      return all(granted(one, { unit: top(one), part: signedPart(one), digest: digestFor(one, 2) }));
    },
  },
  'a digest in the store that no entry has': {
    finds: 'two-digests',
    duties: ['babe', 'beefy'],
    inject(line) {
      const mark = markOf(line);
      const recent = mark.recent.map((unit) => ({
        ...unit,
        parts: unit.parts.map((part) => ({ ...part, digest: `0x${digestFor(line, 9)}` })),
      }));
      return all(line, { marks: [{ ...mark, recent }] });
    },
  },
  'a seal for two starts of a process': {
    finds: 'granted-twice',
    duties: ['babe'],
    inject(line) {
      const one = withLast(line);
      return all(granted(one, { unit: top(one), part: 'seal', incarnation: 'start-2' }));
    },
  },
  'a heartbeat twice': {
    finds: 'granted-twice',
    duties: ['im-online'],
    inject(line) {
      const one = withLast(line);
      return all(granted(one, { unit: top(one), part: 'heartbeat' }));
    },
  },
  'two votes of a round for two nodes': {
    finds: 'two-owners',
    duties: ['grandpa'],
    inject(line) {
      const one = withLast(line);
      return all(granted(one, { unit: top(one), part: 'precommit', node: 'bravo' }));
    },
  },
};

/** The line, and one more answer of a service: its last grant was repeated. */
function repeated(line: History, over: Partial<DecisionLine> = {}): readonly Exported[] {
  const decisions = decisionsOf(line.entries);
  const last = decisions.at(-1);
  if (last === undefined) throw new RangeError('service-1 granted no part of this history');
  return all(line, { decisions: [...decisions, { ...last, id: 1_000, reason: 'repeat', ...over }] });
}

/** Answers of services that repeat a grant. */
export const REPEAT_FAULTS: Readonly<Record<string, Fault>> = {
  'a seal that was repeated to another start': {
    finds: 'granted-twice',
    duties: ['babe'],
    inject: (line) => repeated(withLast(line), { incarnation: 'start-2' }),
  },
  'a seal that was repeated to another node': {
    finds: 'granted-twice',
    duties: ['babe'],
    inject: (line) => repeated(withLast(line), { node: 'bravo' }),
  },
  'a heartbeat that was repeated': {
    finds: 'granted-twice',
    duties: ['im-online'],
    inject: (line) => repeated(withLast(line)),
  },
  'a heartbeat that two answers grant as new': {
    finds: 'granted-twice',
    duties: ['im-online'],
    inject: (line) => repeated(withLast(line), { reason: 'new' }),
  },
  'a part without a digest that was repeated': {
    finds: 'granted-twice',
    duties: ['babe', 'grandpa', 'beefy'],
    inject: (line) => repeated(granted(line, { unit: top(line, 1), part: signedPart(line), digest: null })),
  },
};

/** Faults of the store's marks and of the services' answers. */
export const STORE_FAULTS: Readonly<Record<string, Fault>> = {
  'a store that went back': {
    finds: 'store-behind',
    inject: (line) => all(withLast(line), { marks: [markOf(line)] }),
  },
  'a store that lost the mark': { finds: 'store-behind', inject: (line) => all(line, { marks: [] }) },
  'a store that went on from an older state': {
    finds: 'store-behind',
    inject: (line) =>
      all(withLast(line), { marks: [markOf(granted(line, { unit: top(line, 7), part: signedPart(line) }))] }),
  },
  'a floor in the store that is too low': {
    finds: 'store-floor',
    inject: (line) => all(line, { marks: [{ ...markOf(line), floor: null }] }),
  },
  'a floor in the store that is one too low': {
    finds: 'store-floor',
    inject(line) {
      const high = adopted(line, top(line, 50));
      return all(high, { marks: [{ ...markOf(high), floor: top(high, -1) }] });
    },
  },
  'a grant without an entry': {
    finds: 'grant-without-entry',
    inject(line) {
      const decisions = decisionsOf(withLast(line).entries);
      return all(line, { decisions });
    },
  },
  'a grant of another digest than its entry': {
    finds: 'grant-without-entry',
    duties: ['babe', 'beefy'],
    inject(line) {
      const [first, ...more] = decisionsOf(
        line.entries.filter(isGrant).slice(-1),
        line.entries.at(-1)?.service,
      );
      const digest = `0x${digestFor(line, 7)}`;
      return all(line, { decisions: [...more, { ...(first as NonNullable<typeof first>), digest }] });
    },
  },
};
