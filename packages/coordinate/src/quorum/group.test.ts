// Whole groups: every member runs the engine, and messages travel over a network that loses messages on
// request.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCertificate, decodeCertificate } from './certificate.ts';
import { CONTENT, fakeVerify, groupOf, planOf, SCHEDULE } from './testing/fake-group.ts';
import { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts';

const results = (network: FakeNetwork) =>
  [...network.nodes.values()].map((node) =>
    node.of('record-outcome').map(({ outcome }) => outcome.reason ?? outcome.result),
  );

const certificateRanks = (network: FakeNetwork) =>
  [...network.nodes.values()].flatMap((node) =>
    node.of('execute').map(({ execution }) => decodeCertificate(execution.payload)?.rank),
  );

describe('a group whose messages all arrive', () => {
  for (const members of [1, 3, 4, 7]) {
    test(`of ${members} agrees in the first rank, and executes the same with a certificate that holds`, () => {
      const group = groupOf(members);
      const network = fakeNetwork(group);
      network.run(29n, 30n);
      for (const node of network.nodes.values()) {
        const notes = node.of('notice').filter(({ code }) => code === 'certificate');
        assert.equal(notes.length, 1);
        assert.match(notes[0]?.text ?? '', /^certificate of rank 0 for call/);
      }
      network.run(31n, 55n);
      for (const node of network.nodes.values()) {
        const [{ execution } = { execution: null }] = node.of('execute');
        assert.equal(execution?.action, 'call');
        assert.equal(execution?.startBlock, 55n);
        assert.equal(execution?.expiryBlock, 65n);
        const certificate = decodeCertificate(execution?.payload ?? new Uint8Array());
        assert.ok(certificate !== null);
        assert.deepEqual(certificate.value.content, CONTENT);
        assert.equal(checkCertificate(group, SCHEDULE, certificate, fakeVerify), null);
        assert.deepEqual(node.of('record-fault'), []);
      }
      assert.equal(network.decided().get(1n)?.size, 1);
      assert.deepEqual(network.doubles(), []);
    });
  }

  test('runs no action if the group agrees on a noop', () => {
    const network = fakeNetwork(groupOf(4), {
      generate: () => ({ action: 'noop', content: new Uint8Array() }),
      validate: () => assert.fail('a noop needs no validator'),
    });
    network.run(29n, 55n);
    assert.deepEqual(results(network), [['noop'], ['noop'], ['noop'], ['noop']]);
  });

  test('goes through windows after windows, each with its leader', () => {
    const network = fakeNetwork(groupOf(4), {
      generate: () => ({ action: 'noop', content: new Uint8Array() }),
    });
    network.run(29n, 30n * 9n - 1n);
    for (const node of network.nodes.values()) {
      const leaders = node.of('record-outcome').map(({ outcome }) => outcome.leader);
      assert.equal(leaders.length, 8);
      // In a span each member leads once.
      assert.equal(new Set(leaders.slice(0, 4)).size, 4);
      assert.equal(new Set(leaders.slice(4)).size, 4);
    }
  });
});

describe('a dead leader costs a rank', () => {
  for (const [members, dead] of [
    [4, 1],
    [7, 1],
    [7, 2],
  ] as const) {
    test(`${members} members whose first ${dead} leaders are dead`, () => {
      const group = groupOf(members);
      const silent = planOf(group).leaders.slice(0, dead);
      const network = fakeNetwork(group, { silent });
      network.run(29n, 55n);
      assert.deepEqual(new Set(certificateRanks(network)), new Set([dead]));
      assert.equal(certificateRanks(network).length, members - dead);
      for (const node of network.nodes.values()) {
        const faults = node.of('record-fault').map(({ fault }) => `${fault.culprit} ${fault.kind}`);
        assert.deepEqual(
          faults,
          silent.map((seat) => `m${seat} idleness`),
        );
      }
    });
  }

  test('a generator without a value is asked three times, then the next rank leads', () => {
    const group = groupOf(4);
    const [first] = planOf(group).leaders;
    const network = fakeNetwork(group, {
      generate: (seat) => (seat === first ? null : { action: 'call', content: CONTENT }),
    });
    network.run(29n, 55n);
    assert.equal(network.nodes.get(first ?? -1)?.of('generate').length, 3);
    assert.deepEqual(new Set(certificateRanks(network)), new Set([1]));
  });

  test('too many dead members: no certificate, and the detail says how far it came', () => {
    const network = fakeNetwork(groupOf(4), { silent: planOf(groupOf(4)).leaders.slice(1, 3) });
    network.run(29n, 55n);
    for (const node of network.nodes.values()) {
      const [{ outcome } = { outcome: null }] = node.of('record-outcome');
      assert.equal(outcome?.reason, 'no-certificate');
      assert.match(
        outcome?.detail ?? '',
        /^rank 0: proposal heard, 2 prepares, 0 commits; rank 1: 2 rank-changes/,
      );
    }
  });
});

describe('the detail of a window without a certificate', () => {
  const details = (network: FakeNetwork) =>
    [...network.nodes.values()].map((node) => node.of('record-outcome')[0]?.outcome.detail ?? '');

  test('has the refusals, with their reasons', () => {
    const network = fakeNetwork(groupOf(4), {
      validate: (seat) =>
        seat % 2 === 0
          ? { result: 'refused', code: 'wrong-payee', detail: '', facts: new Uint8Array() }
          : { result: 'unknown', why: 'no answer' },
    });
    network.run(29n, 55n);
    // The leader of rank 0 made it, so it asks no validator.
    const refused = (planOf(groupOf(4)).leaders[0] ?? 0) % 2 === 0 ? 1 : 2;
    for (const detail of details(network)) {
      assert.match(
        detail,
        new RegExp(`rank 0: proposal heard, 1 prepare, 0 commits, refused wrong-payee by ${refused};`),
      );
    }
  });

  test('has the errors of the generator', () => {
    const network = fakeNetwork(groupOf(4), { generate: () => null });
    network.run(29n, 55n);
    const own =
      /no proposal heard, 0 prepares, 0 commits, this node could not make a proposal: nothing to do, nothing to do/;
    for (const detail of details(network)) assert.match(detail, own);
  });
});

describe('a member that was cut off', () => {
  test('from all members until the last part of the window gets the certificate there', () => {
    let isCut = true;
    const network = fakeNetwork(groupOf(4), { arrives: (from, to) => !(isCut && (from === 3 || to === 3)) });
    network.run(29n, 49n);
    const notes = network.nodes.get(3)?.of('notice') ?? [];
    assert.ok(!notes.some(({ code }) => code === 'certificate'));
    isCut = false;
    network.run(50n, 55n);
    assert.deepEqual(results(network), [['execute'], ['execute'], ['execute'], ['execute']]);
    assert.equal(network.decided().get(1n)?.size, 1);
  });

  test('and sees late heights moves up with f + 1 others', () => {
    const network = fakeNetwork(groupOf(4), {
      silent: planOf(groupOf(4)).leaders.slice(0, 1),
    });
    const live = [...network.nodes.keys()];
    const [late = -1] = live;
    network.run(29n, 30n);
    // One member stays at the first height while the others go to rank 1.
    network.run(
      31n,
      35n,
      live.filter((seat) => seat !== late),
    );
    const changes = network.nodes
      .get(late)
      ?.of('notice')
      .filter(({ code }) => code === 'rank');
    assert.match(changes?.[0]?.text ?? '', /goes to rank 1 at height 30/);
    assert.equal(network.decided().get(1n)?.size, 1);
  });
});
