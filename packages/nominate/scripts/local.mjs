// Runs Asset Hub, relay and People of 2026 on this machine, with candidates and nominators to run a programme
// on, until Ctrl-C.
//
// npm run nominate:local        chains to run a nomination programme on
//   -- --folder DIR             where everything is written (default: watchbill/nominate-local in your cache)
//      --specs DIR              folder of raw chain specifications (default: WATCHBILL_CHAIN_SPECS, or
//                               packages/testkit/chain-specs, whose README.md describes the files)
//      --block-seconds N        from one block to the next (default 2; a busy machine takes longer)
//      --delay N                relay blocks that the third nominator's proxy has to wait (default 6)
//      --port N                 the first of three ports (default: any that are free)
//
// An era takes seven sessions of 20 blocks. The folder of an earlier run is replaced: its chains are gone.
// Keys follow from public names: never use them on a chain with real value.

import { readFlags } from '../../../scripts/flags.mjs';
import { underPinnedNode } from '../../../scripts/pinned.mjs';
import { setUpOrExit } from '../../../scripts/setup.mjs';
import { localFolder } from './folder.mjs';

const options = readOptions();
await setUpOrExit();
await underPinnedNode(import.meta.url);
const { runLocal } = await import('./run-local.mjs');
process.exitCode = await runLocal(options).catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

function readOptions() {
  try {
    const { values } = readFlags(import.meta.url, {
      options: {
        folder: { type: 'string' },
        specs: { type: 'string' },
        'block-seconds': { type: 'string', default: '2' },
        delay: { type: 'string', default: '6' },
        port: { type: 'string', default: '0' },
      },
    });
    const port = numberOf('port', values.port, 0, 65_000);
    return {
      folder: values.folder ?? localFolder(),
      specs: values.specs,
      blockMs: 1_000 * numberOf('block-seconds', values['block-seconds'], 0, 600),
      delay: numberOf('delay', values.delay, 1, 1_000),
      ports: port === 0 ? [0, 0, 0] : [port, port + 1, port + 2],
    };
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

function numberOf(name, text, least, most) {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`--${name} is a number from ${least} to ${most}, not "${text}"`);
}
