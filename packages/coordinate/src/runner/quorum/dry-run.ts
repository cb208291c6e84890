import type { NodeRpc } from '@watchbill/chain';
import { messageOf, systemClock, within } from '@watchbill/kit';
import type { ActionPlugin } from '../../actions/port.ts';
import type { AgendaItem } from '../../quorum/group.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import type { Value } from '../../quorum/messages.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { lastWindow } from '../../window.ts';
import { chainClock } from '../chain/chain-clock.ts';
import { FOLLOW_SETTINGS, type FollowSettings } from '../chain/follow-head.ts';
import { majorityNode } from '../chain/majority-node.ts';
import type { GroupFile } from '../group-file/read.ts';
import type { Line } from '../watch/lines.ts';
import { createView } from '../watch/view.ts';
import { createWaiting } from '../watch/waiting.ts';
import { nameOf } from '../watch/watch.ts';
import { plansOf } from './plans.ts';
import { contextOf } from './procedure.ts';

export interface DryRunSettings {
  readonly file: GroupFile;
  readonly seat: number;
  readonly nodes: readonly [NodeRpc, ...NodeRpc[]];
  readonly follow?: Partial<FollowSettings>;
  readonly plugins: ReadonlyMap<string, ActionPlugin>;
  readonly settings: ReadonlyMap<string, string>;
  readonly say: (line: Line) => void;
  readonly signal: AbortSignal;
}

const ACTION_TIMEOUT_MS = 20_000;

/**
 * Follows the chain as a member does. Reports in each window what this member would draft, whether it would
 * accept that draft itself, and the effect of the action. It has no key, no transport and no state folder: it
 * never signs, sends or stores.
 */
export async function dryRunMember(settings: DryRunSettings): Promise<void> {
  const { file, nodes, say, signal, follow } = settings;
  const { waiting, atHeight } = waitingOf(settings);
  const note = ({ code, text }: { readonly code: string; readonly text: string }): void => {
    say({ event: code, text, isWarning: true, fields: {} });
    waiting.note({ code, text });
  };
  const { genesis, windows } = file.group;
  const jumpBlocks = windows.frequencyBlocks;
  const given = follow === undefined ? {} : { settings: follow };
  const clock = chainClock({ nodes, genesis, jumpBlocks, note, ...given });
  const planOf = plansOf(file.group, file.schedule, clock);
  const schedule = windowSchedule(file.group);
  let last = 0n;
  waiting.begin();
  try {
    for await (const height of clock.heights(signal)) {
      atHeight(height);
      const window = lastWindow(schedule, height);
      if (window === null || window.index === last || height >= window.activeEnd) continue;
      last = window.index;
      try {
        await tellWindow(settings, await planOf(window.index, signal));
      } catch (error) {
        note({ code: 'port-failed', text: `window ${window.index}: ${messageOf(error)}` });
      }
    }
  } finally {
    waiting.close();
  }
}

/** Reports waits for the node and for the next window; a dry run has no peers. */
function waitingOf({ file, seat, nodes, follow, say }: DryRunSettings) {
  const { group, groupId } = file;
  const stallMs = follow?.stallMs ?? FOLLOW_SETTINGS.stallMs;
  const time = systemClock();
  const view = createView({ group, groupId, seat, peers: () => [], stallMs, time });
  const addresses = nodes.map(({ address }) => address);
  const waiting = createWaiting({ group, status: view.status, nodes: addresses, stallMs, time, say });
  return {
    waiting,
    atHeight: (height: bigint): void => {
      view.watch({ kind: 'height', height });
      waiting.look();
    },
  };
}

async function tellWindow(settings: DryRunSettings, plan: QuorumPlan): Promise<void> {
  const { index } = plan.window;
  const leaders = plan.leaders.map((seat) => nameOf(plan, seat));
  const mine = plan.leaders.indexOf(settings.seat);
  const place = mine < 0 ? 'this member leads no rank' : `this member would lead rank ${mine}`;
  const tell = (text: string): void =>
    settings.say({
      event: 'dry-run',
      text: `window ${index}: ${text}`,
      isWarning: false,
      fields: { window: `${index}` },
    });
  tell(`leaders ${leaders.join(', ')}; ${place}`);
  if (plan.checklist.length === 0) tell('no action is due: the leader would propose a noop');
  for (const item of plan.checklist) {
    const lines = await within(item.action, ACTION_TIMEOUT_MS, settings.signal, (signal) =>
      itemLines(settings, plan, item, signal),
    ).catch((error: unknown) => [`this member could not tell: ${messageOf(error)}`]);
    for (const line of lines) tell(`${item.action}: ${line}`);
  }
}

async function itemLines(
  settings: DryRunSettings,
  plan: QuorumPlan,
  item: AgendaItem,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const plugin = settings.plugins.get(item.action);
  if (plugin === undefined) return ['this release has no such plug-in'];
  const { plugins, nodes, seat, say } = settings;
  const note = ({ code, text }: { readonly code: string; readonly text: string }): void =>
    say({ event: code, text, isWarning: true, fields: {} });
  const parts = { plugins, node: majorityNode(nodes, note), seat, settings: settings.settings, note };
  const context = contextOf(parts, plan, item, signal);
  const draft = await plugin.draft(context);
  if (draft.kind === 'nothing') return [`nothing to propose: ${draft.why}`];
  const value: Value = {
    action: item.action,
    resource: plan.group.resource,
    validityBlocks: item.validityBlocks,
    referenceHash: plan.referenceHash,
    content: draft.content,
  };
  const answer = await plugin.validate(context, value);
  const verdict =
    answer.result === 'valid'
      ? 'and would sign it'
      : answer.result === 'refused'
        ? `and would refuse it: ${answer.code} ${answer.detail}`
        : `and could not judge it: ${answer.why}`;
  const lines = await plugin.dryRun(context, value);
  return [`this member would propose ${plugin.describe(value)}, ${verdict}`, ...lines];
}
