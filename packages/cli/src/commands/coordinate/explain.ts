import { type Explanation, explainWindow } from '@watchbill/coordinate';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../context.ts';
import { print } from '../../output/print.ts';
import { printable } from '../../output/table.ts';
import { ERA_NAMES, type ExplainInputs, type ExplainOptions, explainInputs } from './inputs.ts';

/** `coordinate explain`: how a window's leader and checklist come about, from given inputs alone. */
export function addCoordinateExplain(parent: Command, { io }: Context): void {
  const command = parent
    .command('explain')
    .description('compute a window from given inputs: seed, leader, checklist and every value in between')
    .requiredOption('--profile <name>', 'profile: rfc12')
    .requiredOption('--block <height>', 'first block of the window')
    .requiredOption('--block-hash <hex>', 'hash of the block that lies 32 before the window')
    .requiredOption('--wallet <hex>', 'key hash of the wallet (20 bytes), or its public key')
    .requiredOption(
      '--operators <list>',
      'address of the operator of each seat, in order, as the chain writes it, separated by commas',
    )
    .option('--era <name>', `rules of the checklist: ${ERA_NAMES.join(', ')} (default: mainnet's, by height)`)
    .option('--json', 'print JSON')
    .action((options: ExplainOptions) => {
      const inputs = explainInputs(options);
      const explained = explainWindow(inputs.group, inputs.index, inputs.blockHash, inputs.eras);
      print(io, options.json, asJson(inputs, explained), () => asText(inputs, explained));
    });
  withExamples(command, [
    'watchbill coordinate explain --profile rfc12 --block 900 --block-hash 1422…d64f --wallet aa76…b62d --operators 0x7E5F…5Bdf,0x2B5A…D6cF',
  ]);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
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
      keyHash: hex(group.keyHash),
      safeBlock: `${safeBlock}`,
      safeBlockHash: hex(blockHash),
      seed: hex(plan.seed),
    },
    draws: {
      firstBytes: hex(plan.seed.subarray(0, 8)),
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
    ['key hash', hex(inputs.group.keyHash)],
    ['hash of block', `${safeBlock}: ${hex(inputs.blockHash)}`],
    ['seed', `${hex(plan.seed)}, SHA-256 of both`],
    ['draw seed', `${plan.drawSeed}, its first 8 bytes; the generator keeps ${generatorSeed}`],
    ['sorted', plan.operators.join(' ')],
    ['swaps', swaps.map(({ i, j }) => `${i}-${j}`).join(' ')],
    ['shuffled', plan.order.join(' ')],
    ['leader', `${plan.leader}, seats ${leaderSeats.join(' ')}; speaks through seat ${plan.leaderSeat}`],
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
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${printable(`${label.padEnd(width)}  ${value}`)}\n`).join('');
}
