import { explains, formatUnit, type LedgerPoint } from '../../rule/index.ts';
import { markName } from '../../service/ground/keys.ts';
import type { LedgerEpochs } from '../../service/ground/memory.ts';
import type { Finding, Memory, NodeView, Situation, StoreState } from './situation.ts';

/** More lines of evidence than this are counted, not listed. */
const MAX_EVIDENCE = 20;
/** A newest block older than this shows a chain that stands still, or a clock that is ahead. */
const STALE_MS = 60_000;

/** The findings, most important first: store, memory, machine, then other obstacles. */
export function findingsOf(situation: Situation): readonly Finding[] {
  const { store, own, exports, noticed } = situation;
  if (store.ledger === null) return [storeEmpty(own), ...noticed];
  return [
    ...otherLedger(store.ledger, own),
    ...storeBehind(store, own === null ? exports : [own, ...exports]),
    ...memoryLost(own),
    ...restoredMachine(situation),
    ...memoryUnread(situation),
    ...servicesLive(store),
    ...recoveryOpen(store),
    ...clockWrong(situation),
    ...noticed,
  ];
}

function storeEmpty(own: Memory | null): Finding {
  const bound = own?.ledger ?? null;
  return {
    kind: 'store-empty',
    what: 'the store holds no ledger',
    evidence: [
      bound === null
        ? 'the data folder belongs to no ledger either'
        : `the data folder is of ledger ${bound}`,
    ],
    remedy:
      'restore a backup of the store, however old, or point the configuration at the right store, and plan again. ' +
      'Without any backup, begin a new ledger: an empty data folder, `watchbill serve --new-ledger`, and `watchbill adopt` for each key',
  };
}

function otherLedger(ledger: string, own: Memory | null): readonly Finding[] {
  if (own === null || own.ledger === null || own.ledger === ledger) return [];
  return [
    {
      kind: 'other-ledger',
      what: 'the store is of another ledger than the data folder',
      evidence: [`the store: ledger ${ledger}`, `the data folder: ledger ${own.ledger}`],
      remedy: 'correct the store or the data folder in the configuration; each data folder is of one ledger',
    },
  ];
}

/** Uses the same comparison as a service at its start. */
function storeBehind(store: StoreState, memories: readonly Memory[]): readonly Finding[] {
  const epochs: LedgerEpochs = { epoch: store.epoch ?? '', voided: new Set(store.recovery?.voided) };
  const marks = new Map(
    store.marks.map(({ chain, key, duty, held }) => [markName(chain, key, duty.name), held.mark]),
  );
  const evidence = memories.flatMap(({ name, points }) =>
    [...points].flatMap(([mark, point]) => {
      const held = marks.get(mark) ?? null;
      const found = explains(held, epochs.epoch, point, epochs.voided);
      if (found === 'lineage' || found === 'floor') return [];
      const now = held === null ? 'the store has no such mark' : `the store is at entry ${held.seq}`;
      return [`${mark}: ${name} remembers ${entryText(point)}; ${now}`];
    }),
  );
  if (evidence.length === 0) return [];
  return [
    {
      kind: 'store-behind',
      what: 'the store is behind the memory of its services: it went back in time',
      evidence: short(evidence),
      remedy:
        'carry out this plan; if a newer backup of the store exists, restore that one first and plan again',
    },
  ];
}

function entryText({ seq, unit, top }: LedgerPoint): string {
  const of = unit === null ? 'an adoption' : formatUnit(unit);
  return `entry ${seq} (${of}), highest unit ${top === null ? 'none' : formatUnit(top)}`;
}

function memoryLost(own: Memory | null): readonly Finding[] {
  if (own !== null && own.points.size > 0) return [];
  return [
    {
      kind: 'memory-lost',
      what: 'this service has no memory: its data folder is empty or new',
      evidence: [
        own === null ? 'there is no ledger file in the data folder' : `service ${own.service} has no entries`,
      ],
      remedy:
        'restore the data folder if a copy exists, or add --export of the other services, and name the service ' +
        'that lost its disk: --lost SERVICE',
    },
  ];
}

function restoredMachine({ missing }: Situation): readonly Finding[] {
  if (missing.length === 0) return [];
  const evidence = missing.map(
    ({ mark, seq, holder }) =>
      `${mark}: ${holder} has entry ${seq}, which this service wrote; its ledger file lacks it`,
  );
  return [
    {
      kind: 'restored-machine',
      what: 'the ledger file of this service went back in time, or the service stopped before it could write',
      evidence: short(evidence),
      remedy:
        'one entry of a mark may be missing after a crash; more are the sign of a restored disk. ' +
        'This plan covers both',
    },
  ];
}

/** Services that serve and whose memory is not part of the plan: they may remember more than its floors. */
function memoryUnread({ store, own, exports, choices }: Situation): readonly Finding[] {
  const read = new Set([own?.service, ...exports.map(({ service }) => service)]);
  const unread = [...store.services].filter(
    ([id, { record }]) =>
      record.state === 'serving' &&
      !read.has(id) &&
      !choices.lost.some((wanted) => wanted === id || wanted === record.name),
  );
  if (unread.length === 0) return [];
  return [
    {
      kind: 'memory-unread',
      what: `the memory of ${unread.length} other services is not part of this plan`,
      evidence: unread.map(([id, { record }]) => `service ${record.name} (${id})`),
      remedy:
        'add `--export` of each (`watchbill ledger export` on its machine), or `--lost` if its data is gone. ' +
        'A service that remembers more than the floors of this plan will not serve',
    },
  ];
}

function servicesLive({ live, services }: StoreState): readonly Finding[] {
  if (live.length === 0) return [];
  return [
    {
      kind: 'services-live',
      what: `${live.length} services have a live session`,
      evidence: live.map((id) => `service ${services.get(id)?.record.name ?? 'unknown'} (${id})`),
      remedy:
        'stop them; the session of one that was killed ends after its ttl, at most 30 seconds. Then plan again',
    },
  ];
}

function recoveryOpen({ recovery }: StoreState): readonly Finding[] {
  if (recovery === null || recovery.doneMs !== null) return [];
  const { plan, open, atMs } = recovery;
  return [
    {
      kind: 'recovery-open',
      what: 'a recovery was begun and is not finished',
      evidence: [`plan ${plan}, begun ${new Date(atMs).toISOString()}, ${open.length} keys left`],
      remedy: `finish it with \`watchbill recover --execute ${plan}\`, or carry out this plan instead`,
    },
  ];
}

function clockWrong({ nodes, nowMs, store }: Situation): readonly Finding[] {
  const skews = store.policies.map(({ policy }) => policy.ceilings.allowedSkewMs);
  const skewMs = Math.min(...skews, STALE_MS);
  const newest = nodes.filter((node): node is NodeView & { newestMs: number } => node.newestMs !== null);
  const best = newest.toSorted((a, b) => b.newestMs - a.newestMs)[0];
  if (best === undefined) return [];
  const aheadMs = nowMs - best.newestMs;
  if (aheadMs >= -skewMs && aheadMs <= STALE_MS) return [];
  const side = aheadMs < 0 ? 'behind' : 'ahead of';
  return [
    {
      kind: 'clock-wrong',
      what: `the clock of this machine is ${Math.abs(Math.round(aheadMs / 1_000))} s ${side} the newest block`,
      evidence: newest.map(
        ({ url, newestMs }) => `${url}: newest block of ${new Date(newestMs).toISOString()}`,
      ),
      remedy:
        aheadMs < 0
          ? 'correct the clock (NTP) before any service starts: services grant slots by it'
          : 'correct the clock (NTP), unless the chain stands still: a floor by a clock that is ahead holds longer',
    },
  ];
}

function short(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_EVIDENCE) return lines;
  return [...lines.slice(0, MAX_EVIDENCE), `and ${lines.length - MAX_EVIDENCE} more`];
}
