// Every command line that a page prints is one that the command takes: the command exists, its options exist,
// nothing is missing.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { argumentsOf, blockCommands, mentions, proseFlags } from '@watchbill/testkit/pages/command-lines';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import { shellCommands } from '@watchbill/testkit/pages/shell';
import { buildProgram, systemIo } from 'watchbill';
import { optionsBelow, refusal, refusalOfMention } from './refusals.ts';

const PAGES = globSync(
  ['*.md', 'docs/**/*.md', 'packages/*/{,src/*/}README.md', 'examples/**/*.md', 'packages/*/bench/**/*.md'],
  { cwd: ROOT, exclude: ['**/node_modules'] },
).sort();
const TEXTS = PAGES.map((page) => ({ page, text: readFileSync(join(ROOT, page), 'utf8') }));

test('the command takes every command line that stands in a block of a page', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const { page, text } of TEXTS)
    for (const command of blockCommands(text)) {
      const args = argumentsOf(command);
      if (args === null) continue;
      count += 1;
      const found = await refusal(args);
      if (found !== null) wrong.push(`${page}:${command.line} watchbill ${args.join(' ')}: ${found.message}`);
    }
  assert.deepEqual(wrong, []);
  assert.ok(count > 350, `${count} command lines are found`);
});

test('every command that a sentence names exists, and has the options that are named with it', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const { page, text } of TEXTS)
    for (const { line, args } of mentions(text)) {
      count += 1;
      const found = await refusalOfMention(args);
      if (found !== null) wrong.push(`${page}:${line} watchbill ${args.join(' ')}: ${found.message}`);
    }
  assert.deepEqual(wrong, []);
  assert.ok(count > 100, `${count} mentions are found`);
});

test('every command that an error or a comment of the code names exists, too', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const file of globSync('packages/*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).sort()) {
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll('\\`', '`');
    for (const [whole, named = ''] of text.matchAll(/`watchbill ([^`$\n]+)`/g)) {
      count += 1;
      const found = await refusalOfMention(shellCommands(named)[0]?.words ?? []);
      if (found !== null) wrong.push(`${file} ${whole}: ${found.message}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 50, `${count} are found`);
});

/** What people read of the product. A comment, which starts its line, may name files of the repository. */
const MESSAGES = globSync('packages/*/src/**/*.{ts,yaml,json}', {
  cwd: ROOT,
  exclude: ['packages/testkit', '**/testing', '**/*.test.ts'],
}).map((file) => {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll('\\`', '`');
  return { file, text: text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '') };
});

test('no message names a page by its path in the repository', () => {
  const path = /(?<!\/)\bdocs\/\w[^\s'"`]*|\bpage (?:how-to|explanation|reference|tutorial)\/[\w-]+/g;
  const paths = MESSAGES.flatMap(({ file, text }) =>
    [...text.matchAll(path)].map(([found]) => `${file}: ${found}`),
  );
  assert.deepEqual(paths, [], 'name it as `watchbill docs WORD`: an installed product has no repository');
});

/** Prints a page. Without a page of this very name, it prints a list. */
async function nameOfPage(word: string): Promise<string | undefined> {
  const printed: string[] = [];
  const io = { ...systemIo(), out: (text: string) => void printed.push(text) };
  await buildProgram({ io, exit: () => undefined }).parseAsync(['docs', word, '--json'], { from: 'user' });
  return JSON.parse(printed.join('')).name;
}

test('`watchbill docs` prints exactly one page for each word that a message names', async () => {
  const named = MESSAGES.flatMap(({ file, text }) =>
    [...text.matchAll(/`watchbill docs ([^`$(]+)`|\bpage(?::| =) '([^']+)'/g)].map(
      ([, command, page]) => [command ?? page ?? '', file] as const,
    ),
  );
  const files = new Map(named);
  assert.ok(files.size > 15, `${files.size} pages are named`);
  for (const [word, file] of files) assert.equal(await nameOfPage(word), word, `${file}: docs ${word}`);
});

test('every script of the repository that a block runs exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const missing = TEXTS.flatMap(({ page, text }) =>
    blockCommands(text).flatMap(({ line, words }) => {
      const [program, ...rest] = words;
      const named = rest.find((word) => !word.startsWith('-')) ?? '';
      const script =
        program === 'npm' && named === 'run' ? rest.filter((word) => !word.startsWith('-'))[1] : null;
      if (typeof script === 'string' && !(script in scripts)) return [`${page}:${line} npm run ${script}`];
      const isOurs = program === 'node' && /^(?:packages\/[^/]+\/)?(?:scripts|bench)\/.+\.mjs$/.test(named);
      return isOurs && !existsSync(join(ROOT, named)) ? [`${page}:${line} node ${named}`] : [];
    }),
  );
  assert.deepEqual(missing, []);
});

/** Flags that sentences name and that are not of `watchbill`. */
const OTHERS = new Set(
  [
    // the node of polkadot-sdk, and the node of this repository
    '--rpc-methods --rpc-external --unsafe-rpc-external --validator --no-grandpa --relay-chain-rpc-urls --keystore-path --base-path --password --state-pruning --operator --force-authoring --alice --ferdie --telemetry-url',
    '--duty-service --duty-grants --duty-token-file --duty-ca-file --duty-node --duty-state --duty-vote-timeout-ms --duty-off-confirmed --duty-pass-kind --duty-sealed-keys --duty-identity --duty-url-file',
    // systemctl, kubectl
    '--now --context',
    // cargo
    '--release --workspace',
    // age
    '--decrypt --passphrase',
    // etcd, PD, Prometheus, TypeScript, Node, Biome
    '--bump-revision --force-new-cluster --join --initial-cluster --max-txn-ops --web.enable-remote-write-receiver --enable-feature --build --test --write',
    '--eval --max-semi-space-size --no-parallel-scavenge --optimize-for-size --semi-space-growth-factor --single-threaded-gc',
    // gcloud, aws, az
    '--zone --latest --output --instance-id --resource-group --public-fqdn --internal-ip',
    // the server of Substrate telemetry
    '--expose-node-details',
    // scripts of this repository
    '--real --list --specs --collator --memory --changed --passed --minutes --again --install --page --update --mutations --only --add-on --save --with-node --with-image --registry --release',
    // cargo
    '--workspace',
  ].flatMap((flags) => flags.split(' ')),
);

test('every flag that a sentence names is one of the command, or is known to be of another program', () => {
  const known = optionsBelow();
  const named = TEXTS.flatMap(({ page, text }) => proseFlags(text).map((found) => ({ page, ...found })));
  const unknown = named.filter(({ flag }) => !known.has(flag) && !OTHERS.has(flag));
  assert.deepEqual(
    unknown.map(({ page, line, flag }) => `${page}:${line} ${flag}`),
    [],
  );
  const used = new Set(named.map(({ flag }) => flag));
  assert.deepEqual(
    [...OTHERS].filter((flag) => !used.has(flag)),
    [],
    'named by no page any more',
  );
});

test('the checks see a command, an option and an argument that do not exist, and one that is missing', async () => {
  const said = async (line: string) => (await refusal(line.split(' ')))?.message ?? null;
  assert.match((await said('fleet plam')) ?? '', /unknown command 'plam'/);
  assert.match((await said('fleet plan --fiel network.yaml')) ?? '', /unknown option '--fiel'/);
  assert.match((await said('fleet scale rpc')) ?? '', /missing required argument 'count'/);
  assert.match((await said('fleet up')) ?? '', /required option '--local' not specified/);
  assert.match((await said('fleet render --format xml')) ?? '', /'xml' is invalid/);
  assert.match((await said('fleet explain rpc now')) ?? '', /too many arguments/);
  assert.equal(await said('fleet access exec NODE -- ls --all'), null);
  assert.equal(await said('fleet plan --help'), null);
  assert.equal(await refusalOfMention(['fleet', 'keys', '--node']), null);
  assert.notEqual(await refusalOfMention(['fleet', 'keys', '--nodes']), null);
  assert.notEqual(await refusalOfMention(['fleet', 'exporter']), null);
});

test('commands are found wherever shell hides them, and what is data is not taken for one', () => {
  const text = `cd a && X=1 watchbill one "b c" 'd' > out 2>&1 # watchbill two
cat <<'END' | watchbill three \\
  --e "$(watchbill four -- "f)")"
watchbill five
END
for i in 1 2; do watchbill six "$i" & done; { watchbill seven; } || ! watchbill eight
`;
  const found = shellCommands(text, 10).filter(({ words }) => words[0] === 'watchbill');
  assert.deepEqual(
    found.map(({ line, words }) => `${line} ${words.slice(1).join('|')}`),
    [
      '10 one|b c|d',
      '12 four|--|f)',
      '11 three|--e|$(watchbill four -- "f)")',
      '15 six|$i',
      '15 seven',
      '15 eight',
    ],
  );
  const page = `
\`\`\`console
$ sudo -u x watchbill a
watchbill b
\`\`\`
\`\`\`ini
ExecStart=/usr/bin/watchbill c
X=watchbill d
\`\`\`
`;
  assert.deepEqual(
    blockCommands(page).map((command) => argumentsOf(command)),
    [['a'], ['c']],
  );
});
