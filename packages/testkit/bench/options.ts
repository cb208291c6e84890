import { parseArgs } from 'node:util';
import { messageOf } from '@watchbill/kit';

const NAMES = [
  'grant',
  'embedded',
  'coordinate',
  'quorum',
  'nominate',
  'nominate-api',
  'nominate-readers',
  'nominate-round',
  'nominate-storage',
  'fleet',
  'finality',
  'gate',
  'guard',
  'gateway',
  'tikv',
  'peers',
  'profile',
  'growth',
  'capacity',
  'startup',
  'trouble',
  'memory',
] as const;

export interface Options {
  readonly bench: (typeof NAMES)[number] | 'embedded-memory' | 'quorum-memory' | 'gateway-least';
  readonly json: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly etcd: 'debian' | 'v3.6' | undefined;
  readonly profile: string | undefined;
  /** Keep the results, so that a page can be made from them. */
  readonly save: boolean;
  /** A short run, to see that a bench works. */
  readonly quick: boolean;
}

export const HELP = `npm run bench -- grant       grants through the service on three etcd members, against bare etcd
npm run bench -- embedded    grants on the embedded store: rate, and latency at a fixed rate
npm run bench -- embedded --memory
                             memory and start of the packed service: idle, and with 1,000 keys and 1,000,000 past grants
npm run bench -- coordinate  10,000 windows of RFC 12: seed, leader and checklist for 100 operators
npm run bench -- quorum      31 members over libp2p: from proposal to certificate against bare gossip
npm run bench -- quorum --memory
                             memory of one member, and of a group of four, over 100,000 windows
npm run bench -- nominate    1,200 candidates of a snapshot, checked and scored; a round of them planned
npm run bench -- nominate-api
                             the API of a programme of 1,200 candidates at 200 requests/s
npm run bench -- nominate-readers
                             the same while 200 readers hold a large document, in turn with none
npm run bench -- nominate-round
                             the jobs on snapshots and a round at Polkadot's size: 20 nominators, 22,000 voters
npm run bench -- nominate-storage
                             ten years of rounds in a database: its slowest question
npm run bench -- fleet       a network file of 1,000 nodes planned, from its text to the text of the plan
npm run bench -- finality    import to finality of blocks in networks of 1, 2, 4 and 6 real validators
npm run bench -- gate        what asking adds to blocks and votes of a real node, counted in the node
npm run bench -- guard       memory and processor of the guard beside an idle node, its time to place keys, and the time of doctor
npm run bench -- gateway     the RPC of a real node through the gateway, against the node by itself
npm run bench -- gateway --least
                             HAProxy that only passes bytes on in the gateway's place: the least that a second hop costs
npm run bench -- tikv        transactions on TiKV: against the Go reference client, and etcd beside them
npm run bench -- peers       beside services that you could write instead, on PostgreSQL, etcd and SQLite
npm run bench -- profile     which part of the service uses how much of the processor for a grant
npm run bench -- growth      the cost of a grant with 10 to 10,000 keys, 10^3 to 10^7 past grants, and 1 to 5 services on etcd
npm run bench -- capacity    processor time for each request of a validator, and how many validators one core serves
npm run bench -- trouble     the longest time without a grant while the leader of etcd is killed, and while disks stall
npm run bench -- startup     processor time of --help and status of the packed command, against bare Node
npm run bench -- memory      the same as embedded --memory

  --json            one line of JSON instead of a table
  --save            keep budgets and figures in packages/testkit/bench/results/NAME.json, for docs/duty/reference/peers.md
  --quick           peers, growth, capacity: two rounds of 1 s and fewer services, to see that they work
  --rounds N        alternating rounds, 1 to 50 (default 5)
  --seconds S       length of a closed or open loop in each round, 1 to 60 (default 3)
  --etcd VERSION    debian (/usr/bin/etcd) or v3.6 (scripts/etcd/build.mjs); default: the newest that is there
  --profile FOLDER  the service writes a CPU profile there (it costs some speed)
  --help            this

Exit 0: all budgets met. 1: one was missed, or the bench failed. 2: asked for what there is not.
packages/testkit/bench/README.md says what is measured, and how.`;

function isNamed(name: string | undefined): name is (typeof NAMES)[number] {
  return NAMES.some((each) => each === name);
}

/** What the arguments ask for, `help`, or a sentence that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | 'help' | { readonly problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        memory: { type: 'boolean', default: false },
        least: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        etcd: { type: 'string' },
        profile: { type: 'string' },
        quick: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const [name, ...more] = positionals;
    if (!isNamed(name) || more.length > 0)
      return { problem: `name one bench: ${NAMES.join(', ')}, not "${positionals.join(' ')}"` };
    const { etcd } = values;
    if (etcd !== undefined && etcd !== 'debian' && etcd !== 'v3.6')
      return { problem: `--etcd is debian or v3.6, not "${etcd}"` };
    const bench = values.memory ? memoryOf(name) : name;
    if (bench === null) return { problem: '--memory belongs to embedded and quorum' };
    const problem = misplaced(values, bench);
    if (problem !== null) return { problem };
    const lengths = values.quick ? QUICK : LENGTHS;
    return {
      bench: values.least ? 'gateway-least' : bench,
      json: values.json,
      rounds: wholeNumber('--rounds', values.rounds ?? lengths.rounds, 50),
      seconds: wholeNumber('--seconds', values.seconds ?? lengths.seconds, 60),
      etcd,
      profile: values.profile,
      save: values.save,
      quick: values.quick,
    };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

const LENGTHS = { rounds: '5', seconds: '3' } as const;
/** One round in each order of the services. */
const QUICK = { rounds: '2', seconds: '1' } as const;

const QUICK_BENCHES: readonly Options['bench'][] = ['peers', 'growth', 'capacity'];

/** An option that another bench has. */
function misplaced(
  given: { readonly least: boolean; readonly quick: boolean; readonly save: boolean },
  bench: Options['bench'],
): string | null {
  if (given.least && bench !== 'gateway') return '--least belongs to gateway';
  if (given.quick && !QUICK_BENCHES.includes(bench)) return `--quick belongs to ${QUICK_BENCHES.join(', ')}`;
  if (given.save && given.quick) return '--save needs whole rounds: leave --quick out';
  return null;
}

function memoryOf(name: Options['bench']): 'embedded-memory' | 'quorum-memory' | null {
  if (name === 'embedded') return 'embedded-memory';
  return name === 'quorum' ? 'quorum-memory' : null;
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = Number(text);
  if (/^[1-9][0-9]*$/.test(text) && number <= max) return number;
  throw new Error(`${name} is a whole number from 1 to ${max}, not "${text}"`);
}
