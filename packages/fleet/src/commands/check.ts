import { counted } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface CheckFlags {
  readonly json?: boolean;
}

/** `fleet file check`: every check of a network file that needs no cluster and no machine. */
export function addFleetCheck(parent: Command, { io }: Context): void {
  const command = parent
    .command('check')
    .description('check a network file and the files that it names; asks no cluster and no machine')
    .argument('[file]', 'network file', NETWORK_FILE)
    .option('--json', 'print JSON')
    .action((file: string, options: CheckFlags) => check(io, file, options));
  withExamples(
    withStatuses(command, {
      ok: 'the file has no fault',
      usage: 'the file has faults; each is printed with its line',
    }),
    ['watchbill fleet file check', 'watchbill fleet file check networks/kusama.yaml --json'],
  );
}

async function check(io: Io, file: string, options: CheckFlags): Promise<void> {
  const { network, graph } = await readGraph(io, file, 'place');
  const nodes = network.pools.flatMap((pool) => pool.nodes).length;
  const result = {
    file,
    network: network.name,
    digest: graph.digest,
    nodes,
    places: network.places.size,
    resources: graph.resources.length,
  };
  print(io, options.json, result, () =>
    lines([
      `${file} has no fault: network ${network.name}, ${counted(nodes, 'node')} in ${counted(network.places.size, 'place')}, ${counted(graph.resources.length, 'resource')}`,
    ]),
  );
}
