import { statfs } from 'node:fs/promises';
import { hexOf, type NodeRpc } from '@watchbill/chain';
import type { RuntimeViews } from '@watchbill/chain/extrinsics';
import type { BackupState } from '../../run/backup/index.ts';
import { readBackups } from './backups.ts';
import { certificateEnd } from './certificate.ts';
import { eachAtOnce } from './each.ts';
import { type BlockFollower, blockFollower } from './follow.ts';
import { type HeldKeys, heldKeys } from './held.ts';
import { ask, type Known, known, unknown } from './known.ts';
import { lookAtNode, type NodeLook } from './node-look.ts';
import { readSession, readStash, type SessionFacts, type StashFacts } from './session.ts';
import type { ExporterSettings } from './settings.ts';
import type { Target } from './target.ts';

/** One chain, by its first block, as its most advanced node sees it. */
export interface ChainLook {
  readonly runtime: Known<string>;
  readonly session: Known<SessionFacts>;
  readonly follower: BlockFollower;
  /** Whether its blocks could be followed to the head. */
  readonly followed: Known<true>;
}

export interface StashLook {
  readonly facts: Known<StashFacts>;
  readonly held: HeldKeys;
  readonly account: string;
  readonly chain: ChainLook | null;
}

/** Everything that one look found. */
export interface Look {
  readonly nodes: readonly (NodeLook & { readonly stash: StashLook | null; readonly disk: Disk | null })[];
  readonly chains: readonly ChainLook[];
  readonly certificates: readonly { readonly name: string; readonly end: Known<number> }[];
  readonly backups: Known<readonly (BackupState | null)[]> | null;
}

export interface Disk {
  readonly path: string;
  readonly room: Known<{ readonly availableBytes: number; readonly sizeBytes: number }>;
}

/** The state that continues from look to look. */
export interface LookGround {
  readonly settings: ExporterSettings;
  readonly targets: readonly Target[];
  readonly rpcs: ReadonlyMap<string, NodeRpc>;
  readonly views: RuntimeViews;
  readonly followers: Map<string, BlockFollower>;
  readonly sessions: Map<string, SessionFacts>;
}

const CERTIFICATE_MS = 10_000;
/** Chains that one network file can have: its own and its relay chain. A faulty node cannot add more. */
const MOST_CHAINS = 8;

/** Looks at everything once, at newest final blocks. The settings limit the number of nodes at once. */
export async function lookOnce(ground: LookGround, deadline: AbortSignal): Promise<Look> {
  const { settings, targets, rpcs } = ground;
  const { nodesAtOnce } = settings.limits;
  const nodes = await eachAtOnce(targets, nodesAtOnce, (target) =>
    lookAtNode(target, rpcs.get(target.name) ?? null),
  );
  const readers = readersOf(nodes);
  const chains = new Map<string, ChainLook>();
  for (const [genesis, reader] of readers)
    chains.set(genesis, await lookAtChain(ground, genesis, reader, deadline));
  const whole = await eachAtOnce(nodes, nodesAtOnce, async (look) => ({
    ...look,
    stash: await stashOf(ground, look, readers, chains),
    disk: await diskOf(look.target),
  }));
  const certificates = await eachAtOnce(settings.certificates, nodesAtOnce, async ({ name, host, port }) => {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(CERTIFICATE_MS)]);
    return { name, end: await ask(() => certificateEnd({ host, port }, signal)) };
  });
  const { backups, network } = settings;
  return {
    nodes: whole,
    chains: [...chains.values()],
    certificates,
    backups: backups === undefined ? null : await readBackups(backups.folder, network),
  };
}

/** The most advanced node of each chain. */
function readersOf(nodes: readonly NodeLook[]): ReadonlyMap<string, NodeLook> {
  const readers = new Map<string, NodeLook>();
  for (const look of nodes) {
    const { genesis, head } = look;
    if (!genesis.known || !head.known) continue;
    const best = readers.get(genesis.value);
    if (best === undefined && readers.size >= MOST_CHAINS) continue;
    if (best === undefined || !best.head.known || best.head.value.number < head.value.number)
      readers.set(genesis.value, look);
  }
  return readers;
}

async function lookAtChain(
  { followers, sessions, settings }: LookGround,
  genesis: string,
  { node, head, runtime }: NodeLook,
  deadline: AbortSignal,
): Promise<ChainLook> {
  const follower = followers.get(genesis) ?? blockFollower(settings.limits.mostBlocks);
  followers.set(genesis, follower);
  const name = runtime.known ? known(runtime.value.name) : runtime;
  if (node === null || !head.known) {
    const why = unknown('no node of the chain answers');
    return { runtime: name, session: why, follower, followed: why };
  }
  const session = await ask(() => readSession(node, head.value, sessions.get(genesis) ?? null));
  if (session.known) sessions.set(genesis, session.value);
  const followed = await ask(async () => {
    await follower.follow(node, head.value, deadline);
    return true as const;
  });
  const isBehind = (follower.height() ?? 0) < head.value.number;
  return {
    runtime: name,
    session,
    follower,
    followed: followed.known && isBehind ? unknown('blocks come faster than they are read') : followed,
  };
}

/** A node that is not asked belongs to the only chain; with several chains its chain is unknown. */
function chainOf(look: NodeLook, readers: ReadonlyMap<string, NodeLook>): string | null {
  if (look.genesis.known) return look.genesis.value;
  const [only, ...more] = readers.keys();
  return only === undefined || more.length > 0 ? null : only;
}

async function stashOf(
  { views }: LookGround,
  look: NodeLook,
  readers: ReadonlyMap<string, NodeLook>,
  chains: ReadonlyMap<string, ChainLook>,
): Promise<StashLook | null> {
  const { stash } = look.target;
  if (stash === null) return null;
  const account = hexOf(stash);
  const genesis = chainOf(look, readers);
  const chain = genesis === null ? null : (chains.get(genesis) ?? null);
  const reader = genesis === null ? undefined : readers.get(genesis);
  if (chain === null || reader?.node == null || !reader.head.known)
    return { facts: unknown('no node of its chain answers'), held: {}, account, chain };
  if (!chain.session.known) return { facts: chain.session, held: {}, account, chain };
  const facts = await readStash(reader.node, views, reader.head.value, chain.session.value, stash);
  const held = look.node === null || !look.head.known ? {} : await heldKeys(look.node, facts);
  return { facts: known(facts), held, account, chain };
}

async function diskOf({ diskPath }: Target): Promise<Disk | null> {
  if (diskPath === null) return null;
  const room = await ask(async () => {
    const { bavail, blocks, bsize } = await statfs(diskPath);
    return { availableBytes: bavail * bsize, sizeBytes: blocks * bsize };
  });
  return { path: diskPath, room };
}
