import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Note } from '../../rules.ts';
import { refusalTeller } from './refusals.ts';

test('a refusal of the transport is reported once for each member and reason, with a hint', () => {
  const notes: Note[] = [];
  const refused = refusalTeller(
    (seat) => `m${seat}`,
    (note) => notes.push(note),
  );
  for (let i = 0; i < 1_000; i++) {
    refused('bad-signature', 2);
    refused('over-quota', 2);
    refused('bad-signature', null);
    refused('duplicate', 1);
    refused('own-past', null);
    refused('own-key-elsewhere', null);
  }
  assert.deepEqual(
    notes.map(({ code }) => code),
    ['refused-bad-signature', 'refused-over-quota', 'refused-bad-signature', 'own-key-elsewhere'],
  );
  assert.match(
    notes[0]?.text ?? '',
    /^refused from m2: the proof of identity .* has expired; check the clocks/,
  );
  assert.match(notes[3]?.text ?? '', /^another process runs with the key of this member/);
  assert.match(notes[2]?.text ?? '', /^refused from an unidentified peer: /);
});
