import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Unit, unitHex } from './index.ts';
import { reasonOf } from './testing/always.ts';
import { adopted, ask, digestOf, dutyNamed, sampleClaim, take } from './testing/samples.ts';

for (const parachain of ['aura-parachain', 'aura-scheduling'].map(dutyNamed)) {
  const [A, B] = [digestOf(parachain, 'A'), digestOf(parachain, 'B')];
  describe(`${parachain.name}: the unit is slot, number or core, and a block of the relay chain`, () => {
    const unit: Unit = [20n, 7n, 500n];
    const held = take(adopted(parachain), sampleClaim(parachain, unit, { digest: A }));

    test('two blocks at one unit are never both granted', () => {
      assert.equal(reasonOf(held, sampleClaim(parachain, unit, { digest: B })), 'digest-differs');
      const again = { node: 'ann', incarnation: 'ann-2' };
      const bob = { node: 'bob', incarnation: 'bob-1' };
      for (const owner of [again, bob])
        for (const digest of [A, B])
          assert.equal(reasonOf(held, sampleClaim(parachain, unit, { digest, owner })), 'unit-taken');
      assert.equal(reasonOf(held, sampleClaim(parachain, unit, { digest: A })), 'repeat');
    });

    test('the same slot and number on another relay parent is granted, whichever number it begins with', () => {
      for (const other of [0n, 499n, 501n, (1n << 64n) - 1n]) {
        const claim = sampleClaim(parachain, [20n, 7n, other], { digest: B });
        assert.equal(reasonOf(held, claim), 'new', `${other}`);
      }
    });

    test('so is a lower number of that slot, which a fork brings back', () => {
      assert.equal(reasonOf(held, sampleClaim(parachain, [20n, 6n, 9n], { digest: B })), 'new');
    });

    test('a unit that left the memory is denied for ever', () => {
      let mark = adopted(parachain);
      const units = Array.from({ length: parachain.window + 1 }, (_, n): Unit => [20n, BigInt(n), 1n]);
      for (const each of units) mark = take(mark, sampleClaim(parachain, each, { digest: A }));
      assert.equal(reasonOf(mark, sampleClaim(parachain, units[0] ?? [], { digest: B })), 'below-floor');
      assert.equal(reasonOf(mark, sampleClaim(parachain, [20n, 0n, 0n], { digest: B })), 'below-floor');
    });

    test('whatever comes in whatever order, no unit gets two digests', () => {
      const claims = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.boolean()), { maxLength: 40 });
      fc.assert(
        fc.property(claims, (all) => {
          let mark = adopted(parachain);
          const told = new Map<string, string | null>();
          for (const [slot, number, relayParent, first] of all) {
            const at: Unit = [20n + BigInt(slot), BigInt(number), BigInt(relayParent)];
            const digest = first ? A : B;
            const decision = ask(mark, sampleClaim(parachain, at, { digest }));
            if (decision.outcome !== 'grant') continue;
            const name = unitHex(parachain.fields, at);
            assert.equal(told.get(name) ?? digest, digest, name);
            told.set(name, digest);
            mark = decision.next ?? mark;
          }
          const kept = mark.recent.map(({ unit: one }) => unitHex(parachain.fields, one));
          assert.deepEqual([...new Set(kept)].sort(), kept);
        }),
      );
    });
  });
}
