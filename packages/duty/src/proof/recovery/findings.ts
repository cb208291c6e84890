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
  const none = 'the data folder belongs to no ledger either';
  const what = 'the store holds no ledger';
  const remedy =
    'restore a backup of the store, however old, or point the configuration at the right store, and plan again. ' +
    'Without any backup, begin a new ledger: an empty data folder, `watchbill serve --new-ledger`, and `watchbill adopt` for each key';
  const evidence = [bound === null ? none : `the data folder is of ledger ${bound}`];
  return { kind: 'store-empty', what, evidence, remedy };
}

function otherLedger(ledger: string, own: Memory | null): readonly Finding[] {
  if (own === null || own.ledger === null || own.ledger === ledger) return [];
  const what = 'the store is of another ledger than the data folder';
  const evidence = [`the store: ledger ${ledger}`, `the data folder: ledger ${own.ledger}`];
  const remedy =
    'correct the store or the data folder in the configuration; each data folder is of one ledger';
  return [{ kind: 'other-ledger', what, evidence, remedy }];
}

/** The finding; without evidence there is none. */
function foundBy(
  kind: Finding['kind'],
  evidence: readonly string[],
  what: string,
  remedy: string,
): readonly Finding[] {
  if (evidence.length === 0) return [];
  const more = evidence.length - MAX_EVIDENCE;
  const shown = more > 0 ? [...evidence.slice(0, MAX_EVIDENCE), `and ${more} more`] : evidence;
  return [{ kind, what, evidence: shown, remedy }];
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
  const what = 'the store is behind the memory of its services: it went back in time';
  const remedy =
    'carry out this plan; if a newer backup of the store exists, restore that one first and plan again';
  return foundBy('store-behind', evidence, what, remedy);
}

function entryText({ seq, unit, top }: LedgerPoint): string {
  const of = unit === null ? 'an adoption' : formatUnit(unit);
  return `entry ${seq} (${of}), highest unit ${top === null ? 'none' : formatUnit(top)}`;
}

function memoryLost(own: Memory | null): readonly Finding[] {
  if (own !== null && own.points.size > 0) return [];
  const what = 'this service has no memory: its data folder is empty or new';
  const none = 'there is no ledger file in the data folder';
  const remedy =
    'restore the data folder if a copy exists, or add --export of the other services, and name the service that lost its disk: --lost SERVICE';
  const evidence = [own === null ? none : `service ${own.service} has no entries`];
  return [{ kind: 'memory-lost', what, evidence, remedy }];
}

function restoredMachine({ missing }: Situation): readonly Finding[] {
  const evidence = missing.map(
    ({ mark, seq, holder }) =>
      `${mark}: ${holder} has entry ${seq}, which this service wrote; its ledger file lacks it`,
  );
  const what =
    'the ledger file of this service went back in time, or the service stopped before it could write';
  const remedy =
    'one entry of a mark may be missing after a crash; more are the sign of a restored disk. This plan covers both';
  return foundBy('restored-machine', evidence, what, remedy);
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
  const what = `the memory of ${unread.length} other services is not part of this plan`;
  const evidence = unread.map(([id, { record }]) => `service ${record.name} (${id})`);
  const remedy =
    'add `--export` of each (`watchbill ledger export` on its machine), or `--lost` if its data is gone. ' +
    'A service that remembers more than the floors of this plan will not serve';
  return foundBy('memory-unread', evidence, what, remedy);
}

function servicesLive({ live, services }: StoreState): readonly Finding[] {
  const what = `${live.length} services have a live session`;
  const evidence = live.map((id) => `service ${services.get(id)?.record.name ?? 'unknown'} (${id})`);
  const remedy =
    'stop them; the session of one that was killed ends after its ttl, at most 30 seconds. Then plan again';
  return foundBy('services-live', evidence, what, remedy);
}

function recoveryOpen({ recovery }: StoreState): readonly Finding[] {
  if (recovery === null || recovery.doneMs !== null) return [];
  const { plan, open, atMs } = recovery;
  const what = 'a recovery was begun and is not finished';
  const evidence = [`plan ${plan}, begun ${new Date(atMs).toISOString()}, ${open.length} keys left`];
  const remedy = `finish it with \`watchbill recover --execute ${plan}\`, or carry out this plan instead`;
  return [{ kind: 'recovery-open', what, evidence, remedy }];
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
  const what = `the clock of this machine is ${Math.abs(Math.round(aheadMs / 1_000))} s ${side} the newest block`;
  const timeOf = ({ url, newestMs }: (typeof newest)[number]) =>
    `${url}: newest block of ${new Date(newestMs).toISOString()}`;
  const remedy =
    aheadMs < 0
      ? 'correct the clock (NTP) before any service starts: services grant slots by it'
      : 'correct the clock (NTP), unless the chain stands still: a floor by a clock that is ahead holds longer';
  return [{ kind: 'clock-wrong', what, evidence: newest.map(timeOf), remedy }];
}
