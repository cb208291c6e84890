// A cluster to try watchbill on: three PD and three stores on 127.0.0.1, until `npm run tikv:down`.
//
// npm run tikv:up
// npm run tikv:up -- --folder DIR   data and logs (default: watchbill/tikv-cluster in your cache)
// npm run tikv:up -- --port N       the first of twelve ports of a new cluster (default 23790)
// npm run tikv:down                 ends it; with -- --wipe its data goes as well
//
// The stores are not TiKV: they speak its protocol, with real Raft. Keep nothing in them that you need.

import { rmSync } from 'node:fs';
import { underPinnedNode } from '../../../../scripts/pinned.mjs';
import { setUpOrExit } from '../../../../scripts/setup.mjs';
import { portsFrom, readOptions, readState, stillRuns, writeState } from './standing.mjs';

const options = readOptions(import.meta.url, { port: { type: 'string' } });
await setUpOrExit();
await underPinnedNode(import.meta.url);
process.exitCode = await up().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function up() {
  const { folder } = options;
  const before = readState(folder);
  if (before?.started.some((each) => stillRuns(folder, each))) {
    process.stderr.write(`it runs already: ${endpointsOf(before.ports)}; npm run tikv:down ends it\n`);
    return 1;
  }
  const ports = before?.ports ?? portsFrom(options.port);
  if (before !== undefined && options.port !== undefined) {
    process.stderr.write(
      `${folder} holds a cluster with other ports; npm run tikv:down -- --wipe removes it\n`,
    );
    return 1;
  }
  if (before === undefined) rmSync(folder, { recursive: true, force: true });
  const { startTikvCluster } = await import('@watchbill/testkit/tikv');
  const cluster = await startTikvCluster({ standing: { folder, ports, isNew: before === undefined } });
  writeState(folder, { ports, started: cluster.members.map(({ name, pid }) => ({ name, pid: pid() })) });
  process.stdout.write(`${endpointsOf(ports)}\nwatchbill init --store ${endpointsOf(ports)} …\n`);
  return 0;
}

function endpointsOf({ pdClient }) {
  return `tikv://${pdClient.map((port) => `127.0.0.1:${port}`).join(',')}/watchbill`;
}
