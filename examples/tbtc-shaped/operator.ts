import {
  type EraSchedule,
  generateProposal,
  memberOf,
  type Plan,
  type Proposal,
  type Rfc12Round,
  type RunEvent,
  type RunnerPorts,
  rfc12Rules,
  runGroup,
  seatsOf,
  uniqueOperators,
} from '@watchbill/coordinate';
import type { Wallet } from './bridge.ts';
import { type World, walletExecutor } from './executor.ts';
import type { Loopback } from './loopback.ts';
import { memoryRecords, type WalletRecords } from './records.ts';
import { FEE_EACH, walletTasks } from './tasks.ts';

/** The resources of one operator, for all its wallets. */
export interface OperatorSettings {
  /** As it stands in the groups. */
  readonly operator: string;
  readonly world: World;
  readonly network: Loopback;
  readonly eras: EraSchedule;
  /** By wallet; the same ones after a restart. */
  readonly records: Map<string, WalletRecords>;
  /** False while its signer is out of order. */
  readonly canSign: () => boolean;
  /** Satoshi for each part of a proposal, where this operator leads. */
  readonly feeEach?: () => bigint;
  readonly tell?: (wallet: Wallet, event: RunEvent<Plan, Rfc12Round>) => void;
}

/** Runs an operator until the signal ends: a group for each wallet in which it has a seat, also for wallets that are registered later. */
export async function runOperator(settings: OperatorSettings, signal: AbortSignal): Promise<void> {
  const { bridge, chain } = settings.world;
  const failing = new AbortController();
  const end = AbortSignal.any([signal, failing.signal]);
  const groups = new Map<string, Promise<void>>();
  for await (const _height of chain.heights(end)) {
    for (const wallet of bridge.wallets()) {
      if (groups.has(wallet.id) || seatsOf(wallet.group, settings.operator).length === 0) continue;
      // One that cannot go on ends this operator loudly, and not in silence.
      const running = runWallet(settings, wallet, end).catch((error: unknown) => failing.abort(error));
      groups.set(wallet.id, running);
    }
  }
  await Promise.all(groups.values());
  if (!signal.aborted) throw failing.signal.reason;
}

async function runWallet(settings: OperatorSettings, wallet: Wallet, signal: AbortSignal): Promise<void> {
  const { operator, network, eras, tell } = settings;
  const operators = uniqueOperators(wallet.group.operators);
  const place = operators.indexOf(operator);
  const rules = rfc12Rules(memberOf(wallet.group, operator, eras));
  await runGroup(rules, portsOf(settings, wallet), network.join(wallet.id, place, operators.length), {
    seats: operators.length,
    // The transport knows places in this list, the rules know operators.
    senderOf: (from) => operators[from] ?? '',
    signal,
    tell: (event) => tell?.(wallet, event),
  });
}

/** All that the runner needs from outside, for one wallet. */
function portsOf(settings: OperatorSettings, wallet: Wallet): RunnerPorts<Plan, Proposal> {
  const { operator, world, canSign, feeEach } = settings;
  const { chain, bridge } = world;
  const { keyHash, operators } = wallet.group;
  const records = settings.records.get(wallet.id) ?? memoryRecords();
  settings.records.set(wallet.id, records);
  const own = seatsOf(wallet.group, operator);
  const seats = () => (canSign() ? own : []);
  return {
    clock: chain,
    procedure: {
      generate: ({ checklist }) => {
        const tasks = walletTasks(chain, bridge, wallet, feeEach?.() ?? FEE_EACH);
        return generateProposal(tasks, { keyHash, operators, operator, checklist });
      },
      // RFC 12 asks for no judgement before it agrees: the executor judges.
      validate: async () => ({ result: 'unknown', why: 'judged when the action begins' }),
    },
    executor: walletExecutor(world, { wallet, seats, records }),
    records,
  };
}
