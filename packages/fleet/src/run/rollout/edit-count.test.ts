import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCount } from './edit-count.ts';

const FILE = `# of the harbour
pools:
  rpc:   {role: rpc,   count: 3} # readers
  wide:
    role: rpc
    # east is cheaper
    places: {east: 2, west: 1}
  signers: # role: validator
    flags: {db-cache: 1}
`;

function edited(pool: string, place: string, count: number, text = FILE): string {
  const edit = withCount(text, pool, place, count);
  assert.ok(edit.ok);
  return edit.text;
}

test('a number is changed where it stands, and not a byte beside it', () => {
  assert.equal(edited('rpc', 'main', 10), FILE.replace('count: 3', 'count: 10'));
  assert.equal(edited('wide', 'west', 4), FILE.replace('west: 1', 'west: 4'));
});

test('a pool without a count gets one, and comments stay', () => {
  const text = edited('signers', 'main', 5);
  assert.match(text, /signers:\s+# role: validator\n {4}flags: \{db-cache: 1\}\n {4}count: 5/);
  assert.match(text, /# of the harbour[\s\S]*# readers[\s\S]*# east is cheaper/);
  assert.match(
    edited('north', 'main', 1, '# only a preset\npreset: solo-chain\n'),
    /# only a preset[\s\S]*north:\n {4}count: 1/,
  );
});

test('what is no YAML is not edited', () => {
  assert.ok(!withCount('pools: [', 'rpc', 'main', 1).ok);
});
