import {
  type Attempt,
  adoptMark,
  type Duty,
  formatUnit,
  type Mark,
  type Policy,
  parseUnit,
  type Unit,
} from '@watchbill/duty';
import { type Compare, randomHex, type Write } from '@watchbill/store';
import {
  type AdoptRequest,
  type Head,
  type MarkView,
  PermitFault,
  type PolicyDocument,
} from '../contract.ts';
import type { LedgerItem } from '../ledger/port.ts';
import { listTexts } from './context.ts';
import { keys, markName } from './keys.ts';
import { type HeldMark, markWrites, readMark } from './marks.ts';
import { behindBy } from './memory.ts';
import type { CoreModules } from './modules.ts';
import type { HeldPolicy } from './policies.ts';
import { encodePolicy, encodeRecord, toBytes } from './records.ts';
import { headOf } from './verdict.ts';

/** Administrative changes of the ledger: policies and adoptions. Each is one transaction. */
export interface Admin {
  applyPolicy(document: PolicyDocument, by: string): Promise<Policy>;
  adopt(request: AdoptRequest, by: string): Promise<readonly MarkView[]>;
  marks(filter: { chain?: string; key?: string }): Promise<readonly MarkView[]>;
}

export function createAdmin(modules: CoreModules): Admin {
  const { context, identity, session, policies, marks } = modules;
  const { store, clock, random, ledger, log } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;

  function mustServe(): string {
    const text = session.recordText();
    if (session.state() === 'serving' && text !== null) return text;
    throw notServing(`the service is ${session.state()}: ${session.detail()}`);
  }

  function nextVersion(document: PolicyDocument, before: HeldPolicy | null, mode: Policy['mode']): Policy {
    return {
      ...document,
      versionId: randomHex(random, 16),
      version: (before?.policy.version ?? 0) + 1,
      mode,
    };
  }

  function policyWrites(policy: Policy, by: string): { writes: Write[]; pointerText: string } {
    const { chain, key, versionId, version } = policy;
    const pointerText = encodeRecord('policyPointer', { versionId, version });
    const text = encodePolicy(policy, by, clock.nowMs());
    return {
      pointerText,
      writes: [
        { key: keys.policyPointer(chain, key), value: toBytes(pointerText) },
        { key: keys.policyVersion(chain, key, versionId), value: toBytes(text) },
      ],
    };
  }

  function guards(
    { chain, key, versionId }: Policy,
    sessionText: string,
    before: HeldPolicy | null,
  ): Compare[] {
    return [
      { key: keys.policyVersion(chain, key, versionId), value: null },
      { key: keys.policyPointer(chain, key), value: before === null ? null : toBytes(before.pointerText) },
      { key: keys.epoch, value: toBytes(identity.epochText) },
      { key: keys.session(ledger.serviceId), value: toBytes(sessionText) },
    ];
  }

  async function applyPolicy(document: PolicyDocument, by: string): Promise<Policy> {
    const sessionText = mustServe();
    const before = await policies.load(document.chain, document.key, timeoutMs);
    const policy = nextVersion(document, before, before?.policy.mode ?? 'idle');
    const { writes, pointerText } = policyWrites(policy, by);
    await commit(guards(policy, sessionText, before), writes, 'policy');
    policies.put({ policy, pointerText });
    log.info(
      { event: 'policy-applied', chain: policy.chain, key: policy.key, version: policy.version, by },
      `version ${policy.version} of a policy is in force`,
    );
    return policy;
  }

  async function commit(compares: Compare[], writes: Write[], what: string): Promise<void> {
    const [result] = await store.transact([{ compares, writes }], { timeoutMs });
    if (result?.outcome === 'applied') return;
    if (result?.outcome === 'conflict') {
      const own = compares.findIndex(({ key }) => key === keys.session(ledger.serviceId));
      if (!sameRecord(compares[own]?.value, result.current[own]))
        throw notServing('the session of this service has lapsed');
      throw new PermitFault(
        'changed',
        409,
        `the ${what} changed meanwhile`,
        'Look at it again and repeat the command.',
      );
    }
    const message = `it is not certain whether the ${what} was written`;
    throw new PermitFault(
      'store-unavailable',
      503,
      message,
      'Look at it, and repeat the command if it was not.',
    );
  }

  async function adopt(request: AdoptRequest, by: string): Promise<readonly MarkView[]> {
    const sessionText = mustServe();
    const before = await policies.load(request.chain, request.key, timeoutMs);
    if (before === null) {
      const message = 'this chain and key have no policy';
      throw new PermitFault('not-listed', 409, message, 'Apply a policy first: `watchbill policy apply`.');
    }
    const floors = readFloors(before.policy, request);
    const { versionId: _id, version: _version, mode: _mode, ...document } = before.policy;
    const policy = nextVersion(document, before, 'enforce');
    const { writes, pointerText } = policyWrites(policy, by);
    const compares = guards(policy, sessionText, before);
    const items: LedgerItem[] = [];
    const learned: LedgerItem[] = [];
    const next: { duty: Duty; held: HeldMark }[] = [];
    for (const [duty, floor] of floors) {
      const ref = { chain: request.chain, key: request.key, duty };
      const remembered = ledger.head(markName(ref.chain, ref.key, duty.name));
      const held = await readMark(store, ref, timeoutMs);
      mustNotBeBehind(duty, held, remembered);
      if (held !== null) learned.push({ entry: held.mark.last, hash: held.mark.lastHash, decision: null });
      const mark = adoptMark(
        policy,
        duty,
        held?.mark ?? null,
        floor,
        attempt(),
        `${by}: ${request.confirmation}`,
      );
      const written = markWrites(ref, held?.mark ?? null, mark);
      compares.push({
        key: keys.mark(ref.chain, ref.key, duty.name),
        value: held === null ? null : toBytes(held.headText),
      });
      writes.push(...written.writes);
      const [set] = floor ?? [];
      if (duty.name === 'grandpa' && set !== undefined) {
        const value = toBytes(encodeRecord('set', { set: set.toString() }));
        writes.push({ key: keys.adoptedSet(ref.chain, ref.key), value });
      }
      items.push({ entry: mark.last, hash: mark.lastHash, decision: null });
      next.push({ duty, held: { mark, headText: written.headText } });
    }
    await ledger.append(learned);
    await commit(compares, writes, 'key');
    await ledger.append(items);
    policies.put({ policy, pointerText });
    await modules.suspicion.adopted(request.chain, request.key);
    for (const { duty, held } of next) marks.put({ chain: request.chain, key: request.key, duty }, held);
    log.warn({ event: 'adopted', chain: request.chain, key: request.key, by }, 'a key was adopted');
    return next.map(({ duty, held }) => viewOf(request.chain, request.key, duty, held.mark));
  }

  /** An adoption over a mark that the store lost would begin it again without what was granted. */
  function mustNotBeBehind(duty: Duty, held: HeldMark | null, remembered: Head | null): void {
    if (remembered === null) return;
    const why =
      held === null ? 'the store has no such mark' : behindBy(held.mark, remembered, identity.epoch);
    if (why === null) return;
    session.behind(`${duty.name}: ${why}`);
    throw new PermitFault(
      'store-behind',
      503,
      `the store is behind the memory of this service at ${duty.name}: ${why}`,
      'Find out which store this is before anything else; nothing is granted until it agrees.',
    );
  }

  function attempt(): Attempt {
    return {
      ledger: identity.ledger,
      epoch: identity.epoch,
      nonce: randomHex(random, 8),
      service: ledger.serviceId,
      atMs: clock.nowMs(),
    };
  }

  /** Every enabled duty must be named, so that none is forgotten. */
  function readFloors(policy: Policy, request: AdoptRequest): [Duty, Unit | null][] {
    const enabled = Object.keys(policy.duties).filter((name) => policy.duties[name]?.enabled === true);
    const unnamed = enabled.find((name) => !(name in request.floors));
    if (unnamed !== undefined) {
      throw new PermitFault(
        'floor-missing',
        400,
        `no floor is given for ${unnamed}`,
        'Name a floor, or null where nothing was ever signed.',
      );
    }
    return Object.entries(request.floors).map(([name, text]) => {
      const duty = context.duties.get(name);
      if (duty === undefined) {
        throw new PermitFault(
          'malformed',
          400,
          `${name} is not a duty`,
          `Use one of ${[...context.duties.keys()].join(', ')}.`,
        );
      }
      if (text === null) return [duty, null];
      const parsed = parseUnit(duty.fields, text);
      if (parsed.ok) return [duty, parsed.unit];
      throw new PermitFault(
        'malformed',
        400,
        `the floor of ${name}: ${parsed.why}`,
        'Write it as the API does, for example 12/345.',
      );
    });
  }

  async function listMarks(filter: { chain?: string; key?: string }): Promise<readonly MarkView[]> {
    const views: MarkView[] = [];
    for (const [recordKey] of await listTexts(context, keys.marks)) {
      const [, chain, key, dutyName] = recordKey.split('/');
      const duty = context.duties.get(dutyName ?? '');
      if (chain === undefined || key === undefined || duty === undefined) continue;
      if ((filter.chain ?? chain) !== chain || (filter.key ?? key) !== key) continue;
      const held = await readMark(store, { chain, key, duty }, timeoutMs);
      if (held !== null) views.push(viewOf(chain, key, duty, held.mark));
    }
    return views;
  }

  return { applyPolicy, adopt, marks: listMarks };
}

function notServing(why: string): PermitFault {
  return new PermitFault('not-serving', 503, why, 'Wait until the service is ready, or ask another one.');
}

function sameRecord(one: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean {
  return Buffer.compare(one ?? new Uint8Array(), other ?? new Uint8Array()) === 0;
}

function viewOf(chain: string, key: string, duty: Duty, mark: Mark): MarkView {
  return {
    chain,
    key,
    duty: duty.name,
    head: headOf(mark),
    floor: mark.floor === null ? null : formatUnit(mark.floor),
    recent: mark.recent.map((entry) => ({
      unit: formatUnit(entry.unit),
      node: entry.owner.node,
      incarnation: entry.owner.incarnation,
      parts: entry.parts.map(({ part, digest }) => ({
        part,
        digest: digest === null ? null : `0x${digest}`,
      })),
    })),
  };
}
