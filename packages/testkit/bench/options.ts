import { parseArgs } from 'node:util';
import { messageOf } from '@watchbill/kit';

export interface Options {
  readonly bench: string;
  readonly json: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly etcd: 'debian' | 'v3.6' | undefined;
  /** Keep the results, so that a page can be made from them. */
  readonly save: boolean;
  /** A short run, to see that a bench works. */
  readonly quick: boolean;
}

const LENGTHS = { rounds: '5', seconds: '3' } as const;
/** One round in each order of the services. */
const QUICK = { rounds: '2', seconds: '1' } as const;
const QUICK_BENCHES = ['peers', 'growth', 'capacity'];

const OPTIONS = `  --json            one line of JSON instead of a table
  --save            keep budgets and figures in packages/testkit/bench/results/NAME.json, for docs/duty/reference/peers.md
  --quick           ${QUICK_BENCHES.join(', ')}: two rounds of 1 s and fewer services, to see that they work
  --rounds N        alternating rounds, 1 to 50 (default 5)
  --seconds S       length of a closed or open loop in each round, 1 to 60 (default 3)
  --etcd VERSION    debian (/usr/bin/etcd) or v3.6 (scripts/etcd/build.mjs); default: the newest that is there
  --help            this

Exit 0: all budgets met. 1: one was missed, or the bench failed. 2: asked for what there is not.
packages/testkit/bench/README.md says what is measured, and how.`;

/** The help, with a line for each bench. */
export function helpText(benches: readonly (readonly [name: string, about: string])[]): string {
  const lines = benches.map(([name, about]) => `npm run bench -- ${name.padEnd(16)}  ${about}`);
  return [...lines, '', OPTIONS].join('\n');
}

/** What the arguments ask for, `help`, or a sentence that says what is wrong with them. */
export function readOptions(
  args: readonly string[],
  names: readonly string[],
): Options | 'help' | { readonly problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        etcd: { type: 'string' },
        quick: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const [bench = '', ...more] = positionals;
    if (!names.includes(bench) || more.length > 0)
      return { problem: `name one bench: ${names.join(', ')}, not "${positionals.join(' ')}"` };
    const { etcd } = values;
    if (etcd !== undefined && etcd !== 'debian' && etcd !== 'v3.6')
      return { problem: `--etcd is debian or v3.6, not "${etcd}"` };
    if (values.quick && !QUICK_BENCHES.includes(bench))
      return { problem: `--quick belongs to ${QUICK_BENCHES.join(', ')}` };
    if (values.save && values.quick) return { problem: '--save needs whole rounds: leave --quick out' };
    const lengths = values.quick ? QUICK : LENGTHS;
    return {
      bench,
      json: values.json,
      rounds: wholeNumber('--rounds', values.rounds ?? lengths.rounds, 50),
      seconds: wholeNumber('--seconds', values.seconds ?? lengths.seconds, 60),
      etcd,
      save: values.save,
      quick: values.quick,
    };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = Number(text);
  if (/^[1-9][0-9]*$/.test(text) && number <= max) return number;
  throw new Error(`${name} is a whole number from 1 to ${max}, not "${text}"`);
}
