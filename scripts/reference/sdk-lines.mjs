import { changesFor, memberFiles, readLines, WORKSPACE_LOCK } from '../node/sdk-line-files.mjs';
import { code, fenced, page, table } from './markdown.mjs';

/** docs/duty/reference/sdk-lines.md @param {readonly import('../node/sdk-line-files.mjs').Line[]} lines */
export function sdkLinesPage(lines = readLines(), files = memberFiles()) {
  const own = lines.find(({ lock }) => lock === WORKSPACE_LOCK);
  if (own === undefined) throw new Error('no SDK line has the lock of substrate/');
  const others = lines.filter((line) => line !== own);
  const members = [...files.keys()]
    .filter((name) => name.endsWith('/Cargo.toml'))
    .map((name) => name.split('/')[0]);
  return page('SDK lines', [
    `A release line of polkadot-sdk, for example ${code(lines[0].name)}, is a set of crate versions that belong together. Choose the line of your node by its name, never by the highest version of a crate: fixes of an older line are published later and get higher numbers. For example, ${code(`sc-service ${own.crates['sc-service']}`)} of line ${own.name} is older code than ${others.map((line) => `${code(`sc-service ${line.crates['sc-service']}`)} of line ${line.name}`).join(' and ')}.`,
    'Your node and the gate must use the same versions of these crates.',
    table(['', ...lines.map(({ name }) => name)], rows(lines, members)),
    ...others.flatMap((line) => changes(line, own, files)),
    '## How the lines are tested',
    `The tier ${code('rust')} of ${code('npm run test:real')} tests every line in the table: line ${own.name} in the workspace ${code('substrate/')}, each other line in a copy of these crates with its versions and its own lock file in ${code('substrate/sdk-lines/')}. To run only the second part:`,
    fenced('sh', 'node scripts/node/sdk-lines.mjs'),
  ]);
}

function rows(lines, members) {
  const names = [...new Set(lines.flatMap(({ crates }) => Object.keys(crates)))].sort();
  return [
    ['version of the `polkadot` program', ...lines.map(({ node }) => node)],
    [`compiled and tested: ${members.map(code).join(', ')}`, ...lines.map(() => 'yes')],
    ['run in real nodes', ...lines.map(({ runs }) => runs)],
    ...names.map((name) => [code(name), ...lines.map(({ crates }) => crates[name] ?? '')]),
  ];
}

/** The edits of an integrator for another line than that of the workspace. */
function changes(line, own, files) {
  const edited = changesFor(line, files).map(({ file, lines }) =>
    [`In ${code(`substrate/${file}`)}:`, fenced('toml', lines.join('\n'))].join('\n\n'),
  );
  return [
    `## Line ${line.name}`,
    `The manifests of the crates name line ${own.name}. For a node of line ${line.name}, change these lines in your copy. The Rust code is the same.`,
    ...edited,
  ];
}
