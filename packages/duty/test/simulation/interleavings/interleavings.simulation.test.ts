import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimReply, ClaimRequest } from '@watchbill/duty/service';
import { CHAIN, KEY } from '../names.ts';
import { chainRound, chainSlot, roundText } from '../nodes/chain.ts';
import { covers, entriesOf } from '../services/durable.ts';
import { explore } from './explore.ts';
import { createSetting, type Setting } from './setting.ts';

/** Two requests for one unit at the same moment: which services they reach, and in what they differ. */
interface Pair {
  readonly name: string;
  readonly services: readonly [number, number];
  readonly duty: 'babe' | 'grandpa';
  readonly other: 'equal' | 'other payload' | 'other start' | 'other node';
}

const PAIRS: readonly Pair[] = (['babe', 'grandpa'] as const).flatMap((duty) =>
  (['equal', 'other payload', 'other start', 'other node'] as const).flatMap((other) =>
    [[0, 0] as const, [0, 1] as const].map((services) => ({
      name: `${duty}, the second is ${other === 'equal' ? 'the same request' : `of ${other}`}, at ${services[1] === 0 ? 'one service' : 'two services'}`,
      services,
      duty,
      other,
    })),
  ),
);

const PAYLOADS = {
  babe: ['0a', '0b'].map((byte) => `0x${byte.repeat(32)}`),
  grandpa: ['0a', '0b'].map((byte) => `0x${byte.repeat(40)}`),
};
const STARTS = ['11'.repeat(16), '22'.repeat(16)];

for (const pair of PAIRS) {
  test(`two requests within microseconds: ${pair.name}`, async (t) => {
    const setting = await createSetting();
    setting.gate.holdsDisks = pair.services[0] === pair.services[1];
    let replies: ClaimReply[] = [];
    let isDurable = true;
    const ask = async (index: 0 | 1): Promise<void> => {
      const service = pair.services[index];
      const permit = setting.permits[service];
      if (permit === undefined) throw new Error('there is no such service');
      const node = pair.other === 'other node' && index === 1 ? 'b' : 'a';
      const reply = await permit.claim(requestOf(setting, pair, index), { node });
      replies.push(reply);
      const entries = entriesOf(setting.disks[service] ?? fail(), `${CHAIN}/${KEY}/${pair.duty}`);
      if (reply.outcome === 'granted') isDurable &&= entries.some((entry) => covers(entry, reply));
    };
    const orders = await explore(setting.clock, setting.gate, {
      async prepare() {
        replies = [];
        await setting.nextUnits();
        await setting.sameMemory(requestOf(setting, pair, 0));
        await setting.nextUnits();
      },
      starts: [
        { name: 'the first arrives', run: () => ask(0) },
        { name: 'the second arrives', run: () => ask(1) },
      ],
      judge(order) {
        const told = replies.map(
          ({ outcome, reason, digest }) => `${outcome} ${reason} ${digest?.slice(0, 4)}`,
        );
        const why = `${told.join(', ')} in the order: ${order.join('; ')}`;
        const granted = replies.filter(({ outcome }) => outcome === 'granted');
        assert.equal(new Set(granted.map(({ digest }) => digest)).size, 1, why);
        assert.equal(granted.length, pair.other === 'equal' ? 2 : 1, why);
        assert.equal(replies.length, 2, why);
        assert.ok(isDurable, why);
      },
    });
    t.diagnostic(`${orders} orders`);
    assert.ok(orders > 1);
  });
}

function fail(): never {
  throw new Error('there is no such disk');
}

let claims = 0;

function requestOf({ clock }: Setting, { duty, other }: Pair, index: 0 | 1): ClaimRequest {
  claims += 1;
  const differs = other !== 'equal' && index === 1;
  return {
    claimId: `claim-${claims}`,
    chain: CHAIN,
    key: KEY,
    duty,
    unit:
      duty === 'babe'
        ? String(chainSlot(clock.nowMs()))
        : roundText({ newSetAt: null }, chainRound(clock.nowMs())),
    part: duty === 'babe' ? 'seal' : 'prevote',
    digest: PAYLOADS[duty][differs ? 1 : 0] ?? null,
    incarnation: STARTS[other !== 'equal' && other !== 'other payload' && index === 1 ? 1 : 0] ?? '',
    timeoutMs: 1_500,
  };
}
