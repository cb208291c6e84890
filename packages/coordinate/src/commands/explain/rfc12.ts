import { hexOf } from '@watchbill/chain';
import { columns } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { type Explanation, explainWindow } from '../../index.ts';
import { type ExplainInputs, explainInputs, type Rfc12Options } from './rfc12-inputs.ts';

/** Explains a window of `rfc12` from given inputs. */
export function explainRfc12(io: Io, options: Rfc12Options, json: boolean): void {
  const inputs = explainInputs(options);
  const explained = explainWindow(inputs.group, inputs.index, inputs.blockHash, inputs.eras);
  print(io, json, asJson(inputs, explained), () => asText(inputs, explained));
}

/** Heights are decimal texts, as everywhere: they may not fit a number. */
function asJson({ group, blockHash }: ExplainInputs, explained: Explanation) {
  const { window, safeBlock, plan, generatorSeed, swaps, leaderSeats, executions } = explained;
  return {
    profile: 'rfc12',
    window: {
      index: `${window.index}`,
      block: `${window.block}`,
      activeEnd: `${window.activeEnd}`,
      end: `${window.end}`,
    },
    seed: {
      keyHash: hexOf(group.keyHash),
      safeBlock: `${safeBlock}`,
      safeBlockHash: hexOf(blockHash),
      seed: hexOf(plan.seed),
    },
    draws: {
      firstBytes: hexOf(plan.seed.subarray(0, 8)),
      drawSeed: `${plan.drawSeed}`,
      generatorSeed,
      swaps,
      heartbeat: plan.heartbeatDraw,
    },
    leader: {
      sorted: plan.operators,
      shuffled: plan.order,
      operator: plan.leader,
      seats: leaderSeats,
      speaksThroughSeat: plan.leaderSeat,
    },
    checklist: {
      era: plan.era.name,
      cadence: plan.era.cadence.map(({ action, everyWindows }) => ({
        action,
        everyWindows: `${everyWindows}`,
      })),
      heartbeatProbability: plan.era.heartbeatProbability,
      heartbeat: plan.heartbeatDraw < plan.era.heartbeatProbability,
      actions: plan.checklist,
      executions: executions.map(({ action, startBlock, expiryBlock }) => ({
        action,
        startBlock: `${startBlock}`,
        expiryBlock: `${expiryBlock}`,
      })),
    },
  };
}

function asText(inputs: ExplainInputs, explained: Explanation): string {
  const { window, safeBlock, plan, generatorSeed, swaps, leaderSeats, executions } = explained;
  const { cadence, heartbeatProbability, name } = plan.era;
  const isDrawn = plan.heartbeatDraw < heartbeatProbability;
  const rows: readonly (readonly [string, string])[] = [
    [
      'window',
      `${window.index}: blocks ${window.block} to ${window.end}, messages before ${window.activeEnd}`,
    ],
    ['key hash', hexOf(inputs.group.keyHash)],
    ['hash of block', `${safeBlock}: ${hexOf(inputs.blockHash)}`],
    ['seed', `${hexOf(plan.seed)}, SHA-256 of both`],
    ['draw seed', `${plan.drawSeed}, its first 8 bytes; the generator keeps ${generatorSeed}`],
    ['sorted', plan.operators.join(' ')],
    ['swaps', swaps.map(({ i, j }) => `${i}-${j}`).join(' ')],
    ['shuffled', plan.order.join(' ')],
    ['leader', `${plan.leader}, seats ${leaderSeats.join(' ')}; sends through seat ${plan.leaderSeat}`],
    ['heartbeat', `drew ${plan.heartbeatDraw}, ${isDrawn ? 'below' : 'not below'} ${heartbeatProbability}`],
    [
      'era',
      `${name}: ${cadence.map(({ action, everyWindows }) => `${action} every ${everyWindows}`).join(', ')}`,
    ],
    ['checklist', `${plan.checklist.join(', ')}; or a noop`],
    ...executions.map(
      ({ action, startBlock, expiryBlock }) =>
        [action, `would run from ${startBlock} to ${expiryBlock}`] as const,
    ),
  ];
  return columns(rows);
}
