import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { type Command, Option } from 'commander';
import { type ExplainFlags, given } from './flags.ts';

/**
 * The names of the eras; a test compares them with the profile's. They are repeated here so that `--help`
 * loads no package.
 */
export const ERA_NAMES: readonly string[] = ['2023-11', '2023-12', '2024-04', '2026'];

/** `coordinate explain`: computes a window's leader and checklist, from given inputs or from a live node. */
export function addCoordinateExplain(parent: Command, { io }: Context): void {
  const command = parent
    .command('explain')
    .description('compute a window from its inputs: seed, leaders, checklist and every value in between')
    .addOption(new Option('--profile <name>', 'profile: rfc12 or quorum').makeOptionMandatory())
    .option('--window <index>', 'index of the window (with --chain: default the last one that began)')
    .option('--chain <url>', 'node to read the hashes and heights from that no flag gives')
    .option('--group <file>', 'quorum: group file')
    .option('--seed-input <hex>', 'quorum: hash of the first block of the span, or its epoch randomness')
    .option('--reference-hash <hex>', 'quorum: hash of the first block of the window')
    .option('--block <height>', 'rfc12: first block of the window')
    .option('--block-hash <hex>', 'rfc12: hash of the block that lies 32 before the window')
    .option('--wallet <hex>', 'rfc12: key hash of the wallet (20 bytes), or its public key')
    .option(
      '--operators <list>',
      'rfc12: address of the operator of each seat, in order, as the chain writes it, separated by commas',
    )
    .option(
      '--era <name>',
      `rfc12: rules of the checklist: ${ERA_NAMES.join(', ')} (default: mainnet's, by height)`,
    )
    .option('--json', 'print JSON')
    .action((options: ExplainFlags) => explain(io, options));
  withExamples(command, [
    'watchbill coordinate explain --profile rfc12 --block 900 --block-hash 1422…d64f --wallet aa76…b62d --operators 0x7E5F…5Bdf,0x2B5A…D6cF',
    'watchbill coordinate explain --profile rfc12 --chain https://ethereum.example --wallet aa76…b62d --operators 0x7E5F…5Bdf,0x2B5A…D6cF',
    'watchbill coordinate explain --profile quorum --group group.yaml --chain ws://127.0.0.1:9944',
    'watchbill coordinate explain --profile quorum --group group.yaml --window 42 --seed-input 0x91b1… --reference-hash 0x44ef… --json',
  ]);
}

async function explain(io: Io, options: ExplainFlags): Promise<void> {
  if (options.profile === 'quorum') {
    const { explainQuorumWindow } = await import('./quorum.ts');
    return explainQuorumWindow(io, options);
  }
  if (options.profile !== 'rfc12')
    throw usageFault('there is no such profile', 'use: rfc12 or quorum', 'flag --profile');
  const { wallet, operators, era } = options;
  const [{ readRfc12Chain }, { explainRfc12 }] = await Promise.all([
    import('./ethereum.ts'),
    import('./rfc12.ts'),
  ]);
  const place = await readRfc12Chain(options);
  explainRfc12(
    io,
    {
      ...place,
      wallet: given(wallet, '--wallet'),
      operators: given(operators, '--operators'),
      ...(era === undefined ? {} : { era }),
    },
    options.json === true,
  );
}
