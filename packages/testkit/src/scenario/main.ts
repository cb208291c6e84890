import { parseArgs } from 'node:util';
import { runCollatorTable } from './collator-table.ts';
import { runDemonstration } from './demonstration.ts';
import { runRelayTable } from './relay-table.ts';
import { runTable } from './write-table.ts';

const HELP = `npm start -- --real               six real nodes, two of them one identity, until Ctrl-C
  --seconds N                     unattended for N seconds, then count and end
  --kills                         kill the active machine now and then (with --seconds: on)
  --no-kills                      do not
  --store sqlite|etcd|tikv        ledger on the embedded store (default), on three members of etcd, or on a test
                                  cluster of PD with stores that speak TiKV's protocol (needs Go)
  --json                          print the final count as one JSON object
  --help                          this

npm run scenarios                 run every scenario and write docs/duty/explanation/real-nodes.md
  --only NAME,NAME                some of them; writes nothing
  --hold SECONDS                  how long each lasts (default 30, with --relay or --collator 60)
  --relay                         on four validators of Westend's runtime in the relay-chain node; writes the
                                  section of that node
  --collator                      a collator with two machines on four validators of Westend's runtime, beside
                                  plain collators; writes their section

Exit code: 0 no double signature, 1 a double signature, 2 unknown flag or value, 3 the run failed.`;

/** Seconds; the slots of the relay chain are six times as long. */
const [DEVNET_HOLD, RELAY_HOLD] = ['30', '60'];
const STORES = ['sqlite', 'etcd', 'tikv'] as const;

const OPTIONS = {
  table: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  kills: { type: 'boolean' },
  store: { type: 'string', default: 'sqlite' },
  json: { type: 'boolean', default: false },
  only: { type: 'string' },
  hold: { type: 'string' },
  relay: { type: 'boolean', default: false },
  collator: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function wholeNumber(name: string, text: string): number {
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new RangeError(`--${name} is a whole number of seconds, at least 1`);
  return value;
}

function tableOf({ relay, collator }: { relay: boolean; collator: boolean }): typeof runTable {
  if (relay && collator) throw new RangeError('--relay and --collator are two runs: give one of them');
  if (collator) return runCollatorTable;
  return relay ? runRelayTable : runTable;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowNegative: true });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.table) {
    const hold = values.hold ?? (values.relay || values.collator ? RELAY_HOLD : DEVNET_HOLD);
    return tableOf(values)({ only: values.only?.split(','), holdSeconds: wholeNumber('hold', hold) });
  }
  const store = STORES.find((kind) => kind === values.store);
  if (store === undefined) throw new RangeError(`--store is one of ${STORES.join(', ')}`);
  const seconds = values.seconds === undefined ? null : wholeNumber('seconds', values.seconds);
  const kills = values.kills ?? seconds !== null;
  return runDemonstration({ seconds, kills, store, json: values.json });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const asked =
    error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
  console.error(error instanceof Error ? error.message : String(error));
  if (asked) console.error(`\n${HELP}`);
  process.exitCode = asked ? 2 : 3;
}
