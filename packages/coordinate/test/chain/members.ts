import { createHash } from 'node:crypto';
import { finalizedHead, genesisHash, type NodeRpc } from '@watchbill/chain';
import type { ActionContext, ActionPlugin, ExecutionContext, Progress } from '@watchbill/coordinate';
import { actionPlugins } from '@watchbill/coordinate/actions';
import { sharedHeights } from '@watchbill/testkit/scenario/chain-setup';

type QuorumPlan = ActionContext['plan'];
type AgendaItem = ActionContext['item'];
type Value = ExecutionContext['certificate']['value'];
type Receipt = Awaited<ReturnType<ActionPlugin['execute']>>;

/** Blocks from a window's first to its end. */
const ACTIVE_BLOCKS = 4n;
/** Longer than any lease here takes on a chain of one-second slots. */
const EXECUTION_MS = 300_000;

export function pluginOf(name: string): ActionPlugin {
  const plugin = actionPlugins.get(name);
  if (plugin === undefined) throw new Error(`there is no action ${name}`);
  return plugin;
}

/**
 * A window that begins at the finalised head, for a group whose members submit in order of seat, all at once.
 */
export async function planNow(node: NodeRpc, members: number): Promise<QuorumPlan> {
  const head = await finalizedHead(node);
  const block = BigInt(head.number);
  const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
  const seats = Array.from({ length: members }, (_, seat) => seat);
  const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(text).digest());
  const version = {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 0n,
    agenda: [],
  } as const;
  return {
    group: {
      name: 'devnet',
      genesis: bytesOf(await genesisHash(node)),
      resource: 'account',
      windows: { frequencyBlocks: 10n, rankBlocks: 1n, rankCount: 3, certificateBlocks: 1n },
      members: seats.map((seat) => ({
        name: `m${seat}`,
        scheme: 'ed25519',
        publicKey: digest(`seat ${seat}`),
      })),
    },
    groupId: digest('group'),
    scheduleDigest: digest('schedule'),
    schedule: [version],
    window: { index: 1n, block, activeEnd: block + ACTIVE_BLOCKS, end: block + ACTIVE_BLOCKS },
    version,
    span: 0n,
    position: 0,
    seedInput: digest('input'),
    referenceHash: bytesOf(head.hash),
    seed: digest('seed'),
    order: seats,
    leaders: seats,
    due: [],
    checklist: [],
    submitters: seats,
  };
}

export function itemOf(action: string, parameters: object, validityBlocks: bigint): AgendaItem {
  const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
  return { action, cadence, validityBlocks, parameters: JSON.stringify(parameters) };
}

export function contextOf(
  node: NodeRpc,
  plan: QuorumPlan,
  item: AgendaItem,
  settings: object,
  seat: number,
): ActionContext {
  const { signal } = new AbortController();
  return { plan, item, seat, node, settings: JSON.stringify(settings), signal };
}

/** What the leader drafts, once all members have found it valid. */
export async function agreed(plugin: ActionPlugin, members: readonly ActionContext[]): Promise<Value> {
  const [leader] = members;
  if (leader === undefined) throw new Error('a group has members');
  const draft = await plugin.draft(leader);
  if (draft.kind === 'nothing') throw new Error(draft.why);
  const { plan, item } = leader;
  const { validityBlocks, action } = item;
  const { referenceHash, group } = plan;
  const value = { action, resource: group.resource, validityBlocks, referenceHash, content: draft.content };
  for (const member of members) {
    const answer = await plugin.validate(member, value);
    if (answer.result !== 'valid') throw new Error(`seat ${member.seat}: ${JSON.stringify(answer)}`);
  }
  return value;
}

/** Runs an execution by all members at once; what one reports the others see. */
export async function executeAll(
  plugin: ActionPlugin,
  members: readonly ActionContext[],
  value: Value,
): Promise<{ readonly receipts: readonly Receipt[]; readonly notes: readonly Receipt[] }> {
  const told = new Map<number, Progress>();
  const notes: Receipt[] = [];
  const [first] = members;
  if (first === undefined) throw new Error('a group has members');
  const heights = sharedHeights(first.node, EXECUTION_MS);
  const receipts = await Promise.all(
    members.map((member) => {
      const startBlock = member.plan.window.end;
      const expiryBlock = startBlock + member.item.validityBlocks;
      const certificate = { version: 1, window: 1n, rank: 0, value, commits: [] };
      return plugin.execute(
        {
          ...member,
          certificate,
          startBlock,
          expiryBlock,
          heights,
          report: async (status, detail) => {
            told.set(member.seat, { seat: member.seat, status, detail, height: startBlock, isLost: false });
          },
          progress: () => [...told.values()],
          note: async (receipt) => {
            notes.push(receipt);
          },
        },
        value,
      );
    }),
  );
  return { receipts, notes };
}
