import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@watchbill/kit';
import { DEV_NAMES, startNodeNetwork } from '@watchbill/testkit';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import type { FinalityFigures } from './finality/figures.ts';
import { measureFinality } from './finality/measure.ts';

const SIZES = [1, 2, 4, 6];
const WARM_UP_BLOCKS = 5;
const BLOCKS = 20;
const TIMEOUT_SECONDS = 300;

interface Sized extends FinalityFigures {
  readonly validators: number;
}

/** Networks of 1, 2, 4 and 6 real validators, one after the other: from import to finality of blocks. */
export async function measureFinalities(stage: Stage): Promise<Report> {
  const sizes: Sized[] = [];
  for (const validators of SIZES) sizes.push({ validators, ...(await oneSize(stage, validators)) });
  const lines = [
    `import to finality, ${BLOCKS} blocks after block ${WARM_UP_BLOCKS}, at every node`,
    '',
    ...table([
      ['validators', 'mean', 'p50', 'p99', 'longest', 'longest gap', 'block time', 'final blocks/s'],
      ...sizes.map(row),
    ]),
    '',
  ];
  return { figures: { sizes }, lines, budgets: [] };
}

async function oneSize(stage: Stage, validators: number): Promise<FinalityFigures> {
  const folder = join(stage.folder, `validators-${validators}`);
  mkdirSync(folder);
  const names = DEV_NAMES.slice(0, validators);
  const network = await stage.start(
    startNodeNetwork({
      binary: nodeBinary(),
      spec: specFile(String(validators), folder),
      folder,
      nodes: names.map((name) => ({ name: name.toLowerCase(), keys: [{ suri: `//${name}` }] })),
    }),
    (all) => all.close(),
  );
  try {
    return await measureFinality({
      nodes: names.map((name) => ({
        name: name.toLowerCase(),
        rpcUrl: network.node(name.toLowerCase()).wsUrl,
      })),
      warmupBlocks: WARM_UP_BLOCKS,
      blocks: BLOCKS,
      timeoutSeconds: TIMEOUT_SECONDS,
      clock: systemClock(),
      signal: new AbortController().signal,
    });
  } finally {
    // The next size has the cores to itself.
    await network.close();
  }
}

function row({ validators, lagMs, longestGapMs, blockTimeMs, finalisedPerSecond }: Sized): readonly string[] {
  const { mean, p50, p99, longest } = lagMs;
  return [
    String(validators),
    ...[mean, p50, p99, longest, longestGapMs, blockTimeMs].map(seconds),
    finalisedPerSecond === null ? '-' : finalisedPerSecond.toFixed(2),
  ];
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1_000).toFixed(2)} s`;
}
