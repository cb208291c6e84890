import { encodeMessage, NO_ATTACHMENT } from '../quorum/codec.ts';
import { hexOf } from '../quorum/digest.ts';
import type { EvidenceKind } from '../quorum/evidence.ts';
import type { Attachment, Message, Statement, Value } from '../quorum/messages.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { justificationDigest } from '../quorum/proof-codec.ts';
import { NOOP } from '../quorum/self.ts';
import { domainOf, signStatement } from '../quorum/signing.ts';
import { valueDigest } from '../quorum/value.ts';
import type { Later } from './agenda.ts';
import { contentOf, type Flaw } from './content.ts';
import { type GroupSetup, RARE, TOOL, WINDOWS } from './group-setup.ts';
import type { Chance, MessagePool } from './message-pool.ts';
import type { NetworkConditions } from './network-conditions.ts';
import type { Prng } from './prng.ts';
import { BLOCK_MS } from './simulated-chain.ts';

/** The faults of a Byzantine member in a window, in addition to honest work. */
export interface Traits {
  readonly isSilent: boolean;
  /** Is silent in later ranks. */
  readonly fallsSilent: boolean;
  /** Signs for every digest that it hears of, in every rank. */
  readonly votesForAll: boolean;
  /** Only one member gets its votes of rank 0 and its commits at once; the others get them ranks later. */
  readonly holdsBack: boolean;
  /** Proposes one thing to some and another to the others. */
  readonly tellsTwo: boolean;
  /** Claims to have no prepared value. */
  readonly forgets: boolean;
  readonly impersonates: boolean;
  /** Proposes an action that is not due. */
  readonly errs: boolean;
  readonly flaw: Flaw;
  /** Claims quorums that there were not: of prepares in a rank-change, of commits in a certificate. */
  readonly bluffs: boolean;
  /** A flood of useless messages. */
  readonly flood: number;
}

/** A message of a Byzantine member, whether it is well formed, and the faults that it proves by itself. */
export interface ByzantineMessage {
  readonly isSound: boolean;
  readonly message: Message;
  readonly payload: Uint8Array;
  readonly misdeeds: readonly EvidenceKind[];
}

export interface ByzantineMember {
  /** A message of an honest member, at the moment in which it is sent. */
  overhear(message: Message): void;
  /** A rank begins. */
  enter(rank: number): void;
}

/** The inputs of a Byzantine member in one window. */
export interface ByzantineParts {
  readonly setup: GroupSetup;
  readonly plan: QuorumPlan;
  readonly pool: MessagePool;
  readonly later: Later;
  readonly prng: Prng;
  /** The member that the network conditions inform first, if any. */
  favourite(): number | null;
  /** For the counts of the run. */
  note(event: string): void;
  /** To these members, bypassing the simulated network. */
  slip(to: readonly number[], sent: ByzantineMessage): void;
}

const FIRST_SILENT_RANK = 2;

/** The faults that help most to reach two agreements. */
const PLOT: Traits = {
  isSilent: false,
  fallsSilent: false,
  votesForAll: true,
  holdsBack: true,
  tellsTwo: false,
  forgets: true,
  impersonates: false,
  errs: false,
  flaw: 'none',
  bluffs: false,
  flood: 0,
};

export function traitsOf(prng: Prng, about: NetworkConditions['about']): Traits {
  if (about !== 'nothing' && prng.chance(0.5)) return { ...PLOT, fallsSilent: about === 'standstill' };
  return {
    isSilent: prng.chance(0.1),
    fallsSilent: prng.chance(0.2),
    votesForAll: prng.chance(0.7),
    holdsBack: prng.chance(0.3),
    tellsTwo: prng.chance(0.5),
    forgets: prng.chance(0.4),
    impersonates: prng.chance(0.1),
    errs: prng.chance(0.1),
    flaw: prng.chance(0.2) ? prng.pick<Flaw>(['bad-form', 'bad-state']) : 'none',
    bluffs: prng.chance(0.2),
    flood: prng.chance(0.05) ? prng.between(50, 200) : 0,
  };
}

/** A member that signs whatever its key can sign. Its traits last for a window. */
export function byzantineMemberOf(parts: ByzantineParts, seat: number, traits: Traits): ByzantineMember {
  const { setup, plan, pool, later, prng } = parts;
  const said = new Set<string>();
  const isSilent = (rank: number) => traits.isSilent || (traits.fallsSilent && rank >= FIRST_SILENT_RANK);
  const tell = (
    rank: number,
    statement: Statement,
    attached: Partial<Attachment> = {},
    to: readonly number[] = setup.honest,
    misdeeds: readonly EvidenceKind[] = [],
  ) => {
    const sent = sign(parts, seat, rank, statement, attached, misdeeds);
    pool.note(sent.message);
    parts.slip(to, sent);
  };
  const vote = (rank: number, digest: Uint8Array) => {
    for (const kind of ['prepare', 'commit'] as const) {
      const key = `${kind}/${rank}/${traits.votesForAll ? hexOf(digest) : ''}`;
      if (said.has(key)) continue;
      said.add(key);
      const isHeld = traits.holdsBack && (rank === 0 || kind === 'commit');
      const favourite = isHeld ? parts.favourite() : null;
      if (favourite === null) {
        tell(rank, { kind, digest });
        continue;
      }
      tell(rank, { kind, digest }, {}, [favourite]);
      const others = setup.honest.filter((other) => other !== favourite);
      const lateBlocks = kind === 'prepare' ? prng.between(3, 5) : prng.between(6, 9);
      later.after(lateBlocks * BLOCK_MS, () => tell(rank, { kind, digest }, {}, others));
    }
  };
  const propose = (
    rank: number,
    chance: Chance,
    value: Value,
    to: readonly number[],
    misdeeds: readonly EvidenceKind[],
  ) => {
    tell(rank, proposalOf(plan, chance, value), { value, justification: chance.justification }, to, misdeeds);
    vote(rank, valueDigest(value));
  };
  const lead = (rank: number, patience = 4) => {
    const isLeader = plan.leaders[rank] === seat;
    const chances = pool.chances(rank);
    const [first] = chances;
    if (patience > 0 && (first === undefined || (traits.forgets && first.forced !== null))) {
      // Another rank-change may follow that leaves the choice.
      later.after(BLOCK_MS / 2, () => lead(rank, patience - 1));
      return;
    }
    if (first === undefined) return;
    const second = chances.at(-1) ?? first;
    const misdeeds = isLeader ? [] : (['impersonation'] as const);
    const value = valueFor(parts, seat, traits, rank, first);
    const wrong = wrongsOf(parts, traits, isLeader, first, value);
    if (!traits.tellsTwo) {
      propose(rank, first, value, setup.honest, [...misdeeds, ...wrong]);
      return;
    }
    const some = prng.some(setup.honest, 0.5);
    const others = prng.chance(0.3) ? setup.honest : setup.honest.filter((each) => !some.includes(each));
    propose(rank, first, value, some, [...misdeeds, ...wrong]);
    propose(rank, second, second.forced ?? otherValue(parts, seat, rank), others, misdeeds);
  };
  const change = (rank: number) => {
    const prepared = traits.forgets ? null : pool.prepared(rank);
    const heard = prng.chance(0.5);
    if (prepared === null) tell(rank, { kind: 'rank-change', prepared: null, heard });
    else {
      const { rank: at, digest, value, votes } = prepared;
      tell(rank, { kind: 'rank-change', prepared: { rank: at, digest }, heard }, { value, votes });
    }
  };
  return {
    overhear: ({ header, statement }) => {
      if (isSilent(header.rank) || !(statement.kind === 'propose' || statement.kind === 'prepare')) return;
      vote(header.rank, statement.digest);
    },
    enter: (rank) => {
      if (isSilent(rank)) return;
      if (traits.bluffs) parts.note('quorums that were not');
      if (traits.bluffs) bluff(parts, seat, rank);
      else if (rank > 0) change(rank);
      if (plan.leaders[rank] === seat || traits.impersonates) {
        later.after(prng.between(100, BLOCK_MS), () => lead(rank));
      }
      if (rank === 0) flood(parts, seat, traits.flood);
    },
  };
}

/** The faults that a freely chosen proposal proves by itself, in addition to a wrong leader. */
function wrongsOf(
  { plan }: ByzantineParts,
  { flaw }: Traits,
  isLeader: boolean,
  { forced }: Chance,
  { action }: Value,
): readonly EvidenceKind[] {
  if (forced !== null || action === NOOP) return [];
  if (!isDue(plan, action)) return ['mistake'];
  return isLeader && flaw === 'bad-form' ? ['invalid-content'] : [];
}

function isDue({ checklist }: QuorumPlan, action: string): boolean {
  return action === NOOP || checklist.some((item) => item.action === action);
}

function valueFor(
  parts: ByzantineParts,
  seat: number,
  traits: Traits,
  rank: number,
  { forced }: Chance,
): Value {
  if (forced !== null) return forced;
  const { plan, prng } = parts;
  const missing = [TOOL, RARE].find((action) => !isDue(plan, action));
  const action = traits.errs && missing !== undefined ? missing : plan.checklist[0]?.action;
  if (action === undefined) return noopOf(plan);
  const label = `${seat}/${rank}/${prng.between(0, 999)}`;
  return choiceOf(plan, action, contentOf(plan.window.index, label, traits.flaw));
}

/** A value that was proposed before in this window, or a new one. */
function otherValue({ plan, pool, prng }: ByzantineParts, seat: number, rank: number): Value {
  const known = pool.values();
  if (known.length > 0 && prng.chance(0.5)) return prng.pick(known);
  const action = plan.checklist[0]?.action;
  if (action === undefined) return noopOf(plan);
  return choiceOf(plan, action, contentOf(plan.window.index, `${seat}/${rank}/other`));
}

function choiceOf(plan: QuorumPlan, action: string, content: Uint8Array): Value {
  const item = plan.version.agenda.find((each) => each.action === action);
  const { resource } = plan.group;
  const { referenceHash } = plan;
  return { action, resource, validityBlocks: item?.validityBlocks ?? 0n, referenceHash, content };
}

function noopOf(plan: QuorumPlan): Value {
  return choiceOf(plan, NOOP, new Uint8Array());
}

function proposalOf(plan: QuorumPlan, { justification }: Chance, value: Value): Statement {
  const { seedInput, referenceHash } = plan;
  const why = justification === null ? null : justificationDigest(justification);
  const digest = valueDigest(value);
  return { kind: 'propose', seedInput, referenceHash, digest, action: value.action, justification: why };
}

export function sign(
  { setup, plan }: Pick<ByzantineParts, 'setup' | 'plan'>,
  seat: number,
  rank: number,
  statement: Statement,
  attached: Partial<Attachment>,
  misdeeds: readonly EvidenceKind[],
): ByzantineMessage {
  const key = setup.keys[seat];
  if (key === undefined) throw new RangeError(`there is no seat ${seat}`);
  const header = { version: plan.version.version, window: plan.window.index, rank, seat };
  const domain = domainOf(plan);
  const signature = signStatement(key, domain, header, statement);
  const message = { header, statement, attachment: { ...NO_ATTACHMENT, ...attached }, signature };
  return { isSound: true, message, payload: encodeMessage(domain, message), misdeeds };
}

/** Quorums made of one signature under many names. */
function bluff(parts: ByzantineParts, seat: number, rank: number): void {
  const { setup, plan, prng } = parts;
  const value = choiceOf(plan, TOOL, contentOf(plan.window.index, `${seat}/${rank}/bluff`));
  const digest = valueDigest(value);
  const votesFor = (kind: 'prepare' | 'commit', at: number) => {
    const { signature } = sign(parts, seat, at, { kind, digest }, {}, []).message;
    return setup.keys.map((_, each) => ({ seat: each, signature }));
  };
  const certificate = { value, votes: votesFor('commit', rank) };
  const bluffs = [sign(parts, seat, rank, { kind: 'certificate', digest }, certificate, [])];
  if (rank > 0) {
    const prepared = { rank: prng.between(0, rank - 1), digest };
    const claim = { kind: 'rank-change', prepared, heard: true } as const;
    bluffs.push(sign(parts, seat, rank, claim, { value, votes: votesFor('prepare', prepared.rank) }, []));
  }
  for (const each of bluffs) parts.slip(setup.honest, { ...each, isSound: false });
}

/** Well-signed votes for values without a proposal. */
function flood(parts: ByzantineParts, seat: number, count: number): void {
  const { setup, prng } = parts;
  if (count > 0) parts.note('floods');
  for (let i = 0; i < count; i++) {
    const statement = { kind: prng.pick(['prepare', 'commit'] as const), digest: prng.bytes(32) };
    parts.slip(
      [prng.pick(setup.honest)],
      sign(parts, seat, prng.between(0, WINDOWS.rankCount - 1), statement, {}, []),
    );
  }
}
