// A member whose signer gives no signatures stays silent, keeps running, and takes part again afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignerUnavailable } from '../keys/signer-unavailable.ts';
import { CONTENT, groupOf, planOf } from './testing/fake-group.ts';
import { memberAt, PLAN } from './testing/fake-member.ts';
import { callOf, proposeOf } from './testing/fake-messages.ts';
import { fakeNetwork } from './testing/fake-network.ts';

const GROUP = groupOf(4);
/** Leads the first rank of window 1. */
const LEADER = planOf(GROUP).leaders[0] ?? -1;
const OTHER = (LEADER + 1) % 4;

function networkWith(seat: number) {
  const signer = { works: false };
  const network = fakeNetwork(GROUP, {
    optionsOf: (of) =>
      of === seat
        ? {
            beforeSigning: () => {
              if (!signer.works) throw new SignerUnavailable('the signing program ended with 1');
            },
          }
        : {},
  });
  const node = network.nodes.get(seat) ?? assert.fail();
  return { network, node, signer };
}

const result = (node: { of(kind: 'record-outcome'): readonly { outcome: { result: string } }[] }) =>
  node.of('record-outcome').at(-1)?.outcome.result;

test('the others agree without it, it reports the reason, and takes full part in its next window', () => {
  const { network, node, signer } = networkWith(OTHER);
  network.run(29n, 56n);
  assert.deepEqual(node.of('broadcast'), []);
  const notices = node.of('notice').filter(({ code }) => code === 'signer-failed');
  assert.match(notices[0]?.text ?? '', /cannot sign hello: the signing program ended with 1/);
  assert.equal(notices.length, 1, 'once in a window');
  for (const each of network.nodes.values()) assert.equal(result(each), 'execute');
  for (const each of network.nodes.values()) each.give({ kind: 'action-ended', window: 1n });
  signer.works = true;
  network.run(57n, 86n);
  assert.ok(node.of('broadcast').length > 0);
  assert.equal(result(node), 'execute');
});

test('a leader that cannot sign says so in its outcome', () => {
  const member = memberAt(LEADER, {
    beforeSigning: () => {
      throw new SignerUnavailable('the signing program ended with 1');
    },
  });
  member.node.give({
    kind: 'proposal',
    window: 1n,
    attempt: 1,
    proposal: { action: 'call', content: CONTENT },
  });
  member.height(55n);
  const detail = member.node.of('record-outcome').at(-1)?.outcome.detail ?? '';
  assert.match(detail, /this node could not make a proposal: the proposal could not be signed/);
});

/** A member that may be left without signatures. */
function memberWith(seat: number) {
  const signer = { works: true };
  const member = memberAt(seat, {
    beforeSigning: () => {
      if (!signer.works) throw new SignerUnavailable('the signing program ended with 1');
    },
  });
  return { member, signer };
}

test('a rank-change that could not be signed is sent when the signer is back, in the same rank and once', () => {
  const { member, signer } = memberWith(OTHER);
  signer.works = false;
  member.height(35n);
  member.height(36n);
  assert.deepEqual(member.sent('rank-change'), []);
  signer.works = true;
  member.height(37n);
  member.height(38n);
  const sent = member.sent('rank-change').map(({ header, statement }) => [header.rank, statement]);
  assert.deepEqual(sent, [[1, { kind: 'rank-change', prepared: null, heard: false }]]);
});

test('a member that is silenced signs nothing more, and after a restart nothing in the same window', () => {
  let why: string | null = null;
  const silenced = () => why;
  const signer = memberAt(OTHER, { silenced });
  const silent = memberAt(OTHER, { silenced });
  const proposal = proposeOf(PLAN, LEADER, 0, callOf(PLAN, 1));
  for (const member of [signer, silent]) member.hear(proposal);
  signer.answer({ result: 'valid' });
  assert.equal(signer.sent('prepare').length, 1, 'the control');
  why = 'another process has its key';
  silent.answer({ result: 'valid' });
  assert.equal(silent.sent('prepare').length, 0);
  why = null;
  silent.node.restart();
  silent.height(31n);
  silent.hear(proposal);
  assert.equal(silent.node.of('validate').length, 1, 'it asks no more');
  assert.match(silent.notes('sits-out')[0] ?? '', /another process has its key/);
});
