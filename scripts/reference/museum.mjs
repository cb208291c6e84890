import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../pinned.mjs';
import { page, table } from './markdown.mjs';

const CLAIMS = 'packages/duty/src/service/claim/museum.component.test.ts';

/** The rows of spec/museum.yaml; each but those of `missing` has its test as `[file, name]`. */
export function museum() {
  const { signing, machines, missing } = parse(readFileSync(join(ROOT, 'spec/museum.yaml'), 'utf8'));
  for (const { test } of machines)
    if (!readFileSync(join(ROOT, test[0]), 'utf8').includes(test[1]))
      throw new Error(`spec/museum.yaml: ${test[0]} has no test "${test[1]}"`);
  return { signing: signing.map((row) => ({ ...row, test: [CLAIMS, row.name] })), machines, missing };
}

const HEAD = ['when', 'where', 'what happened', 'what it cost'];
const first = ({ when, where, what, cost, source }) => [when, `[${where}](${source})`, what, cost];
const times = ['signs once', 'signs twice', 'signs twice, two times'];

/** docs/reference/museum.md */
export function museumPage({ signing, machines, missing }) {
  const count = signing.length + machines.length;
  return page('Museum of accidents', [
    `Public accidents of signers and of the machines that run them, each as the smallest input that shows it: ${count} that watchbill answers, and ${missing.length} that it does not. Each answer is a test; \`npm run museum\` runs them all and prints this table. *Found in review* means that no loss is known.`,
    '## Signatures',
    'Each row is a list of claims. A *stock node* signs what it is asked. A *register* keeps the highest number for each kind of signature, as the first permission service for Substrate did.',
    table(
      [...HEAD, 'stock node', 'register', 'watchbill'],
      signing.map((row) => [...first(row), times[row.twice.stock], register(row), row.ours]),
    ),
    '## Machines',
    table(
      [...HEAD, 'the node, or the tool that was used', 'watchbill'],
      machines.map((row) => [...first(row), row.stock, row.ours]),
    ),
    '## Not covered',
    table(
      [...HEAD, 'why not'],
      missing.map((row) => [...first(row), row.why]),
    ),
    '## The claims, one by one',
    'Node, duty, unit, part and payload of each claim, and the answer of watchbill. `observer 0/9` is a report that the network is in round 9 of set 0; `backup` and `restore` copy the store and put the copy back.',
    ...signing.flatMap(({ name, acts }) => [`### ${name}`, `\`\`\`text\n${acts.join('\n')}\n\`\`\``]),
  ]);
}

function register({ twice, missed = 0 }) {
  if (missed > 0) return `refuses ${missed === 1 ? 'one claim' : `${missed} claims`} that may be signed`;
  return times[twice.register];
}
