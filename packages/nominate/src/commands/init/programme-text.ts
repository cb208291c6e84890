import { stringify } from 'yaml';

/** The parts of a programme in the order in which a person reads them, each with a description. */
const PARTS: readonly (readonly [string, string])[] = [
  ['version', 'Version of the file format.'],
  ['name', 'Name of the programme.'],
  ['network', 'The chain that it nominates on; a snapshot of another one is refused.'],
  ['nominators', 'The nominators: name, public key of the stash, and the tiers that each backs (null: all).'],
  [
    'round',
    'everyEras: eras between two nominations of one nominator. minimumActive: lowest bond of a nominator that takes part, in planck.\n' +
      'count: how the number of targets is computed: simulate, stake or 1kv. mostTargets: highest number (null: the limit of the chain).\n' +
      'longestEraMs: an era that lasts longer counts as stalled, and there is no round.',
  ],
  ['mode', 'rotating: chosen anew each round. cohort: a list of members for a term.'],
  [
    'caps',
    'How many of one identity, operator, provider or country may be in a round and in one slice (null: no limit).',
  ],
  ['profile', 'How scores are computed: fair, or 1kv as the Thousand Validators Programme did.'],
  [
    'weights',
    'Most points for each part of a score; 0 leaves the part out. Change the version with the weights.',
  ],
  [
    'checks',
    'Checks that a candidate must pass. whenUnknown: hold makes a candidate that was never valid wait, allow accepts it.',
  ],
  ['modules', 'Your own checks that `checks` names, each with the SHA-256 of its file.'],
  ['rank', 'How a rank grows with periods served, and what faults cost.'],
  ['tiers', 'Tiers by reliability that nominators may back.'],
  ['bannedProviders', 'Providers whose place gives no points with profile 1kv.'],
];

/** A programme as a file to be edited, with a comment on each part. `document` is its JSON. */
export function programmeYaml(head: string, document: Readonly<Record<string, unknown>>): string {
  const known = PARTS.map(([key]) => key);
  const others = Object.keys(document).filter((key) => !known.includes(key));
  const parts = [...PARTS, ...others.map((key) => [key, ''] as const)].filter(([key]) => key in document);
  return [comment(head), ...parts.map(([key, about]) => `${comment(about)}${yaml(key, document[key])}`)].join(
    '\n',
  );
}

function yaml(key: string, value: unknown): string {
  return stringify({ [key]: value }, { lineWidth: 0 });
}

function comment(text: string): string {
  return text === ''
    ? ''
    : text
        .split('\n')
        .map((line) => `# ${line}\n`)
        .join('');
}
