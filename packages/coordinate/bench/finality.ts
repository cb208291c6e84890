import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEV_NAMES, startNodeNetwork } from '@watchbill/testkit';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';
import { type FinalityFigures, figuresOf } from './finality/figures.ts';
import { listenTo } from './finality/heard.ts';

const SIZES = [1, 2, 4, 6];
const WARM_UP_BLOCKS = 5;
const BLOCKS = 20;
const DEADLINE_MS = 300_000;
const LOOK_EVERY_MS = 50;

type Sized = FinalityFigures & { readonly validators: number };

/** Networks of 1, 2, 4 and 6 real validators, one after the other: from import to finality of blocks. */
export async function measureFinalities(stage: Stage): Promise<Report> {
  const sizes: Sized[] = [];
  for (const validators of SIZES) sizes.push({ validators, ...(await oneSize(stage, validators)) });
  const lines = [
    `import to finality, ${BLOCKS} blocks after the first ${WARM_UP_BLOCKS}, at every node`,
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
    return await measure(names.map((name) => network.node(name.toLowerCase()).wsUrl));
  } finally {
    // The next size has the cores to itself.
    await network.close();
  }
}

/** Listens to every node until all of them have finalised the blocks. */
export async function measure(
  urls: readonly string[],
  { warmUp = WARM_UP_BLOCKS, count = BLOCKS, deadlineMs = DEADLINE_MS } = {},
): Promise<FinalityFigures> {
  const nodes = urls.map(listenTo);
  const endMs = performance.now() + deadlineMs;
  try {
    while (performance.now() < endMs) {
      const figures = figuresOf(
        nodes.map(({ blocks }) => blocks()),
        warmUp,
        count,
      );
      if (figures !== null) return figures;
      await sleep(LOOK_EVERY_MS);
    }
    const heights = nodes.map(({ blocks }) => blocks().length);
    throw new Error(
      `after ${deadlineMs / 1_000} s the nodes had finalised ${heights.join(', ')} blocks; look at their logs`,
    );
  } finally {
    for (const { close } of nodes) close();
  }
}

function row({ validators, lag, longestGapMs, blockTimeMs, finalPerSecond }: Sized): readonly string[] {
  const times = [lag.meanMs, lag.p50Ms, lag.p99Ms, lag.maxMs, longestGapMs, blockTimeMs];
  return [`${validators}`, ...times.map((ms) => `${(ms / 1_000).toFixed(2)} s`), finalPerSecond.toFixed(2)];
}
