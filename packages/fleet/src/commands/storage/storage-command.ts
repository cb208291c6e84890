import { counted, table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { VolumePlan } from '../../run/backup/index.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { addStorageTimer } from './timer.ts';

interface GrowFlags {
  readonly file: string;
  readonly kubeconfig?: string;
  readonly place?: string;
  readonly prometheus?: string;
  readonly apply?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `fleet nodes storage`: the volumes of nodes on clusters. */
export function addFleetStorage(parent: Command, { io, exit }: Context): void {
  const storage = parent.command('storage').description('let the volumes of nodes on clusters grow');
  withExamples(storage, [
    'watchbill fleet nodes storage grow --prometheus http://127.0.0.1:9090',
    'watchbill fleet nodes storage timer --kubeconfig clusters.yaml --out units',
  ]);
  const command = storage
    .command('grow')
    .description(
      'show which volumes are full enough to grow (storage.grow of the network file); with --apply ask for the larger size. Volumes never shrink',
    )
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--kubeconfig <file>',
      'kubeconfig with the contexts of the clusters (default: the one that kubectl uses)',
    )
    .option('--prometheus <url>', 'a Prometheus that reads the kubelets (default: ask the kubelets)')
    .option('--place <name>', 'only this cluster')
    .option('--apply', 'let the volumes grow')
    .option('--timeout <seconds>', 'longest time for all clusters', secondsFlag('--timeout'), 300)
    .option('--json', 'print JSON')
    .action(async (options: GrowFlags) => exit(await grow(io, options)));
  withExamples(withStatuses(command, STATUSES), [
    'watchbill fleet nodes storage grow --prometheus http://127.0.0.1:9090',
    'watchbill fleet nodes storage grow --prometheus http://127.0.0.1:9090 --apply',
  ]);
  addStorageTimer(storage, io);
}

const STATUSES = {
  ok: 'no volume needs to grow, or --apply asked for it',
  unknown: 'the usage of a volume is unknown',
  changes: 'a volume would grow',
};

async function grow(io: Io, flags: GrowFlags): Promise<ExitCode> {
  const declared = await readGraph(io, flags.file);
  const { network } = declared;
  const { checkGrowing, createClusterOpener, expectPlace, growVolumes, quantityOf } = await import(
    '../../run/operations/index.ts'
  );
  checkGrowing(network, flags.file, flags.prometheus);
  expectPlace(declared, flags.place ?? null, null);
  const apply = flags.apply === true;
  const { volumes, problems } = await growVolumes(
    { openCluster: createClusterOpener({ ...io, kubeconfig: flags.kubeconfig }) },
    {
      network,
      place: flags.place ?? null,
      prometheus: flags.prometheus ?? null,
      apply,
      signal: AbortSignal.timeout(flags.timeout * 1_000),
    },
  );
  print(io, flags.json, { volumes, problems, applied: apply }, () =>
    text(volumes, problems, apply, quantityOf),
  );
  if (volumes.some(({ kind }) => kind === 'unknown') || problems.length > 0) return EXIT.unknown;
  return !apply && volumes.some(({ kind }) => kind === 'grow') ? EXIT.changes : EXIT.ok;
}

function text(
  volumes: readonly VolumePlan[],
  problems: readonly string[],
  applied: boolean,
  size: (bytes: number) => string,
): string {
  const rows = volumes.map(({ place, claim, usedShare, fromBytes, toBytes, kind, why }) => [
    `${place}/${claim}`,
    usedShare === null ? 'not known' : `${Math.floor(usedShare * 100)} %`,
    kind === 'grow' ? `${size(fromBytes)} -> ${size(toBytes)}` : size(fromBytes),
    why,
  ]);
  const growing = volumes.filter(({ kind }) => kind === 'grow');
  const GIB = 2 ** 30;
  const pools = [...new Set(growing.map(({ pool }) => pool))].map((pool) => {
    const data = growing.filter((one) => one.pool === pool && one.claim.startsWith('data-'));
    const largest = Math.max(...data.map(({ toBytes }) => toBytes / GIB));
    return data.length === 0
      ? `pool ${pool}: write the new relayGiB in the network file`
      : `pool ${pool}: write storage.chainGiB: ${largest} in the network file, so that new volumes begin with this size; while a volume of the pool is smaller, the plan is refused and names it`;
  });
  return [
    table(['volume', 'used', 'size', ''], rows),
    lines([
      ...problems.map((problem) => `not known: ${problem}; its volumes stay as they are`),
      ...(growing.length === 0 ? ['no volume grows'] : pools),
      ...(growing.length > 0
        ? [
            applied
              ? `asked ${counted(growing.length, 'volume')} to grow`
              : 'no volume was changed: add --apply',
          ]
        : []),
    ]),
  ].join('');
}
