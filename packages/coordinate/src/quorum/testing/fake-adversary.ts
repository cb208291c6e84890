import { sameBytes } from '../digest.ts';
import { quorumOf } from '../group.ts';
import type { Message, MessageKind, Value, Vote } from '../messages.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { justificationOf, mustPropose } from '../proof.ts';
import { valueDigest } from '../value.ts';
import { bytesOf, callOf, messageOf, proposeOf } from './fake-messages.ts';
import type { FakeNetwork } from './fake-network.ts';

/**
 * An adversary that holds the keys of some seats, hears all messages, and sends any message to any member.
 */
export interface FakeAdversary {
  /** Tell it what goes over the network. */
  hear(message: Message): void;
  /** Do something harmful, as `below` draws it. */
  act(network: FakeNetwork, below: (bound: number) => number): void;
}

/** The inputs of one forged message. */
interface Lie {
  readonly plan: QuorumPlan;
  readonly evil: readonly number[];
  readonly heard: readonly Message[];
  readonly below: (bound: number) => number;
  readonly seat: number;
  readonly rank: number;
  readonly value: Value;
}

/** A message and who gets it; null for some of them, at random. */
interface Told {
  readonly message: Message;
  readonly to: readonly number[] | null;
}

type Act = (lie: Lie, honest: readonly number[]) => readonly Told[];

export function fakeAdversary(plan: QuorumPlan, evil: readonly number[]): FakeAdversary {
  const heard = new Map<string, Message>();
  const hear = (message: Message) => {
    heard.set(Buffer.from(message.signature).toString('hex'), message);
  };
  return {
    hear,
    act: (network, below) => {
      const rank = below(plan.group.windows.rankCount);
      const seat = pick(evil, below) ?? 0;
      const known = [...heard.values()];
      const values = known.flatMap(({ attachment }) => (attachment.value === null ? [] : [attachment.value]));
      const fresh = callOf(plan, 1 + below(2));
      const value = below(3) === 0 ? (pick(values, below) ?? fresh) : fresh;
      const honest = [...network.nodes.keys()];
      const tell = pick(ACTS, below) ?? repeat;
      for (const { message, to } of tell({ plan, evil, heard: known, below, seat, rank, value }, honest)) {
        hear(message);
        const reached = to ?? honest.filter(() => below(3) > 0);
        network.inject(message.header.seat, bytesOf(plan, message), reached);
      }
    },
  };
}

function pick<Item>(items: readonly Item[], below: (bound: number) => number): Item | undefined {
  return items[below(Math.max(1, items.length))];
}

const toSome = (message: Message | null): readonly Told[] =>
  message === null ? [] : [{ message, to: null }];

function heardOf({ heard }: Lie, kind: MessageKind, rank: number): readonly Message[] {
  return heard.filter(({ header, statement }) => statement.kind === kind && header.rank === rank);
}

/** Votes that were heard for a value, and those that the evil seats can make. */
function votesFor(lie: Lie, kind: 'prepare' | 'commit', rank: number): readonly Vote[] {
  const digest = valueDigest(lie.value);
  const own = lie.evil.map((seat) => messageOf(lie.plan, seat, rank, { kind, digest }));
  const bySeat = new Map<number, Vote>();
  for (const { header, statement, signature } of [...heardOf(lie, kind, rank), ...own]) {
    const isFor = statement.kind === kind && sameBytes(statement.digest, digest);
    if (isFor) bySeat.set(header.seat, { seat: header.seat, signature });
  }
  return [...bySeat.values()].sort((left, right) => left.seat - right.seat);
}

const vote =
  (kind: 'prepare' | 'commit'): Act =>
  ({ plan, seat, rank, value }) =>
    toSome(messageOf(plan, seat, rank, { kind, digest: valueDigest(value) }));

/** With a claim that has its prepares, or with none if there might be one. */
const rankChange: Act = (lie) => {
  const { plan, seat, rank, value, below } = lie;
  if (rank === 0) return [];
  const claimed = below(rank);
  const quorum = quorumOf(plan.group.members.length);
  const prepares = votesFor(lie, 'prepare', claimed).slice(0, quorum);
  const claims = below(2) === 0 && prepares.length === quorum;
  const prepared = claims ? { rank: claimed, digest: valueDigest(value) } : null;
  const statement = { kind: 'rank-change', prepared, heard: below(2) === 0 } as const;
  return toSome(messageOf(plan, seat, rank, statement, claims ? { value, votes: prepares } : {}));
};

/** Rank-changes into a rank: some of the honest ones, and denials of all evil seats. */
function changesFor(lie: Lie): readonly Message[] {
  const { plan, evil, rank, below } = lie;
  const honest = heardOf(lie, 'rank-change', rank).filter(
    ({ header }) => !evil.includes(header.seat) && below(4) > 0,
  );
  const denial = { kind: 'rank-change', prepared: null, heard: false } as const;
  return [...honest, ...evil.map((seat) => messageOf(plan, seat, rank, denial))];
}

/** As the leader where an evil seat leads, and as an impostor elsewhere. */
const propose: Act = (lie) => {
  const { plan, evil, seat, rank, value, below } = lie;
  const leader = plan.leaders[rank] ?? 0;
  const by = evil.includes(leader) ? leader : seat;
  if (rank === 0) return toSome(proposeOf(plan, by, 0, value));
  const changes = changesFor(lie);
  const justification = justificationOf(plan, changes);
  if (justification === null) return [];
  const forced = mustPropose(justification, changes)?.attachment.value ?? value;
  return toSome(proposeOf(plan, by, rank, below(4) === 0 ? value : forced, changes));
};

/** Two proposals, each to some, with all votes that the evil seats have for it. */
const tellTwoStories: Act = (lie, honest) => {
  const { plan, evil, rank, below } = lie;
  const first = honest.filter(() => below(2) === 0);
  const leader = plan.leaders[rank] ?? 0;
  const changes = rank === 0 ? [] : changesFor(lie);
  const canPropose = evil.includes(leader) && (rank === 0 || justificationOf(plan, changes) !== null);
  return [first, honest.filter((seat) => !first.includes(seat))].flatMap((to, i) => {
    const told = callOf(plan, 1 + i);
    const digest = valueDigest(told);
    const votes = evil.flatMap((seat) =>
      (['prepare', 'commit'] as const).map((kind) => messageOf(plan, seat, rank, { kind, digest })),
    );
    const proposals = canPropose ? [proposeOf(plan, leader, rank, told, changes)] : [];
    return [...proposals, ...votes].map((message) => ({ message, to }));
  });
};

/** Votes for every proposal, and a denial: helping all sides breaks a value that is not locked. */
const help: Act = ({ plan, evil, heard, below }, honest) => {
  const proposed = pick(
    heard.filter(({ statement }) => statement.kind === 'propose'),
    below,
  );
  if (proposed?.statement.kind !== 'propose') return [];
  const { digest } = proposed.statement;
  const { rank } = proposed.header;
  const next = Math.min(plan.group.windows.rankCount - 1, rank + 1);
  return evil
    .flatMap((seat) => [
      messageOf(plan, seat, rank, { kind: 'prepare', digest }),
      messageOf(plan, seat, rank, { kind: 'commit', digest }),
      messageOf(plan, seat, next, { kind: 'rank-change', prepared: null, heard: true }),
    ])
    .map((message) => ({ message, to: honest }));
};

/** With too few commits, or one without a valid signature. */
const forge: Act = (lie) => {
  const { plan, seat, rank, value, below } = lie;
  const votes = votesFor(lie, 'commit', rank);
  const forged = { seat: (votes.at(-1)?.seat ?? -1) + 1, signature: new Uint8Array(64) };
  const statement = { kind: 'certificate', digest: valueDigest(value) } as const;
  const commits = below(2) === 0 ? votes : [...votes, forged];
  return toSome(messageOf(plan, seat, rank, statement, { value, votes: commits }));
};

const refuse: Act = ({ plan, seat, rank, value }) => {
  const digest = valueDigest(value);
  return toSome(messageOf(plan, seat, rank, { kind: 'refusal', digest, code: 'no', facts: digest }));
};

/** Repeats an earlier message. */
const repeat: Act = ({ heard, below }) => toSome(pick(heard, below) ?? null);

/** The more often one stands here, the more often it is drawn. */
const ACTS: readonly Act[] = [
  vote('prepare'),
  vote('prepare'),
  vote('commit'),
  vote('commit'),
  rankChange,
  rankChange,
  propose,
  propose,
  propose,
  tellTwoStories,
  tellTwoStories,
  help,
  help,
  forge,
  refuse,
  repeat,
];
