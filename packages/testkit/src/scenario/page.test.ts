import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionOf, withSection } from './page.ts';

const PAGE = '# Page\n\n## One\n\nfirst\n\n### Part\n\n## Two\n\nsecond\n';

test('a section ends before the next heading of its level', () => {
  assert.deepEqual(sectionOf(PAGE, 'One'), ['## One', '', 'first', '', '### Part']);
  assert.deepEqual(sectionOf(PAGE, 'Two'), ['## Two', '', 'second']);
  assert.deepEqual(sectionOf(PAGE, 'Three'), []);
});

test('a section is replaced where it is, and a new one comes last', () => {
  const changed = withSection(PAGE, 'One', ['## One', '', '$& costs $1']);
  assert.equal(changed, '# Page\n\n## One\n\n$& costs $1\n\n## Two\n\nsecond\n');
  assert.equal(withSection(PAGE, 'Three', ['## Three']), `${PAGE}\n## Three\n`);
});
