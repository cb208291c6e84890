import { adopted, granted, headsOf, historyOf } from './ground.ts';
import { all, type Fault, signedPart, top, withLast } from './histories.ts';

/** Faults of floors, epochs and forks. */
export const FORK_FAULTS: Readonly<Record<string, Fault>> = {
  'a unit at the floor': {
    finds: 'below-floor',
    inject(line) {
      const high = adopted(line, top(line, 50));
      return all(granted(high, { unit: top(line, 50), part: signedPart(line) }));
    },
  },
  'a unit that left the window': {
    finds: 'below-floor',
    duties: ['babe', 'beefy', 'im-online'],
    inject: (line) =>
      all(granted(withLast(withLast(line)), { unit: top(line, 1), part: signedPart(line), digest: null })),
  },
  'an adoption with a lower floor': {
    finds: 'floor-lowered',
    inject(line) {
      const high = adopted(line, top(line, 50));
      return all(adopted({ ...high, floor: null }, top(line)));
    },
  },
  'a new epoch that nothing adopted': {
    finds: 'epoch-not-adopted',
    inject: (line) =>
      all(granted({ ...line, epoch: 'epoch-x' }, { unit: top(line, 1), part: signedPart(line) })),
  },
  'two histories with the same numbers': {
    finds: 'fork',
    inject(line) {
      const [one, other] = [withLast(line), granted(line, { unit: top(line, 2), part: signedPart(line) })];
      return all(one, { entries: [...one.entries, ...other.entries.slice(-1)] });
    },
  },
  'two histories, closed by a floor that is too low': {
    finds: 'fork',
    inject(line) {
      const lost = withLast(withLast(line));
      const kept = adopted(granted(line, { unit: top(line, 1), part: signedPart(line) }), top(line, 1));
      return all(kept, {
        entries: [...lost.entries, ...kept.entries.slice(-2)],
        heads: headsOf(kept.entries),
      });
    },
  },
  'two histories, and an epoch that follows neither': {
    finds: 'fork',
    inject(line) {
      const [one, other] = [withLast(line), granted(line, { unit: top(line, 2), part: signedPart(line) })];
      const later = adopted(one, top(line, 9), { epoch: 'epoch-x', prev: 'ab'.repeat(32) });
      return all(later, {
        entries: [...later.entries, ...other.entries.slice(-1)],
        heads: headsOf(later.entries),
      });
    },
  },
  'two histories, closed, and the lost one goes on': {
    finds: 'fork',
    inject(line) {
      const kept = adopted(granted(line, { unit: top(line, 1), part: signedPart(line) }), top(line, 2));
      const lost = withLast(withLast(withLast(withLast(line))));
      return all(kept, { entries: [...lost.entries, ...kept.entries.slice(-2)] });
    },
  },
  'two histories, closed above both': {
    finds: 'fork-closed',
    verdict: 'proven',
    duties: ['grandpa', 'beefy'],
    inject(line) {
      const lost = withLast(withLast(withLast(line)));
      const kept = withLast(
        adopted(granted(line, { unit: top(line, 1), part: signedPart(line) }), top(line, 3)),
      );
      return all(kept, {
        entries: [...lost.entries, ...kept.entries.slice(-3)],
        heads: headsOf(kept.entries),
      });
    },
  },
  'two histories, closed by the epoch that follows': {
    finds: 'fork-closed',
    verdict: 'proven',
    duties: ['grandpa', 'beefy'],
    inject(line) {
      const lost = withLast(withLast(line));
      const kept = adopted(withLast(line), top(line, 2), { epoch: 'epoch-x' });
      return all(kept, {
        entries: [...lost.entries, ...kept.entries.slice(-2)],
        heads: headsOf(kept.entries),
      });
    },
  },
  'a new epoch in the middle of an old one, with a low floor': {
    finds: 'epoch-overlap',
    inject(line) {
      const lost = withLast(withLast(line));
      const kept = adopted(line, top(line, 1), { epoch: 'epoch-x' });
      return all(kept, {
        entries: [...lost.entries, ...kept.entries.slice(-1)],
        heads: headsOf(kept.entries),
      });
    },
  },
  'an epoch without memory and with a low floor': {
    finds: 'epoch-overlap',
    inject(line) {
      const low = adopted(historyOf(line.duty.name, undefined, 'epoch-x'), top(line).replace(/\d+$/, '2'));
      const fresh = granted(low, { unit: top(line, 1), part: signedPart(line) });
      return all(fresh, { entries: [...line.entries, ...fresh.entries], heads: headsOf(fresh.entries) });
    },
  },
};
