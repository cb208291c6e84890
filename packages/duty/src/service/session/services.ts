import { decodeHead } from '../../rule/index.ts';
import type { Compare, Write } from '../../store/index.ts';
import { PermitFault, type ServiceView } from '../contract.ts';
import { type CoreContext, listTexts, readText, transact } from '../ground/context.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { dutyOfMark, keys } from '../ground/keys.ts';
import { compareMemory, ownMemory } from '../ground/memory.ts';
import { compareOf, decodeRecord, encodeRecord, type ServiceRecord, toBytes } from '../ground/records.ts';
import type { LedgerItem } from '../ledger/port.ts';

interface Shell {
  readonly context: CoreContext;
  readonly identity: LedgerIdentity;
  /** Every service that this process has seen listed. */
  readonly everListed: Set<string>;
}

export type ServiceBook = ReturnType<typeof createServiceBook>;

/** The services of this ledger and how one becomes trusted: protocol section 6. */
export function createServiceBook(context: CoreContext, identity: LedgerIdentity) {
  const shell: Shell = { context, identity, everListed: new Set() };
  const { log, ledger } = context.parts;
  return {
    /** Our own record; registers this service as joining if there is none. Null only if that failed. */
    readOwn: () => readOwn(shell),
    readAll: () => readAll(shell),
    /** A service that was listed when this service looked before and is no longer: no record is deleted. */
    goneFrom: (listed: ReadonlyMap<string, ServiceRecord>): string | null =>
      [...shell.everListed].find((id) => !listed.has(id)) ?? null,
    /** Append the last entry of every mark that is not in memory yet. */
    learnMarks: () => learnMarks(shell),
    /**
     * A serving service compares its memory with the store and approves the services that wait, in its
     * session alone. In doubt no service is approved: a new one would learn from a store that may be behind.
     */
    approveJoining: (sessionText: string, isInDoubt: () => boolean) =>
      approveJoining(shell, sessionText, isInDoubt),
    views: () => views(shell),
    /** An operator approves this service although it has no memory. */
    async approve(id: string, reason: string, by: string): Promise<void> {
      await change(shell, id, (record) => {
        mustJoin(id, record);
        return { ...record, state: 'serving', vouchedBy: by, reason };
      });
      log.warn({ event: 'service-vouched', service: id, by, reason }, 'an operator approved a service');
    },
    async remove(id: string, reason: string, by: string): Promise<void> {
      if (id === ledger.serviceId) {
        const remedy = 'Ask another service of the ledger, or stop this one.';
        throw new PermitFault('service-self', 409, 'a service does not remove itself', remedy);
      }
      await change(shell, id, (record) => ({ ...record, state: 'removed', reason: `${by}: ${reason}` }));
      log.warn({ event: 'service-removed', service: id, by, reason }, 'an operator removed a service');
    },
  };
}

async function readAll({ context, everListed }: Shell): Promise<Map<string, ServiceRecord>> {
  const found = new Map<string, ServiceRecord>();
  for (const [key, text] of await listTexts(context, keys.services)) {
    const id = key.slice(keys.services.length);
    found.set(id, decodeRecord('service', text));
    everListed.add(id);
  }
  return found;
}

async function replace(
  { context }: Shell,
  id: string,
  before: string | null,
  record: ServiceRecord,
  guards: readonly Compare[] = [],
): Promise<boolean> {
  const writes: Write[] = [{ key: keys.service(id), value: toBytes(encodeRecord('service', record)) }];
  // Without its session record a removed service can grant nothing more, whatever its own state.
  if (record.state === 'removed') writes.push({ key: keys.session(id), value: null });
  const compares = [compareOf(keys.service(id), before), ...guards];
  return (await transact(context, { compares, writes })).outcome === 'applied';
}

async function readOwn(shell: Shell): Promise<ServiceRecord | null> {
  const { context } = shell;
  const self = context.parts.ledger.serviceId;
  const text = await readText(context, keys.service(self));
  const { name, url } = context.options;
  if (text === null) {
    await replace(shell, self, null, { name, url, state: 'joining', vouchedBy: null, reason: null });
    const again = await readText(context, keys.service(self));
    return again === null ? null : decodeRecord('service', again);
  }
  const record = decodeRecord('service', text);
  if (record.name === name && record.url === url) return record;
  const moved = { ...record, name, url };
  return (await replace(shell, self, text, moved)) ? moved : record;
}

/** An operator approves a service that joins, and no other. */
function mustJoin(id: string, { state }: ServiceRecord): void {
  if (state === 'serving') {
    const remedy =
      'To end a rollback report, release it: `watchbill rollback-report release ID --reason TEXT`.';
    throw new PermitFault('service-serving', 409, `service ${id} serves already`, remedy);
  }
  if (state === 'removed') {
    const message = `service ${id} was removed and stays removed`;
    throw new PermitFault('service-removed', 409, message, 'Start it with a new data directory instead.');
  }
}

async function change(
  shell: Shell,
  id: string,
  next: (record: ServiceRecord) => ServiceRecord,
): Promise<void> {
  const text = await readText(shell.context, keys.service(id));
  if (text === null) {
    const remedy = 'List them with `watchbill service list`.';
    throw new PermitFault('service-unknown', 404, `no service ${id} is listed`, remedy);
  }
  if (await replace(shell, id, text, next(decodeRecord('service', text)))) return;
  const message = `the record of service ${id} changed meanwhile`;
  throw new PermitFault('service-changed', 409, message, 'Look at it and ask again.');
}

async function learnMarks({ context }: Shell): Promise<void> {
  const { ledger } = context.parts;
  const items: LedgerItem[] = [];
  for (const [key, text] of await listTexts(context, keys.marks)) {
    const duty = dutyOfMark(key);
    if (duty === null) continue;
    const head = decodeHead(text, duty);
    if (ledger.point(key.slice(keys.marks.length))?.hash === head.lastHash) continue;
    items.push({ entry: head.last, hash: head.lastHash, decision: null });
  }
  if (items.length > 0) await ledger.append(items);
}

async function approveJoining(shell: Shell, sessionText: string, isInDoubt: () => boolean): Promise<void> {
  const { context, identity } = shell;
  const self = context.parts.ledger.serviceId;
  const waiting = [...(await readAll(shell))].filter(([, record]) => record.state === 'joining');
  if (waiting.length === 0 || isInDoubt()) return;
  const found = await compareMemory(context, identity, ownMemory(context));
  if (found !== null) return;
  // A service that slept since it compared, or was removed, must not approve other services.
  const guards: Compare[] = [
    compareOf(keys.epoch, identity.epochText),
    compareOf(keys.session(self), sessionText),
  ];
  for (const [id, record] of waiting) {
    const next: ServiceRecord = {
      ...record,
      state: 'serving',
      vouchedBy: self,
      reason: 'a service with memory compared it with the store',
    };
    if (!(await replace(shell, id, encodeRecord('service', record), next, guards))) continue;
    context.parts.log.info(
      { event: 'service-vouched', service: id, by: self },
      `service ${record.name} may serve`,
    );
  }
}

async function views(shell: Shell): Promise<readonly ServiceView[]> {
  const { context } = shell;
  const live = await listTexts(context, keys.sessions);
  return [...(await readAll(shell))].map(([id, record]) => ({
    id,
    name: record.name,
    url: record.url === null ? null : shownAddress(record.url),
    state: record.state,
    live: live.has(keys.session(id)),
    self: id === context.parts.ledger.serviceId,
    vouchedBy: record.vouchedBy,
    reason: record.reason,
  }));
}

/** The address for messages: any part that might be a secret is left out. */
export function shownAddress(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/^([a-z]+:\/\/)?.*@/is, '$1…@');
}
