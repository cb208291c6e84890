import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareUnits, DUTIES, type Duty } from './index.ts';
import { always, highestOf, reasonOf } from './testing/always.ts';
import { unitNumber } from './testing/grown-marks.ts';
import { adopted, dutyNamed, sampleClaim, samplePolicy, take } from './testing/samples.ts';

const babe = dutyNamed('babe');
const imOnline = dutyNamed('im-online');

describe('strictly increasing claims of the original wire protocol', () => {
  const original = (duty: Duty, place: number) =>
    sampleClaim(duty, unitNumber(duty, place), {
      parts: duty.parts,
      digest: null,
      term: null,
      strictlyIncreasing: true,
    });

  always(
    'a number not above every unit of the mark is denied, also to repeat',
    ({ mark, policy }, claim, duty) => {
      const top = highestOf(mark, duty);
      for (let place = 1; place < 33; place++) {
        const asked = { ...original(duty, place), owner: claim.owner };
        const above = compareUnits(asked.unit, top) > 0;
        assert.equal(reasonOf(mark, asked, { policy }), above ? 'new' : 'not-increasing');
      }
    },
  );

  test('the first number of a key adopted as never signed is granted, number 0 too', () => {
    for (const duty of DUTIES) {
      const mark = take(adopted(duty), original(duty, 0));
      assert.equal(reasonOf(mark, original(duty, 0)), 'not-increasing');
      assert.equal(reasonOf(mark, original(duty, 1)), 'new');
    }
  });

  test('where the policy requires a digest it is denied', () => {
    const policy = samplePolicy({}, { digestRequired: true });
    assert.equal(reasonOf(adopted(babe), original(babe, 20), { policy }), 'digest-required');
    assert.equal(reasonOf(adopted(imOnline), original(imOnline, 20), { policy }), 'new');
  });
});
