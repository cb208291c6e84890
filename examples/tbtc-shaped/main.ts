// node examples/tbtc-shaped/main.ts [--windows N] [--seed TEXT]

import { parseArgs } from 'node:util';
import { runScenario } from './scenario.ts';
import { SCRIPT_WINDOWS, script } from './script.ts';
import { storyLines } from './table.ts';

const { values } = parseArgs({
  options: {
    windows: { type: 'string', default: `${2 * SCRIPT_WINDOWS}` },
    seed: { type: 'string', default: 'one' },
  },
});
const windows = Number(values.windows);
if (!Number.isInteger(windows) || windows < 1 || windows > 10_000) {
  process.stderr.write(`--windows is a whole number from 1 to 10,000, not "${values.windows}"\n`);
  process.exit(2);
}
const beganMs = performance.now();
const story = await runScenario({ windows, seed: values.seed }, script);
process.stdout.write(`${storyLines(story, windows).join('\n')}\n`);
const tookS = ((performance.now() - beganMs) / 1_000).toFixed(1);
process.stdout.write(`${windows} windows, ${900 * windows} blocks, in ${tookS} s\n`);
