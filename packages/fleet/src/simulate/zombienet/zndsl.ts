import type { JsonRecord } from '@watchbill/base';
import { comparisonOf } from './comparison.ts';
import { metricNameOf } from './metric-name.ts';

// The test language of zombienet. Sentences: docs/src/cli/test-dsl-definition-spec.md and crates/parser of paritytech/zombienet.

/** What became of a line that is not, or not just so, among the steps. `line` from 1. */
export interface LineNote {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** changed: it is a step, and means not quite the same; left-out: it says nothing that is needed; refused: nothing here does it. */
  readonly kind: 'left-out' | 'changed' | 'refused';
  readonly what: string;
  readonly remedy: string;
}

/** Steps of a simulation made of a test of zombienet. */
export interface ImportedTests {
  readonly run: readonly JsonRecord[];
  readonly notes: readonly LineNote[];
  /** What the header says. */
  readonly description: string | null;
  readonly network: string | null;
}

type Note = Pick<LineNote, 'kind' | 'what' | 'remedy'>;
interface Line {
  readonly steps: readonly JsonRecord[];
  readonly notes: readonly Note[];
}

const WITHIN = String.raw`(?:\s+within\s+(?<within>\d+)\s*(?:seconds|secs|s))?$`;

/** Reads a test. `nodes`: names of the relay chain's nodes; others do not run here. Every line is a step, or there is a note on it. Pure. */
export function fromZndsl(text: string, nodes: readonly string[]): ImportedTests {
  const run: JsonRecord[] = [];
  const notes: LineNote[] = [];
  const header: Record<string, string> = {};
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    const at = { line: index + 1, column: whole.length - whole.trimStart().length + 1, text: line };
    if (line === '' || line.startsWith('#') || line.startsWith('//')) continue;
    const [, name, value] = /^(Description|Network|Creds):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      header[name] = value ?? '';
      if (name === 'Creds') notes.push({ ...at, ...leftOut('credentials are of clusters') });
      continue;
    }
    const made = lineOf(line, nodes);
    run.push(...made.steps);
    notes.push(...made.notes.map((note) => ({ ...at, ...note })));
  }
  return { run, notes, description: header.Description ?? null, network: header.Network ?? null };
}

function lineOf(line: string, nodes: readonly string[]): Line {
  if (/\{%|\{\{/.test(line)) return refused('templates are not filled in here', 'fill it in before');
  const sleep = /^sleep\s+(?<seconds>\d+)\s*(?:seconds|secs|s)$/.exec(line)?.groups;
  if (sleep !== undefined) return steps({ do: 'wait', at: { seconds: Number(sleep.seconds) } });
  const [, name = '', sentence = ''] = /^([A-Za-z0-9-]+)\s*:\s*(.*)$/.exec(line) ?? [];
  if (name === '') return refused('this is no line of a test that is known here', 'write it as a step');
  const known = SENTENCES.find(({ pattern }) => pattern.test(sentence));
  if (known === undefined) return refused('this sentence is not known here', 'write it as a step');
  if (!nodes.includes(name.toLowerCase()) && known.isOfNode)
    return refused(
      `no node ${name} runs here: a simulation runs the relay chain`,
      `name one of: ${nodes.join(', ')}`,
    );
  return known.make(name.toLowerCase(), known.pattern.exec(sentence)?.groups ?? {});
}

type Groups = Readonly<Record<string, string | undefined>>;
interface Sentence {
  readonly pattern: RegExp;
  /** False where it is refused whatever its node is. */
  readonly isOfNode: boolean;
  readonly make: (node: string, groups: Groups) => Line;
}

const sentence = (pattern: string, make: Sentence['make']): Sentence => ({
  pattern: new RegExp(`^${pattern}`),
  isOfNode: true,
  make,
});
const never = (pattern: string, what: string, remedy: string): Sentence => ({
  pattern: new RegExp(`^${pattern}`),
  isOfNode: false,
  make: () => refused(what, remedy),
});

const FACTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:blockheight|block height|best block)$/, 'height'],
  [/^(?:finalised|finalized) (?:height|block)$/, 'finalised'],
  [/^(?:peers count|peers)$/, 'peers'],
];

const OFF_CHAIN =
  'write what it looks at as a metric or a line of the log, or run a program beside the nodes';

const SENTENCES: readonly Sentence[] = [
  sentence(`is up${WITHIN}`, (node, groups) =>
    steps({ expect: 'height', node, atLeast: 0, ...within(groups) }),
  ),
  never(
    String.raw`parachain\s+\d+\s`,
    'no parachain runs here: it is checked and rendered',
    'take it to a network whose collators run',
  ),
  never(
    'reports histogram ',
    'buckets of a histogram are not compared',
    'expect the metric NAME_count instead',
  ),
  sentence(
    String.raw`reports\s+(?<what>block ?height|best block|finali[sz]ed (?:height|block)|peers(?: count)?|[A-Za-z0-9_]+(?:\{[^}]*\})?)\s+(?<how>(?:is |at |greater |lower |equals|[<>=!]).*?)${WITHIN}`,
    reports,
  ),
  never('reports ', 'two metrics are not reckoned with each other', 'expect each of them'),
  sentence(
    String.raw`log line (?:contains|matches)\s+(?<kind>regex|glob)?\s*"(?<text>[^"]*)"${WITHIN}`,
    (node, groups) => log(node, groups, { atLeast: 1 }),
  ),
  sentence(
    String.raw`count of log lines (?:containing|matching)\s+(?<kind>regex|glob)?\s*"(?<text>[^"]*)"\s+is\s+(?<how>.*?)${WITHIN}`,
    counted,
  ),
  sentence('pause$', (node) => steps({ do: 'pause', node })),
  sentence('resume$', (node) => steps({ do: 'resume', node })),
  sentence(String.raw`restart(?:\s+after\s+(?<wait>\d+)\s*(?:seconds|secs|s))?$`, (node, { wait }) =>
    wait === undefined
      ? steps({ do: 'restart', node })
      : steps({ do: 'stop', node }, { do: 'start', node, at: { seconds: Number(wait) } }),
  ),
  never('system event ', 'events of the chain are not looked at', OFF_CHAIN),
  never('trace ', 'no traces are kept', OFF_CHAIN),
  never('(?:js-script|ts-script|run) ', 'no scripts are run against nodes', OFF_CHAIN),
  never('(?:set|remove) ', 'nothing delays the network here', 'pause and resume nodes instead'),
  never('wait for ', 'there is no backchannel', OFF_CHAIN),
];

function reports(node: string, groups: Groups): Line {
  const { what = '', how = '' } = groups;
  const fact = FACTS.find(([pattern]) => pattern.test(what))?.[1];
  const compared = comparisonOf(how);
  if (compared === null) return refused(`\`${how}\` is no bound that can be told`, 'write atLeast or atMost');
  if (fact !== undefined) return steps({ expect: fact, node, ...compared.bounds, ...within(groups) });
  const metric = metricNameOf(what);
  return {
    steps: [{ expect: 'metric', node, metric: metric.name, ...compared.bounds, ...within(groups) }],
    notes: [
      ...(metric.name === what
        ? []
        : [changed(`the metric is taken to be ${metric.name}`, 'look it up among the metrics of the node')]),
      ...(compared.isStrict
        ? [
            changed(
              'the bound is taken to be the next whole number',
              'correct it where the metric has fractions',
            ),
          ]
        : []),
    ],
  };
}

function counted(node: string, groups: Groups): Line {
  const { how = '' } = groups;
  const compared = comparisonOf(how);
  if (compared === null) return refused(`\`${how}\` is no bound that can be told`, 'write atLeast or atMost');
  const made = log(node, groups, compared.bounds);
  const { atLeast, atMost } = compared.bounds;
  // What may only grow holds at once or never: waiting adds nothing.
  if (atMost === undefined || (atLeast ?? 0) > 0) return made;
  return {
    ...made,
    notes: [
      ...made.notes,
      changed(
        'it holds as soon as it is so, and does not wait whether it stays so',
        'put it where it must be so',
      ),
    ],
  };
}

function log(node: string, groups: Groups, bounds: JsonRecord): Line {
  const { kind, text = '' } = groups;
  const pattern = kind === 'glob' ? globPattern(text) : text;
  try {
    new RegExp(pattern);
  } catch {
    return refused(
      'its pattern is no regular expression',
      'mind brackets; write \\( for a bracket of the text',
    );
  }
  return steps({ expect: 'log', node, pattern, ...bounds, ...within(groups) });
}

/** A glob is about the whole line. */
function globPattern(glob: string): string {
  const parts = glob.split(/(\*+|\?)/).map((part) => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return `^${parts.join('')}$`;
}

function within({ within: seconds }: Groups): JsonRecord {
  return seconds === undefined ? {} : { withinSeconds: Math.max(1, Number(seconds)) };
}

function steps(...made: readonly JsonRecord[]): Line {
  return { steps: made, notes: [] };
}

function refused(what: string, remedy: string): Line {
  return { steps: [], notes: [{ kind: 'refused', what, remedy }] };
}

function changed(what: string, remedy: string): Note {
  return { kind: 'changed', what, remedy };
}

function leftOut(what: string): Note {
  return { kind: 'left-out', what: `left out: ${what}`, remedy: 'nothing is to be done' };
}
