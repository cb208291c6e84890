import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesField, presentField, varintField } from '../wire/writer.ts';
import { type CoordinationMessage, decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from './message.ts';
import type { Proposal } from './proposal.ts';
import { MESSAGE_REFUSALS } from './refusals.ts';

interface Line {
  readonly name?: string;
  readonly hex: string;
  readonly refusal?: string;
  readonly again?: string;
}

const lines = readFileSync(new URL('../../vectors/messages.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

const KEY_HASH = bytes('aa768412ceed10bd423c025542ca90071f9fb62d');
const HASH_A = bytes('709b55bd3da0f5a838125bd0ee20c5bfdd7caba173912d4281cae816b79a201b');
const HASH_B = bytes('27ca64c092a959c7edc525ed45e845b1de6a7590d173fd2fad9133c8a779a1e3');

/** The proposals of keep-core's own round trips. */
const PROPOSALS: readonly Proposal[] = [
  { action: 'noop' },
  { action: 'heartbeat', message: Uint8Array.from([1, 2, ...new Array<number>(14).fill(0)]) },
  {
    action: 'deposit-sweep',
    deposits: [
      { fundingTxHash: HASH_A, fundingOutputIndex: 0 },
      { fundingTxHash: HASH_B, fundingOutputIndex: 1 },
    ],
    sweepTxFee: 10_000n,
    revealBlocks: [100n, 300n],
  },
  {
    action: 'redemption',
    redeemerOutputScripts: [
      bytes('00148db50eb52063ea9d98b3eac91489a90f738986f6'),
      bytes('76a9148db50eb52063ea9d98b3eac91489a90f738986f688ac'),
    ],
    redemptionTxFee: 10_000n,
  },
  {
    action: 'moving-funds',
    targetWallets: [
      bytes('cb7d88a87c37aff0c1535fa4efe6f0a2406ea5e9'),
      bytes('f87eb7ec3b15a3fdd7b57754d765694b3e0b4bf4'),
    ],
    movingFundsTxFee: 10_000n,
  },
  { action: 'moved-funds-sweep', movingFundsTxHash: HASH_B, movingFundsTxOutputIndex: 3, sweepTxFee: 8_000n },
];

function messageOf(proposal: Proposal): CoordinationMessage {
  return { senderSeat: 10, coordinationBlock: 900n, keyHash: KEY_HASH, proposal };
}

describe("messages against Go's protobuf", () => {
  for (const proposal of PROPOSALS) {
    test(`${proposal.action}: the bytes that Go encodes, and back`, () => {
      const line = lines.find(({ name }) => name === proposal.action);
      assert.equal(hex(encodeMessage(messageOf(proposal))), line?.hex);
      assert.deepEqual(decodeMessage(bytes(line?.hex ?? '')), { ok: true, value: messageOf(proposal) });
    });
  }

  test('altered, cut and mixed bytes: refused for the same reason, or read as the same message', () => {
    let [refused, read] = [0, 0];
    for (const line of lines) {
      const decoded = decodeMessage(bytes(line.hex));
      if (decoded.ok) {
        read += 1;
        const again = hex(encodeMessage(decoded.value));
        assert.equal(again, line.again === '=' ? line.hex : line.again, line.hex);
      } else {
        refused += 1;
        assert.equal(decoded.refusal, line.refusal, line.hex);
      }
    }
    assert.ok(refused > 200 && read > 200, `${refused} refused, ${read} read`);
  });
});

/** A message whose proposal has these fields. */
function withProposal(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    varintField(1, 10n),
    bytesField(3, KEY_HASH),
    presentField(4, Buffer.concat(fields)),
  ]);
}

function refusalOf(data: Uint8Array): string {
  const decoded = decodeMessage(data);
  return decoded.ok ? 'read' : decoded.refusal;
}

describe('each refusal', () => {
  const proposal = (action: bigint, payload: Uint8Array) =>
    withProposal(varintField(1, action), bytesField(2, payload));
  const cases: Readonly<Record<keyof typeof MESSAGE_REFUSALS, Uint8Array>> = {
    'too-long': new Uint8Array(MAX_MESSAGE_BYTES + 1),
    malformed: bytes('08'),
    seat: Buffer.concat([varintField(1, 256n), bytesField(3, KEY_HASH), presentField(4, new Uint8Array(0))]),
    'key-hash-length': Buffer.concat([
      bytesField(3, KEY_HASH.subarray(1)),
      presentField(4, new Uint8Array(0)),
    ]),
    'no-proposal': Buffer.concat([varintField(1, 10n), bytesField(3, KEY_HASH)]),
    'action-range': withProposal(varintField(1, 256n)),
    'action-unknown': withProposal(varintField(1, 6n)),
    'payload-malformed': proposal(3n, bytes('0a')),
    'heartbeat-length': proposal(1n, bytesField(1, new Uint8Array(15))),
    'tx-hash-length': proposal(5n, bytesField(1, new Uint8Array(31))),
    'target-wallet-length': proposal(4n, presentField(1, new Uint8Array(21))),
  };
  for (const [refusal, data] of Object.entries(cases)) {
    test(refusal, () => assert.equal(refusalOf(data), refusal));
  }

  test('the hash of a deposit has 32 bytes too, and its key must be a message', () => {
    assert.equal(
      refusalOf(proposal(2n, presentField(1, bytesField(1, new Uint8Array(33))))),
      'tx-hash-length',
    );
    assert.equal(refusalOf(proposal(2n, presentField(1, bytes('0a05')))), 'payload-malformed');
    assert.equal(refusalOf(proposal(2n, presentField(3, bytes('80')))), 'payload-malformed');
  });

  test('values at the limits are read', () => {
    assert.equal(refusalOf(withProposal()), 'read');
    assert.equal(refusalOf(proposal(0n, bytes('ffff'))), 'read');
    assert.equal(refusalOf(Buffer.concat([withProposal(), varintField(1, 255n)])), 'read');
    // A seat is 32 bits: the rest is dropped, as Go does.
    assert.equal(refusalOf(Buffer.concat([withProposal(), varintField(1, 2n ** 32n + 255n)])), 'read');
  });
});

describe('what cannot be encoded', () => {
  const noop = messageOf({ action: 'noop' });
  test('is refused before anything is sent', () => {
    assert.throws(() => encodeMessage({ ...noop, senderSeat: 256 }), RangeError);
    assert.throws(() => encodeMessage({ ...noop, senderSeat: 1.5 }), RangeError);
    assert.throws(() => encodeMessage({ ...noop, coordinationBlock: 2n ** 64n }), RangeError);
    assert.throws(() => encodeMessage({ ...noop, coordinationBlock: -1n }), RangeError);
    assert.throws(() => encodeMessage({ ...noop, keyHash: new Uint8Array(19) }), RangeError);
    const odd: readonly Proposal[] = [
      { action: 'heartbeat', message: new Uint8Array(15) },
      { action: 'redemption', redeemerOutputScripts: [], redemptionTxFee: -1n },
      { action: 'moving-funds', targetWallets: [new Uint8Array(19)], movingFundsTxFee: 0n },
      {
        action: 'moved-funds-sweep',
        movingFundsTxHash: HASH_A,
        movingFundsTxOutputIndex: 2 ** 32,
        sweepTxFee: 0n,
      },
      { action: 'deposit-sweep', deposits: [], sweepTxFee: 0n, revealBlocks: [-1n] },
    ];
    for (const proposal of odd) assert.throws(() => encodeMessage(messageOf(proposal)), RangeError);
  });
});

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const amount = fc.bigInt({ min: 0n, max: 2n ** 90n });
const index = fc.nat({ max: 2 ** 32 - 1 });
const anyProposal: fc.Arbitrary<Proposal> = fc.oneof(
  fc.constant<Proposal>({ action: 'noop' }),
  exactly(16).map((message): Proposal => ({ action: 'heartbeat', message })),
  fc
    .tuple(
      fc.array(
        fc.record({ fundingTxHash: exactly(32), fundingOutputIndex: index }, { noNullPrototype: true }),
      ),
      amount,
    )
    .chain(([deposits, sweepTxFee]) =>
      fc
        .array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }))
        .map((revealBlocks): Proposal => ({ action: 'deposit-sweep', deposits, sweepTxFee, revealBlocks })),
    ),
  fc.tuple(fc.array(fc.uint8Array()), amount).map(
    ([redeemerOutputScripts, redemptionTxFee]): Proposal => ({
      action: 'redemption',
      redeemerOutputScripts,
      redemptionTxFee,
    }),
  ),
  fc.tuple(fc.array(exactly(20)), amount).map(
    ([targetWallets, movingFundsTxFee]): Proposal => ({
      action: 'moving-funds',
      targetWallets,
      movingFundsTxFee,
    }),
  ),
  fc.tuple(exactly(32), index, amount).map(
    ([movingFundsTxHash, movingFundsTxOutputIndex, sweepTxFee]): Proposal => ({
      action: 'moved-funds-sweep',
      movingFundsTxHash,
      movingFundsTxOutputIndex,
      sweepTxFee,
    }),
  ),
);
const anyMessage: fc.Arbitrary<CoordinationMessage> = fc.record(
  {
    senderSeat: fc.nat({ max: 255 }),
    coordinationBlock: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    keyHash: exactly(20),
    proposal: anyProposal,
  },
  { noNullPrototype: true },
);

describe('any bytes', () => {
  const isTyped = (data: Uint8Array) => {
    const decoded = decodeMessage(data);
    if (!decoded.ok) assert.ok(decoded.refusal in MESSAGE_REFUSALS);
  };

  test('every message is read back unchanged', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const encoded = encodeMessage(message);
        assert.deepEqual(decodeMessage(encoded), { ok: true, value: message });
      }),
    );
  });

  test('random bytes are refused with a reason', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isTyped), { numRuns: 2_000 });
  });

  test('damaged messages are read or refused with a reason', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyMessage, damage, fc.nat(), (message, changes, cut) => {
        const data = encodeMessage(message);
        for (const [at, value] of changes) data[at % data.length] = value;
        isTyped(data);
        isTyped(data.subarray(0, cut % data.length));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a message of group openings alone is refused, at any length', () => {
    assert.equal(refusalOf(new Uint8Array(MAX_MESSAGE_BYTES).fill(0x2b)), 'malformed');
  });

  test('a message does not change with the buffer that it was read from', () => {
    const data = encodeMessage(messageOf({ action: 'heartbeat', message: new Uint8Array(16).fill(3) }));
    const decoded = decodeMessage(data);
    data.fill(0);
    assert.deepEqual(decoded, {
      ok: true,
      value: messageOf({ action: 'heartbeat', message: new Uint8Array(16).fill(3) }),
    });
  });
});
