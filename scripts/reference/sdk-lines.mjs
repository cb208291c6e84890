import { MEMBERS, readLines, releaseOf, WORKSPACE_LOCK } from '../node/sdk-line-files.mjs';
import { code, filled, table } from './markdown.mjs';

/** docs/duty/reference/sdk-lines.md @param {readonly import('../node/sdk-line-files.mjs').Line[]} lines */
export function sdkLinesPage(lines = readLines()) {
  const own = lines.find(({ lock }) => lock === WORKSPACE_LOCK);
  if (own === undefined) throw new Error('no SDK line has the lock of substrate/');
  const others = lines.filter((line) => line !== own);
  const crate = (line) => `${code(`sc-service ${line.crates['sc-service']}`)} of line ${line.name}`;
  return filled(new URL('sdk-lines.md', import.meta.url), {
    example: lines[0].name,
    older: `${crate(own)} is older code than ${others.map(crate).join(' and ')}`,
    lines: table(['', ...lines.map(({ name }) => name)], versions(lines)),
    own: own.name,
  });
}

function versions(lines) {
  const names = [...new Set(lines.flatMap(({ crates }) => Object.keys(crates)))].sort();
  return [
    ['version of the `polkadot` program', ...lines.map(({ node }) => node)],
    ['`watchbill-gate` and `watchbill-wiring`', ...lines.map((line) => releaseOf(line))],
    [`compiled and tested: ${MEMBERS.map(code).join(', ')}`, ...lines.map(() => 'yes')],
    ['run in real nodes', ...lines.map(({ runs }) => runs)],
    ...names.map((name) => [code(name), ...lines.map(({ crates }) => crates[name] ?? '')]),
  ];
}
