import { MEMBERS, readLines, releaseOf, WORKSPACE_LOCK } from '../node/sdk-line-files.mjs';
import { code, fenced, page, table } from './markdown.mjs';

/** docs/duty/reference/sdk-lines.md @param {readonly import('../node/sdk-line-files.mjs').Line[]} lines */
export function sdkLinesPage(lines = readLines()) {
  const own = lines.find(({ lock }) => lock === WORKSPACE_LOCK);
  if (own === undefined) throw new Error('no SDK line has the lock of substrate/');
  const others = lines.filter((line) => line !== own);
  return page('SDK lines', [
    `A release line of polkadot-sdk, for example ${code(lines[0].name)}, is a set of crate versions that belong together. Choose the line of your node by its name, never by the highest version of a crate: fixes of an older line are published later and get higher numbers. For example, ${code(`sc-service ${own.crates['sc-service']}`)} of line ${own.name} is older code than ${others.map((line) => `${code(`sc-service ${line.crates['sc-service']}`)} of line ${line.name}`).join(' and ')}.`,
    'Your node and the gate must use the same versions of these crates.',
    table(['', ...lines.map(({ name }) => name)], rows(lines)),
    `The second number of ${code('watchbill-gate')} and ${code('watchbill-wiring')} is the line, so an update brings no node the crates of another line. ${code('watchbill-client')} is the same for all lines. The Rust code is the same too.`,
    '## The crates of a line',
    `This command leaves the crates with the versions of each line in ${code('dist/crates/LINE')}, and prints how to publish them:`,
    fenced('sh', 'node scripts/node/sdk-lines.mjs --release'),
    '## How the lines are tested',
    `The tier ${code('rust')} of ${code('npm run test:real')} tests every line in the table: line ${own.name} in the workspace ${code('substrate/')}, each other line in a copy of these crates with its versions and its own lock file in ${code('substrate/sdk-lines/')}. To run only the second part:`,
    fenced('sh', 'node scripts/node/sdk-lines.mjs'),
  ]);
}

function rows(lines) {
  const names = [...new Set(lines.flatMap(({ crates }) => Object.keys(crates)))].sort();
  return [
    ['version of the `polkadot` program', ...lines.map(({ node }) => node)],
    ['`watchbill-gate` and `watchbill-wiring`', ...lines.map((line) => releaseOf(line))],
    [`compiled and tested: ${MEMBERS.map(code).join(', ')}`, ...lines.map(() => 'yes')],
    ['run in real nodes', ...lines.map(({ runs }) => runs)],
    ...names.map((name) => [code(name), ...lines.map(({ crates }) => crates[name] ?? '')]),
  ];
}
