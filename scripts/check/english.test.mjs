// Each pattern of the English check with phrases that it must find, and sentences that must pass.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsIn, run } from './english.mjs';
import { RULES } from './english-rules.mjs';
import { plantTree } from './fixture-tree.mjs';

const rulesIn = (text, file = 'docs/how-to/a.md') =>
  findingsIn(file, text).map(({ key }) => key.split(': ')[1]);

/** For each rule, sentences that break it. */
const BREACHES = {
  'negated-pronoun': ['Send it to whoever asks.', 'Nobody answers.', 'It sends nothing that counts.'],
  'where-condition': [
    'Where that fails, it stops.',
    'It runs. Where that\nfails, it stops.',
    '- Where one is gone, it waits.',
  ],
  told: ['The member is told the block.', 'It tells\neach mistake.'],
  'of-own': ['a page of its own', 'machines of\ntheir own'],
  'dated-adverb': ['It runs all the same.', 'Nodes besides these', 'It is seldom used.'],
  'noun-clause': [
    'What enough of them signed is done.',
    'Who runs a fleet risks a stake.',
    'It depends on it and on the text of what is signed.',
  ],
};

/** Sentences that break none. */
const ALLOWED = [
  'What is a round?',
  '# What to do',
  'There is nothing to do.',
  'If that fails, root login stays enabled. This page shows where it lies, and how.',
  'Its own key has one size.',
  '`whoever` and [page](whoever.md)',
  '```\nnobody is told\n```\n',
];

test('every rule has a breach here, and an example of a rewrite that passes', () => {
  assert.deepEqual(Object.keys(BREACHES).sort(), RULES.map(({ name }) => name).sort());
  for (const { name, before, after } of RULES) {
    assert.ok(rulesIn(after).length === 0, `${name}: ${after}`);
    assert.ok(rulesIn(before).length > 0 || name === 'noun-clause', `${name}: ${before}`);
  }
});
for (const [name, sentences] of Object.entries(BREACHES))
  for (const sentence of sentences)
    test(`${name}: ${JSON.stringify(sentence)}`, () => assert.ok(rulesIn(sentence).includes(name)));
for (const sentence of ALLOWED)
  test(`passes: ${JSON.stringify(sentence)}`, () => assert.deepEqual(rulesIn(sentence), []));

test('comments and literals count, code does not; a phrase in a comment may wrap', () => {
  const source = [
    '/** It is',
    ' * told so. */',
    'const nobody = tells;',
    "fail('nobody answers');",
    '// a page of',
    '// its own',
    'const r = /whoever/;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source with a template
    'log(`seldom ${nobody}`);',
  ].join('\n');
  const found = findingsIn('packages/duty/src/a.ts', source);
  assert.deepEqual(found.map(({ key, line }) => `${key} ${line}`).sort(), [
    'packages/duty: dated-adverb 8',
    'packages/duty: negated-pronoun 4',
    'packages/duty: of-own 5',
    'packages/duty: told 1',
  ]);
});

test('a new phrase fails with its line and an example, even if another folder improved', async (t) => {
  const { root, write, baseline } = plantTree(t, {
    'docs/how-to/a.md': 'Nobody answers.\n',
    'docs/reference/b.md': 'Nobody reads generated pages.\n',
    'packages/duty/src/a.ts': "fail('nobody answers');",
    'README.md': 'Seldom.\n',
  });
  await run(root, ['--init']);
  const first = {
    '.: dated-adverb': 1,
    'docs/how-to: negated-pronoun': 1,
    'packages/duty: negated-pronoun': 1,
  };
  assert.deepEqual(baseline('english'), first);
  write({ 'docs/how-to/a.md': 'Nobody answers.\n\nNobody asks.\n', 'packages/duty/src/a.ts': '' });
  const { exitCode, lines } = await run(root, ['--update']);
  assert.equal(exitCode, 1);
  assert.match(
    lines.join('\n'),
    /how-to: negated-pronoun: 2, allowed 1[\s\S]*Before: "[\s\S]*a[.]md:3: Nobody/,
  );
  assert.deepEqual(baseline('english'), first);
});

test('too few examples fail, with their rate', async (t) => {
  const page = (phrase) => `${'The service answers every claim. '.repeat(500)}\n\n${phrase}\n`;
  const { root, write } = plantTree(t, { 'docs/how-to/a.md': page('It prints, for example, for example.') });
  await run(root, ['--init']);
  const met = await run(root, []);
  assert.equal(met.exitCode, 0, met.lines.join('\n'));
  write({ 'docs/how-to/a.md': page('It prints.') });
  const without = await run(root, []);
  assert.equal(without.exitCode, 1);
  assert.match(without.lines.join('\n'), /documents: 0[.]0 examples in 10,000 words, at least 5 MISSED/);
});
