// Each check of a run sees what it is there for. The runs that break the rules on purpose show the rest.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_FAULTS } from '../faults.ts';
import type { Outcome } from '../outcome.ts';
import { encodeCertificate } from '../quorum/certificate.ts';
import { NO_ATTACHMENT } from '../quorum/codec.ts';
import type { Message, Statement, Value } from '../quorum/messages.ts';
import { valueDigest } from '../quorum/value.ts';
import { agreementOf } from './agreement.ts';
import { evidenceCheckerOf } from './byzantine-evidence-checker.ts';
import { groupSetupOf, hash, TOOL, WINDOWS } from './group-setup.ts';
import { settingsOf } from './options.ts';
import { outcomesOf } from './outcomes.ts';
import { type Check, tallyOf } from './tally.ts';

const CAST = groupSetupOf(settingsOf({ seed: 'checks', windows: 10 }));
const LIAR = 3;

function valueNamed(name: string, validityBlocks = 4n): Value {
  const content = Uint8Array.from(Buffer.from(name, 'utf8'));
  return { action: TOOL, resource: 'stage', validityBlocks, referenceHash: hash('reference'), content };
}

function said(
  seat: number,
  statement: Statement,
  { window = 5n, rank = 0, value = null as Value | null } = {},
): Message {
  const header = { version: 1, window, rank, seat };
  return { header, statement, attachment: { ...NO_ATTACHMENT, value }, signature: new Uint8Array(64) };
}

function execution(window: bigint, value: Value) {
  const certificate = { version: 1, window, rank: 0, value, commits: [] };
  const startBlock = window * WINDOWS.frequencyBlocks + 15n;
  const payload = encodeCertificate(certificate);
  return { window, action: TOOL, payload, startBlock, expiryBlock: startBlock + value.validityBlocks };
}

function violated(tally: ReturnType<typeof tallyOf>, check: Check): number {
  return tally.looks(check).violated;
}

function agreement() {
  const tally = tallyOf();
  return { tally, watch: agreementOf(CAST, tally) };
}

describe('agreement', () => {
  const [one, other] = [valueNamed('one'), valueNamed('other')];

  test('two members that run different digests of a window', () => {
    const { tally, watch } = agreement();
    watch.executed(0, execution(5n, one));
    watch.executed(1, execution(5n, one));
    assert.equal(violated(tally, 'agreement'), 0);
    watch.executed(2, execution(5n, other));
    assert.equal(violated(tally, 'agreement'), 1);
  });

  test('commits that Byzantine members could make a second certificate of, before any member has it', () => {
    const { tally, watch } = agreement();
    for (const seat of [0, 1])
      watch.spoke(said(seat, { kind: 'commit', digest: valueDigest(one) }, { rank: 0 }));
    watch.spoke(said(2, { kind: 'commit', digest: valueDigest(other) }, { rank: 1 }));
    watch.spoke(said(0, { kind: 'commit', digest: valueDigest(other) }, { rank: 2 }));
    assert.equal(violated(tally, 'agreement'), 0, 'commits of two ranks are not a certificate');
    watch.spoke(said(1, { kind: 'commit', digest: valueDigest(other) }, { rank: 1 }));
    assert.equal(violated(tally, 'agreement'), 1);
  });

  test('two statements of one place, but not two of the kinds that may differ', () => {
    const { tally, watch } = agreement();
    watch.spoke(said(0, { kind: 'evidence', digest: hash('a') }));
    watch.spoke(said(0, { kind: 'evidence', digest: hash('b') }));
    watch.spoke(said(0, { kind: 'prepare', digest: hash('a') }));
    watch.spoke(said(0, { kind: 'prepare', digest: hash('a') }));
    watch.spoke(said(0, { kind: 'prepare', digest: hash('b') }, { rank: 1 }));
    assert.equal(violated(tally, 'one-statement'), 0);
    watch.spoke(said(0, { kind: 'prepare', digest: hash('b') }));
    assert.equal(violated(tally, 'one-statement'), 1);
  });

  test('leases that overlap, of windows one after the other', () => {
    const { tally, watch } = agreement();
    watch.executed(0, execution(5n, valueNamed('short', WINDOWS.frequencyBlocks)));
    watch.executed(0, execution(6n, valueNamed('long', WINDOWS.frequencyBlocks + 1n)));
    assert.equal(violated(tally, 'one-lease'), 0, 'one begins where the other ends');
    watch.executed(1, execution(7n, valueNamed('late')));
    assert.equal(violated(tally, 'one-lease'), 1);
  });
});

describe('outcomes', () => {
  const outcome = (from: bigint, to: bigint, result: Outcome['result'] = 'noop'): Outcome => ({
    from,
    to,
    result,
    reason: result === 'noop' ? null : 'passed',
    leader: null,
    action: null,
    startBlock: null,
    expiryBlock: null,
    faults: NO_FAULTS,
    detail: '',
  });

  test('one after the other, told again after a restart', () => {
    const tally = tallyOf();
    const watch = outcomesOf(tally, 1n);
    for (const each of [outcome(1n, 1n), outcome(1n, 1n), outcome(2n, 4n, 'skipped'), outcome(5n, 5n)]) {
      watch.told(0, each);
    }
    assert.equal(violated(tally, 'one-outcome'), 0);
    watch.close([0], 5n);
    assert.equal(violated(tally, 'one-outcome'), 0);
  });

  test('none for the last window, or none at all', () => {
    const tally = tallyOf();
    const watch = outcomesOf(tally, 1n);
    watch.told(0, outcome(1n, 1n));
    watch.close([0], 1n);
    assert.equal(violated(tally, 'one-outcome'), 0);
    watch.close([0, 1], 2n);
    assert.equal(violated(tally, 'one-outcome'), 2);
  });

  test('a gap, another end of the same window, and one that goes back', () => {
    for (const second of [outcome(3n, 3n), outcome(1n, 1n, 'skipped'), outcome(1n, 2n)]) {
      const tally = tallyOf();
      const watch = outcomesOf(tally, 1n);
      watch.told(0, outcome(1n, 1n));
      watch.told(0, second);
      assert.equal(violated(tally, 'one-outcome'), 1, `${second.from} to ${second.to}`);
    }
  });
});

describe('provable faults', () => {
  const sent = (statement: Statement, rank = 0, misdeeds: readonly 'mistake'[] = []) => ({
    isSound: true,
    message: said(LIAR, statement, { rank }),
    payload: new Uint8Array(),
    misdeeds,
  });
  const commit = sent({ kind: 'commit', digest: hash('a') });
  const denial = sent({ kind: 'rank-change', prepared: null, heard: false }, 1);
  const conflict = sent({ kind: 'commit', digest: hash('b') });

  function missed(
    heard: readonly { readonly life: number; readonly what: ReturnType<typeof sent> }[],
    lifeAtEnd = 1,
    proven: readonly 'equivocation'[] = [],
  ): number {
    const tally = tallyOf();
    const watch = evidenceCheckerOf(tally);
    for (const { life, what } of heard) watch.heard(0, life, what);
    for (const kind of proven) watch.proven(LIAR, kind);
    watch.close(5n, () => lifeAtEnd);
    return violated(tally, 'misdeed-caught');
  }

  test('that no member proved are missed: two statements of a place, a forgotten lock, and self-evident faults', () => {
    assert.equal(missed([{ life: 1, what: commit }]), 0);
    assert.equal(missed([commit, conflict].map((what) => ({ life: 1, what }))), 1);
    assert.equal(missed([denial, commit].map((what) => ({ life: 1, what }))), 1);
    assert.equal(
      missed([{ life: 1, what: sent({ kind: 'prepare', digest: hash('a') }, 0, ['mistake']) }]),
      1,
    );
  });

  test('that were proven are not, nor those of which every witness went down', () => {
    const both = [commit, conflict].map((what) => ({ life: 1, what }));
    assert.equal(missed(both, 1, ['equivocation']), 0);
    assert.equal(missed(both, 2), 0);
  });

  test('that two members heard in part, over a quiet network, are missed unless a member proved them', () => {
    const unproven = (quietFrom: bigint, isProven = false, lives = [1, 1]) => {
      const tally = tallyOf();
      const watch = evidenceCheckerOf(tally);
      watch.heard(0, 1, commit, 10n);
      watch.heard(1, 1, conflict, 12n);
      if (isProven) watch.proven(LIAR, 'equivocation');
      watch.close(5n, (seat) => lives[seat] ?? 0, quietFrom);
      return violated(tally, 'split-proven');
    };
    assert.equal(unproven(12n), 1);
    assert.equal(unproven(12n, true), 0);
    // The network was not quiet when the second member passed it on, or the first one has forgotten.
    assert.equal(unproven(13n), 0);
    assert.equal(unproven(12n, false, [2, 1]), 0);
  });

  test('of which a member heard one half before a crash and one half after it', () => {
    const halves = [
      { life: 1, what: commit },
      { life: 3, what: conflict },
    ];
    assert.equal(missed(halves, 3), 0);
  });
});
